"""What agents at Nordhav Foods keep ready: replies, templates, checklists and kinds of work, and some tasks under way."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from itsm.identity.actors import actor_of
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session, unit_of_work
from itsm.tickets.models import Ticket
from itsm.tickets.services import write_entry
from itsm.tickets.tasks import checklists, lines
from itsm.tickets.tasks import services as tasks
from itsm.tickets.texts import services as texts
from itsm.tickets.worktime import services as worktime
from itsm.tickets.worktime.queries import list_activities

if TYPE_CHECKING:
    from itsm.demo.made import Company

ACTIVITIES = (("Remote help", 5400), ("On site", 7900), ("Travel", 4500))
REPLIES = (
    (
        "Ask for details",
        (
            "Hello {{requester.first_name}},\n\nto find the cause we need a little more:\n"
            "- since when does it happen?\n- does it happen to colleagues too?\n- which message do you see?\n\n{{me.first_name}}"
        ),
    ),
    (
        "Restart and tell us",
        (
            "Hello {{requester.first_name}},\n\nplease restart the computer once and tell us whether it helped."
            " Your number is {{number}}.\n\n{{me.first_name}}"
        ),
    ),
    (
        "Spare device is ready",
        (
            "Hello {{requester.first_name}},\n\na spare device waits for you at the service desk. Bring the other one along.\n\n"
            "{{me.name}}, {{site.name}}"
        ),
    ),
)
CHECKLISTS = (
    (
        "Lost or stolen device",
        (
            "! Lock the account | 1 h | 10 min\n! Wipe the device | 2 h | after 1\n"
            "Tell data protection | after 1\nOrder a replacement | 24 h"
        ),
    ),
    (
        "New colleague",
        "Order the laptop | 72 h | 20 min\nCreate the account | 24 h | 15 min\nInstall and hand over | 60 min | after 1",
    ),
)


def write_workplace(made: "Company") -> None:
    """Texts, checklists and kinds of work by the team's lead; tasks and time on the newest open incident."""
    with unit_of_work():
        lead = actor_of(session.merge(made.people["Anna Karlsson"]), channel="web")
        agent = actor_of(session.merge(made.people["Maryam Rahimi"]), channel="web")
        for order, (name, hour_minor) in enumerate(ACTIVITIES):
            worktime.create_activity(
                SYSTEM, {"name": name, "hour_minor": hour_minor, "currency": "EUR", "order": order}
            )
        for name, body in REPLIES:
            texts.save_reply(lead, None, {"name": name, "scope": "all", "body": body})
        for name, text in CHECKLISTS:
            checklists.create_template(lead, {"name": name, "items": lines.parse_lines(text, {})})
        texts.save_template(lead, None, _template())
        _begin_work(agent)


def _template() -> dict[str, Any]:
    values = {
        "title": "Label printer prints nothing",
        "description": "Hall:\nPrinter:\nLast label:",
        "impact": "3",
        "urgency": "2",
    }
    return {"name": "Label printer", "scope": "all", "kind": "incident", "values": values}


def _begin_work(agent: Actor) -> None:
    newest = select(Ticket).where(Ticket.kind == "incident", Ticket.unfinished == 1).order_by(Ticket.id.desc())
    ticket = session.scalars(newest.limit(1)).first()
    if ticket is None:
        return
    first = tasks.add_task(
        agent,
        ticket,
        title="Read the log of the print server",
        owner_id=agent.person_id,
        due_at=clock.now() + timedelta(hours=4),
    )
    tasks.set_done(agent, ticket, first, done=True)
    second = tasks.add_task(
        agent, ticket, title="Replace the driver", required=True, owner_id=agent.person_id, minutes=30
    )
    tasks.add_task(agent, ticket, title="Ask the shift whether labels are right", needs=[second.id])
    remote = list_activities()[0]
    write_entry(
        agent, ticket, kind="work", body="Looked at the log together with the shift.", minutes=25, activity_id=remote.id
    )
