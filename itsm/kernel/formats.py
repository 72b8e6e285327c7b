"""How instants, days, durations and numbers are written for a reader: locale, zone, and Jalali dates for Persian."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import jdatetime
from babel.dates import get_month_names
from babel.numbers import format_decimal

PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
JALALI_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
month_names = cache(get_month_names)
decimal = lru_cache(maxsize=10_000)(format_decimal)  # a page shows the same few counts over and over


@dataclass(frozen=True)
class Reader:
    """For whom something is written: language code and IANA zone."""

    language: str = "en"
    timezone: str = "UTC"

    @property
    def is_jalali(self) -> bool:
        """Whether the reader's calendar is the Jalali one."""
        return self.language == "fa"

    def local(self, instant: datetime) -> datetime:
        """The instant in the reader's zone."""
        return instant.astimezone(ZoneInfo(self.timezone))

    def digits(self, text: str) -> str:
        """Digits as the reader's language writes them."""
        return text.translate(PERSIAN_DIGITS) if self.language == "fa" else text

    def day(self, value: date | datetime, *, short: bool = False) -> str:
        """A day, in the reader's zone when an instant is given: `21 Nov 2026`, `۳۰ آبان ۱۴۰۵`."""
        local = self.local(value).date() if isinstance(value, datetime) else value
        if self.is_jalali:
            jalali = jdatetime.date.fromgregorian(date=local)
            year = "" if short else f" {jalali.year}"
            return self.digits(f"{jalali.day} {JALALI_MONTHS[jalali.month - 1]}{year}")
        year = "" if short else f" {local.year}"
        return f"{local.day} {month_names('abbreviated', 'format', self.language)[local.month]}{year}"

    def time(self, instant: datetime) -> str:
        """Hours and minutes in the reader's zone, on a 24-hour clock."""
        return self.digits(f"{self.local(instant):%H:%M}")

    def instant(self, value: datetime) -> str:
        """Day and time: `21 Nov 2026 14:05`."""
        local = self.local(value)
        return f"{self.day(local.date())} {self.digits(f'{local:%H:%M}')}"

    def number(self, value: float, *, decimals: int = 0) -> str:
        """A number with the reader's separators and digits."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return self.digits(decimal(value, pattern, locale="en" if self.is_jalali else self.language))

    def clock_time(self, seconds: float) -> str:
        """A length as hours and minutes: `4:05`; days are written as hours, so that lengths compare."""
        minutes = int(abs(seconds)) // 60
        return self.digits(f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02d}")
