"""People in the command palette."""

from flask import url_for

from itsm.identity import queries
from itsm.kernel.actor import Actor
from itsm.kernel.module import PaletteEntry

SHORTEST = 2
MOST = 5


def find_people(actor: Actor, text: str, _path: str) -> list[PaletteEntry]:
    """People whom the actor may know: to their page for who keeps people, else to their tickets."""
    if len(text) < SHORTEST:
        return []
    people = queries.find_people(actor, text, limit=MOST)
    return [
        PaletteEntry(person.name, _address(actor, person.id, person.email or person.name), person.email or "", "user")
        for person in people
    ]


def _address(actor: Actor, person_id: int, reference: str) -> str:
    if actor.has("admin.open"):
        return url_for("people.edit", person_id=person_id)
    quoted = reference.replace('"', " ")
    return url_for("tickets.desk", view="everything", q=f'requester = "{quoted}"')
