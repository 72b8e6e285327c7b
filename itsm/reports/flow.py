"""Inflow and outflow: opened, resolved and left open, day by day or month by month, from sorted instants."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from itsm.kernel.text import _
from itsm.reports import charts
from itsm.reports.counting import Fact
from itsm.reports.document import Chart, Column, Table
from itsm.reports.incident_facts import Incident, reference_of
from itsm.reports.present import month_label
from itsm.reports.request import Question

LONGEST_DAILY_DAYS = 31
PART = "flow"  # how addresses name a row of the flow: `by=flow&key=3`


class Flow:
    """Opened, resolved and open incidents between any two instants."""

    def __init__(self, incidents: Sequence[Incident]) -> None:
        self.created = sorted(each.row.created_at for each in incidents)
        self.resolved = sorted(each.resolved_at for each in incidents if each.resolved_at is not None)
        stretches = [stretch for each in incidents for stretch in each.times.stretches]
        self.starts = sorted(start for start, end in stretches)
        self.ends = sorted(end for start, end in stretches if end is not None)

    def cells(self, start: datetime, end: datetime) -> tuple[int, int, int]:
        """How many were opened and resolved in [start, end), and open just before `end`."""
        created = bisect_left(self.created, end) - bisect_left(self.created, start)
        resolved = bisect_left(self.resolved, end) - bisect_left(self.resolved, start)
        return created, resolved, bisect_left(self.starts, end) - bisect_left(self.ends, end)


def is_daily(question: Question) -> bool:
    """Whether the flow is told by day; longer periods are told by month."""
    return question.period.days <= LONGEST_DAILY_DAYS


def stretches(question: Question) -> list[tuple[date, datetime, datetime]]:
    """The days or months of the period up to the cut-off: first day, and the half-open instants."""
    period = question.period
    days = [period.first + timedelta(days=number) for number in range(period.days)]
    parts = days if is_daily(question) else period.months()
    bounds = [*period.starts(parts), period.to_at]
    return [
        (day, bounds[number], min(bounds[number + 1], question.cut_off_at))
        for number, day in enumerate(parts)
        if bounds[number] < question.cut_off_at
    ]


def part_label(day: date, question: Question) -> str:
    """A day or a month for people."""
    return question.reader.day(day, short=True) if is_daily(question) else month_label(day, question.reader)


def flow_table(incidents: Sequence[Incident], question: Question) -> Table:
    """Opened, resolved and left open by day or month; every number leads to its incidents."""
    parts, whole = stretches(question), Flow(incidents)
    rows = tuple((part_label(day, question), *whole.cells(start, end)) for day, start, end in parts)
    columns = (
        Column("when", str(_("Day") if is_daily(question) else _("Month"))),
        Column("created", str(_("Opened")), "count", leads=(("figure", "created"),)),
        Column("resolved", str(_("Resolved")), "count", leads=(("figure", "resolved"),)),
        Column("backlog", str(_("Open at the end")), "count", leads=(("figure", "backlog"),)),
    )
    return Table(
        "flow",
        str(_("Opened, resolved, left open")),
        columns,
        rows,
        (str(_("Total")), *whole.cells(question.period.from_at, question.cut_off_at)),
        drill=tuple({"by": PART, "key": str(number)} for number in range(len(parts))),
    )


def behind_flow(
    incidents: Sequence[Incident], facts: Sequence[Fact], question: Question, *, figure: str, key: str
) -> list[Fact]:
    """The facts that one number of the flow table counts; `key` numbers the row from 0."""
    parts = stretches(question)
    if not key.isdecimal() or int(key) >= len(parts):
        return []
    _day, start, end = parts[int(key)]
    wanted = {reference_of(each.row.ticket_id).number for each in incidents if _counts(each, figure, start, end)}
    return [fact for fact in facts if fact.reference.number in wanted]


def _counts(incident: Incident, figure: str, start: datetime, end: datetime) -> bool:
    if figure == "backlog":
        return incident.times.is_open_at(end)
    at = incident.row.created_at if figure == "created" else incident.resolved_at
    return at is not None and start <= at < end


def flow_chart(flow: Table, question: Question) -> Chart:
    """Opened and resolved side by side."""
    opened, resolved = str(_("Opened")), str(_("Resolved"))
    rows = [
        {"label": label, "series": series, "value": value, "text": question.reader.number(value)}
        for label, created, solved, _left in flow.rows
        for series, value in ((opened, created), (resolved, solved))
    ]
    spec = charts.grouped_bars(
        rows,
        label=flow.columns[0].title,
        value=str(_("Incidents")),
        series=str(_("What happened")),
        order=[row[0] for row in flow.rows],
        series_order=[opened, resolved],
        language=question.language,
    )
    title = str(_("Opened and resolved"))
    return Chart("flow", title, spec, title, "flow")
