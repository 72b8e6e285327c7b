"""The declaration of major incidents."""

from incident.major import panels, policy, services
from incident.major.api import blueprint as api_blueprint
from incident.major.jobs import JOBS
from incident.major.plan import EDIT
from incident.major.subscribers import SUBSCRIPTIONS
from incident.major.views import blueprint
from incident.major.views_room import blueprint as room_blueprint
from itsm.kernel.module import MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _

MODULE = Module(
    name="major",
    title=_("Major incidents"),
    pages=(blueprint, room_blueprint),
    api=(api_blueprint,),
    permissions=(
        Permission(policy.DECLARE, _("Declare and steer major incidents"), ("supervisor", "manager", "admin")),
        Permission(EDIT, _("Decide when a burst is a major incident, and the words for it"), ("admin", "supervisor")),
    ),
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    tasks={services.TELL: services.tell},
    undos={services.ABSORB: services.take_back_absorb},
    menu=(
        MenuEntry("rail", _("Major incidents"), "major.list_all", "flag", "tickets.read", order=15),
        MenuEntry(
            "admin",
            _("Major incidents"),
            "major.edit_plan",
            "flag",
            EDIT,
            order=128,
            section="work",
            hint=_("When many incidents may be one, how often to speak, and the words to begin with."),
        ),
    ),
    panels=(
        Panel("ticket.top", panels.ticket_banner, order=1, permission="tickets.read"),
        Panel("ticket.more", panels.menu_item),
        Panel("notices", panels.notices, order=1, permission="tickets.read"),
        Panel("caller", panels.caller_panel, order=1, permission="tickets.read"),
        Panel("portal.top", panels.portal_panel),
        Panel("call.caller", panels.call_panel, permission="tickets.read"),
        Panel("journal.change", panels.change_line),
    ),
)
