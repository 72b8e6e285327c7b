"""The declaration of reminders."""

from itsm.kernel.module import Module, Panel
from itsm.kernel.text import _
from itsm.tickets.reminders import panels
from itsm.tickets.reminders.api import blueprint as api_blueprint
from itsm.tickets.reminders.jobs import JOBS
from itsm.tickets.reminders.views import blueprint

MODULE = Module(
    name="reminders",
    title=_("Reminders"),
    pages=(blueprint,),
    api=(api_blueprint,),
    jobs=JOBS,
    panels=(
        Panel("ticket.more", panels.menu_item, permission="tickets.read"),
        Panel("notices", panels.notices, permission="tickets.read"),
    ),
)
