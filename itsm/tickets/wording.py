"""Texts with places to fill in, such as `{{ticket.number}}`: names from a fixed list and nothing else.

Nothing of such a text is run: a place is looked up by its name, and what is put in is not looked at again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from itsm.identity.models import Group, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.tickets.models import Ticket
from itsm.tickets.priority import TITLES

_PLACE = re.compile(r"\{\{([^{}]{0,100})\}\}")  # blanks are taken off afterwards: a pattern would try them twice


@dataclass(frozen=True)
class Scene:
    """What a text is about: the ticket, who writes, and whether the reader's page is the staff's or the portal's."""

    ticket: Ticket
    actor: Actor
    for_staff: bool = False


def _person(person_id: int | None) -> str:
    row = session.get(Person, person_id) if person_id is not None else None
    return row.name if row is not None else ""


def _first_name(name: str) -> str:
    return name.split(maxsplit=1)[0] if name.split() else ""


def _group(scene: Scene) -> str:
    row = session.get(Group, scene.ticket.group_id) if scene.ticket.group_id is not None else None
    return row.name if row is not None else ""


def _link(scene: Scene) -> str:
    ticket = scene.ticket
    page = f"{type(ticket).path}/{ticket.number}" if scene.for_staff else f"portal/tickets/{ticket.number}"
    return f"{settings().public_url}/{page}"


PLACES: Mapping[str, Callable[[Scene], str]] = {
    "number": lambda scene: scene.ticket.number,
    "title": lambda scene: scene.ticket.title,
    "ticket.number": lambda scene: scene.ticket.number,
    "ticket.title": lambda scene: scene.ticket.title,
    "ticket.priority": lambda scene: str(TITLES[scene.ticket.priority]),
    "ticket.link": _link,
    "ticket.resolution": lambda scene: scene.ticket.resolution,
    "requester.name": lambda scene: _person(scene.ticket.requester_id),
    "requester.first_name": lambda scene: _first_name(_person(scene.ticket.requester_id)),
    "assignee.name": lambda scene: _person(scene.ticket.assignee_id),
    "group.name": _group,
    "me.name": lambda scene: scene.actor.name,
    "me.first_name": lambda scene: _first_name(scene.actor.name),
    "site.name": lambda _scene: settings().organisation_name,
}


def check(field: str, text: str) -> None:
    """Raise `Invalid` that names a place which nobody can fill in."""
    for match in _PLACE.finditer(text):
        name = match[1].strip()
        if name not in PLACES:
            raise Invalid.field(
                field,
                _(
                    "“%(place)s” cannot be filled in. There is: %(names)s.",
                    place=name[:60],
                    names=", ".join(f"{{{{{each}}}}}" for each in PLACES),
                ),
            )


def has_places(text: str) -> bool:
    """Whether a text has places to fill in."""
    return _PLACE.search(text) is not None


def fill(text: str, scene: Scene) -> str:
    """The text with its places filled in; a place that nobody knows becomes empty."""

    def filled(match: re.Match[str]) -> str:
        say = PLACES.get(match[1].strip())
        return say(scene) if say is not None else ""

    return _PLACE.sub(filled, text)
