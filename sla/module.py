"""The service level module's declaration."""

from itsm.identity.module import STAFF
from itsm.kernel.module import Extension, MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _
from sla import queries, ticket_fields
from sla.agreements.api import blueprint as api_blueprint
from sla.agreements.views import blueprint as agreements_blueprint
from sla.calendars import working_hours
from sla.calendars.api import blueprint as calendars_api
from sla.calendars.jobs import CALENDAR_JOBS, CALENDAR_TASKS
from sla.calendars.source_api import blueprint as calendar_sources_api
from sla.calendars.source_views import blueprint as calendar_sources_blueprint
from sla.calendars.views import blueprint as calendars_blueprint
from sla.commands import sla
from sla.datasets import DATA_SETS
from sla.escalations.lateness import lateness_figures
from sla.escalations.views import blueprint as escalations_blueprint
from sla.forecast.api import blueprint as forecast_api
from sla.forecast.jobs import FORECAST_JOBS, FORECAST_TASKS
from sla.forecast.views import blueprint as forecast_blueprint
from sla.jobs import JOBS, TASKS
from sla.measures import CUBES
from sla.metrics.api import blueprint as own_metrics_api
from sla.metrics.views import blueprint as own_metrics_blueprint
from sla.seed import seed
from sla.subscribers import SUBSCRIPTIONS
from sla.views import blueprint, render_clocks, render_promise
from sla.what_if.api import blueprint as what_if_api
from sla.what_if.replay import TASKS as WHAT_IF_TASKS
from sla.what_if.views import blueprint as what_if_blueprint

MODULE = Module(
    name="sla",
    title=_("Service levels"),
    pages=(
        escalations_blueprint,
        blueprint,
        agreements_blueprint,
        own_metrics_blueprint,
        calendars_blueprint,
        calendar_sources_blueprint,
        what_if_blueprint,
        forecast_blueprint,
    ),
    api=(api_blueprint, own_metrics_api, forecast_api, what_if_api, calendars_api, calendar_sources_api),
    permissions=(
        Permission("sla.read", _("Read agreements, calendars and clocks"), STAFF),
        Permission("sla.explain", _("Note why a target was missed"), STAFF),
        Permission("sla.edit", _("Change agreements and calendars"), ("admin", "manager", "supervisor")),
    ),
    subscriptions=SUBSCRIPTIONS,
    jobs=(*JOBS, *CALENDAR_JOBS, *FORECAST_JOBS),
    tasks={**TASKS, **CALENDAR_TASKS, **WHAT_IF_TASKS, **FORECAST_TASKS},
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
    cubes=CUBES,
    ticket_fields=(ticket_fields.fields_for,),
    data_sets=DATA_SETS,
    figures=(lateness_figures,),
    commands=(sla,),
    seed=seed,
)
