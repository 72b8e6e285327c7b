"""The service level module's declaration."""

from itsm.identity.module import STAFF
from itsm.kernel.module import Extension, Module, Permission
from itsm.kernel.text import _
from sla import queries
from sla.datasets import DATA_SETS
from sla.jobs import JOBS, TASKS
from sla.seed import seed
from sla.subscribers import SUBSCRIPTIONS

MODULE = Module(
    name="sla",
    title=_("Service levels"),
    permissions=(
        Permission("sla.read", _("Read agreements, calendars and clocks"), STAFF),
        Permission("sla.explain", _("Note why a target was missed"), STAFF),
        Permission("sla.edit", _("Change agreements and calendars"), ("admin", "manager", "supervisor")),
    ),
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    tasks=TASKS,
    extensions=(Extension("api.ticket", "sla", queries.read_for_api),),
    data_sets=DATA_SETS,
    seed=seed,
)
