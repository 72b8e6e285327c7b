"""The declaration of the editor of life cycles."""

from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _
from itsm.lifecycles import settling
from itsm.lifecycles.api import blueprint as api_blueprint
from itsm.lifecycles.views import blueprint

MODULE = Module(
    name="lifecycles",
    title=_("Life cycles"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(Permission("lifecycles.edit", _("Change life cycles"), ("admin",)),),
    tasks={settling.TASK: settling.run},
    menu=(
        MenuEntry(
            "admin",
            _("Life cycles"),
            "lifecycles.list_all",
            "route",
            "lifecycles.edit",
            order=114,
            section="work",
            hint=_("The states of tickets, and who may take which step between them."),
        ),
    ),
)
