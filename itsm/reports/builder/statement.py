"""One SQL statement for the figures of a question: the records with their groups and values, then their aggregates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, Subquery, and_, case, distinct, func, literal, select

from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldSet, FieldType
from itsm.query.sql import folded
from itsm.reports.builder.grouping import MOST_GROUPS, NUMERIC, Grouped, field_of, spread_over
from itsm.reports.builder.question import KINDS, OF_FIELD, RANKED, Measure
from itsm.reports.metrics import Share

NOW, BEFORE = 0, 1


@dataclass(frozen=True)
class Measured:
    """A measure in SQL: `value` is what a record adds (None: itself); `kind` of its figures as `document.Column` has it."""

    measure: Measure
    title: str
    value: SQLColumnExpression[Any] | None
    kind: str = "count"


def measured(
    fields: FieldSet, measure: Measure, place: str, condition: ColumnElement[bool] | None, condition_title: str
) -> Measured:
    """A measure made ready; raises `Invalid` for its place in the form when it does not fit the fields."""
    if measure.kind not in KINDS:
        raise Invalid.field(place, _("There is no such figure; choose one of the list."))
    if measure.kind in OF_FIELD:
        return _narrowed(_of_field(field_of(fields, measure.field, place), measure, place), condition, condition_title)
    if measure.kind == "share" and condition is None:
        raise Invalid.field(
            place.replace("measure", "condition"), _("Write which records make the share, like: priority <= 2.")
        )
    if condition is None:
        return Measured(measure, str(KINDS["count"]), None)
    if measure.kind == "share":
        title = str(_("Share: %(condition)s", condition=condition_title))
        return Measured(measure, title, case((condition, 1), else_=0), "share")
    title = str(_("Number: %(condition)s", condition=condition_title))
    return Measured(measure, title, case((condition, 1), else_=None))


def _narrowed(made: Measured, condition: ColumnElement[bool] | None, condition_title: str) -> Measured:
    """A figure of a field, made of the records that meet the condition only."""
    if condition is None:
        return made
    return replace(made, title=f"{made.title} ({condition_title})", value=case((condition, made.value), else_=None))


def _of_field(field: Field, measure: Measure, place: str) -> Measured:
    column: Any = field.single
    if measure.kind == "distinct":
        value = folded(column) if field.type is FieldType.TEXT else column
        return Measured(measure, str(_("Different values: %(field)s", field=field.title)), value)
    if field.type not in NUMERIC:
        raise Invalid.field(place, _("%(field)s is not a number, so it has no such figure.", field=field.title))
    if measure.kind == "percentile" and not 1 <= measure.percent <= 99:
        raise Invalid.field(place, _("A percentile lies between 1 and 99."))
    kind = "seconds" if field.type is FieldType.DURATION else "number"
    return Measured(measure, str(measure_title(measure, field.title)), column, kind)


def measure_title(measure: Measure, field_title: Message) -> Message:
    """What a figure of a field is called."""
    if measure.kind == "percentile":
        return _("%(field)s: %(percent)s %% are at most", field=field_title, percent=measure.percent)
    return _("%(field)s: %(figure)s", field=field_title, figure=KINDS[measure.kind])


def build(
    rows: Select[Any], groups: Sequence[Grouped], measures: Sequence[Measured], *, earlier: ColumnElement[Any] | None
) -> Select[Any]:
    """The statement: keys, what groups are called after, then the parts of each measure, now and (compared) before.

    `earlier` numbers the side that a record is on, 0 for the period and 1 for the one compared with.
    """
    inner = _records(rows, groups, measures, earlier)
    keys = [inner.c[f"k{place}"] for place in range(len(groups))]
    side = inner.c.side if earlier is not None else None
    source = _ranked(inner, keys, side, measures)
    keys = [source.c[f"k{place}"] for place in range(len(groups))]
    shown = [func.min(source.c[f"s{place}"]) for place, group in enumerate(groups) if group.shown is not None]
    # 0, not NULL, where all records are those compared with: databases put NULL at different ends.
    whole = func.sum(case((source.c.side == NOW, 1), else_=0) if side is not None else literal(1))
    sides = (NOW, BEFORE) if side is not None else (NOW,)
    parts = [
        part
        for which in sides
        for place, one in enumerate(measures)
        for part in _parts(source, _first(measures, place), one, which, compared=side is not None)
    ]
    labelled = [part.label(f"m{number}") for number, part in enumerate(parts)]
    statement = select(*keys, *shown, whole.label("whole"), *labelled).select_from(source).group_by(*keys)
    return statement.order_by(whole.desc(), *keys).limit(MOST_GROUPS + 1) if keys else statement


def _records(
    rows: Select[Any], groups: Sequence[Grouped], measures: Sequence[Measured], earlier: ColumnElement[Any] | None
) -> Subquery:
    columns: list[Any] = [group.key.label(f"k{place}") for place, group in enumerate(groups)]
    columns += [group.shown.label(f"s{place}") for place, group in enumerate(groups) if group.shown is not None]
    columns += [
        one.value.label(f"v{place}")
        for place, one in enumerate(measures)
        if one.value is not None and _first(measures, place) == place
    ]
    columns += [earlier.label("side")] if earlier is not None else []
    spreads = [group.spread for group in groups if group.spread is not None]
    if spreads:  # a record counts once in a group, however many of its values belong there
        columns, record = [*columns, rows.selected_columns[0].label("record")], rows.distinct()
        for spread in spreads:
            record = spread_over(record, spread)
        return record.with_only_columns(*columns).subquery("records")
    return rows.with_only_columns(*(columns or [literal(1).label("one")])).subquery("records")


def _ranked(inner: Subquery, keys: Sequence[Any], side: Any, measures: Sequence[Measured]) -> Subquery:
    """The records with the rank of each value in its group, where a figure needs ranks (nearest rank)."""
    ranked = [place for place, one in enumerate(measures) if one.measure.kind in RANKED]
    places = sorted({_first(measures, place) for place in ranked})
    if not places:
        return inner
    parted = [*keys, *([side] if side is not None else [])] or [literal(0)]
    added: list[Any] = []
    for place in places:
        value = inner.c[f"v{place}"]
        order = (case((value.is_(None), 1), else_=0), value)
        added.append(func.row_number().over(partition_by=parted, order_by=order).label(f"r{place}"))
        added.append(func.count(value).over(partition_by=parted).label(f"n{place}"))
    return select(*inner.c, *added).subquery("ranked")


def _first(measures: Sequence[Measured], place: int) -> int:
    """The first figure of the same value, so that median and percentiles of a field read and rank it once."""
    return next(number for number, one in enumerate(measures) if one.value is measures[place].value)


def _on(source: Subquery, compared: bool, which: int, value: Any) -> Any:
    """A value where the record is on this side, else NULL."""
    return case((source.c.side == which, value), else_=None) if compared else value


def _parts(source: Subquery, place: int, one: Measured, which: int, *, compared: bool) -> list[Any]:
    kind = one.measure.kind
    value = source.c[f"v{place}"] if one.value is not None else literal(1)
    here = _on(source, compared, which, value)
    if kind in ("share", "mean"):
        return [func.sum(here), func.count(here)]
    if kind in RANKED:
        rank, number = source.c[f"r{place}"], source.c[f"n{place}"]
        chosen = _on(source, compared, which, case((_is_chosen(one.measure, rank, number), value), else_=None))
        return [func.sum(chosen), func.count(chosen)]
    made: dict[str, Callable[[Any], Any]] = {
        "count": func.count,
        "distinct": lambda each: func.count(distinct(each)),
        "sum": func.sum,
        "min": func.min,
        "max": func.max,
    }
    return [made[kind](here)]


def _is_chosen(measure: Measure, rank: Any, number: Any) -> ColumnElement[bool]:
    """Whether a rank is the one asked for: ceil(percent/100 · n), or the one or two in the middle; in whole numbers."""
    if measure.kind == "median":
        return and_(rank * 2 >= number, rank * 2 <= number + 2)
    return and_(rank * 100 >= number * measure.percent, (rank - 1) * 100 < number * measure.percent)


def figures(measures: Sequence[Measured], parts: Sequence[Any]) -> tuple[Any, ...]:
    """The figures out of their parts: numbers, exact fractions, shares; None where nothing counted."""
    waiting, found = list(parts), []
    for one in measures:
        kind = one.measure.kind
        taken = [waiting.pop(0) for _number in range(2 if kind in ("share", "mean") or kind in RANKED else 1)]
        found.append(_figure(kind, taken))
    return tuple(found)


def nothing(measures: Sequence[Measured]) -> list[Any]:
    """The parts of a group that has no records."""
    found: list[Any] = []
    for one in measures:
        kind = one.measure.kind
        paired = kind in ("share", "mean") or kind in RANKED
        found += [None, 0] if paired else [None]
    return found


def _figure(kind: str, parts: Sequence[Any]) -> Any:
    if kind == "share":
        return Share(int(parts[0] or 0), int(parts[1]))
    if kind in ("count", "distinct"):
        return int(parts[0] or 0)
    if parts[0] is None:
        return None
    if len(parts) == 2:
        made = Fraction(parts[0]) / int(parts[1])
        return int(made) if made.denominator == 1 else made
    return _whole(parts[0])


def _whole(value: Any) -> Any:
    exact = Fraction(value)
    return int(exact) if exact.denominator == 1 else exact
