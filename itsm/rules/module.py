"""The rules module's declaration."""

from itsm.identity.module import STAFF
from itsm.kernel.module import BulkAction, MenuEntry, Module, PaletteSource, Panel, Permission
from itsm.kernel.text import _
from itsm.rules import laboratory
from itsm.rules.api import blueprint as api_blueprint
from itsm.rules.jobs import JOBS
from itsm.rules.macros import offered_in_bulk, run_in_bulk
from itsm.rules.subscribers import SUBSCRIPTIONS
from itsm.rules.views import blueprint, why_panel
from itsm.rules.views_macros import blueprint as macros_blueprint
from itsm.rules.views_macros import find_macros, menu_panel

MODULE = Module(
    name="rules",
    title=_("Rules and macros"),
    pages=(blueprint, macros_blueprint),
    api=(api_blueprint,),
    permissions=(
        Permission("rules.edit", _("Make rules, which act for everyone"), ("admin",)),
        Permission("macros.use", _("Use macros and make own ones"), STAFF),
        Permission("macros.share", _("Make macros for groups and everyone"), ("admin", "supervisor")),
    ),
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    tasks={laboratory.TASK: laboratory.run_task},
    menu=(
        MenuEntry(
            "admin",
            _("Rules"),
            "rules.list_all",
            "bolt",
            "rules.edit",
            order=120,
            section="work",
            hint=_("What happens by itself: when, if, then. Try them on the past first."),
        ),
        MenuEntry(
            "admin",
            _("Macros"),
            "macros.list_all",
            "player-play",
            "macros.share",
            order=125,
            section="work",
            hint=_("Several changes and a reply in one step."),
        ),
    ),
    palette=(PaletteSource(_("Macros"), find_macros, order=15, permission="macros.use"),),
    bulk_actions=(BulkAction("macro_id", _("Macro"), offered_in_bulk, run_in_bulk, permission="macros.use"),),
    panels=(
        Panel("ticket.steps", menu_panel, order=50, permission="macros.use"),
        Panel("ticket.side", why_panel, order=80, permission="tickets.read"),
    ),
)
