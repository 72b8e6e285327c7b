"""The declaration of assets and of the PC audit."""

from typing import Any

from flask import Flask

from assets.api import blueprint as api_blueprint
from assets.lifecycle import LIFECYCLE
from assets.panels import PANELS
from assets.views import blueprint
from itsm.identity.module import STAFF
from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _


def setup(app: Flask) -> None:
    """Give templates the category of an asset's state."""
    names: dict[str, Any] = {"asset_category": lambda state: LIFECYCLE.category(state).value}
    app.jinja_env.globals.update(names)


MODULE = Module(
    name="assets",
    title=_("Assets"),
    pages=(blueprint,),
    api=(api_blueprint,),
    permissions=(
        Permission("assets.read", _("Read assets"), STAFF),
        Permission("assets.edit", _("Record and change assets"), ("asset_manager", "admin")),
    ),
    lifecycles=(LIFECYCLE,),
    panels=PANELS,
    menu=(MenuEntry("rail", _("Assets"), "assets.list_all", "device-laptop", "assets.read", order=50),),
    setup=setup,
)
