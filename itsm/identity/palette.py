"""People in the command palette."""

from itsm.identity import found, queries
from itsm.kernel.actor import Actor
from itsm.kernel.module import PaletteEntry

SHORTEST = 2
MOST = 5


def find_people(actor: Actor, text: str, _path: str) -> list[PaletteEntry]:
    """People whom the actor may know: to their page for who keeps people, else to their tickets."""
    if len(text) < SHORTEST:
        return []
    people = queries.find_people(actor, text, limit=MOST)
    return [PaletteEntry(person.name, found.address_of(actor, person), person.email or "", "user") for person in people]
