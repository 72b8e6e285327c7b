"""The shared ticket's declaration: the desk, its rights, and links between tickets of any kind."""

from typing import Any

from flask import Flask

from itsm.identity.module import STAFF
from itsm.kernel.module import LinkRule, MenuEntry, Module, PaletteSource, Panel, Permission, Question, SearchSource
from itsm.kernel.text import _
from itsm.tickets import custom, filters, found, indexing, notify, page_parts, pages, services
from itsm.tickets.desk import bulk, palette, policy, tasks
from itsm.tickets.desk.api import blueprint as views_api
from itsm.tickets.desk.views import blueprint as desk_blueprint
from itsm.tickets.desk.views_bulk import blueprint as bulk_blueprint
from itsm.tickets.desk.views_saved import blueprint as saved_blueprint
from itsm.tickets.measures import CUBES
from itsm.tickets.subscribers import SUBSCRIPTIONS
from itsm.tickets.views import blueprint
from itsm.tickets.views_admin import blueprint as admin_blueprint
from itsm.tickets.views_closing import blueprint as closing_blueprint
from itsm.tickets.views_merging import blueprint as merging_blueprint


def setup(app: Flask) -> None:
    """Give templates numbers and addresses of tickets."""
    names: dict[str, Any] = {
        "ticket_number": pages.number_of,
        "ticket_address": pages.address_of,
        "link_words": pages.link_words,
        "custom_values": custom.values_outside,
    }
    app.jinja_env.globals.update(names | page_parts.TEMPLATE_NAMES)


MODULE = Module(
    name="tickets",
    title=_("Tickets"),
    pages=(
        blueprint,
        admin_blueprint,
        closing_blueprint,
        merging_blueprint,
        desk_blueprint,
        bulk_blueprint,
        saved_blueprint,
        *page_parts.PAGES,
    ),
    api=(views_api, *page_parts.API),
    permissions=(
        Permission("tickets.read", _("Read tickets as staff"), STAFF),
        Permission("categories.edit", _("Change categories"), ("admin", "supervisor")),
        Permission(policy.GROUP_VIEWS, _("Make views for the own groups"), ("admin", "supervisor")),
        Permission(policy.ALL_VIEWS, _("Make views for everyone"), ("admin", "supervisor")),
        *page_parts.PERMISSIONS,
    ),
    subscriptions=(*SUBSCRIPTIONS, *page_parts.SUBSCRIPTIONS, *notify.SUBSCRIPTIONS),
    menu=(
        MenuEntry("rail", _("Desk"), "tickets.desk", "inbox", "tickets.read", order=10, key="d"),
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
        MenuEntry(
            "admin",
            _("Closing"),
            "closing.show",
            "check",
            "categories.edit",
            order=127,
            section="work",
            hint=_("When resolved incidents close by themselves, and who is warned before."),
        ),
        *page_parts.MENU,
    ),
    extensions=page_parts.EXTENSIONS,
    data_sets=page_parts.DATA_SETS,
    jobs=page_parts.JOBS,
    panels=(Panel("ticket.side", custom.render_card, order=5), *page_parts.PANELS),
    link_rules=(
        LinkRule("relates_to", _("relates to"), _("relates to")),
        LinkRule("duplicate_of", _("is a duplicate of"), _("has the duplicate")),
        LinkRule("follows", _("continues"), _("is continued by")),
        LinkRule("child_of", _("is part of"), _("has the part")),
        LinkRule("split_from", _("was split from"), _("was split into")),
    ),
    tasks={bulk.BULK: tasks.run_task},
    palette=(
        PaletteSource(_("This ticket"), palette.find_actions, order=10, permission="tickets.read"),
        PaletteSource(_("Tickets"), palette.find_tickets, order=20, permission="tickets.read"),
        PaletteSource(_("Views"), palette.find_views, order=30, permission="tickets.read"),
    ),
    undos={
        services.CHANGE: services.take_back,
        bulk.BULK: bulk.take_back_bulk,
        services.MERGE: services.take_back_merge,
        services.SPLIT: services.take_back_split,
    },
    setup=setup,
    searches=(SearchSource("tickets", _("Tickets"), found.find, "inbox", order=10, index_again=indexing.index_again),),
    cubes=CUBES,
    questions=(Question("ticket", _("Tickets"), filters.fields_for),),
)
