"""Reports that count things: facts, measures over them, and breakdowns whose every number leads to what it counts."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from itsm.kernel.text import Message, _
from itsm.reports.document import Column, Figure, Reference, Table
from itsm.reports.metrics import Share, mean, median, percentile

ROWS_SHOWN = 50
COUNTING = frozenset({"count", "sum", "share"})
NOTHING = "-"  # stands in addresses for “no group”, “no person” and the like


@dataclass(frozen=True, slots=True)
class Fact:
    """One record as figures see it.

    `parts` are what it is told apart by (a tuple where it belongs to several), `values` its numbers; a value that is
    missing or None is no number.
    """

    reference: Reference
    title: str
    parts: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Measure:
    """One figure over facts, made of the value of the same name unless `value` names another.

    `how`: count (of those whose value is not zero), sum, share (counted of those with `whole`), mean, median, or p90.
    """

    name: str
    title: Message
    how: str = "count"
    kind: str = "count"
    value: str = ""
    whole: str = ""
    definition: Message = ""
    one: Message = ""  # what the value of a single record is called, where that is something else

    @property
    def source(self) -> str:
        """The value that it is made of."""
        return self.value or self.name

    def is_made_of(self, fact: Fact) -> bool:
        """Whether the figure counts this fact; the list behind a figure holds these."""
        value = fact.values.get(self.source)
        return bool(value) if self.how in COUNTING else value is not None

    def of(self, facts: Sequence[Fact]) -> Any:
        """The figure; None where there is nothing to say."""
        source = self.source
        if self.how in {"count", "share"}:
            number = sum(1 for fact in facts if fact.values.get(source))
            if self.how == "count":
                return number
            return Share(number, sum(1 for fact in facts if fact.values.get(self.whole)))
        numbers = [value for fact in facts if (value := fact.values.get(source)) is not None]
        if self.how == "sum":
            return sum(numbers)
        return {"mean": mean, "median": median, "p90": _nine_of_ten}[self.how](numbers)


def _nine_of_ten(values: Sequence[int]) -> int | None:
    return percentile(values, 90)


@dataclass(frozen=True)
class Breakdown:
    """A table of measures by one part of the facts.

    `label` writes a key for people; rows stand in the order of `order(key)`, or with `by` by that measure, most first, and
    then only the first `most`. Parts of which a fact may have several make no total, and `note` says so.
    """

    part: str
    title: Message
    column: Message
    measures: tuple[str, ...]
    label: Callable[[Any], Any] = str
    kind: str = "text"
    order: Callable[[Any], Any] | None = None
    by: str = ""
    most: int = ROWS_SHOWN
    several: bool = False
    note: Message = ""


@dataclass(frozen=True)
class Study:
    """Facts with the measures and breakdowns that a report shows of them; `raw` is what the digest holds besides the facts."""

    facts: Sequence[Fact]
    measures: tuple[Measure, ...]
    breakdowns: tuple[Breakdown, ...]
    raw: Sequence[Sequence[Any]] = ()
    listed: tuple[str, ...] = ()  # parts that lists of facts show
    extra_parts: Mapping[str, Callable[[Fact], Any]] = field(default_factory=dict)

    def measure(self, name: str) -> Measure | None:
        """The measure of this name."""
        return next((each for each in self.measures if each.name == name), None)

    def figures(self, names: Sequence[str] = ()) -> tuple[Figure, ...]:
        """The key figures, each leading to what it counts."""
        shown = [each for each in self.measures if not names or each.name in names]
        return tuple(
            Figure(each.name, str(each.title), each.of(self.facts), each.kind, drill={"figure": each.name})
            for each in shown
        )

    def tables(self) -> tuple[Table, ...]:
        """Every breakdown that says anything."""
        found = (self.table(each) for each in self.breakdowns)
        return tuple(table for table in found if table.rows)

    def table(self, breakdown: Breakdown) -> Table:
        """One breakdown: a row for each key that some measure counts."""
        measures = [each for name in breakdown.measures if (each := self.measure(name)) is not None]
        by_key: dict[Any, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            for key in self.keys(fact, breakdown.part):
                by_key[key].append(fact)
        rows = {key: tuple(measure.of(found) for measure in measures) for key, found in by_key.items()}
        shown = [key for key in _ordered(by_key, rows, breakdown) if any(_says(value) for value in rows[key])]
        most = breakdown.most
        note = str(breakdown.note)
        if len(shown) > most:
            note = f"{note} {_('Only the first %(most)s are shown here; the sheet has all.', most=most)}".strip()
        return Table(
            f"by_{breakdown.part}",
            str(breakdown.title),
            (
                Column(breakdown.part, str(breakdown.column), breakdown.kind),
                *(Column(each.name, str(each.title), each.kind, leads=(("figure", each.name),)) for each in measures),
            ),
            tuple((breakdown.label(key), *rows[key]) for key in shown[:most]),
            None if breakdown.several else (str(_("Total")), *(each.of(self.facts) for each in measures)),
            note=note,
            drill=tuple({"by": breakdown.part, "key": key_text(key)} for key in shown[:most]),
        )

    def keys(self, fact: Fact, part: str) -> tuple[Any, ...]:
        """The keys under which a fact stands in a breakdown."""
        made = self.extra_parts.get(part)
        key = made(fact) if made is not None else fact.parts.get(part)
        return key if isinstance(key, tuple) else (key,)

    def behind(self, *, figure: str = "", by: str = "", key: str = "") -> list[Fact]:
        """The facts that a number is made of: those of a measure, where the part `by` has this key."""
        measure = self.measure(figure)
        found = [fact for fact in self.facts if measure is None or measure.is_made_of(fact)]
        if by:
            found = [fact for fact in found if any(key_text(each) == key for each in self.keys(fact, by))]
        return found

    def listing(self, facts: Sequence[Fact], *, name: str = "records", title: Message = "") -> Table:
        """Facts as a list: the record, its title, its parts and its numbers."""
        breakdowns = {each.part: each for each in self.breakdowns}
        shown = [breakdowns[part] for part in self.listed if part in breakdowns]
        numbers = list({each.source: each for each in reversed(self.measures) if each.kind != "share"}.values())[::-1]
        columns = (
            Column("ticket", str(_("Record")), "ticket"),
            Column("title", str(_("Title"))),
            *(Column(each.part, str(each.column), each.kind) for each in shown),
            *(Column(each.name, str(each.one or each.title), _kind_of_one(each)) for each in numbers),
        )
        rows = tuple(
            (
                fact.reference,
                fact.title,
                *(_labels(self.keys(fact, each.part), each) for each in shown),
                *(_one(fact, each) for each in numbers),
            )
            for fact in facts
        )
        return Table(name, str(title or _("Every record counted")), columns, rows)


def _ordered(by_key: Mapping[Any, Any], rows: Mapping[Any, tuple[Any, ...]], breakdown: Breakdown) -> list[Any]:
    if breakdown.by:
        place = breakdown.measures.index(breakdown.by)
        return sorted(by_key, key=lambda key: (-(rows[key][place] or 0), str(breakdown.label(key))))
    order = breakdown.order or (lambda key: str(breakdown.label(key)))
    return sorted(by_key, key=order)


def _says(value: Any) -> bool:
    return bool(value.whole) if isinstance(value, Share) else bool(value)


def key_text(key: Any) -> str:
    """A key as it stands in an address."""
    return NOTHING if key is None else str(key)


def _labels(keys: Sequence[Any], breakdown: Breakdown) -> Any:
    found = [breakdown.label(key) for key in keys]
    return found[0] if len(found) == 1 else ", ".join(map(str, found))


def _kind_of_one(measure: Measure) -> str:
    return "yes_no" if measure.how == "count" else measure.kind


def _one(fact: Fact, measure: Measure) -> Any:
    value = fact.values.get(measure.source)
    return bool(value) if measure.how == "count" else value
