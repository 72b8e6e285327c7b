"""Two people changed the same ticket: both sides of each field, so that who came second chooses and loses nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template

from config.priorities import IMPACTS, PRIORITIES, URGENCIES
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.kernel.text import Message, _
from itsm.tickets import queries
from itsm.tickets.models import JournalEntry, Ticket

TITLES: Mapping[str, Message] = {
    "title": _("Title"),
    "impact": _("Impact"),
    "urgency": _("Urgency"),
    "category_id": _("Category"),
    "priority": _("Priority by hand"),
    "reason": _("Why"),
    "group_id": _("Group"),
    "assignee_id": _("Person"),
}
LOOKED_BACK = 30


@dataclass(frozen=True)
class Side:
    """One field that stands differently on both sides; `by` is who changed it last, `both` whether both sides did."""

    name: str
    title: Message
    yours: str
    theirs: str
    yours_told: str
    theirs_told: str
    by: JournalEntry | None
    both: bool


def facts_now(ticket: Ticket) -> dict[str, str]:
    """The values of the fields as forms write them."""
    values = {name: getattr(ticket, name) for name in TITLES if name not in {"priority", "reason"}}
    by_hand = bool(ticket.priority_reason)
    values |= {"priority": ticket.priority if by_hand else None, "reason": ticket.priority_reason}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def basis(ticket: Ticket, *names: str) -> str:
    """What a form shows when it is made, to tell afterwards who changed what."""
    now = facts_now(ticket)
    return json.dumps({name: now[name] for name in names})


def render(actor: Actor, ticket_id: int, typed: Mapping[str, Any], *, endpoint: str) -> str:
    """The page that asks for each field which side shall stand; it sends the choice to `endpoint` again."""
    session.rollback()
    ticket = queries.get_by_id(actor, ticket_id)
    return render_template("tickets/conflict.html", ticket=ticket, sides=sides(actor, ticket, typed), endpoint=endpoint)


def is_conflict(error: Exception) -> bool:
    """Whether a write was refused because the ticket is newer than the form."""
    return isinstance(error, Conflict) and "version" in error.current


def sides(actor: Actor, ticket: Ticket, typed: Mapping[str, Any]) -> list[Side]:
    """Fields that the person changed and that stand otherwise now, in the order of forms."""
    now, was = facts_now(ticket), _was(typed)
    differing = [
        name
        for name in TITLES
        if name in typed and str(typed[name]) != now[name] and str(typed[name]) != was.get(name, now[name] + " ")
    ]
    changes = queries.list_journal(actor, ticket, limit=LOOKED_BACK, kinds=("change",)) if differing else []
    return [_side(name, str(typed[name]), now[name], was.get(name), changes) for name in differing]


def _was(typed: Mapping[str, Any]) -> dict[str, str]:
    try:
        found = json.loads(str(typed.get("was") or "{}"))
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _side(name: str, yours: str, theirs: str, was: str | None, changes: Sequence[JournalEntry]) -> Side:
    both = was is None or was != theirs
    column = {"reason": "priority_reason"}.get(name, name)
    by = next((entry for entry in changes if column in entry.changes), None) if both else None
    return Side(name, TITLES[name], yours, theirs, _told(name, yours), _told(name, theirs), by, both)


def _told(name: str, value: str) -> str:
    """A value in words."""
    if not value:
        return str(_("by the matrix")) if name == "priority" else "–"
    if name in {"title", "reason"}:
        return value
    return str(_choice(name, int(value)) if value.isdecimal() else value)


def _choice(name: str, value: int) -> object:
    match name:
        case "category_id":
            return queries.category_titles().get(value, value)
        case "group_id":
            return next((group.name for group in identity.list_groups(active_only=False) if group.id == value), value)
        case "assignee_id":
            return identity.person_names({value}).get(value, value)
    return _({"impact": IMPACTS, "urgency": URGENCIES, "priority": PRIORITIES}[name].get(value, str(value)))
