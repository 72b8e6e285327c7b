"""Writes to absences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itsm.identity.models import Person
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, get
from itsm.kernel.text import _
from itsm.staffing import policy, queries
from itsm.staffing.deputies import Leave, closes_loop
from itsm.staffing.models import Absence
from itsm.staffing.services.checks import check_span, check_works
from itsm.staffing.words import REASONS

CHANGEABLE = frozenset({"from_at", "until_at", "reason", "note", "deputy_id"})


def enter_absence(
    actor: Actor,
    *,
    person_id: int,
    from_at: datetime,
    until_at: datetime,
    reason: str = "",
    note: str = "",
    deputy_id: int | None = None,
) -> Absence:
    """Say when a person is away and who stands in. Rules: W1, W3.

    Raises `Invalid` when the person is away then already, or when the deputies would lead back to the person.
    """
    policy.require_absence(actor, person_id)
    get(Person, person_id)
    row = Absence(
        person_id=person_id, from_at=from_at, until_at=until_at, reason=reason, note=note.strip(), deputy_id=deputy_id
    )
    _check(row)
    session.add(row)
    session.flush()
    changes = {"from_at": [None, from_at], "until_at": [None, until_at], "deputy_id": [None, deputy_id]}
    audit.record(actor, "absence.created", subject_kind="absence", subject_id=row.id, changes=changes)
    return row


def change_absence(actor: Actor, absence_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Absence:
    """Move an absence, or name another deputy."""
    row = queries.get_absence(actor, absence_id)
    policy.require_absence(actor, row.person_id)
    check_version(row, version)
    if changes.keys() - CHANGEABLE:
        raise Forbidden(_("An absence stays the same person's. Cancel it and enter another one."))
    wanted = {name: changes.get(name, getattr(row, name)) for name in CHANGEABLE}
    _check(Absence(id=row.id, person_id=row.person_id, **wanted))
    apply_changes(actor, row, changes, kind="absence")
    return row


def cancel_absence(actor: Actor, absence_id: int) -> None:
    """The person is not away after all."""
    row = queries.get_absence(actor, absence_id)
    policy.require_absence(actor, row.person_id)
    changes = {"from_at": [row.from_at, None], "until_at": [row.until_at, None]}
    session.delete(row)
    session.flush()
    audit.record(actor, "absence.cancelled", subject_kind="absence", subject_id=absence_id, changes=changes)


def _check(row: Absence) -> None:
    check_span(row.from_at, row.until_at)
    if row.reason and row.reason not in REASONS:
        raise Invalid.field("reason", _("Choose one of: %(names)s.", names=", ".join(REASONS)))
    if row.deputy_id == row.person_id:
        raise Invalid.field("deputy_id", _("Nobody stands in for themselves. Name somebody else."))
    check_works("deputy_id", row.deputy_id)
    _lock_people(row)
    new = Leave(row.person_id, row.from_at, row.until_at, row.deputy_id)
    known = queries.leaves_between(row.from_at, row.until_at, ignore_id=row.id)
    if any(each.person_id == row.person_id for each in known):
        raise Invalid.field("from_at", _("Another absence covers part of this time. Change that one instead."))
    if closes_loop(new, known):
        raise Invalid.field(
            "deputy_id",
            _("These deputies would stand in for one another in a circle. Name somebody who is there."),
        )


def _lock_people(row: Absence) -> None:
    """Two people who name one another at the same time wait here, so that the second sees the first."""
    ids = {row.person_id, row.deputy_id} - {None}
    statement = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id)
    session.execute(statement.with_for_update(key_share=True))
