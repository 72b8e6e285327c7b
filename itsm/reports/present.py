"""How a report's values are written for people: one place for screen and PDF, so that both say the same."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jdatetime
from babel.dates import format_date

from itsm.kernel.formats import JALALI_MONTHS, Reader
from itsm.kernel.text import _
from itsm.reports.document import Reference
from itsm.reports.metrics import Share
from itsm.tickets.priority import TITLES

DASH = "–"
NUMERIC = frozenset({"count", "number", "share", "seconds", "instant", "day"})


def share_text(share: Share, reader: Reader) -> str:
    """A share in per cent, or a dash where nothing counted."""
    percent = share.percent()
    if percent is None:
        return DASH
    text = reader.number(float(percent), decimals=1)
    return f"{text}٪" if reader.language == "fa" else f"{text} %"


def month_label(day: date, reader: Reader) -> str:
    """The month that begins with a day, in the reader's calendar."""
    if reader.is_jalali:
        jalali = jdatetime.date.fromgregorian(date=day)
        return reader.digits(f"{JALALI_MONTHS[jalali.month - 1]} {jalali.year}")
    return format_date(day, "LLL y", locale=reader.language)


def cell(value: Any, kind: str, reader: Reader) -> str:
    """A value as text."""
    if value is None:
        return DASH
    if isinstance(value, Share):
        return share_text(value, reader)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, Reference):
        return value.number
    return _plain_cell(value, kind, reader)


def _plain_cell(value: Any, kind: str, reader: Reader) -> str:
    if kind == "seconds":
        return reader.clock_time(float(value))
    if kind == "priority":
        return f"{reader.digits(str(value))} {TITLES.get(value, '')}".strip()
    if isinstance(value, datetime):
        return reader.instant(value)
    if isinstance(value, date):
        return reader.day(value)
    if isinstance(value, int | float | Decimal | Fraction):
        return reader.number(float(value), decimals=0 if isinstance(value, int) else 1)
    return str(value)
