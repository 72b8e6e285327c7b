"""People on the search page."""

from collections.abc import Mapping

from flask import url_for

from itsm.identity import queries
from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.module import Found, Hit
from itsm.query.written import write_word

SHOWN = 30


def find(actor: Actor, text: str, _chosen: Mapping[str, str] | None) -> Found:
    """People with this name, address or phone number."""
    rows = queries.find_people(actor, text, limit=SHOWN + 1)
    hits = [Hit(row.name, address_of(actor, row), row.email or row.phone) for row in rows[:SHOWN]]
    return Found(hits, len(hits), more=len(rows) > SHOWN)


def address_of(actor: Actor, person: Person) -> str:
    """The person's record for who administers people, else what they asked for."""
    if actor.has("admin.open"):
        return url_for("people.edit", person_id=person.id)
    return url_for("tickets.desk", view="everything", q=f"requester = {write_word(person.email or person.name)}")
