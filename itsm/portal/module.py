"""The portal's declaration."""

from itsm.kernel.module import MenuEntry, Module
from itsm.kernel.text import _
from itsm.portal.views import blueprint

MODULE = Module(
    name="portal",
    title=_("Portal"),
    pages=(blueprint,),
    menu=(
        MenuEntry("portal", _("Home"), "portal.home", "home", order=10),
        MenuEntry("portal", _("My tickets"), "portal.list_all", "inbox", order=20),
    ),
)
