"""Staffing as JSON-ready dictionaries: addresses instead of ids; a fixed number of statements for any number of rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from itsm.identity import queries as identity
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.staffing import policy, queries
from itsm.staffing.models import Absence, Rota, Skill
from itsm.staffing.queries import OnCall


def present_skill(skill: Skill) -> dict[str, Any]:
    """A skill with who has it and which categories need it."""
    people = [
        {"person": person.email or person.name, "level": level} for person, level in queries.people_with(skill.id)
    ]
    needs = sorted(queries.categories_needing(skill.id).items())
    return skill_row(skill) | {
        "people": people,
        "categories": [{"category_id": category_id, "level": level} for category_id, level in needs],
    }


def skill_row(skill: Skill) -> dict[str, Any]:
    """A skill alone."""
    return {name: getattr(skill, name) for name in ("id", "name", "description", "version")}


def present_absences(actor: Actor, rows: Sequence[Absence]) -> list[dict[str, Any]]:
    """Absences; the reason is told as far as the actor may know it. Rule: W1."""
    emails = identity.emails_of({each for row in rows for each in (row.person_id, row.deputy_id) if each})
    return [_absence(actor, row, emails) for row in rows]


def _absence(actor: Actor, row: Absence, emails: dict[int, str]) -> dict[str, Any]:
    told = {"reason": row.reason, "note": row.note} if policy.sees_reason(actor, row) else {}
    return told | {
        "id": row.id,
        "person": emails.get(row.person_id),
        "from_at": row.from_at,
        "until_at": row.until_at,
        "deputy": emails.get(row.deputy_id or 0),
        "version": row.version,
    }


def present_rotas(rotas: Sequence[Rota]) -> list[dict[str, Any]]:
    """Rotas with their people in order and who is on call now."""
    members = queries.members_of([rota.id for rota in rotas])
    now = {each.rota.id: each for each in queries.on_call_now(rotas, clock.now())}
    ids = {each for people in members.values() for each in people}
    ids |= {each for one in now.values() for each in (one.scheduled_id, one.person_id, one.next_id) if each}
    emails = identity.emails_of(ids)
    groups = {group.id: group.name for group in identity.list_groups(active_only=False)}
    plain = ("id", "name", "timezone", "starts_on", "active", "version")
    return [
        {name: getattr(rota, name) for name in plain}
        | {
            "group": groups[rota.group_id],
            "handover_time": clock_text(rota.handover_minute),
            "people": [emails[each] for each in members.get(rota.id, ())],
            "on_call": _on_call(now.get(rota.id), emails),
        }
        for rota in rotas
    ]


def _on_call(found: OnCall | None, emails: dict[int, str]) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "scheduled": emails.get(found.scheduled_id),
        "person": emails.get(found.person_id or 0),
        "until_at": found.until_at,
        "next": emails.get(found.next_id or 0),
    }


def present_shifts(rota: Rota, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Who is on call from `start` until before `end`."""
    shifts = queries.schedule([rota], start, end)[rota.id]
    emails = identity.emails_of({each.person_id for each in shifts})
    return [
        {"person": emails.get(each.person_id), "from_at": each.from_at, "until_at": each.until_at}
        | {"override_id": each.override_id}
        for each in shifts
    ]


def present_load(group_id: int) -> list[dict[str, Any]]:
    """How much the active members of a group have to do."""
    members = identity.list_members(group_id)
    ids = [person.id for person in members]
    counts, limits, deputies = queries.open_counts(ids), queries.limits_of(ids), queries.deputies_at(clock.now())
    emails = identity.emails_of({each for each in deputies.values() if each})
    return [
        {
            "person": person.email or person.name,
            "open_tickets": counts.get(person.id, 0),
            "most_open": limits.get(person.id),
            "absent": person.id in deputies,
            "deputy": emails.get(deputies.get(person.id) or 0),
        }
        for person in members
    ]


def clock_text(minute: int) -> str:
    """Minutes after midnight as a clock shows them: `09:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(text: str) -> int:
    """The minutes after midnight of `09:00`."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
