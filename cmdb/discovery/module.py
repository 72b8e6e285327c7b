"""Discovery's declaration."""

from cmdb.discovery.commands import COMMANDS
from cmdb.discovery.jobs import JOBS, TASKS
from cmdb.discovery.policy import MANAGE
from cmdb.discovery.views import blueprint, network_panel
from itsm.kernel.module import MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _

MODULE = Module(
    name="discovery",
    title=_("Network discovery"),
    pages=(blueprint,),
    permissions=(Permission(MANAGE, _("Allow network ranges and scan them"), ("cmdb_editor", "admin")),),
    jobs=JOBS,
    tasks=TASKS,
    menu=(MenuEntry("admin", _("Network discovery"), "discovery.overview", "radar-2", MANAGE, order=60),),
    panels=(Panel("ci.side", network_panel, order=40, permission="cmdb.read"),),
    commands=COMMANDS,
    switchable=True,
)
