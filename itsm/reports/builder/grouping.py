"""Dimensions: how records are told apart in SQL, and what a group is called and asked for afterwards."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Select,
    SQLColumnExpression,
    and_,
    case,
    cast,
    func,
    literal,
)

from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.formats import Reader
from itsm.kernel.month import week_of
from itsm.kernel.text import _
from itsm.query.fields import Field, FieldSet, FieldType
from itsm.query.moments import step_of
from itsm.query.sql import folded
from itsm.query.values import parse_duration, parse_number
from itsm.query.written import write_duration, write_word
from itsm.reports.builder import spans
from itsm.reports.builder.question import UNITS, Dimension
from itsm.reports.builder.spans import Span
from itsm.reports.periods import day_start

MOST_GROUPS = 1000
TEMPORAL = frozenset({FieldType.INSTANT, FieldType.DAY})
NUMERIC = frozenset({FieldType.NUMBER, FieldType.DURATION})
NAMED = frozenset({FieldType.PERSON, FieldType.GROUP, FieldType.REFERENCE})
FAR = date(2200, 1, 1)  # no stretches are made of what lies beyond: some instants stand for “never”
EMPTY = _("(empty)")


@dataclass(frozen=True)
class Group:
    """One value of a dimension: what it is called, the condition that its records meet, and where it stands in order."""

    label: str
    asks: str
    place: Any = 0


@dataclass(frozen=True)
class Grouped:
    """A dimension in SQL: `key` tells groups apart, `shown` is what they are called after (None: the key).

    `tell(keys)` gives each pair of key and shown value its group; in an `ordered` dimension groups have an order of their
    own, in others the largest comes first. Of a field with several values `spread` are the rows that `key` reads.
    """

    title: str
    key: Any
    shown: SQLColumnExpression[Any] | None
    tell: Callable[[Collection[tuple[Any, Any]]], dict[Any, Group]]
    ordered: bool = False
    starts: tuple[date, ...] = ()
    spread: FromClause | None = None


@dataclass(frozen=True)
class Cutting:
    """What days are cut by: the reader, the span asked for and the one compared with, and the field of the period."""

    reader: Reader
    instant: str
    span: Span | None
    other: Span | None

    @property
    def jalali(self) -> bool:
        """Whether months are Jalali ones."""
        return self.reader.is_jalali


def field_of(fields: FieldSet, name: str, place: str) -> Field:
    """The field of this name that records can be counted by; raises `Invalid` for the place in the form."""
    found = fields.find(name)
    if found is None:
        raise Invalid.field(place, _("There is no field “%(name)s”.", name=name[:60]))
    if found.single is None:
        raise Invalid.field(
            place, _("%(field)s may have several values, so nothing can be counted by it.", field=found.title)
        )
    return found


def dimension_of(fields: FieldSet, name: str, place: str) -> Field:
    """The field of this name that records can be grouped by; raises `Invalid` for the place in the form."""
    found = fields.find(name)
    return found if found is not None and found.groups else field_of(fields, name, place)


def spread_over(rows: Select[Any], spread: FromClause) -> Select[Any]:
    """Records with a row for each value of a field that may have several, and one for a record without any."""
    return rows.outerjoin(spread, spread.c.near == rows.selected_columns[0])


def bound_of(field: Field, day: date, timezone: str) -> Any:
    """The beginning of a day as a value to compare a field with."""
    return day if field.type is FieldType.DAY else day_start(day, timezone)


def within(field: Field, span: Span, timezone: str) -> ColumnElement[bool]:
    """Whether a field lies in these days."""
    at: Any = field.single
    return and_(at >= bound_of(field, span[0], timezone), at < bound_of(field, span[1], timezone))


def asks_within(name: str, span: Span) -> str:
    """The same as a filter."""
    return f"{name} >= {span[0].isoformat()} and {name} < {span[1].isoformat()}"


def grouped(fields: FieldSet, asked: Dimension, place: str, cutting: Cutting, rows: Select[Any]) -> Grouped:
    """A dimension made ready; `rows` selects the records, for the first and the last day of an open stretch."""
    field = dimension_of(fields, asked.field, place)
    if field.single is not None or field.spread is None:
        return _made(field, asked, place, cutting, rows)
    spread = field.spread.alias()  # its own, so that a question may use the field in a second place
    made = _made(replace(field, value=spread.c.value), asked, place, cutting, spread_over(rows, spread))
    return replace(made, spread=spread)


def _made(field: Field, asked: Dimension, place: str, cutting: Cutting, rows: Select[Any]) -> Grouped:
    if field.type in TEMPORAL:
        return _by_time(field, asked, place, cutting, rows)
    if field.type in NUMERIC:
        return _by_number(field, asked, place, cutting.reader)
    if field.type is FieldType.TEXT or (field.type is FieldType.REFERENCE and field.named is None):
        return _by_text(field)
    if field.type in NAMED:
        return _by_key(field)
    return _by_choice(field, cutting.reader)


def _asks(field: Field, written: str) -> str:
    return f"{field.name} = {written}"


def _empty(field: Field) -> Group:
    return Group(str(EMPTY), f"{field.name} is empty", None)


def _simple(
    field: Field, tell: Callable[[Any, Any], Group], shown: SQLColumnExpression[Any] | None = None, *, key: Any = None,
    ordered: bool = False,
) -> Grouped:  # fmt: skip
    def tell_all(pairs: Collection[tuple[Any, Any]]) -> dict[Any, Group]:
        return {one: _empty(field) if one is None else tell(one, other) for one, other in pairs}

    return Grouped(str(field.title), field.single if key is None else key, shown, tell_all, ordered)


def _by_text(field: Field) -> Grouped:
    """Texts that differ in letter case only are one group, as they are to a filter."""
    column: Any = field.single
    if field.type is not FieldType.TEXT:
        return _simple(field, lambda key, _shown: Group(str(key), _asks(field, write_word(str(key)))))
    key = case((func.length(column) > 0, folded(column)), else_=None)
    return _simple(field, lambda _key, shown: Group(str(shown), _asks(field, write_word(str(shown)))), column, key=key)


def _by_choice(field: Field, reader: Reader) -> Grouped:
    if field.type is FieldType.BOOLEAN:
        words = {True: (_("yes"), "true"), False: (_("no"), "false")}
        return _simple(field, lambda key, _s: Group(str(words[bool(key)][0]), _asks(field, words[bool(key)][1])))
    days = field.name.endswith(".weekday")
    keys = week_of(reader.language, field.choices) if days else field.choices
    order = {key: number for number, key in enumerate(keys)}

    def tell(key: Any, _shown: Any) -> Group:
        return Group(str(field.choices.get(key, key)), _asks(field, write_word(str(key))), order.get(key, len(order)))

    return _simple(field, tell, ordered=days)


def _by_key(field: Field) -> Grouped:
    assert field.named is not None  # noqa: S101 (the caller asked)
    named = field.named

    def tell_all(pairs: Collection[tuple[Any, Any]]) -> dict[Any, Group]:
        keys = [key for key, _shown in pairs if key is not None]
        told = named(keys) if keys else {}
        known = {key: told.get(key, (f"#{key}", f"#{key}")) for key in keys}
        found = {key: Group(str(name), _asks(field, write_word(text))) for key, (name, text) in known.items()}
        return found | ({None: _empty(field)} if len(keys) < len(pairs) else {})

    return Grouped(str(field.title), field.single, None, tell_all)


def width_of(field: Field, text: str, place: str) -> int | None:
    """The width of number classes, as somebody typed it; None for every number by itself. Durations need one."""
    if not text.strip():
        return 3600 if field.type is FieldType.DURATION else None
    if field.type is FieldType.DURATION:
        width: int | float | None = parse_duration(text.strip())
    else:
        width = parse_number(text.strip())
    if not isinstance(width, int) or not 0 < width < 2**40:
        hint = _("Write the width of the classes like 30m, 4h or 1d.")
        raise Invalid.field(
            place, hint if field.type is FieldType.DURATION else _("Write the width as a whole number above 0.")
        )
    return width


def _by_number(field: Field, asked: Dimension, place: str, reader: Reader) -> Grouped:
    column: Any = field.single
    width = width_of(field, asked.width, "series_width" if place == "series" else place.replace("dimension", "width"))
    write = write_duration if field.type is FieldType.DURATION else str
    if width is None:
        return _simple(
            field,
            lambda key, _s: Group(_number(key, reader), _asks(field, write_number(key)), key),
            ordered=True,
        )
    wide: Any = literal(width, BigInteger())  # a width of 2³¹ and more is no plain integer to PostgreSQL
    if isinstance(column.type, Double):
        column = _floor(column)
    lower = column - (column % wide + wide) % wide

    def tell(key: Any, _shown: Any) -> Group:
        low, high = int(key), int(key) + width
        asks = f"{field.name} >= {_signed(low, write)} and {field.name} < {_signed(high, write)}"
        return Group(_class_label(field, low, high, reader), asks, low)

    return _simple(field, tell, key=lower, ordered=True)


def _floor(column: Any) -> Any:
    """The whole number that is not above a column; databases round or cut when they make whole numbers."""
    whole = cast(column, BigInteger)
    return whole - case((whole > column, 1), else_=0)


def _number(value: Any, reader: Reader) -> str:
    """A number in words of the reader, with as many digits behind the point as it has."""
    return reader.number(value, decimals=len(write_number(value).partition(".")[2].rstrip("0")))


def _signed(value: int, write: Callable[[int], str]) -> str:
    return f"-{write(-value)}" if value < 0 else write(value)


def write_number(value: Any) -> str:
    """A number as the filter language reads it."""
    return str(int(value)) if value == int(value) else f"{value:f}"


def _class_label(field: Field, low: int, high: int, reader: Reader) -> str:
    tell = reader.clock_time if field.type is FieldType.DURATION else reader.number
    if high - low == 1:
        return tell(low)
    return f"{tell(low)} – {tell(high if field.type is FieldType.DURATION else high - 1)}"


def _by_time(field: Field, asked: Dimension, place: str, cutting: Cutting, rows: Select[Any]) -> Grouped:
    if asked.unit not in UNITS:
        raise Invalid.field(place, _("Choose day, week, month, quarter or year."))
    column: Any = field.single
    own = field.name == cutting.instant and cutting.span is not None
    span = cutting.span if own else _open_span(field, rows, cutting.reader)
    starts = _starts(span, asked.unit, place, cutting)
    limits = starts if own or span is None else [*starts, span[1]]
    key = step_of(column, [bound_of(field, day, cutting.reader.timezone) for day in limits])
    if own and cutting.other is not None:
        others = _starts(cutting.other, asked.unit, place, cutting)
        bounds = [bound_of(field, day, cutting.reader.timezone) for day in others]
        key = case((within(field, cutting.span, cutting.reader.timezone), key), else_=step_of(column, bounds))  # type: ignore[arg-type]
        starts = starts + others[len(starts) :]
    key = key if own else case((column.is_(None), None), else_=key)

    def tell(number: Any, _shown: Any) -> Group:
        place_of = int(number)
        if place_of == len(starts):
            return Group(str(_("later")), f"{field.name} >= {limits[-1].isoformat()}", place_of)
        begin = starts[place_of]
        limit = spans.next_start(begin, asked.unit, jalali=cutting.jalali)
        end = min(limit, span[1]) if span and begin < span[1] else limit
        label = spans.label_of(begin, asked.unit, cutting.reader)
        if span and begin < span[0]:  # the time compared with has more stretches than the period
            label = str(_("%(stretch)s (before)", stretch=label))
        return Group(label, asks_within(field.name, (begin, end)), place_of)

    made = _simple(field, tell, key=key, ordered=True)
    title = str(_("%(field)s by %(unit)s", field=field.title, unit=UNITS[asked.unit]))
    return Grouped(title, made.key, None, made.tell, ordered=True, starts=tuple(starts))


def _starts(span: Span | None, unit: str, place: str, cutting: Cutting) -> list[date]:
    if span is None:
        return [date(1970, 1, 1)]
    found = spans.cuts(span, unit, jalali=cutting.jalali, most=MOST_GROUPS)
    if found is None:
        raise Invalid.field(
            place, _("This period has more than %(most)s of these; choose longer ones.", most=MOST_GROUPS)
        )
    return found


def _open_span(field: Field, rows: Select[Any], reader: Reader) -> Span | None:
    """From the first to the last day that any of the records names, before the year 2200; None when none names any."""
    column: Any = field.single
    near = case((column < bound_of(field, FAR, reader.timezone), column), else_=None)
    first, last = session.execute(rows.with_only_columns(func.min(column), func.max(near))).one()
    if first is None:
        return None
    begin = min(_day(first, reader), FAR)
    return begin, (_day(last, reader) if last is not None else begin) + timedelta(days=1)


def _day(value: Any, reader: Reader) -> date:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(reader.timezone)).date()
    if isinstance(value, date):
        return value
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).astimezone(ZoneInfo(reader.timezone)).date()


def asks_all(conditions: Sequence[str]) -> str:
    """Several filters that must all hold, as one; each in parentheses where it needs them."""
    used = [text.strip() for text in conditions if text.strip()]
    if len(used) == 1:
        return used[0]
    return " and ".join(f"({text})" if " " in text else text for text in used)
