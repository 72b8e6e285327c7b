"""Assets on the search page."""

from collections.abc import Mapping

from flask import url_for

from assets import policy, queries
from assets.models import number_of
from itsm.kernel.actor import Actor
from itsm.kernel.module import Found, Hit

SHOWN = 30


def find(actor: Actor, text: str, _chosen: Mapping[str, str] | None) -> Found:
    """Assets with this tag, serial number, name or user."""
    where = queries.conditions(queries.Filter(words=text), readable=policy.visible(actor))
    page = queries.list_rows(actor, where=where, limit=SHOWN)
    hits = [Hit(row.name, url_for("assets.show", number=number_of(row.id)), row.tag) for row in page.items]
    return Found(hits, len(hits), more=page.next is not None)
