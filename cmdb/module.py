"""The CMDB's declaration."""

from flask import Flask

from cmdb import filters, found, pages, palette, panels, queries, ticket_fields
from cmdb.api import blueprint as api_blueprint
from cmdb.datasets import DATA_SETS
from cmdb.lifecycle import LIFECYCLE
from cmdb.measures import CUBES
from cmdb.services import indexing, seed
from cmdb.subscribers import SUBSCRIPTIONS
from cmdb.views import blueprint
from itsm.identity.module import STAFF
from itsm.kernel.module import (
    Extension,
    Finder,
    MenuEntry,
    Module,
    PaletteSource,
    Panel,
    Permission,
    Question,
    SearchSource,
)
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
    data_sets=DATA_SETS,
    subscriptions=SUBSCRIPTIONS,
    menu=(MenuEntry("rail", _("CMDB"), "cmdb.index", "sitemap", "cmdb.read", order=40, key="m"),),
    panels=(
        Panel("ticket.side", panels.ticket_panel, order=20, permission="cmdb.read"),
        Panel("caller", panels.caller_panel, order=20, permission="cmdb.read"),
    ),
    extensions=(
        Extension("desk", "ci", panels.desk_column, _("CI")),
        Extension("api.ticket", "ci", panels.api_member),
    ),
    palette=(PaletteSource(_("Configuration items"), palette.find_cis, order=60, permission="cmdb.read"),),
    finders=(Finder("caller", queries.owners_by_ci),),
    ticket_fields=(ticket_fields.fields_for,),
    searches=(
        SearchSource(
            "cis",
            _("Configuration items"),
            found.find,
            "sitemap",
            order=20,
            permission="cmdb.read",
            index_again=indexing.index_again,
        ),
    ),
    cubes=CUBES,
    questions=(Question("ci", _("CIs"), filters.fields_for),),
    seed=seed,
    setup=setup,
)
