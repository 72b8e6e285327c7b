"""The problem module's declaration."""

from itsm.kernel.module import LinkRule, MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _
from problem.api import blueprint as api_blueprint
from problem.datasets import DATA_SETS
from problem.lifecycle import LIFECYCLE
from problem.measures import CUBES, fields_for
from problem.panels import closing_warning, impact_panel, incident_panel
from problem.subscribers import SUBSCRIPTIONS
from problem.views import blueprint

WORKERS = ("agent", "supervisor", "change_manager", "admin")

MODULE = Module(
    name="problem",
    title=_("Problems"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(
        Permission("problem.create", _("Record problems"), WORKERS),
        Permission("problem.edit", _("Work problems"), WORKERS),
    ),
    lifecycles=(LIFECYCLE,),
    subscriptions=SUBSCRIPTIONS,
    menu=(MenuEntry("rail", _("Problems"), "problem.list_all", "bug", "tickets.read", order=30, key="p"),),
    panels=(
        Panel("ticket.side", incident_panel, order=40, permission="tickets.read"),
        Panel("ticket.side", impact_panel, order=40, permission="tickets.read"),
        Panel("ticket.top", closing_warning, order=10, permission="tickets.read"),
    ),
    data_sets=DATA_SETS,
    link_rules=(
        LinkRule("caused_by", _("is caused by"), _("causes"), source_kind="incident", target_kind="problem"),
        LinkRule("solved_by", _("is solved by the change"), _("solves"), source_kind="problem", target_kind="change"),
    ),
    ticket_fields=(fields_for,),
    cubes=CUBES,
    switchable=True,
)
