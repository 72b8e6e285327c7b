"""The service level module's declaration."""

from itsm.identity.module import STAFF
from itsm.kernel.module import Extension, MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _
from sla import queries, ticket_fields, working_hours
from sla.api import blueprint as api_blueprint
from sla.commands import sla
from sla.datasets import DATA_SETS
from sla.jobs import JOBS, TASKS
from sla.seed import seed
from sla.subscribers import SUBSCRIPTIONS
from sla.views import blueprint, render_clocks, render_promise

MODULE = Module(
    name="sla",
    title=_("Service levels"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(
        Permission("sla.read", _("Read agreements, calendars and clocks"), STAFF),
        Permission("sla.explain", _("Note why a target was missed"), STAFF),
        Permission("sla.edit", _("Change agreements and calendars"), ("admin", "manager", "supervisor")),
    ),
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    tasks=TASKS,
    menu=(
        MenuEntry("rail", _("Service levels"), "sla.overview", "clock-check", "sla.read", order=60, key="s"),
        MenuEntry("admin", _("Agreements and calendars"), "sla.overview", "clock-check", "sla.edit", order=60),
    ),
    panels=(
        Panel("ticket.top", render_clocks, permission="sla.read"),
        Panel("call.preview", render_promise, permission="sla.read"),
    ),
    extensions=(
        Extension("api.ticket", "sla", queries.read_for_api),
        Extension("person.hours", "sla", working_hours.read_for_people),
    ),
    ticket_fields=(ticket_fields.fields_for,),
    data_sets=DATA_SETS,
    commands=(sla,),
    seed=seed,
)
