"""CIs on the search page."""

from collections.abc import Mapping

from flask import url_for

from cmdb import queries
from itsm.kernel.actor import Actor
from itsm.kernel.module import Found, Hit

SHOWN = 30


def find(actor: Actor, text: str, _chosen: Mapping[str, str] | None) -> Found:
    """CIs in use with this name, serial number or words."""
    rows = queries.find_cis(actor, text, limit=SHOWN + 1)
    hits = [Hit(ci.name, url_for("cmdb.show", ci_id=ci.id), ci.serial) for ci in rows[:SHOWN]]
    return Found(hits, len(hits), more=len(rows) > SHOWN)
