"""The CMDB's declaration."""

from flask import Flask

from cmdb import pages, panels
from cmdb.api import blueprint as api_blueprint
from cmdb.lifecycle import LIFECYCLE
from cmdb.services import seed
from cmdb.views import blueprint
from itsm.identity.module import STAFF
from itsm.kernel.module import Extension, MenuEntry, Module, Panel, Permission
from itsm.kernel.text import _


def setup(app: Flask) -> None:
    """Give templates what the CMDB's parts of pages need."""
    app.jinja_env.globals.update(
        ci_category=pages.category, ci_sources=pages.SOURCES, criticalities=pages.CRITICALITIES
    )


MODULE = Module(
    name="cmdb",
    title=_("CMDB"),
    pages=(blueprint, panels.blueprint),
    api=(api_blueprint,),
    permissions=(
        Permission("cmdb.read", _("Read the whole CMDB"), STAFF),
        Permission(
            "cmdb.edit", _("Change CIs and relations"), ("cmdb_editor", "asset_manager", "change_manager", "admin")
        ),
    ),
    lifecycles=(LIFECYCLE,),
    menu=(MenuEntry("rail", _("CMDB"), "cmdb.index", "sitemap", "cmdb.read", order=40),),
    panels=(
        Panel("ticket.side", panels.ticket_panel, order=20, permission="cmdb.read"),
        Panel("caller", panels.caller_panel, order=20, permission="cmdb.read"),
    ),
    extensions=(
        Extension("desk", "ci", panels.desk_column, _("CI")),
        Extension("api.ticket", "ci", panels.api_member),
    ),
    seed=seed,
    setup=setup,
)
