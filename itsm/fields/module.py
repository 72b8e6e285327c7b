"""The declaration of user-defined fields."""

from itsm.fields.api import blueprint as api_blueprint
from itsm.fields.views import blueprint
from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _

MODULE = Module(
    name="fields",
    title=_("Own fields"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(Permission("fields.edit", _("Change forms and their fields"), ("admin",)),),
    menu=(
        MenuEntry(
            "admin",
            _("Own fields"),
            "fields.list_all",
            "forms",
            "fields.edit",
            order=112,
            section="work",
            hint=_("What forms ask beyond what they ask from the start, for whom and when."),
        ),
    ),
)
