"""Business-time cases as plain data: the core of `itsm sla calculate`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sla.calendars.calendar import SEARCH_LIMIT_SECONDS, BusinessCalendar, CalendarError, NeverOpen, parse_calendar

MAX_CASES = 10_000
MAX_SPAN = timedelta(days=50 * 366)
MAX_EXCLUDED = 10_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)

_Span = tuple[datetime, datetime]


class CasesError(ValueError):
    """The input as a whole cannot be taken: it is no list, or has too many cases."""


class _CaseError(ValueError):
    """One case is wrong; the text names the field."""


def calculate(cases: object) -> list[dict[str, object]]:
    """Answer each case with `{"id", "result"}`, or `{"id", "error"}` where it is wrong, in the order given.

    A case has `id`, `calendar` (also with `exclude`, absolute spans that never count), `op` and either `start` and
    `amount_s` (`add`: an instant in the calendar's zone, with offset) or `start` and `end` (`between`: seconds). Other
    keys are left alone. Instants are RFC 3339 in the years 1970 to 2200, fractions of a second are cut off; a case
    spans 50 years at most and its amount 20. Raises `CasesError` unless given a list of at most 10,000 cases.
    Rules: T1 to T5.
    """
    if not isinstance(cases, list):
        raise CasesError("cases: must be a list")
    if len(cases) > MAX_CASES:
        raise CasesError(f"cases: more than {MAX_CASES} in one list")
    return [_answer(case) for case in cases]


def _answer(case: object) -> dict[str, object]:
    if not isinstance(case, dict):
        return {"id": None, "error": "case: must be an object"}
    identifier = case.get("id")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        return {"id": None, "error": "id: must be a text or a whole number"}
    try:
        return {"id": identifier, "result": _result(case)}
    except CalendarError as error:
        prefix = "" if error.field == "calendar" else "calendar."
        return {"id": identifier, "error": f"{prefix}{error}"}
    except NeverOpen as error:
        return {"id": identifier, "error": f"amount_s: {error}"}
    except _CaseError as error:
        return {"id": identifier, "error": str(error)}


def _result(case: Mapping[str, object]) -> str | int:
    operation = case.get("op")
    if operation not in ("add", "between"):
        raise _CaseError('op: must be "add" or "between"')
    calendar, exclude = _calendar_of(case.get("calendar"))
    start = _instant(case.get("start"), "start")
    if operation == "add":
        found = calendar.add(start, _amount(case.get("amount_s")), exclude)
        return _written(found, calendar)
    end = _instant(case.get("end"), "end")
    if abs(end - start) > MAX_SPAN:
        raise _CaseError("end: lies more than 50 years from start")
    return calendar.between(start, end, exclude)


def _calendar_of(value: object) -> tuple[BusinessCalendar, list[_Span]]:
    if not isinstance(value, dict):
        raise CalendarError("calendar", "must be an object")
    calendar = parse_calendar({key: part for key, part in value.items() if key != "exclude"})
    return calendar, _exclude(value.get("exclude", []))


def _exclude(value: object) -> list[_Span]:
    if not isinstance(value, list):
        raise CalendarError("exclude", "must be a list")
    if len(value) > MAX_EXCLUDED:
        raise CalendarError("exclude", f"has more than {MAX_EXCLUDED} entries")
    return [_span(span, f"calendar.exclude[{index}]") for index, span in enumerate(value)]


def _span(value: object, name: str) -> _Span:
    if not isinstance(value, list) or len(value) != 2:
        raise _CaseError(f"{name}: must be a pair of instants")
    from_at, to_at = _instant(value[0], f"{name}[0]"), _instant(value[1], f"{name}[1]")
    if to_at < from_at:
        raise _CaseError(f"{name}: ends before it starts")
    return from_at, to_at


def _instant(value: object, name: str) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise _CaseError(f"{name}: must be an instant with offset, like 2026-03-02T09:00:00+01:00")
    try:
        instant = datetime.fromisoformat(value.upper())
    except ValueError:
        raise _CaseError(f"{name}: there is no instant {value}") from None
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise _CaseError(f"{name}: must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return instant.astimezone(UTC)


def _amount(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _CaseError("amount_s: must be a whole number of seconds")
    if abs(value) > SEARCH_LIMIT_SECONDS:
        raise _CaseError(f"amount_s: must lie between -{SEARCH_LIMIT_SECONDS} and {SEARCH_LIMIT_SECONDS} (20 years)")
    return value


def _written(instant: datetime, calendar: BusinessCalendar) -> str:
    return instant.astimezone(calendar.zone).isoformat()
