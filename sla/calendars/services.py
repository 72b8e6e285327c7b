"""Every write to calendars, and the preview of what one would move. Rule: C8."""

from collections.abc import Mapping
from typing import Any

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.records import apply_changes, check_version, create, locked, require
from sla.agreements import queries as agreement_queries
from sla.agreements.previews import Preview, preview_drafts
from sla.agreements.services import (
    ask_to_recompute,
    checked_name,
    content_now,
    require_free,
    write_terms,
)
from sla.agreements.terms import AgreedTerms, read_content
from sla.calendars.written import Compiled, compile_calendar, written_of
from sla.models import BusinessHours


def compiled(timezone: str, definition: Mapping[str, Any]) -> Compiled:
    """What a calendar written now comes to; raises `Invalid` that names the part."""
    return compile_calendar(timezone, definition, year=clock.now().year)


def create_calendar(actor: Actor, *, name: str, timezone: str, definition: Mapping[str, Any]) -> BusinessHours:
    """Record a business calendar; `definition` has any of `written_calendar.MEMBERS`."""
    require(actor, "sla.edit")
    found = compiled(timezone, definition)
    row = BusinessHours(name=checked_name(name), timezone=timezone, definition=found.definition, details=found.details)
    return create(actor, row, kind="sla_calendar")


def change_calendar(
    actor: Actor,
    calendar: BusinessHours,
    *,
    name: str,
    timezone: str,
    definition: Mapping[str, Any],
    version: int | None = None,
) -> None:
    """Change a calendar; open clocks that count in it are computed anew by a background task. Rule: C8.

    `definition` is the whole of it; the names of days that it keeps and where they came from stay where it says nothing.
    """
    require(actor, "sla.edit")
    session.flush()
    calendar = locked(BusinessHours, calendar.id)
    check_version(calendar, version)
    found = compiled(timezone, _with_origins(calendar, definition))
    require_free(BusinessHours, calendar.id, name)
    facts = {
        "name": checked_name(name),
        "timezone": timezone,
        "definition": found.definition,
        "details": found.details,
    }
    _save(actor, calendar, facts)


def _with_origins(calendar: BusinessHours, definition: Mapping[str, Any]) -> dict[str, Any]:
    before = written_of(calendar)
    kept = {name: before[name] for name in ("names", "sources") if definition.get(name) is None}
    return {**definition, **kept}


def _save(actor: Actor, calendar: BusinessHours, facts: Mapping[str, Any]) -> None:
    changed = apply_changes(actor, calendar, facts, kind="sla_calendar")
    if changed.keys() & {"name", "timezone", "definition"}:
        agreements = agreement_queries.agreements_using(calendar.id)
        for agreement in agreements:
            write_terms(agreement, made_by=actor.name)
        ask_to_recompute(actor, [agreement.id for agreement in agreements])


def preview_calendar(actor: Actor, calendar: BusinessHours, *, timezone: str, definition: Mapping[str, Any]) -> Preview:
    """Which open clocks would move if the calendar became this. Rule: C8."""
    members = compiled(timezone, _with_origins(calendar, definition)).definition
    changed = {"name": calendar.name, "tz": timezone, **members}
    drafts: dict[int, AgreedTerms | None] = {}
    for agreement in agreement_queries.agreements_using(calendar.id):
        content = content_now(agreement) | {"calendar": changed}
        drafts[agreement.id] = read_content(f"draft of {agreement.id}", agreement.id, content)
    return preview_drafts(actor, drafts)


def with_holidays(
    written: Mapping[str, Any],
    *,
    added: Mapping[str, tuple[str, str]],
    removed: frozenset[str],
    renamed: Mapping[str, str],
) -> dict[str, Any]:
    """What is written, with holidays added (date → name and source), others taken off, and others called otherwise."""
    days = [day for day in written["holidays"] if day not in removed]
    days += sorted(added.keys() - set(days))
    names = {**{day: name for day, (name, _source) in added.items()}, **written["names"], **renamed}
    sources = {**{day: source for day, (_name, source) in added.items()}, **written["sources"]}
    return {**written, "holidays": sorted(days), "names": names, "sources": sources}


def change_holidays(actor: Actor, calendar: BusinessHours, definition: Mapping[str, Any]) -> None:
    """Change what is written of a calendar, without its name and zone."""
    change_calendar(actor, calendar, name=calendar.name, timezone=calendar.timezone, definition=definition)


def extend_recurring_days(calendar_id: int) -> bool:
    """Compute a calendar's recurring days for the years around the present one; answers whether that changed it."""
    calendar = locked(BusinessHours, calendar_id)
    found = compiled(calendar.timezone, written_of(calendar))
    if found.definition == calendar.definition:
        return False
    _save(SYSTEM, calendar, {"definition": found.definition})
    return True
