"""What literals and functions mean: numbers, durations, days and instants in the reader's time zone."""

import math
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from itsm.kernel.text import _
from itsm.query.errors import QueryError
from itsm.query.tree import Call, Literal, Shifted, Value

_DAY_SECONDS = 86_400
_UNIT_SECONDS = {"w": 7 * _DAY_SECONDS, "d": _DAY_SECONDS, "h": 3600, "m": 60}
_DURATION = re.compile(r"-?(?:\d{1,9}[wdhm])+", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_LARGEST_WHOLE_NUMBER = 2**63 - 1
_WESTERN_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)

Moment = date | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, when, and in which time zone days begin; ``now`` is timezone-aware."""

    actor_id: Hashable
    group_ids: tuple[Hashable, ...]
    now: datetime
    zone: tzinfo


def western_digits(text: str) -> str:
    """Return ``text`` with Persian and Arabic digits written as 0 to 9."""
    return text.translate(_WESTERN_DIGITS)


def parse_duration(text: str) -> int | None:
    """Return the seconds of a duration such as ``90m``, ``1d12h`` or ``-2h``; None when it is not one."""
    text = western_digits(text)
    if not _DURATION.fullmatch(text):
        return None
    seconds = sum(int(number) * _UNIT_SECONDS[unit] for number, unit in re.findall(r"(\d+)([wdhm])", text.lower()))
    return -seconds if text.startswith("-") else seconds


def parse_number(text: str) -> int | float | None:
    """Return the number; None when it is not one or no database could hold it."""
    text = western_digits(text)
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text) if "." in text else int(text)
    return number if math.isfinite(number) and abs(number) <= _LARGEST_WHOLE_NUMBER else None


def moment(value: Value, context: Context) -> Moment:
    """Return the day or the instant (UTC) that a literal, a function or arithmetic stands for."""
    try:
        return _moment(value, context)
    except OverflowError:
        raise QueryError(_("This point in time is out of range."), value.position) from None


def day_span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the instants at which ``day`` begins and at which the next one begins in ``zone``."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _moment(value: Value, context: Context) -> Moment:
    match value:
        case Literal():
            return _written_moment(value, context.zone)
        case Call():
            return _called_moment(value, context)
        case Shifted():
            return _shifted(_moment(value.base, context), value.seconds, context.zone)


def _written_moment(literal: Literal, zone: tzinfo) -> Moment:
    text = western_digits(literal.text)
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-11-21") else _instant(text, zone)
    except ValueError:
        raise QueryError(
            _("“%(value)s” is not a day or an instant.", value=literal.text),
            literal.position,
            _("Write it like 2026-11-21, 2026-11-21T14:30 or today()."),
        ) from None


def _instant(text: str, zone: tzinfo) -> datetime:
    instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)


def _called_moment(call: Call, context: Context) -> Moment:
    today = context.now.astimezone(context.zone).date()
    match call.name:
        case "now":
            return context.now.astimezone(UTC)
        case "today":
            return today
        case _:
            return _start_of(call, today)


STARTS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}


def _start_of(call: Call, today: date) -> date:
    unit = call.arguments[0]
    if unit.text.lower() not in STARTS:
        text = _("“%(value)s” is not a span that startof knows.", value=unit.text)
        raise QueryError(text, unit.position, _("Expected one of %(names)s.", names=", ".join(STARTS)))
    return STARTS[unit.text.lower()](today)


def _shifted(base: Moment, seconds: int, zone: tzinfo) -> Moment:
    if isinstance(base, datetime):
        return base + timedelta(seconds=seconds)
    days, rest = divmod(seconds, _DAY_SECONDS)
    day = base + timedelta(days=days)
    return _midnight(day, zone) + timedelta(seconds=rest) if rest else day
