"""The identity module's declaration."""

from itsm.identity import login, services
from itsm.identity.commands import COMMANDS
from itsm.identity.views import blueprint
from itsm.kernel.module import Module, Permission
from itsm.kernel.text import _

STAFF = ("agent", "supervisor", "change_manager", "asset_manager", "cmdb_editor", "manager", "admin")

MODULE = Module(
    name="identity",
    title=_("People and groups"),
    permissions=(
        Permission("people.read", _("Look people up"), STAFF),
        Permission("people.edit", _("Change people, organisations and sites"), ("admin",)),
        Permission("groups.edit", _("Change groups"), ("admin", "supervisor")),
        Permission("roles.grant", _("Give roles"), ("admin",)),
    ),
    setup=login.setup,
    seed=services.seed_roles,
    commands=COMMANDS,
    pages=(blueprint,),
)
