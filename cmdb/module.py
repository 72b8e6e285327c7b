"""The CMDB's declaration."""

from cmdb.lifecycle import LIFECYCLE
from cmdb.services import seed
from itsm.identity.module import STAFF
from itsm.kernel.module import Module, Permission
from itsm.kernel.text import _

MODULE = Module(
    name="cmdb",
    title=_("CMDB"),
    permissions=(
        Permission("cmdb.read", _("Read the whole CMDB"), STAFF),
        Permission(
            "cmdb.edit", _("Change CIs and relations"), ("cmdb_editor", "asset_manager", "change_manager", "admin")
        ),
    ),
    lifecycles=(LIFECYCLE,),
    seed=seed,
)
