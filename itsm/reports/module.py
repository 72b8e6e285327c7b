"""The reports module's declaration."""

from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _
from itsm.reports.api import blueprint as api_blueprint
from itsm.reports.commands import COMMANDS
from itsm.reports.exports import PERMISSION, TASKS
from itsm.reports.views import blueprint

MODULE = Module(
    name="reports",
    title=_("Reports"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(Permission(PERMISSION, _("Read reports"), ("manager", "supervisor", "admin", "agent")),),
    tasks=TASKS,
    menu=(MenuEntry("rail", _("Reports"), "reports.index", "chart-bar", PERMISSION, order=80, key="r"),),
    commands=COMMANDS,
    switchable=True,
)
