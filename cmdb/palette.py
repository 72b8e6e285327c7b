"""CIs in the command palette."""

from flask import url_for

from cmdb import queries
from itsm.kernel.actor import Actor
from itsm.kernel.module import PaletteEntry

SHORTEST = 2
MOST = 5


def find_cis(actor: Actor, text: str, _path: str) -> list[PaletteEntry]:
    """CIs in use with this name, serial number or words."""
    found = queries.find_cis(actor, text, limit=MOST) if len(text) >= SHORTEST else []
    return [PaletteEntry(ci.name, url_for("cmdb.show", ci_id=ci.id), ci.serial, "sitemap") for ci in found]
