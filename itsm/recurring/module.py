"""The declaration of recurring tickets."""

from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _
from itsm.recurring import services
from itsm.recurring.api import blueprint as api_blueprint
from itsm.recurring.jobs import JOBS
from itsm.recurring.views import blueprint

MODULE = Module(
    name="recurring",
    title=_("Recurring tickets"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(Permission(services.EDIT, _("Plan recurring tickets"), ("admin", "supervisor")),),
    jobs=JOBS,
    menu=(
        MenuEntry(
            "admin",
            _("Recurring tickets"),
            "recurring.list_all",
            "refresh",
            services.EDIT,
            order=125,
            section="work",
            hint=_("Work that comes back by the calendar opens its ticket by itself."),
        ),
    ),
    switchable=True,
)
