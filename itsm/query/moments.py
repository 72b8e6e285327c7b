"""What is reckoned from instants: seconds between two of them, and the hour and the day of the week on somebody's clocks.

Databases disagree about time zones, so that none is asked: the zone's offset at an instant comes from the instants at which
the zone changes it, and the rest is arithmetic on seconds.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Integer, SQLColumnExpression, String, case, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldType

FIRST_YEAR, LAST_YEAR = 2000, 2060  # outside of these years the nearest offset counts
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 7 * 86_400
WEEKDAYS: dict[str, Message] = {
    "monday": _("Monday"),
    "tuesday": _("Tuesday"),
    "wednesday": _("Wednesday"),
    "thursday": _("Thursday"),
    "friday": _("Friday"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday"),
}
_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday
_LONGEST = max(map(len, WEEKDAYS))
_PADDED = "".join(
    name.ljust(_LONGEST) for name in WEEKDAYS
)  # the name is cut out of here, so that days are reckoned once


class epoch_seconds(FunctionElement[int]):  # noqa: N801 - SQLAlchemy's own name style for SQL functions
    """Whole seconds since the beginning of 1970 in UTC, of an instant."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch_seconds)
def _epoch(element: epoch_seconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)})) AS bigint)"


@compiles(epoch_seconds, "sqlite")
def _epoch_sqlite(element: epoch_seconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(epoch_seconds, "mysql")
@compiles(epoch_seconds, "mariadb")
def _epoch_mysql(element: epoch_seconds, compiler: SQLCompiler, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    return f"TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', {given})"


def step_of(
    at: SQLColumnExpression[Any], starts: Sequence[datetime], values: Sequence[Any] | None = None
) -> ColumnElement[Any]:
    """The number of the last of these instants (in order) that is not after `at`, or what `values` hold at its place.

    Before the first instant the first counts. The choice halves at each step, so that hundreds of instants cost little.
    """
    told = list(range(len(starts))) if values is None else list(values)

    def between(low: int, high: int) -> Any:
        if high - low == 1:
            return literal(told[low], BigInteger())
        middle = (low + high) // 2
        return case((at < starts[middle], between(low, middle)), else_=between(middle, high))

    found: ColumnElement[Any] = between(0, len(starts))
    return found


def seconds_between(begin: Any, end: Any) -> ColumnElement[int]:
    """Whole seconds from one instant to another; NULL where either is missing."""
    return epoch_seconds(end) - epoch_seconds(begin)


def duration_field(name: str, title: Message, begin: Any, end: Any) -> Field:
    """The time between two instants of a record as a field: clock time, whatever the business hours."""
    return Field(
        name=name,
        type=FieldType.DURATION,
        title=title,
        expression=seconds_between(begin, end),
        get=lambda record: _seconds(getattr(record, begin.key), getattr(record, end.key)),
    )


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return None if begin is None or end is None else int(end.timestamp() // 1) - int(begin.timestamp() // 1)


def parts_of(field: Field, zone: str) -> list[Field]:
    """The hour (0 to 23) and the day of the week of an instant on the clocks of a zone, as fields of their own."""
    assert field.expression is not None  # noqa: S101 (given by the package's own fields)
    seconds, get = _local_seconds(field.expression, zone), field.get
    days = _floored(seconds, DAY)
    place = cast((days + _EPOCH_WEEKDAY) % 7 * _LONGEST + 1, Integer())
    weekday = func.rtrim(func.substr(literal(_PADDED, String()), place, _LONGEST), type_=String())
    return [
        Field(
            name=f"{field.name}.hour",
            type=FieldType.NUMBER,
            title=_("%(field)s: hour of the day", field=field.title),
            expression=_floored(seconds % DAY, HOUR),
            get=_local(get, zone, lambda at: at.hour),
        ),
        Field(
            name=f"{field.name}.weekday",
            type=FieldType.CHOICE,
            title=_("%(field)s: day of the week", field=field.title),
            expression=weekday,
            get=_local(get, zone, lambda at: list(WEEKDAYS)[at.weekday()]),
            choices=WEEKDAYS,
        ),
    ]


def _floored(value: Any, size: int) -> ColumnElement[int]:
    """How many times `size` fits into a value that is not negative; division means different things to databases."""
    return cast((value - value % size) / literal(size, BigInteger()), BigInteger())


def _local_seconds(at: SQLColumnExpression[Any], zone: str) -> ColumnElement[int]:
    starts, offsets = offsets_of(zone)
    return epoch_seconds(at) + step_of(at, starts, offsets)


def _local(get: Callable[[Any], Any], zone: str, tell: Callable[[datetime], Any]) -> Callable[[Any], Any]:
    def told(record: Any) -> Any:
        at = get(record)
        return None if at is None else tell(at.astimezone(UTC) + timedelta(seconds=offset_at(at, zone)))

    return told


@lru_cache(maxsize=64)
def offsets_of(zone: str) -> tuple[tuple[datetime, ...], tuple[int, ...]]:
    """The instants from which on a zone has another offset, with the offsets in seconds; the first is far in the past."""
    place, found = ZoneInfo(zone), list[tuple[datetime, int]]()
    at = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    found.append((at, _offset(at, place)))
    while at.year < LAST_YEAR:
        following = at + timedelta(days=14)
        if _offset(following, place) != found[-1][1]:
            changed = _change(at, following, place)
            found.append((changed, _offset(changed, place)))
        at = following
    return tuple(start for start, _seconds_off in found), tuple(seconds for _start, seconds in found)


def offset_at(at: datetime, zone: str) -> int:
    """The seconds by which a zone's clocks are ahead of UTC at an instant."""
    starts, offsets = offsets_of(zone)
    return offsets[max(bisect_right(starts, at) - 1, 0)]


def _offset(at: datetime, place: ZoneInfo) -> int:
    return int((at.astimezone(place).utcoffset() or timedelta()).total_seconds())


def _change(low: datetime, high: datetime, place: ZoneInfo) -> datetime:
    """The first second of the new offset between two instants."""
    before = _offset(low, place)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (middle, high) if _offset(middle, place) == before else (low, middle)
    return high
