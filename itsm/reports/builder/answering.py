"""Answering a question for one reader: two statements at the most besides names, joined with what the reader may read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, literal, or_, select

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Cube, get_cube
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.formats import Reader
from itsm.kernel.module import registry
from itsm.kernel.text import _, language
from itsm.query.fields import FieldSet
from itsm.query.filters import conditions_of
from itsm.query.parser import MAXIMUM_LENGTH, parse
from itsm.query.sentence import tell
from itsm.reports.builder import spans, statement
from itsm.reports.builder.grouping import (
    MOST_GROUPS,
    TEMPORAL,
    Cutting,
    Group,
    Grouped,
    asks_all,
    asks_within,
    dimension_of,
    field_of,
    grouped,
    within,
)
from itsm.reports.builder.question import ADDED, COMPARISONS, MOST_DIMENSIONS, MOST_MEASURES, BuiltQuestion
from itsm.reports.builder.spans import Span
from itsm.reports.builder.statement import Measured
from itsm.reports.builder.time_limit import limited_time
from itsm.reports.metrics import Share


@dataclass(frozen=True)
class Line:
    """The figures of one group, and of the time compared with; `asks` are the filters that list what each counts."""

    groups: tuple[Group, ...]
    figures: tuple[Any, ...]
    before: tuple[Any, ...] = ()
    asks: tuple[str, ...] = ()
    asks_before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a question came to for one reader.

    `span` are the days asked for in the reader's zone (None: any time), `other` those compared with. `lines` are the
    groups in order, `records` counts what they are made of; `others` sums up those beyond the first 1,000. `ordered` says
    which dimensions have an order of their own. Filters in `asks` are read back by `cube.listing`.
    """

    question: BuiltQuestion
    cube: Cube
    reader: Reader
    at: datetime
    titles: tuple[str, ...]
    measures: tuple[Measured, ...]
    lines: tuple[Line, ...]
    total: Line
    others: Line | None = None
    span: Span | None = None
    other: Span | None = None
    ordered: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()
    records: int = 0
    digest_rows: tuple[Any, ...] = field(default=(), repr=False)

    def address_of(self, asks: str) -> str:
        """The page that lists the records of a filter; empty where the filter is longer than the language allows."""
        return self.cube.listing(asks) if asks and len(asks) <= MAXIMUM_LENGTH else ""


def fields_of(actor: Actor, cube: Cube) -> FieldSet:
    """The fields of a data set that an actor may ask for."""
    fields: FieldSet = registry().questions[cube.kind].fields(actor)
    return fields


def answer_question(actor: Actor, question: BuiltQuestion, *, at: datetime | None = None) -> Answer:
    """The figures as the actor may know them, in the actor's language and zone, as of now or of a past instant.

    Raises `Invalid` that names the field of the form, `NotFound` for a data set that the actor may not read.
    """
    with language(actor.language), limited_time():
        return _Answering(actor, question, at or clock.now()).answer()


class _Answering:
    def __init__(self, actor: Actor, question: BuiltQuestion, at: datetime) -> None:
        self.actor, self.question, self.at = actor, question, at
        self.cube = get_cube(actor, question.data_set)
        self.fields = fields_of(actor, self.cube)
        self.reader = Reader(actor.language, actor.timezone)
        _check(question)
        self.span, self.other = self._spans()
        self.instant = self._instant()
        rows = self._rows()
        self.measures = tuple(self._measure(place) for place in range(len(question.measures)))
        cutting = Cutting(self.reader, self.instant, self.span, self.other)
        places = [*(f"dimension_{number + 1}" for number in range(len(question.dimensions))), "series"]
        self.groups = [
            grouped(self.fields, asked, place, cutting, rows)
            for asked, place in zip(question.groups, places, strict=False)
        ]
        _check_spreads(self.groups, question)
        self.cut_by = [dimension_of(self.fields, asked.field, "").name for asked in question.groups]
        self.rows = rows

    def _spans(self) -> tuple[Span | None, Span | None]:
        question, jalali = self.question, self.reader.is_jalali
        today = self.at.astimezone(ZoneInfo(self.reader.timezone)).date()
        span = spans.span_of(question.period, question.first, question.end, today, jalali=jalali)
        if not question.compare:
            return span, None
        if span is None:
            raise Invalid.field("compare", _("Choose a period to compare; any time has nothing before it."))
        return span, spans.compared(question.period, span, question.compare, jalali=jalali)

    def _instant(self) -> str:
        name = self.question.instant or self.cube.instants[0]
        if self.fields.find(name) is None and not self.question.instant:
            name = next((each for each in self.cube.instants if self.fields.find(each)), name)
        if self.span is None:
            return ""
        found = field_of(self.fields, name, "instant")
        if found.type not in TEMPORAL:
            raise Invalid.field("instant", _("%(field)s is not a point in time.", field=found.title))
        return found.name

    def _rows(self) -> Select[Any]:
        statement_ = select(self.cube.key).select_from(self.cube.source).where(self.cube.readable(self.actor))
        statement_ = statement_.where(*conditions_of(self.actor, self.cube.condition, self.fields))
        statement_ = statement_.where(*self._condition("filter", self.question.filter))
        return statement_.where(self._in_time()) if self.span is not None else statement_

    def _in_time(self) -> ColumnElement[bool]:
        field_ = field_of(self.fields, self.instant, "instant")
        return or_(*(within(field_, span, self.reader.timezone) for span in (self.span, self.other) if span))

    def _condition(self, place: str, text: str) -> list[ColumnElement[bool]]:
        try:
            return conditions_of(self.actor, text, self.fields)
        except Invalid as error:
            raise Invalid(error.message, errors={place: error.errors.get("q", [error.message])}) from error

    def _measure(self, place: int) -> Measured:
        measure = self.question.measures[place]
        found = self._condition(f"condition_{place + 1}", measure.condition)
        title = str(tell(parse(measure.condition), self.fields)) if measure.condition.strip() else ""
        return statement.measured(self.fields, measure, f"measure_{place + 1}", found[0] if found else None, title)

    def _earlier(self) -> ColumnElement[Any] | None:
        if self.other is None or self.span is None:
            return None
        field_ = field_of(self.fields, self.instant, "instant")
        return case((within(field_, self.span, self.reader.timezone), literal(0)), else_=literal(1))

    def answer(self) -> Answer:
        earlier = self._earlier()
        whole = tuple(session.execute(statement.build(self.rows, (), self.measures, earlier=earlier)).one())
        found = (
            [
                tuple(row)
                for row in session.execute(statement.build(self.rows, self.groups, self.measures, earlier=earlier))
            ]
            if self.groups
            else []
        )
        total = self._line((), whole[1:])
        lines = self._lines(found[:MOST_GROUPS])
        more = len(found) > MOST_GROUPS
        return Answer(
            question=self.question,
            cube=self.cube,
            reader=self.reader,
            at=self.at,
            titles=tuple(group.title for group in self.groups),
            measures=self.measures,
            lines=tuple(lines),
            total=total,
            others=self._others(lines, total) if more else None,
            span=self.span,
            other=self.other,
            ordered=tuple(group.ordered for group in self.groups),
            notes=self._notes(more=more),
            records=int(whole[0] or 0),
            digest_rows=(whole, *found),
        )

    def _lines(self, found: Sequence[tuple[Any, ...]]) -> list[Line]:
        number = len(self.groups)
        shown_at = dict(
            zip((p for p, g in enumerate(self.groups) if g.shown is not None), range(number, 2 * number), strict=False)
        )
        skip = number + len(shown_at) + 1
        told = [_told(group, place, shown_at.get(place), found) for place, group in enumerate(self.groups)]
        lines = [self._line(tuple(told[place][row[place]] for place in range(number)), row[skip:]) for row in found]
        lines += self._silent(lines)
        return sorted(lines, key=_Order(self.groups, lines))

    def _silent(self, lines: Sequence[Line]) -> list[Line]:
        """The stretches of time in which nothing happened, where time alone makes the groups."""
        if len(self.groups) != 1 or not self.groups[0].starts or not lines:
            return []
        only, known = self.groups[0], {line.groups[0].place for line in lines}
        missing = [number for number in range(len(only.starts)) if number not in known]
        told = only.tell([(number, None) for number in missing])
        nothing = statement.nothing(self.measures)
        parts = [*nothing, *(nothing if self.other is not None else [])]
        return [self._line((told[number],), parts) for number in missing]

    def _line(self, groups: tuple[Group, ...], parts: Sequence[Any]) -> Line:
        figures = statement.figures(self.measures, parts)
        before: tuple[Any, ...] = ()
        if self.other is not None:
            before = statement.figures(self.measures, parts[len(parts) // 2 :])
        return Line(
            groups,
            figures,
            before,
            tuple(self._asks(groups, one, self.span) for one in self.measures),
            tuple(self._asks(self._earlier_groups(groups), one, self.other) for one in self.measures) if before else (),
        )

    def _asks(self, groups: Sequence[Group], one: Measured, span: Span | None) -> str:
        return asks_all(
            [
                self.cube.condition,
                self.question.filter,
                asks_within(self.instant, span) if span is not None and not self._cut_by_instant(groups) else "",
                *(group.asks for group in groups),
                one.measure.condition,
            ]
        )

    def _cut_by_instant(self, groups: Sequence[Group]) -> bool:
        """Whether a group is a stretch of the period itself, which then need not be asked for as well."""
        return bool(groups) and self.instant in self.cut_by

    def _earlier_groups(self, groups: Sequence[Group]) -> list[Group]:
        """The groups of the time before: a stretch of the period stands for the same one of the time compared with."""
        found = []
        for group, asked, name, made in zip(groups, self.question.groups, self.cut_by, self.groups, strict=False):
            if made.starts and name == self.instant and self.other is not None:
                starts = spans.cuts(self.other, asked.unit, jalali=self.reader.is_jalali, most=MOST_GROUPS) or []
                if group.place >= len(starts):
                    found.append(Group(group.label, f"{self.instant} is empty", group.place))
                    continue
                ends = [*starts[1:], self.other[1]]
                found.append(Group(group.label, asks_within(self.instant, (starts[group.place], ends[group.place]))))
            else:
                found.append(group)
        return found

    def _others(self, lines: Sequence[Line], total: Line) -> Line:
        groups = (Group(str(_("others")), ""),) + (Group("", ""),) * (len(self.groups) - 1)
        places = range(len(self.measures))
        if any(group.spread is not None for group in self.groups):  # its parts come to more than the whole
            unknown, none = (None,) * len(self.measures), ("",) * len(self.measures)
            return Line(groups, unknown, unknown if total.before else (), none, none if total.before else ())
        figures = tuple(_rest(self.measures[p], total.figures[p], [line.figures[p] for line in lines]) for p in places)
        before = tuple(
            _rest(self.measures[p], total.before[p], [line.before[p] for line in lines]) for p in places if total.before
        )
        blank = ("",) * len(self.measures)
        return Line(groups, figures, before, blank, blank if before else ())

    def _notes(self, *, more: bool) -> tuple[str, ...]:
        notes = []
        if any(group.spread is not None for group in self.groups):
            notes.append(_("A record with several of these counts in the group of each, and once in the total."))
        if more:
            notes.append(_("The %(most)s largest groups are shown; the rest is summed up as others.", most=MOST_GROUPS))
        return tuple(self.reader.digits(str(note)) for note in notes)


def _told(group: Grouped, place: int, shown: int | None, found: Sequence[tuple[Any, ...]]) -> dict[Any, Group]:
    return group.tell({(row[place], row[shown] if shown is not None else None) for row in found})


class _Order:
    """Groups in the order in which people read them: those of an ordered dimension by it, others by the first figure."""

    def __init__(self, groups: Sequence[Grouped], lines: Sequence[Line]) -> None:
        self.groups = groups
        self.weights: list[dict[str, float]] = [{} for _group in groups]
        for line in lines:
            for place, group in enumerate(line.groups):
                self.weights[place][group.label] = self.weights[place].get(group.label, 0) + weight(line.figures[0])

    def __call__(self, line: Line) -> Any:
        return tuple(self._place(number, group) for number, group in enumerate(line.groups))

    def _place(self, number: int, group: Group) -> Any:
        if self.groups[number].ordered:
            return (group.place is None, group.place or 0, group.label)
        return (False, -self.weights[number].get(group.label, 0), group.label)


def weight(figure: Any) -> float:
    """A figure as a number to order and draw by."""
    if isinstance(figure, Share):
        return float(figure.percent() or 0)
    return float(figure or 0)


def _rest(one: Measured, whole: Any, parts: Sequence[Any]) -> Any:
    """What is left of a whole; None for a figure whose parts do not add up."""
    if one.measure.kind not in ADDED:
        return None
    if isinstance(whole, Share):
        return Share(whole.part - sum(part.part for part in parts), whole.whole - sum(part.whole for part in parts))
    return (whole or 0) - sum(part or 0 for part in parts)


def _check(question: BuiltQuestion) -> None:
    if not 1 <= len(question.measures) <= MOST_MEASURES:
        raise Invalid.field("measure_1", _("Choose one to %(most)s figures.", most=MOST_MEASURES))
    if len(question.dimensions) > MOST_DIMENSIONS:
        raise Invalid.field("dimension_1", _("Group by %(most)s things at most.", most=MOST_DIMENSIONS))
    if question.compare and question.compare not in COMPARISONS:
        raise Invalid.field("compare", _("Choose one of the list."))
    seen: dict[str, str] = {}
    for place, one in zip(
        (*(f"dimension_{n + 1}" for n in range(len(question.dimensions))), "series"), question.groups, strict=False
    ):
        if one.text in seen:
            raise Invalid.field(place, _("This is chosen already."))
        seen[one.text] = place


def _check_spreads(groups: Sequence[Grouped], question: BuiltQuestion) -> None:
    """Refuse two groups by the same several records: `ci` and `ci.class` would pair one CI's name with another's class."""
    seen: dict[str, str] = {}
    for group, asked in zip(groups, question.groups, strict=True):
        if group.spread is None:
            continue
        several = asked.field if asked.field.startswith("custom.") else asked.field.partition(".")[0]
        if several in seen:
            place = "series" if asked is question.series else "dimension_2"
            text = _(
                "A record may have several of these. Group by %(one)s or by %(other)s.",
                one=seen[several],
                other=group.title,
            )
            raise Invalid.field(place, text)
        seen[several] = group.title
