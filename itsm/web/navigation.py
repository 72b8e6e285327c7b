"""Menus and panels that modules contribute, as far as the actor may see and modules are switched on."""

from typing import Any

from flask import Flask
from markupsafe import Markup

from itsm.kernel import preferences
from itsm.kernel.module import MenuEntry, Module, registry
from itsm.kernel.text import _
from itsm.web.access import current_actor
from itsm.web.lists import Link, Section


def menu(area: str) -> list[MenuEntry]:
    """Entries of an area for the present actor."""
    return [entry for module, entry in registry().menu(area) if is_shown(module, entry.permission)]


def administration(chosen: str) -> Section:
    """The entries of the administration beside a list that is one of them."""
    links = [
        Link(entry.title, entry.endpoint, entry.arguments, chosen=entry.endpoint == chosen) for entry in menu("admin")
    ]
    return Section(_("Administration"), links, endpoint="admin.index")


def panels(slot: str, thing: Any) -> Markup:
    """Everything that modules put into a place on a page, as one piece of HTML."""
    actor = current_actor()
    shown = [panel for module, panel in registry().panels(slot) if is_shown(module, panel.permission)]
    return Markup("").join(Markup(panel.render(actor, thing)) for panel in shown)  # noqa: S704 (panels render templates, which escape)


def is_shown(module: Module, permission: str) -> bool:
    """Whether the present actor sees what a module offers to holders of a permission (or to everyone)."""
    if permission and not current_actor().has(permission):
        return False
    return not module.switchable or preferences.is_on(module.name)


def setup(app: Flask) -> None:
    """Give templates `menu(area)` and `panels(slot, thing)`."""
    app.jinja_env.globals.update(menu=menu, panels=panels)
