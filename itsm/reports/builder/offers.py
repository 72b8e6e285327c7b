"""What a reader is offered to build with: data sets, figures, groups, points in time."""

from collections.abc import Sequence
from dataclasses import dataclass

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Cube
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldSet, FieldType
from itsm.reports.builder.answering import fields_of
from itsm.reports.builder.grouping import NUMERIC, TEMPORAL
from itsm.reports.builder.question import KINDS, PERCENTS, UNITS, Measure
from itsm.reports.builder.statement import measure_title

OfferList = list[tuple[str, Message]]
LONG = frozenset({FieldType.INSTANT, FieldType.DAY})


@dataclass(frozen=True)
class Offers:
    """What may be chosen for a data set: key and title; figures and groups under headings."""

    measures: list[tuple[Message, OfferList]]
    dimensions: list[tuple[Message, OfferList]]
    instants: OfferList
    sized: frozenset[str]  # groups that may have a width


def offers_of(actor: Actor, cube: Cube) -> Offers:
    """What the actor may build with; fields that the data set puts first stand first."""
    fields = fields_of(actor, cube)
    usable = _in_order(fields, cube)
    return Offers(
        measures=_measures([field for field in usable if field.single is not None]),
        dimensions=_dimensions(usable, cube),
        instants=[(name, found.title) for name in cube.instants if (found := fields.find(name)) is not None],
        sized=frozenset(field.name for field in usable if field.type in NUMERIC and not field.name.endswith(".hour")),
    )


def _in_order(fields: FieldSet, cube: Cube) -> list[Field]:
    known = {field.name: field for field in fields if field.groups}
    first = [known[name] for name in cube.offered if name in known]
    return first + [field for name, field in known.items() if name not in cube.offered]


def _measures(usable: Sequence[Field]) -> list[tuple[Message, OfferList]]:
    counts: OfferList = [("count", _("Number of records")), ("share", _("Share of records that meet a condition"))]
    found: list[tuple[Message, OfferList]] = [(_("Records"), counts)]
    numbers = [field for field in usable if field.type in NUMERIC and not field.name.endswith(".hour")]
    found += [
        (field.title, [(one.text, measure_title(one, field.title)) for one in _of_number(field)]) for field in numbers
    ]
    others: OfferList = [
        (f"distinct:{field.name}", _("Different values: %(field)s", field=field.title))
        for field in usable
        if field.type not in NUMERIC | TEMPORAL | {FieldType.BOOLEAN}
    ]
    return [*found, (KINDS["distinct"], others)]


def _of_number(field: Field) -> list[Measure]:
    kinds = [Measure(kind, field.name) for kind in ("mean", "median", "sum", "min", "max")]
    return [*kinds, *(Measure("percentile", field.name, percent) for percent in PERCENTS[1:])]


def _dimensions(usable: Sequence[Field], cube: Cube) -> list[tuple[Message, OfferList]]:
    offered = set(cube.offered)
    plain = [field for field in usable if field.type not in LONG]
    usual: OfferList = [(field.name, field.title) for field in plain if field.name in offered]
    more: OfferList = [(field.name, field.title) for field in plain if field.name not in offered]
    times: OfferList = [
        (f"{field.name}/{unit}", _("%(field)s by %(unit)s", field=field.title, unit=title))
        for field in sorted((each for each in usable if each.type in LONG), key=lambda each: _place(cube, each))
        for unit, title in UNITS.items()
    ]
    return [(_("Usual"), usual), (_("Time"), times), *([(_("More"), more)] if more else [])]


def _place(cube: Cube, field: Field) -> int:
    return cube.instants.index(field.name) if field.name in cube.instants else len(cube.instants)
