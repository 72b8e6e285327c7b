"""What happens by itself at Nordhav Foods, and the macros of its service desk."""

from typing import TYPE_CHECKING, Any

from itsm.identity.actors import actor_of
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.rules import macros, services

if TYPE_CHECKING:
    from itsm.demo.made import Company


def write_automation(made: "Company") -> None:
    """Three rules and three macros."""
    with unit_of_work():
        for rule in _rules(made):
            services.create_rule(SYSTEM, rule)
        session.flush()
        lead = actor_of(session.merge(made.people["Anna Karlsson"]), channel="web")
        for macro in _macros(made):
            macros.create_macro(lead, macro)


def _rules(made: "Company") -> list[dict[str, Any]]:
    warehouse = made.groups["Business Applications"].id
    return [
        {
            "name": "Lorries are waiting",
            "note": "The warehouse cannot load without labels and its application: every minute costs.",
            "kinds": ["incident"],
            "trigger": "opened",
            "condition": 'category = "Warehouse" or title ~ "labels in the warehouse"',
            "actions": [
                {"do": "set_priority", "priority": 1, "reason": "Lorries are waiting"},
                {
                    "do": "notify",
                    "to": "group",
                    "group_id": warehouse,
                    "subject": "Warehouse: {{ticket.title}}",
                    "text": "{{requester.name}} reports: {{ticket.title}}\n{{ticket.link}}",
                },
            ],
            "active": True,
        },
        {
            "name": "Three quarters of the time are gone",
            "note": "Who works on it hears of it in the ticket itself.",
            "kinds": ["incident"],
            "trigger": "target_spent",
            "options": {"metric": "resolution", "percent": 75},
            "condition": "assignee is not empty",
            "actions": [{"do": "note", "text": "{{assignee.name}}: three quarters of the time are gone."}],
            "active": True,
        },
        {
            "name": "Waits for the customer for a week",
            "note": "A friendly question before anything is closed.",
            "kinds": ["incident"],
            "trigger": "schedule",
            "options": {"at": "08:00", "weekdays": [0, 1, 2, 3, 4]},
            "condition": "state = on_hold and hold.reason = customer and updated < now() - 7d",
            "actions": [
                {
                    "do": "reply",
                    "text": "Hello {{requester.first_name}},\n\nwe still need an answer from you. Does it work again?",
                }
            ],
            "active": True,
        },
    ]


def _macros(made: "Company") -> list[dict[str, Any]]:
    hello, bye = "Hello {{requester.first_name}},\n\n", "\n\n{{me.first_name}}"
    ask = f"{hello}which computer is it, and since when? A picture of the message helps.{bye}"
    solved = f"{hello}your password is reset. Please choose a new one at the next sign-in.{bye}"
    return [
        {
            "name": "Ask for more details",
            "scope": "all",
            "actions": [{"do": "reply", "text": ask}, {"do": "step", "step": "hold", "hold_reason": "customer"}],
        },
        {
            "name": "Password reset: answer and resolve",
            "scope": "group",
            "group_id": made.groups["Service Desk"].id,
            "kinds": ["incident"],
            "actions": [
                {"do": "reply", "text": solved},
                {"do": "step", "step": "resolve", "resolution_code": "advice", "resolution": "Password reset."},
            ],
        },
        {
            "name": "Pass to the network team",
            "scope": "all",
            "actions": [
                {"do": "note", "text": "Cable and switch port were checked on site."},
                {"do": "assign", "group_id": made.groups["Network"].id},
            ],
        },
    ]
