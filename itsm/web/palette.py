"""The command palette (Ctrl+K): what modules offer for what was typed, each as far as the actor may see."""

from flask import Blueprint, render_template, request, url_for

from itsm.kernel.actor import Actor
from itsm.kernel.module import PaletteEntry, registry
from itsm.web.access import current_actor, signed_in
from itsm.web.forms import own_path
from itsm.web.navigation import is_shown, menu

blueprint = Blueprint("palette", __name__, template_folder="templates")

LONGEST_TEXT = 200
AREAS = ("rail", "desk", "admin", "portal")
MOST_PAGES = 8


@blueprint.get("/palette")
@signed_in
def find() -> str:
    """Entries for what was typed, as options of a list; without a text, what is nearest to the page at `at`."""
    actor, text = current_actor(), request.args.get("q", "").strip()[:LONGEST_TEXT]
    path = own_path(request.args.get("at"))
    shown = [source for module, source in registry().palette() if is_shown(module, source.permission)]
    sections = [(source.title, source.find(actor, text, path)) for source in shown]
    return render_template("web/_palette.html", sections=[(title, found) for title, found in sections if found], q=text)


def find_pages(_actor: Actor, text: str, _path: str) -> list[PaletteEntry]:
    """Pages of the menus whose title or hint holds all words."""
    words = text.casefold().split()
    found = {
        url_for(entry.endpoint, **entry.arguments): entry
        for area in AREAS
        for entry in menu(area)
        if all(word in f"{entry.title} {entry.hint}".casefold() for word in words)
    }
    return [
        PaletteEntry(entry.title, address, icon=entry.icon, hint=f"g {entry.key}" if entry.key else "")
        for address, entry in list(found.items())[:MOST_PAGES]
    ]
