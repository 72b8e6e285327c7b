"""Writes to on-call rotas: rotation, overrides, hand-over notes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert

from itsm.identity.models import Group
from itsm.identity.services.checks import check_exists, check_free_name, check_place_in_time
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _
from itsm.staffing import policy, queries
from itsm.staffing.models import HandoverNote, Rota, RotaMember, RotaOverride
from itsm.staffing.services.checks import check_span, check_works

MOST_PEOPLE = 60
LONGEST_NOTE = 20_000


def create_rota(
    actor: Actor,
    *,
    name: str,
    group_id: int,
    timezone: str,
    starts_on: date,
    handover_minute: int,
    person_ids: Sequence[int],
    active: bool = True,
) -> Rota:
    """Record a rota: its people take a week each, from the first hand-over day on."""
    require(actor, policy.EDIT)
    facts = {"timezone": timezone, "group_id": group_id}
    _check(facts)
    row = Rota(
        name=name.strip(), **facts, starts_on=starts_on, handover_minute=handover_minute, active=active
    )  # fmt: skip
    create(actor, row, kind="rota")
    _set_people(actor, row, person_ids)
    return row


def edit_rota(actor: Actor, rota_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Rota:
    """Change a rota; `changes` may hold `person_ids`, in order."""
    require(actor, policy.EDIT)
    row = get(Rota, rota_id)
    check_version(row, version)
    rest = dict(changes)
    check_free_name(Rota, rest, ignore_id=row.id)
    _check(rest)
    if "person_ids" in rest:
        _set_people(actor, row, rest.pop("person_ids"))
    apply_changes(actor, row, rest, kind="rota")
    return row


def _check(facts: Mapping[str, Any]) -> None:
    check_place_in_time(facts)
    check_exists("group_id", Group, facts.get("group_id"))


def _set_people(actor: Actor, rota: Rota, person_ids: Sequence[int]) -> None:
    """Make these the people of a rota, in this order; somebody may stand in it more than once."""
    if not 0 < len(person_ids) <= MOST_PEOPLE:
        raise Invalid.field("person_ids", _("Name 1 to 60 people, in the order of their weeks."))
    for person_id in dict.fromkeys(person_ids):
        check_works("person_ids", person_id)
    before = queries.members_of([rota.id]).get(rota.id, [])
    if before == list(person_ids):
        return
    session.execute(delete(RotaMember).where(RotaMember.rota_id == rota.id))
    rows = [{"rota_id": rota.id, "position": at, "person_id": each} for at, each in enumerate(person_ids)]
    session.execute(insert(RotaMember), rows)
    changes = {"people": [before, list(person_ids)]}
    audit.record(actor, "rota.people", subject_kind="rota", subject_id=rota.id, changes=changes)


def add_override(
    actor: Actor, rota_id: int, *, person_id: int, from_at: datetime, until_at: datetime, note: str = ""
) -> RotaOverride:
    """Put somebody else on call for a while; people of the rota swap among themselves, planners name anyone."""
    rota = get(Rota, rota_id)
    _require_part(actor, rota)
    check_span(from_at, until_at)
    check_works("person_id", person_id)
    row = RotaOverride(rota_id=rota.id, person_id=person_id, from_at=from_at, until_at=until_at, note=note.strip())
    session.add(row)
    session.flush()
    changes = {"person_id": [None, person_id], "from_at": [None, from_at], "until_at": [None, until_at]}
    audit.record(actor, "rota.override", subject_kind="rota", subject_id=rota.id, changes=changes)
    return row


def remove_override(actor: Actor, override_id: int) -> Rota:
    """The week's own person is on call again."""
    row = get(RotaOverride, override_id)
    rota = get(Rota, row.rota_id)
    _require_part(actor, rota)
    changes = {"person_id": [row.person_id, None], "from_at": [row.from_at, None], "until_at": [row.until_at, None]}
    session.delete(row)
    session.flush()
    audit.record(actor, "rota.override", subject_kind="rota", subject_id=rota.id, changes=changes)
    return rota


def write_note(actor: Actor, rota_id: int, *, body: str) -> HandoverNote:
    """Leave a note for the next shift."""
    rota = get(Rota, rota_id)
    _require_part(actor, rota)
    text = body.strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        raise Invalid.field("body", _("Write 1 to 20,000 characters."))
    row = HandoverNote(
        rota_id=rota.id, at=clock.now(), author_id=actor.person_id, author_name=actor.name, body=text
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(actor, "rota.note", subject_kind="rota", subject_id=rota.id, changes={"note": [None, row.id]})
    return row


def _require_part(actor: Actor, rota: Rota) -> None:
    people = queries.members_of([rota.id]).get(rota.id, [])
    policy.require_handover(actor, on_rota=actor.person_id in people)
