"""The incident module's declaration."""

from incident.api import blueprint as api_blueprint
from incident.call.views import blueprint as call_blueprint
from incident.commands import COMMANDS
from incident.datasets import DATA_SETS
from incident.datasets_history import DATA_SETS as HISTORY_DATA_SETS
from incident.jobs import JOBS
from incident.lifecycle import LIFECYCLE
from incident.measures import CUBES, fields_for
from incident.subscribers import SUBSCRIPTIONS
from incident.views import blueprint
from itsm.identity.services import ROLES
from itsm.kernel.module import Module, Permission
from itsm.kernel.text import _
from itsm.tickets.custom import fielded

MODULE = Module(
    name="incident",
    title=_("Incidents"),
    pages=(blueprint, call_blueprint),
    api=(api_blueprint,),
    permissions=(
        Permission("incident.create", _("Report incidents"), ROLES),
        Permission("incident.edit", _("Work incidents"), ("agent", "supervisor", "change_manager", "admin")),
    ),
    lifecycles=(LIFECYCLE,),
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    data_sets=(*DATA_SETS, *HISTORY_DATA_SETS),
    cubes=CUBES,
    ticket_fields=(fields_for,),
    fielded=(fielded("incident", _("Incidents")),),
    commands=COMMANDS,
)
