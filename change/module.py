"""The change module's declaration."""

from change.api import blueprint as api_blueprint
from change.datasets import DATA_SETS
from change.lifecycle import LIFECYCLES
from change.measures import CUBES, fields_for
from change.panels import approval_panel, touched_panel
from change.subjects import read_many
from change.subscribers import SUBSCRIPTIONS
from change.views import blueprint
from itsm.approvals.subjects import SLOT
from itsm.kernel.module import Extension, LinkRule, MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _

WORKERS = ("agent", "supervisor", "change_manager", "admin")

MODULE = Module(
    name="change",
    title=_("Changes"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(
        Permission("change.create", _("Ask for changes"), (*WORKERS, "asset_manager", "cmdb_editor")),
        Permission("change.edit", _("Work changes"), WORKERS),
        Permission("change.manage", _("Assess changes and approve models"), ("change_manager", "admin")),
        Permission("change.vote", _("Decide on changes when asked"), ("cab_member", "change_manager", "admin")),
    ),
    lifecycles=LIFECYCLES,
    subscriptions=SUBSCRIPTIONS,
    menu=(MenuEntry("rail", _("Changes"), "change.list_all", "arrows-exchange", "tickets.read", order=40, key="c"),),
    panels=(
        Panel("ticket.side", approval_panel, order=10),
        Panel("ticket.side", touched_panel, order=15),
    ),
    extensions=(Extension(SLOT, "change", read_many),),
    data_sets=DATA_SETS,
    link_rules=(
        LinkRule(
            "caused_by_change",
            _("was caused by the change"),
            _("caused the incident"),
            source_kind="incident",
            target_kind="change",
        ),
    ),
    ticket_fields=(fields_for,),
    cubes=CUBES,
    switchable=True,
)
