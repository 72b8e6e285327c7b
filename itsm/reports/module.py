"""The reports module's declaration."""

from flask import Flask

from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _
from itsm.reports import design
from itsm.reports.api import blueprint as api_blueprint
from itsm.reports.builder import policy, queries, services
from itsm.reports.builder.api import blueprint as builder_api
from itsm.reports.builder.files import TASKS as BUILT_TASKS
from itsm.reports.builder.jobs import JOBS
from itsm.reports.builder.subscription_api import blueprint as subscriptions_api
from itsm.reports.builder.views import blueprint as builder_blueprint
from itsm.reports.builder.views_mail import blueprint as mail_blueprint
from itsm.reports.commands import COMMANDS
from itsm.reports.dashboards import policy as board_policy
from itsm.reports.dashboards import queries as boards
from itsm.reports.dashboards import services as board_services
from itsm.reports.dashboards.api import blueprint as dashboards_api
from itsm.reports.dashboards.jobs import JOBS as BOARD_JOBS
from itsm.reports.dashboards.views import blueprint as dashboards_blueprint
from itsm.reports.exports import PERMISSION, TASKS
from itsm.reports.views import blueprint
from itsm.reports.views_design import blueprint as design_blueprint
from itsm.web.access import current_actor

LEADERS = ("manager", "supervisor", "admin")
STAFF = ("agent", "supervisor", "change_manager", "asset_manager", "cmdb_editor", "manager", "admin")


def setup(app: Flask) -> None:
    """Let every page of reports name the kept ones beside it."""
    app.jinja_env.globals.update(
        own_reports=lambda: queries.list_saved(current_actor()),
        own_boards=lambda: boards.list_changeable(current_actor()),
    )


MODULE = Module(
    name="reports",
    title=_("Reports"),
    pages=(builder_blueprint, mail_blueprint, blueprint, design_blueprint, dashboards_blueprint),
    api=(subscriptions_api, builder_api, api_blueprint, dashboards_api),
    permissions=(
        Permission(PERMISSION, _("Read reports"), ("manager", "supervisor", "admin", "agent")),
        Permission(board_policy.READ, _("See dashboards"), STAFF),
        Permission(design.PERMISSION, _("Change how documents look"), ("admin",)),
        Permission(policy.GROUP_REPORTS, _("Keep reports and dashboards for a group"), LEADERS),
        Permission(policy.ALL_REPORTS, _("Keep reports and dashboards for everyone"), ("manager", "admin")),
        Permission(policy.SEND, _("Mail reports to other people"), LEADERS),
    ),
    jobs=(*JOBS, *BOARD_JOBS),
    tasks={**TASKS, **BUILT_TASKS},
    undos={
        services.DELETED: services.take_back_deleted,
        board_services.CHANGED: board_services.take_back_changed,
        board_services.DELETED: board_services.take_back_deleted,
    },
    menu=(
        MenuEntry(
            "rail", _("Dashboards"), "dashboards.index", "layout-dashboard", board_policy.READ, order=75, key="o"
        ),
        MenuEntry("rail", _("Reports"), "reports.index", "chart-bar", PERMISSION, order=80, key="r"),
        MenuEntry(
            "admin",
            _("Look of documents"),
            "report_design.show",
            "file-text",
            design.PERMISSION,
            order=140,
            section="work",
            hint=_("Logo, colour, cover text and paper of reports as PDF."),
        ),
    ),
    commands=COMMANDS,
    setup=setup,
    switchable=True,
)
