"""Assets in the command palette."""

from flask import url_for

from assets import policy, queries
from assets.models import number_of
from itsm.kernel.actor import Actor
from itsm.kernel.module import PaletteEntry

SHORTEST = 2
MOST = 5


def find_assets(actor: Actor, text: str, _path: str) -> list[PaletteEntry]:
    """Assets with this tag, serial number, name or user."""
    if len(text) < SHORTEST:
        return []
    where = queries.conditions(queries.Filter(words=text), readable=policy.visible(actor))
    rows = queries.list_rows(actor, where=where, limit=MOST).items
    return [
        PaletteEntry(row.name, url_for("assets.show", number=number_of(row.id)), row.tag, "device-laptop")
        for row in rows
    ]
