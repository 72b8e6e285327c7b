"""The grid of one month in the reader's calendar: Gregorian, or Jalali for Persian. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

import jdatetime
from babel import Locale
from babel.dates import format_date, get_day_names

from itsm.kernel.formats import JALALI_MONTHS, Reader

MONTH = re.compile(r"^(\d{4})-(\d{2})$")
TERRITORIES = {"fa": "fa_IR", "en": "en_GB", "sv": "sv_SE", "es": "es_ES", "el": "el_GR"}  # decides the first weekday
FIRST_YEAR, LAST_YEAR = 1300, 2400

Item = TypeVar("Item")


@dataclass(frozen=True)
class Day:
    """One cell: the day, the number written in it, and whether it belongs to the month."""

    on: date
    number: str
    inside: bool
    today: bool
    weekend: bool


@dataclass(frozen=True)
class Month:
    """A month as weeks of seven days; `previous` and `next` are the keys of its neighbours (`2026-10`, `1405-07`)."""

    key: str
    title: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Day, ...], ...]
    previous: str
    next: str

    @property
    def first_on(self) -> date:
        """The first day of the grid."""
        return self.weeks[0][0].on

    @property
    def last_on(self) -> date:
        """The last day of the grid."""
        return self.weeks[-1][-1].on


def locale_of(language: str) -> Locale:
    """The locale that says on which weekday a reader's week begins and which days end it."""
    return Locale.parse(TERRITORIES.get(language, "en_GB"))


def week_of(language: str, days: Iterable[Item]) -> list[Item]:
    """Seven things that stand for the days from Monday to Sunday, in the order in which a reader's week runs."""
    monday_first, begins = list(days), locale_of(language).first_week_day
    return monday_first[begins:] + monday_first[:begins]


def month_of(reader: Reader, key: str, *, today: date) -> Month:
    """The month called `key` (`2026-11`; a Jalali one, `1405-08`, for Persian), or today's when it is none."""
    year, month = _parsed(reader, key) or _today(reader, today)
    first = _first_day(reader, year, month)
    following = _first_day(reader, *_moved(year, month, 1))
    locale = locale_of(reader.language)
    start = first - timedelta(days=(first.weekday() - locale.first_week_day) % 7)
    count = -(-(following - start).days // 7)
    days = [
        _day(reader, locale, start + timedelta(days=at), today, inside=(first, following)) for at in range(7 * count)
    ]
    return Month(
        key=_key(year, month),
        title=_title(reader, year, month, first),
        weekdays=tuple(_weekday_name(locale, weekday) for weekday in week_of(reader.language, range(7))),
        weeks=tuple(tuple(days[at : at + 7]) for at in range(0, len(days), 7)),
        previous=_key(*_moved(year, month, -1)),
        next=_key(*_moved(year, month, 1)),
    )


def _parsed(reader: Reader, key: str) -> tuple[int, int] | None:
    match = MONTH.match(key) if key.isascii() else None
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    fits = 1 <= month <= 12 and FIRST_YEAR < year < LAST_YEAR
    # A key of the other calendar (an old link, another language) would lead centuries away.
    return (year, month) if fits and (year < 1700) == reader.is_jalali else None


def _today(reader: Reader, today: date) -> tuple[int, int]:
    if reader.is_jalali:
        jalali = jdatetime.date.fromgregorian(date=today)
        return jalali.year, jalali.month
    return today.year, today.month


def _first_day(reader: Reader, year: int, month: int) -> date:
    if reader.is_jalali:
        first: date = jdatetime.date(year, month, 1).togregorian()
        return first
    return date(year, month, 1)


def _moved(year: int, month: int, by: int) -> tuple[int, int]:
    count = year * 12 + month - 1 + by
    return count // 12, count % 12 + 1


def _key(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}"


def _title(reader: Reader, year: int, month: int, first: date) -> str:
    if reader.is_jalali:
        return reader.digits(f"{JALALI_MONTHS[month - 1]} {year}")
    return format_date(first, "LLLL y", locale=reader.language)


def _weekday_name(locale: Locale, weekday: int) -> str:
    return str(get_day_names("abbreviated", context="stand-alone", locale=locale)[weekday])


def _day(reader: Reader, locale: Locale, on: date, today: date, *, inside: tuple[date, date]) -> Day:
    number = jdatetime.date.fromgregorian(date=on).day if reader.is_jalali else on.day
    weekend = locale.weekend_start <= on.weekday() <= locale.weekend_end
    return Day(on, reader.digits(str(number)), inside[0] <= on < inside[1], on == today, weekend)
