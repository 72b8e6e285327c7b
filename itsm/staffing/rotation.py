"""Who is on call when: weeks in turn, with overrides laid over them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK_DAYS = 7


@dataclass(frozen=True)
class Plan:
    """A weekly rotation: `starts_on` is the first hand-over day, `minute` counts from midnight on the zone's clocks."""

    zone: ZoneInfo
    starts_on: date
    minute: int
    person_ids: tuple[int, ...]


@dataclass(frozen=True)
class Stretch:
    """From `from_at` until before `until_at` one person is on call; `override_id` when it is not their week."""

    from_at: datetime
    until_at: datetime
    person_id: int
    override_id: int | None = None


def handover(plan: Plan, week: int) -> datetime:
    """The instant (UTC) at which a week of the rotation begins; a time that clocks skip is that much later. Rule: W6."""
    day = plan.starts_on + timedelta(days=WEEK_DAYS * week)
    local = datetime.combine(day, time(plan.minute // 60, plan.minute % 60), plan.zone)
    return local.astimezone(UTC)


def week_of(plan: Plan, instant: datetime) -> int:
    """The week of the rotation that an instant lies in; negative before the first one."""
    week = (instant.astimezone(plan.zone).date() - plan.starts_on).days // WEEK_DAYS
    return week if handover(plan, week) <= instant else week - 1


def stretches(plan: Plan, overrides: Iterable[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """Who is on call from `start` until before `end`, in order, without gaps from the first week on."""
    found = _weeks(plan, start, end)
    for override in overrides:
        found = _laid_over(found, override)
    cut = (replace(each, from_at=max(each.from_at, start), until_at=min(each.until_at, end)) for each in found)
    return sorted((each for each in cut if each.from_at < each.until_at), key=lambda each: each.from_at)


def _weeks(plan: Plan, start: datetime, end: datetime) -> list[Stretch]:
    if not plan.person_ids:
        return []
    first, last = max(0, week_of(plan, start)), week_of(plan, end)
    return [
        Stretch(handover(plan, week), handover(plan, week + 1), plan.person_ids[week % len(plan.person_ids)])
        for week in range(first, last + 1)
    ]


def _laid_over(below: Sequence[Stretch], over: Stretch) -> list[Stretch]:
    """The stretches with one laid over them, whatever it covers."""
    left = [replace(each, until_at=min(each.until_at, over.from_at)) for each in below]
    right = [replace(each, from_at=max(each.from_at, over.until_at)) for each in below]
    return [each for each in (*left, *right) if each.from_at < each.until_at] + [over]
