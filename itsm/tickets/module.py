"""The shared ticket's declaration: the desk, its rights, and links between tickets of any kind."""

from typing import Any

from flask import Flask

from itsm.identity.module import STAFF
from itsm.kernel.module import LinkRule, MenuEntry, Module, Permission
from itsm.kernel.text import _
from itsm.tickets import notify, pages
from itsm.tickets.subscribers import SUBSCRIPTIONS
from itsm.tickets.views import blueprint
from itsm.tickets.views_admin import blueprint as admin_blueprint


def setup(app: Flask) -> None:
    """Give templates numbers and addresses of tickets."""
    names: dict[str, Any] = {
        "ticket_number": pages.number_of,
        "ticket_address": pages.address_of,
        "link_words": pages.link_words,
    }
    app.jinja_env.globals.update(names)


MODULE = Module(
    name="tickets",
    title=_("Tickets"),
    pages=(blueprint, admin_blueprint),
    permissions=(
        Permission("tickets.read", _("Read tickets as staff"), STAFF),
        Permission("categories.edit", _("Change categories"), ("admin", "supervisor")),
    ),
    subscriptions=(*SUBSCRIPTIONS, *notify.SUBSCRIPTIONS),
    menu=(
        MenuEntry("rail", _("Desk"), "tickets.desk", "inbox", "tickets.read", order=10),
        MenuEntry(
            "admin",
            _("Categories"),
            "categories.list_all",
            "category",
            "admin.open",
            order=110,
            section="work",
            hint=_("What tickets are about, and which group gets them."),
        ),
    ),
    link_rules=(
        LinkRule("relates_to", _("relates to"), _("relates to")),
        LinkRule("duplicate_of", _("is a duplicate of"), _("has the duplicate")),
        LinkRule("follows", _("continues"), _("is continued by")),
        LinkRule("child_of", _("is part of"), _("has the part")),
    ),
    setup=setup,
)
