"""The application factory: names every module once and binds them to the shell."""

from flask import Flask

from assets.module import MODULE as ASSETS
from change.module import MODULE as CHANGE
from cmdb.discovery.module import MODULE as DISCOVERY
from cmdb.module import MODULE as CMDB
from config.settings import Settings, load
from incident.major.module import MODULE as MAJOR
from incident.module import MODULE as INCIDENT
from itsm.approvals.module import MODULE as APPROVALS
from itsm.channels.mail.module import MODULE as MAIL
from itsm.fields.module import MODULE as FIELDS
from itsm.identity.module import MODULE as IDENTITY
from itsm.kernel import events, module
from itsm.kernel.db import db, engine_options
from itsm.kernel.logs import setup_logs
from itsm.kernel.migrate import migrate
from itsm.kernel.module import Module, Registry
from itsm.lifecycles.module import MODULE as LIFECYCLES
from itsm.notifications.module import MODULE as NOTIFICATIONS
from itsm.portal.module import MODULE as PORTAL
from itsm.query_editor.module import MODULE as QUERY_EDITOR
from itsm.recurring.module import MODULE as RECURRING
from itsm.reports.module import MODULE as REPORTS
from itsm.rules.module import MODULE as RULES
from itsm.search.module import MODULE as SEARCH
from itsm.staffing.module import MODULE as STAFFING
from itsm.tickets.module import MODULE as TICKETS
from itsm.tickets.reminders.module import MODULE as REMINDERS
from itsm.web import api, setup
from itsm.web.cycle import ItsmFlask
from itsm.web.module import MODULE as WEB
from problem.module import MODULE as PROBLEM
from sla.module import MODULE as SLA

MODULES: tuple[Module, ...] = (
    WEB,
    IDENTITY,
    NOTIFICATIONS,
    STAFFING,  # before tickets: a ticket has its person when mails and clocks hear of it
    FIELDS,
    QUERY_EDITOR,
    SEARCH,
    TICKETS,
    REMINDERS,
    CMDB,
    DISCOVERY,
    APPROVALS,
    LIFECYCLES,
    INCIDENT,
    MAJOR,
    PROBLEM,
    CHANGE,
    ASSETS,
    SLA,
    PORTAL,
    RECURRING,
    REPORTS,
    MAIL,
    RULES,  # last: what rules change is seen after what led to it
)


def create_app(settings: Settings | None = None, modules: tuple[Module, ...] = MODULES) -> Flask:
    """Build the application from settings (by default from the environment) and modules."""
    configured = settings or load()
    setup_logs(configured)
    app = ItsmFlask("itsm", static_folder=None, template_folder="web/templates")
    app.config["ITSM"] = configured
    app.config["SQLALCHEMY_DATABASE_URI"] = configured.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(configured.database_url)
    registry = Registry(modules)
    module.install(registry)
    events.install(registry.subscriptions())
    db.init_app(app)
    migrate.init_app(app)
    setup.setup(app, configured)
    _bind(app, registry)
    return app


def _bind(app: ItsmFlask, registry: Registry) -> None:
    for one in registry.modules:
        if one.setup is not None:
            one.setup(app)
    setup.finish(app)
    for one in registry.modules:
        for blueprint in one.pages:
            app.register_blueprint(blueprint)
    api.setup(app, (blueprint for one in registry.modules for blueprint in one.api))
