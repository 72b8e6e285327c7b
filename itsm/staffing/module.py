"""Staffing's declaration."""

from itsm.identity.module import STAFF
from itsm.kernel.module import MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _
from itsm.staffing import panels, services
from itsm.staffing.api import blueprint as api_blueprint
from itsm.staffing.subscribers import SUBSCRIPTIONS
from itsm.staffing.views_absence import blueprint as absence_blueprint
from itsm.staffing.views_rotas import blueprint as rotas_blueprint
from itsm.staffing.views_skills import blueprint as skills_blueprint
from itsm.staffing.views_team import blueprint as team_blueprint

MODULE = Module(
    name="staffing",
    title=_("Team"),
    pages=(team_blueprint, absence_blueprint, rotas_blueprint, skills_blueprint),
    api=(api_blueprint,),
    permissions=(
        Permission("staffing.read", _("See who is away, on call and how much they have to do"), STAFF),
        Permission(
            "staffing.edit",
            _("Plan the team: skills, limits, absence of others, on-call rotas"),
            ("supervisor", "manager", "admin"),
        ),
    ),
    subscriptions=SUBSCRIPTIONS,
    undos={services.HANDED: services.give_back},
    menu=(
        MenuEntry("rail", _("Team"), "team.workload", "users", "staffing.read", order=60, key="t"),
        MenuEntry(
            "admin",
            _("Skills"),
            "skills.list_all",
            "certificate",
            "admin.open",
            order=25,
            section="people",
            hint=_("What people can do, and which categories need it."),
        ),
    ),
    panels=(
        Panel("group.admin", panels.strategy_panel),
        Panel("account", panels.absence_panel, permission="staffing.read"),
    ),
)
