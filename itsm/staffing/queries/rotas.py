"""Reads of on-call rotas: who is on call now, next, and over a month."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.staffing.deputies import stand_in
from itsm.staffing.models import HandoverNote, Rota, RotaMember, RotaOverride
from itsm.staffing.queries.absences import deputies_at
from itsm.staffing.rotation import Plan, Stretch, stretches

NOTES_SHOWN = 20
LOOK_AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class OnCall:
    """Who is on call in a rota at an instant; `scheduled_id` is whose shift it is, `person_id` who acts (None: nobody)."""

    rota: Rota
    scheduled_id: int
    person_id: int | None
    until_at: datetime
    next_id: int | None = None


def get_rota(rota_id: int) -> Rota:
    """A rota; raises `NotFound`."""
    row = session.get(Rota, rota_id)
    if row is None:
        raise NotFound(_("There is no such rota."))
    return row


def list_rotas(*, group_ids: Collection[int] | None = None, active_only: bool = False) -> Sequence[Rota]:
    """Rotas by name: all, or those of some groups."""
    statement = select(Rota).order_by(Rota.name)
    if group_ids is not None:
        statement = statement.where(Rota.group_id.in_(group_ids))
    return session.scalars(statement.where(Rota.active) if active_only else statement).all()


def members_of(rota_ids: Collection[int]) -> dict[int, list[int]]:
    """Rota id → ids of its people in order; one statement."""
    found: dict[int, list[int]] = defaultdict(list)
    statement = select(RotaMember).where(RotaMember.rota_id.in_(rota_ids))
    for row in session.scalars(statement.order_by(RotaMember.rota_id, RotaMember.position)) if rota_ids else ():
        found[row.rota_id].append(row.person_id)
    return dict(found)


def list_overrides(
    rota_ids: Collection[int], *, start: datetime, end: datetime | None = None
) -> Sequence[RotaOverride]:
    """Overrides that are not over at `start` (and begin before `end`), in the order in which they were made."""
    statement = select(RotaOverride).where(RotaOverride.rota_id.in_(rota_ids), RotaOverride.until_at > start)
    if end is not None:
        statement = statement.where(RotaOverride.from_at < end)
    return session.scalars(statement.order_by(RotaOverride.id)).all() if rota_ids else []


def list_notes(rota_id: int) -> Sequence[HandoverNote]:
    """The newest hand-over notes, newest first."""
    statement = select(HandoverNote).where(HandoverNote.rota_id == rota_id).order_by(HandoverNote.id.desc())
    return session.scalars(statement.limit(NOTES_SHOWN)).all()


def plan_of(rota: Rota, person_ids: Sequence[int]) -> Plan:
    """The weekly rotation of a rota."""
    return Plan(ZoneInfo(rota.timezone), rota.starts_on, rota.handover_minute, tuple(person_ids))


def schedule(rotas: Sequence[Rota], start: datetime, end: datetime) -> dict[int, list[Stretch]]:
    """Rota id → who is on call from `start` until before `end`, overrides included; two statements for any number."""
    ids = [rota.id for rota in rotas]
    members, overrides = members_of(ids), list_overrides(ids, start=start, end=end)
    by_rota: dict[int, list[Stretch]] = defaultdict(list)
    for row in overrides:
        by_rota[row.rota_id].append(Stretch(row.from_at, row.until_at, row.person_id, row.id))
    return {rota.id: stretches(plan_of(rota, members.get(rota.id, ())), by_rota[rota.id], start, end) for rota in rotas}


def on_call(group_id: int, at: datetime) -> list[OnCall]:
    """Who is on call for a group at an instant, one entry for each of its rotas that has somebody; four statements.

    An absent person is replaced along the deputies; who is away without one leaves `person_id` empty. Rule: W7.
    """
    return on_call_now(list_rotas(group_ids=[group_id], active_only=True), at)


def on_call_now(rotas: Sequence[Rota], at: datetime) -> list[OnCall]:
    """Who is on call in some rotas at an instant, and who follows; rotas without anyone are left out."""
    planned = schedule(rotas, at, at + LOOK_AHEAD) if rotas else {}
    deputies = deputies_at(at) if rotas else {}
    found = (_first(rota, planned[rota.id], at, deputies) for rota in rotas)
    return [each for each in found if each is not None]


def _first(rota: Rota, ahead: Sequence[Stretch], at: datetime, deputies: Mapping[int, int | None]) -> OnCall | None:
    shift = next((each for each in ahead if each.from_at <= at), None)
    if shift is None:
        return None
    following = next((each for each in ahead if each.from_at >= shift.until_at), None)
    return OnCall(
        rota,
        shift.person_id,
        stand_in(shift.person_id, deputies),
        shift.until_at,
        following.person_id if following else None,
    )
