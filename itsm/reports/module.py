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
from itsm.reports.builder.views import blueprint as builder_blueprint
from itsm.reports.builder.views_mail import blueprint as mail_blueprint
from itsm.reports.commands import COMMANDS
from itsm.reports.exports import PERMISSION, TASKS
from itsm.reports.views import blueprint
from itsm.reports.views_design import blueprint as design_blueprint
from itsm.web.access import current_actor

LEADERS = ("manager", "supervisor", "admin")


def setup(app: Flask) -> None:
    """Let every page of reports name the kept ones beside it."""
    app.jinja_env.globals.update(own_reports=lambda: queries.list_saved(current_actor()))


MODULE = Module(
    name="reports",
    title=_("Reports"),
    pages=(builder_blueprint, mail_blueprint, blueprint, design_blueprint),
    api=(builder_api, api_blueprint),
    permissions=(
        Permission(PERMISSION, _("Read reports"), ("manager", "supervisor", "admin", "agent")),
        Permission(design.PERMISSION, _("Change how documents look"), ("admin",)),
        Permission(policy.GROUP_REPORTS, _("Keep reports for a group"), LEADERS),
        Permission(policy.ALL_REPORTS, _("Keep reports for everyone"), ("manager", "admin")),
        Permission(policy.SEND, _("Mail reports to other people"), LEADERS),
    ),
    jobs=JOBS,
    tasks={**TASKS, **BUILT_TASKS},
    undos={services.DELETED: services.take_back_deleted},
    menu=(
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
