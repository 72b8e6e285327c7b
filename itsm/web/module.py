"""The shell as a module: its housekeeping jobs and the start page."""

from itsm.kernel import audit, jobs, undo
from itsm.kernel.db import unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.module import MenuEntry, Module, PaletteSource, Permission
from itsm.kernel.text import _
from itsm.web import audit_log, palette
from itsm.web.api import forget_old_keys
from itsm.web.undo_api import blueprint as undo_blueprint
from itsm.web.views import blueprint
from itsm.web.views_admin import blueprint as admin_blueprint


def seal_audit() -> Outcome:
    """Chain new audit entries."""
    with unit_of_work():
        sealed = audit.seal()
    return Outcome(done=0 if sealed < audit.SEAL_BATCH else sealed)


MODULE = Module(
    name="web",
    title=_("Shell"),
    pages=(blueprint, admin_blueprint, palette.blueprint),
    api=(undo_blueprint,),
    permissions=(Permission("admin.open", _("Open the administration"), ("admin",)),),
    menu=(
        MenuEntry(
            "admin",
            _("Jobs"),
            "admin.list_jobs",
            "heartbeat",
            "admin.open",
            order=910,
            section="system",
            hint=_("What runs by itself, when it last ran, what failed."),
        ),
        MenuEntry(
            "admin",
            _("Background tasks"),
            "admin.list_tasks",
            "activity",
            "admin.open",
            order=920,
            section="system",
            hint=_("Long work that somebody asked for, with progress."),
        ),
        MenuEntry(
            "admin",
            _("Modules"),
            "admin.show_modules",
            "apps",
            "admin.open",
            order=930,
            section="system",
            hint=_("Switch whole areas on and off."),
        ),
        MenuEntry(
            "admin",
            _("Settings"),
            "admin.show_settings",
            "adjustments",
            "admin.open",
            order=940,
            section="system",
            hint=_("What is in force, and where it was set."),
        ),
        MenuEntry(
            "admin",
            _("Audit log"),
            "admin.list_audit",
            "shield-lock",
            "admin.open",
            order=950,
            section="system",
            hint=_("Who changed what, and proof that nobody rewrote it."),
        ),
    ),
    palette=(PaletteSource(_("Pages"), palette.find_pages, order=40),),
    tasks={audit_log.VERIFY_TASK: audit_log.verify},
    jobs=(
        Job("web.forget_keys", _("Forget old idempotency keys"), forget_old_keys, every_seconds=3600),
        Job("web.forget_undo", _("Forget what can no longer be taken back"), undo.forget_old, every_seconds=3600),
        Job("web.forget_runs", _("Forget old job runs"), jobs.forget_old_runs, every_seconds=3600),
        Job("web.seal_audit", _("Seal the audit log"), seal_audit, every_seconds=5),
    ),
)
