"""Who calls: people by name, phone, address, and by whatever equipment modules know of them."""

from dataclasses import dataclass

from itsm.identity import queries as identity
from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.module import registry

SHOWN = 8
SHORTEST = 2  # letters from which equipment is looked for as well


@dataclass(frozen=True)
class Caller:
    """A person who may be the caller; `by` is the computer or label that led to them, if one did."""

    person: Person
    by: str = ""


def find_callers(actor: Actor, text: str) -> list[Caller]:
    """The best few people for what was typed, first those it names, then those whose equipment it names."""
    text = text.strip()
    found = [Caller(person) for person in identity.find_people(actor, text, limit=SHOWN)]
    if len(text) < SHORTEST or len(found) == SHOWN:
        return found
    by = _by_equipment(actor, text)
    others = by.keys() - {one.person.id for one in found}
    people = identity.list_people_by_ids(actor, others) if others else ()
    return [*found, *(Caller(person, by[person.id]) for person in people)][:SHOWN]


def _by_equipment(actor: Actor, text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for finder in registry().finders("caller"):
        found |= finder.find(actor, text)
    return found


def only_caller(actor: Actor, text: str) -> Person | None:
    """The person that a text can only mean (a caller's number from the telephone exchange), or None."""
    found = find_callers(actor, text)
    return found[0].person if len(found) == 1 else None
