"""Periods by name, what they are compared with, and the stretches they are cut into, in the reader's calendar."""

from collections.abc import Callable
from datetime import date, timedelta

import jdatetime
from babel.dates import format_date

from itsm.kernel.errors import Invalid
from itsm.kernel.formats import Reader
from itsm.kernel.text import Message, _
from itsm.reports.periods import LONGEST_DAYS, month_start, next_month, year_start
from itsm.reports.present import month_label

Span = tuple[date, date]  # half open

PERIODS: dict[str, Message] = {
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "last_7_days": _("Last 7 days"),
    "last_30_days": _("Last 30 days"),
    "last_90_days": _("Last 90 days"),
    "this_week": _("This week so far"),
    "last_week": _("Last week"),
    "this_month": _("This month so far"),
    "last_month": _("Last month"),
    "last_3_months": _("Last three months"),
    "this_quarter": _("This quarter so far"),
    "last_quarter": _("Last quarter"),
    "this_year": _("This year so far"),
    "last_year": _("Last year"),
    "last_12_months": _("Last twelve months"),
    "any": _("Any time"),
    "custom": _("From … to …"),
}
ONE = timedelta(days=1)


def span_of(name: str, first: str, end: str, today: date, *, jalali: bool) -> Span | None:
    """The days of a period as of today; None for any time. Raises `Invalid` that names what is wrong."""
    if name == "any":
        return None
    if name == "custom":
        return _custom(first, end)
    if name not in PERIODS:
        raise Invalid.field("period", _("There is no such period; choose one of the list."))
    return _named(name, today, jalali=jalali)


def _custom(first: str, end: str) -> Span:
    days = []
    for place, text in (("from", first), ("to", end)):
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise Invalid.field(place, _("Give the day as 2026-11-21.")) from error
        if not 1900 <= day.year <= 2400:
            raise Invalid.field(place, _("This year is outside of what reports cover."))
        days.append(day)
    if days[1] <= days[0]:
        raise Invalid.field("to", _("The last day must lie after the first; the period ends before this day."))
    if (days[1] - days[0]).days > LONGEST_DAYS:
        raise Invalid.field("from", _("A report covers ten years at most."))
    return days[0], days[1]


def _named(name: str, today: date, *, jalali: bool) -> Span:
    tomorrow = today + ONE
    if name in ("today", "yesterday"):
        return (today, tomorrow) if name == "today" else (today - ONE, today)
    which, _line, rest = name.partition("_")
    if rest.endswith("_days"):
        return tomorrow - timedelta(days=int(rest.split("_")[0])), tomorrow
    if rest.endswith("_months"):
        last = month_start(today, jalali=jalali)
        return _months_before(last, int(rest.split("_")[0]), jalali=jalali), last
    begin = start_of(today, rest, jalali=jalali)
    return (begin, tomorrow) if which == "this" else (start_of(begin - ONE, rest, jalali=jalali), begin)


def _months_before(day: date, number: int, *, jalali: bool) -> date:
    for _step in range(number):
        day = month_start(day - ONE, jalali=jalali)
    return day


def start_of(day: date, unit: str, *, jalali: bool) -> date:
    """The first day of the day, ISO week, month, quarter or year that a day belongs to."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return month_start(day, jalali=jalali)
    if unit == "year":
        return year_start(day, jalali=jalali)
    return _months_before(month_start(day, jalali=jalali), (_month(day, jalali=jalali) - 1) % 3, jalali=jalali)


def _month(day: date, *, jalali: bool) -> int:
    return int(jdatetime.date.fromgregorian(date=day).month) if jalali else day.month


def next_start(day: date, unit: str, *, jalali: bool) -> date:
    """The first day of the stretch after the one that a day belongs to."""
    if unit in ("day", "week"):
        return start_of(day, unit, jalali=jalali) + timedelta(days=7 if unit == "week" else 1)
    following = start_of(day, unit, jalali=jalali)
    for _step in range({"month": 1, "quarter": 3, "year": 12}[unit]):
        following = next_month(following, jalali=jalali)
    return following


def cuts(span: Span, unit: str, *, jalali: bool, most: int) -> list[date] | None:
    """The first days of the stretches of a span, the first one cut to it; None when there are more than `most`."""
    starts = [span[0]]
    while (following := next_start(starts[-1], unit, jalali=jalali)) < span[1]:
        starts.append(following)
        if len(starts) > most:
            return None
    return starts


def compared(question_period: str, span: Span, how: str, *, jalali: bool) -> Span:
    """What a period is compared with; raises `Invalid` where both would overlap."""
    if how == "previous":
        return _previous(question_period, span, jalali=jalali)
    other = _year_before(span[0], jalali=jalali), _year_before(span[1], jalali=jalali)
    if other[1] > span[0]:
        raise Invalid.field("compare", _("A period longer than a year overlaps with itself a year before."))
    return other


def _previous(name: str, span: Span, *, jalali: bool) -> Span:
    first, end = span
    which, _line, unit = name.partition("_")
    if which == "this":
        begin = start_of(first - ONE, unit, jalali=jalali)
        return begin, min(begin + (end - first), first)
    # The days before so many days are as many, also where these happen to be whole months.
    months = 0 if name.endswith("_days") else _whole_months(span, jalali=jalali)
    return (_months_before(first, months, jalali=jalali) if months else first - (end - first)), first


def _whole_months(span: Span, *, jalali: bool) -> int:
    """How many months a span is made of; 0 when it does not begin and end with one."""
    number, at = 0, span[0]
    if month_start(at, jalali=jalali) != at:
        return 0
    while at < span[1]:
        at, number = next_month(at, jalali=jalali), number + 1
    return number if at == span[1] else 0


def _year_before(day: date, *, jalali: bool) -> date:
    if not jalali:
        return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
    there = jdatetime.date.fromgregorian(date=day)
    number = 29 if (there.month, there.day) == (12, 30) else there.day
    found: date = jdatetime.date(there.year - 1, there.month, number).togregorian()
    return found


def label_of(day: date, unit: str, reader: Reader) -> str:
    """What a stretch is called."""
    labels: dict[str, Callable[[date, Reader], str]] = {
        "day": lambda each, here: here.day(each),
        "week": _week,
        "month": month_label,
        "quarter": _quarter,
        "year": _year,
    }
    return labels[unit](day, reader)


def _week(day: date, reader: Reader) -> str:
    year, week, _day = day.isocalendar()
    if reader.is_jalali:
        return str(_("Week from %(day)s", day=reader.day(start_of(day, "week", jalali=True))))
    return str(_("W%(week)s %(year)s", week=f"{week:02d}", year=year))


def _quarter(day: date, reader: Reader) -> str:
    quarter = (_month(day, jalali=reader.is_jalali) - 1) // 3 + 1
    return reader.digits(str(_("Q%(quarter)s %(year)s", quarter=quarter, year=_year(day, reader))))


def _year(day: date, reader: Reader) -> str:
    if reader.is_jalali:
        return reader.digits(str(jdatetime.date.fromgregorian(date=day).year))
    return format_date(day, "y", locale=reader.language)
