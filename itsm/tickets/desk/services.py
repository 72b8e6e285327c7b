"""Every write to saved views and to what people chose for queues."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete

from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, locked, require
from itsm.kernel.text import _
from itsm.tickets import filters, queries
from itsm.tickets.desk import policy, queues
from itsm.tickets.desk.columns import available
from itsm.tickets.desk.models import DeskChoice, SavedView

MOST_COLOURS = 10
MOST_COLUMNS = 20


def create_view(actor: Actor, values: Mapping[str, Any]) -> SavedView:
    """Save a view; group's and everyone's need the right to. Its query must be readable now."""
    require(actor, "tickets.read")
    facts = _checked(actor, {"scope": "own", "group_id": None, **values})
    view = SavedView(owner_id=actor.person_id, **facts)
    session.add(view)
    session.flush()
    audit.record(actor, "view.created", subject_kind="view", subject_id=view.id, changes={"name": [None, view.name]})
    return view


def edit_view(actor: Actor, view_id: int, *, version: int | None, values: Mapping[str, Any]) -> SavedView:
    """Change a saved view, or whom it is for."""
    view = _kept(actor, view_id)
    check_version(view, version)
    apply_changes(
        actor, view, _checked(actor, {"scope": view.scope, "group_id": view.group_id, **values}, view), kind="view"
    )
    return view


def delete_view(actor: Actor, view_id: int) -> None:
    """Remove a saved view, and what people chose for it."""
    view = _kept(actor, view_id)
    session.execute(delete(DeskChoice).where(DeskChoice.queue == queues.name_of(view)))
    session.delete(view)
    session.flush()
    audit.record(actor, "view.deleted", subject_kind="view", subject_id=view_id, changes={"name": [view.name, None]})


def choose_columns(actor: Actor, queue: str, keys: Sequence[str]) -> None:
    """Keep which columns the actor sees of a queue; none of them means those that everyone has."""
    _choice(actor, queue).columns = _checked_columns(actor, keys)
    session.flush()


def set_favourites(actor: Actor, names: Sequence[str]) -> None:
    """Make these queues the actor's favourites, in this order."""
    known = queues.choices_of(actor)
    for name in {*known, *names}:
        row = known.get(name) or _choice(actor, name)
        row.favourite = names.index(name) if name in names else None
    session.flush()


def _choice(actor: Actor, queue: str) -> DeskChoice:
    if actor.person_id is None:
        raise Forbidden(_("Only a person has a desk to arrange."))
    if queues.get_queue(actor, queue) is None:
        raise Invalid.field("view", _("There is no such view, or it is not yours to see."))
    row = session.get(DeskChoice, (actor.person_id, queue))
    if row is None:
        row = DeskChoice(person_id=actor.person_id, queue=queue, columns=[])
        session.add(row)
    return row


def _kept(actor: Actor, view_id: int) -> SavedView:
    view = locked(SavedView, queues.get_view(actor, view_id).id)
    if not policy.SHARING.may_keep(actor, view):
        raise Forbidden(_("This view is not yours to change."))
    return view


def _checked(actor: Actor, values: Mapping[str, Any], view: SavedView | None = None) -> dict[str, Any]:
    facts = policy.SHARING.checked(actor, values, view)
    _check_texts(actor, facts)
    if "columns" in facts:
        facts["columns"] = _checked_columns(actor, facts["columns"])
    return facts


def _check_texts(actor: Actor, facts: Mapping[str, Any]) -> None:
    if facts.get("sort", "due") not in queries.ORDERS:
        _refuse("sort", _("Sort by one of: %(names)s.", names=", ".join(queries.ORDERS)))
    if facts.get("grouping") and facts["grouping"] not in queries.GROUPINGS:
        _refuse("grouping", _("Group by one of: %(names)s.", names=", ".join(queries.GROUPINGS)))
    _check_query(actor, "query", facts.get("query", ""))
    colours = facts.get("colours", ())
    if len(colours) > MOST_COLOURS:
        _refuse("colours", _("At most %(most)s colour rules.", most=MOST_COLOURS))
    for rule in colours:
        if rule["tone"] not in queues.TONES:
            _refuse("colours", _("Choose one of: %(names)s.", names=", ".join(queues.TONES)))
        _check_query(actor, "colours", rule["query"])


def _check_query(actor: Actor, field: str, text: str) -> None:
    try:
        filters.conditions(actor, text)
    except Invalid as error:
        raise Invalid(error.message, errors={field: next(iter(error.errors.values()), [error.message])}) from error


def _checked_columns(actor: Actor, keys: Sequence[str]) -> list[str]:
    known = {column.key for column in available(actor)}
    unknown = [key for key in keys if key not in known]
    if unknown:
        _refuse("columns", _("There is no column “%(name)s”.", name=unknown[0]))
    return list(dict.fromkeys(keys))[:MOST_COLUMNS]


def _refuse(field: str, text: Any) -> None:
    raise Invalid.field(field, text)
