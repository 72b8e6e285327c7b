"""The licence report: what may be used at the cut-off, how much of it is, what is held beyond that, and what ends."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from assets.licences.models import METRICS, number_of
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_data_set
from itsm.kernel.text import _
from itsm.reports.counting import Breakdown, Fact, Measure, Study
from itsm.reports.document import Chart, Column, Reference, Report, Table
from itsm.reports.request import Question
from itsm.reports.studies import report_of, upright
from itsm.tickets.worktime import money

NAME = "licences"
SOON_DAYS = 90
DRAWN = 10
SHOWN = 50
STATES = {
    "in_force": _("In force"),
    "expiring": _("Ends within 90 days"),
    "expired": _("Expired"),
    "future": _("Not yet valid"),
}
MEASURES = (
    Measure(
        "in_force",
        _("Licences in force"),
        definition=_(
            "Licences that were recorded, begun, neither expired nor retired at the data cut-off, as they stood then, by"
            " the audit log. A licence is in force on its last day too."
        ),
    ),
    Measure(
        "seats",
        _("Seats"),
        "sum",
        definition=_("Seats of licences in force. Site licences are unlimited and have none to count."),
    ),
    Measure(
        "used",
        _("In use"),
        "sum",
        definition=_(
            "People and devices that held a seat at the data cut-off, of all licences that were not retired then."
        ),
    ),
    Measure("free", _("Free seats"), "sum", definition=_("Seats of licences in force that nobody held.")),
    Measure(
        "over",
        _("Over-assigned seats"),
        "sum",
        definition=_(
            "Holders beyond the seats of licences in force, licence by licence: free seats of one make up for none of another."
        ),
    ),
    Measure(
        "expiring",
        _("Expiring within 90 days"),
        definition=_("In force, with the last day among the 90 days that begin with the day of the data cut-off."),
    ),
    Measure(
        "expired_in_use", _("Expired but still in use"), definition=_("Expired licences that somebody still held.")
    ),
)
COUNTED = ("seats", "used", "free", "over")


class Row(NamedTuple):
    """What the figures need of one licence."""

    licence_id: int
    name: str
    publisher: str
    metric: str
    seats: int | None
    used: int
    valid_from: date | None
    valid_until: date | None
    price_minor: int | None
    currency: str
    created_at: datetime


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    return _study(actor, question)[0]


def _study(actor: Actor, question: Question) -> tuple[Study, list[Row]]:
    rows = [Row._make(row) for row in get_data_set(NAME).read(actor, question.selection(actor), Row._fields)]
    today = _last_day(question)
    shown = tuple(each.name for each in MEASURES)
    without = str(_("not noted"))
    breakdowns = (
        Breakdown("state", _("By state"), _("State"), shown, lambda key: str(STATES[key]), by="used"),
        Breakdown(
            "publisher", _("By publisher"), _("Publisher"), shown, lambda key: key or without, by="seats", most=25
        ),
        Breakdown("metric", _("By what a seat is"), _("Counted"), shown, lambda key: str(METRICS[key]), by="in_force"),
    )
    facts = [_fact(row, today) for row in rows]
    raw = [(row.licence_id, row.price_minor, row.currency) for row in rows]
    return Study(facts, MEASURES, breakdowns, [raw], listed=("state", "publisher", "metric")), rows


def _last_day(question: Question) -> date:
    """The day of the data cut-off: the last one of a past period."""
    return question.reader.local(question.cut_off_at - timedelta(microseconds=1)).date()


def _state(row: Row, today: date) -> str:
    if row.valid_from is not None and row.valid_from > today:
        return "future"
    if row.valid_until is None:
        return "in_force"
    if row.valid_until < today:
        return "expired"
    return "expiring" if row.valid_until < today + timedelta(days=SOON_DAYS) else "in_force"


def _fact(row: Row, today: date) -> Fact:
    state = _state(row, today)
    in_force = state in {"in_force", "expiring"}
    seats = row.seats if in_force else None
    values = {
        "in_force": in_force,
        "seats": seats,
        "used": row.used if in_force else None,
        "free": None if seats is None else max(seats - row.used, 0),
        "over": None if seats is None else max(row.used - seats, 0),
        "expiring": state == "expiring",
        "expired_in_use": state == "expired" and row.used > 0,
    }
    parts = {"licence": row.licence_id, "state": state, "publisher": row.publisher, "metric": row.metric}
    return Fact(Reference(number_of(row.licence_id), f"/assets/licences/{row.licence_id}"), row.name, parts, values)


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found, rows = _study(actor, question)
    positions, reader = _positions(found, rows), question.reader
    numbers = {each.name: reader.number(each.of(found.facts)) for each in MEASURES}
    sentence = _(
        "%(in_force)s licences were in force at the data cut-off, with %(seats)s seats; %(used)s were in use and"
        " %(over)s were assigned beyond what was bought.",
        **{name: numbers[name] for name in ("in_force", "seats", "used", "over")},
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Licence report"),
        summary=(str(sentence),),
        first=(positions if complete else _short(positions),) if rows else (),
        drawn=_fullest(found, rows, question),
        lists=(_prices(found, rows, question),),
        flat=positions,
        complete=complete,
    )


def _positions(found: Study, rows: Sequence[Row]) -> Table:
    """Each licence with its seats and holders, the over-assigned ones first; its numbers lead to it."""
    measures = [each for name in COUNTED if (each := found.measure(name)) is not None]
    both = sorted(
        zip(rows, found.facts, strict=True),
        key=lambda pair: (
            -(pair[1].values["over"] or 0), not pair[1].values["expired_in_use"], pair[0].name.lower(), pair[0].licence_id,
        ),
    )  # fmt: skip
    columns = (
        Column("licence", str(_("Licence")), "ticket"),
        Column("name", str(_("Name"))),
        *(Column(each.name, str(each.title), "count", leads=(("figure", each.name),)) for each in measures),
        Column("valid_until", str(_("Valid until")), "day"),
        Column("state", str(_("State"))),
    )
    lines = tuple(
        (
            fact.reference,
            row.name,
            *(fact.values[name] for name in COUNTED),
            row.valid_until,
            str(STATES[fact.parts["state"]]),
        )
        for row, fact in both
    )
    total = (str(_("Total")), "", *(each.of(found.facts) for each in measures), None, "")
    drill = tuple({"by": "licence", "key": str(row.licence_id)} for row, _one in both)
    return Table("positions", str(_("Licence positions")), columns, lines, total, drill=drill)


def _short(table: Table) -> Table:
    """The first rows of a long table, which says so."""
    if len(table.rows) <= SHOWN:
        return table
    note = str(_("Only the first %(most)s are shown here; the sheet has all.", most=SHOWN))
    return replace(table, rows=table.rows[:SHOWN], drill=table.drill[:SHOWN], note=note)


def _fullest(found: Study, rows: Sequence[Row], question: Question) -> Iterator[Chart]:
    """Seats beside use of the licences in force of which most is used."""
    with_seats = [(row, fact) for row, fact in zip(rows, found.facts, strict=True) if fact.values["seats"]]
    first = sorted(with_seats, key=lambda pair: (-pair[1].values["used"] / pair[1].values["seats"], pair[0].licence_id))
    shown = first[:DRAWN]
    names = Counter(row.name for row, _fact in shown)
    columns = (
        Column("licence", str(_("Licence"))),
        Column("seats", str(_("Seats")), "count"),
        Column("used", str(_("In use")), "count"),
    )
    lines = tuple(
        (
            row.name if names[row.name] == 1 else f"{row.name} ({fact.reference})",
            fact.values["seats"],
            fact.values["used"],
        )
        for row, fact in shown
    )
    table = Table("positions", str(_("Licence positions")), columns, lines)
    return upright(table, ("seats", "used"), _("Seats and use of the fullest licences"), question)


def _prices(found: Study, rows: Sequence[Row], question: Question) -> Table:
    """What the licences in force had cost, by currency: amounts of different currencies are never added."""
    numbers: dict[str, int] = defaultdict(int)
    amounts: dict[str, int] = defaultdict(int)
    for row, fact in zip(rows, found.facts, strict=True):
        if fact.values["in_force"] and row.price_minor is not None and row.currency:
            numbers[row.currency] += 1
            amounts[row.currency] += row.price_minor
    columns = (
        Column("currency", str(_("Currency"))),
        Column("licences", str(_("Licences in force with a price")), "count"),
        Column("price", str(_("Prices together"))),
    )
    listed = tuple(
        (currency, numbers[currency], money.in_words(amounts[currency], currency, question.reader))
        for currency in sorted(amounts)
    )
    return Table("prices", str(_("Cost of licences in force")), columns, listed)
