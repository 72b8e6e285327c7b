"""The declaration of assets and of the PC audit."""

from typing import Any

from flask import Flask

from assets import filters, found, palette, queries, services
from assets.api import blueprint as api_blueprint
from assets.datasets import DATA_SETS
from assets.inventory.commands import COMMANDS
from assets.inventory.http import blueprint as agents_blueprint
from assets.inventory.jobs import JOBS
from assets.inventory.views import blueprint as inventory_blueprint
from assets.inventory.views import on_ci
from assets.licences import services as licence_services
from assets.licences.api import blueprint as licences_api_blueprint
from assets.licences.datasets import DATA_SETS as LICENCE_DATA_SETS
from assets.licences.views import blueprint as licences_blueprint
from assets.lifecycle import LIFECYCLE
from assets.measures import CUBES
from assets.panels import PANELS
from assets.views import blueprint
from itsm.identity.module import STAFF
from itsm.kernel.module import Finder, MenuEntry, Module, PaletteSource, Panel, Permission, Question, SearchSource
from itsm.kernel.text import _


def setup(app: Flask) -> None:
    """Give templates the category of an asset's state."""
    names: dict[str, Any] = {"asset_category": lambda state: LIFECYCLE.category(state).value}
    app.jinja_env.globals.update(names)


MODULE = Module(
    name="assets",
    title=_("Assets"),
    pages=(blueprint, licences_blueprint, inventory_blueprint, agents_blueprint),
    api=(api_blueprint, licences_api_blueprint),
    permissions=(
        Permission("assets.read", _("Read assets"), STAFF),
        Permission("assets.edit", _("Record and change assets"), ("asset_manager", "admin")),
        Permission("inventory.agents", _("Approve and quarantine inventory agents"), ("asset_manager", "admin")),
    ),
    lifecycles=(LIFECYCLE,),
    data_sets=(*DATA_SETS, *LICENCE_DATA_SETS),
    undos={
        licence_services.RETIRED: licence_services.take_back_retired,
        licence_services.RELEASED: licence_services.take_back_released,
    },
    jobs=JOBS,
    commands=COMMANDS,
    panels=(*PANELS, Panel("ci.side", on_ci, order=50, permission="cmdb.read")),
    palette=(PaletteSource(_("Assets"), palette.find_assets, order=70, permission="assets.read"),),
    finders=(Finder("caller", queries.users_by_label),),
    menu=(
        MenuEntry("rail", _("Assets"), "assets.list_all", "device-laptop", "assets.read", order=50, key="a"),
        MenuEntry("admin", _("Inventory agents"), "inventory.agents", "robot", "inventory.agents", order=60),
    ),
    setup=setup,
    searches=(
        SearchSource(
            "assets",
            _("Assets"),
            found.find,
            "device-laptop",
            order=30,
            permission="assets.read",
            index_again=services.index_again,
        ),
    ),
    cubes=CUBES,
    questions=(Question("asset", _("Assets"), filters.fields_for),),
)
