"""The shell as a module: its housekeeping jobs and the start page."""

from itsm.kernel import audit, jobs
from itsm.kernel.db import unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.module import Module, Permission
from itsm.kernel.text import _
from itsm.web.api import forget_old_keys
from itsm.web.views import blueprint


def seal_audit() -> Outcome:
    """Chain new audit entries."""
    with unit_of_work():
        sealed = audit.seal()
    return Outcome(done=0 if sealed < audit.SEAL_BATCH else sealed)


MODULE = Module(
    name="web",
    title=_("Shell"),
    pages=(blueprint,),
    permissions=(Permission("admin.open", _("Open the administration"), ("admin",)),),
    jobs=(
        Job("web.forget_keys", _("Forget old idempotency keys"), forget_old_keys, every_seconds=3600),
        Job("web.forget_runs", _("Forget old job runs"), jobs.forget_old_runs, every_seconds=3600),
        Job("web.seal_audit", _("Seal the audit log"), seal_audit, every_seconds=5),
    ),
)
