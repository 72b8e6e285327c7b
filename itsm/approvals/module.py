"""The approvals module's declaration."""

from itsm.approvals.views import blueprint
from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _

MODULE = Module(
    name="approvals",
    title=_("Approvals"),
    pages=(blueprint,),
    permissions=(
        Permission(
            "approvals.open",
            _("See what waits for the own decision"),
            ("cab_member", "change_manager", "supervisor", "manager", "admin"),
        ),
    ),
    menu=(MenuEntry("rail", _("Waiting for me"), "approvals.inbox", "check", "approvals.open", order=70, key="w"),),
)
