"""The incident report: what came in, what was solved, what is left, and how long it took."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_data_set
from itsm.kernel.lifecycles import state_title
from itsm.kernel.text import _
from itsm.reports import charts, time_spent
from itsm.reports.document import Chart, Column, Figure, Reference, Report, Table
from itsm.reports.metrics import OpenTimes, Share, mean, median, open_times, percentile
from itsm.reports.present import month_label
from itsm.reports.request import Question, common_facts, digest_of
from itsm.tickets.pages import address_of, number_of

NAME = "incidents"
FINISHED = frozenset({"resolved", "closed"})
LONGEST_DAILY_DAYS = 31


class Row(NamedTuple):
    """What the figures need of one incident."""

    ticket_id: int
    priority: int
    group_id: int | None
    state: str
    reopenings: int
    created_at: datetime
    resolved_at: datetime | None


class Incident(NamedTuple):
    """One incident in time: when it was open, when it was last resolved, whether it was opened or reopened in the period."""

    row: Row
    times: OpenTimes
    resolved_at: datetime | None
    reopened: bool
    created: bool

    @property
    def seconds(self) -> int | None:
        """Elapsed seconds from opening to the last solution of the period."""
        return int((self.resolved_at - self.row.created_at).total_seconds()) if self.resolved_at else None


def plain_incident(row: Row, from_at: datetime, to_at: datetime) -> Incident:
    """An incident that was never reopened: its own instants are its whole history."""
    end = row.resolved_at if row.resolved_at is not None and row.resolved_at < to_at else None
    solved = end is not None and end >= from_at and row.state != "cancelled"
    times = OpenTimes(((row.created_at, end),))
    return Incident(row, times, end if solved else None, reopened=False, created=row.created_at >= from_at)


def reopened_incident(row: Row, moves: Sequence[tuple[datetime, str]], from_at: datetime, to_at: datetime) -> Incident:
    """An incident whose history tells when it was open."""
    times = open_times(row.created_at, [(at, category not in FINISHED) for at, category in moves])
    ends = [end for _start, end in times.stretches if end is not None and from_at <= end < to_at]
    solved = ends[-1] if ends and row.state != "cancelled" else None
    reopened = any(from_at <= start < to_at for start, _end in times.stretches[1:])
    return Incident(row, times, solved, reopened=reopened, created=row.created_at >= from_at)


def read(actor: Actor, question: Question) -> tuple[list[Incident], list[Any]]:
    """The incidents that had some part in the period, and the raw rows for the digest; two statements."""
    selection = question.selection(actor)
    rows = get_data_set("incidents").read(actor, selection, Row._fields)
    moves = get_data_set("incident_moves").read(actor, selection, ("ticket_id", "at", "category"))
    by_ticket: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for ticket_id, at, category in moves:
        by_ticket[ticket_id].append((at, category))
    bounds = selection.from_at, selection.to_at
    found = [
        reopened_incident(row, by_ticket[row.ticket_id], *bounds) if row.reopenings else plain_incident(row, *bounds)
        for row in map(Row._make, rows)
    ]
    return found, [rows, moves]


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it; `complete` adds the list of incidents, for sheets."""
    incidents, raw = read(actor, question)
    replies = get_data_set("incident_replies").read(actor, question.selection(actor), ("ticket_id",))
    answered = {ticket_id for (ticket_id,) in replies}
    flow = _flow(incidents, question)
    groups = time_spent.group_names()
    no_group = str(_("no group"))
    figures = _figures(incidents, answered, question)
    return Report(
        name=NAME,
        title=str(_("Incident report")),
        language=question.language,
        period=question.period,
        cut_off_at=question.cut_off_at,
        facts=tuple(common_facts(question)),
        figures=figures,
        summary=tuple(_summary(figures, question)),
        tables=(
            flow,
            _breakdown(
                incidents,
                question,
                Column("priority", str(_("Priority")), "priority"),
                str(_("By priority")),
                lambda row: row.priority,
            ),
            _breakdown(
                incidents,
                question,
                Column("group", str(_("Group"))),
                str(_("By group")),
                lambda row: groups.get(row.group_id or 0, no_group),
            ),
        ),
        charts=(_flow_chart(flow, question),),
        lists=(),
        definitions=tuple(_definitions()),
        flat=flow,
        digest=digest_of(NAME, question, [*raw, replies]),
        extra=(incident_list(actor, incidents, question),) if complete else (),
    )


def _figures(incidents: Sequence[Incident], answered: set[int], question: Question) -> tuple[Figure, ...]:
    resolved = [each for each in incidents if each.resolved_at is not None]
    times = [each.seconds for each in resolved if each.seconds is not None]
    single = sum(each.row.ticket_id not in answered for each in resolved)
    created = sum(each.created for each in incidents)
    return (
        Figure("created", str(_("Opened")), created),
        Figure("resolved", str(_("Resolved")), len(resolved)),
        Figure("net_flow", str(_("Opened less resolved")), created - len(resolved)),
        Figure(
            "backlog", str(_("Open at the end")), sum(each.times.is_open_at(question.cut_off_at) for each in incidents)
        ),
        Figure("mean_seconds", str(_("Mean time to resolve")), mean(times), "seconds"),
        Figure("median_seconds", str(_("Median time to resolve")), median(times), "seconds"),
        Figure("p90_seconds", str(_("Nine of ten within")), percentile(times, 90), "seconds"),
        Figure(
            "reopen_percent",
            str(_("Reopened")),
            Share(sum(each.reopened for each in incidents), len(resolved)),
            "share",
        ),
        Figure(
            "first_contact_percent", str(_("Solved without a further question")), Share(single, len(resolved)), "share"
        ),
    )


def _parts(question: Question) -> list[date]:
    period = question.period
    if period.days <= LONGEST_DAILY_DAYS:
        return [period.first + timedelta(days=number) for number in range(period.days)]
    return period.months()


def _part_label(day: date, question: Question) -> str:
    if question.period.days <= LONGEST_DAILY_DAYS:
        return question.reader.day(day, short=True)
    return month_label(day, question.reader)


def _flow(incidents: Sequence[Incident], question: Question) -> Table:
    parts = _parts(question)
    bounds = [*question.period.starts(parts), question.period.to_at]
    rows = []
    whole = Flow(incidents)
    for number, day in enumerate(parts):
        start, end = bounds[number], min(bounds[number + 1], question.cut_off_at)
        if start >= question.cut_off_at:
            break
        rows.append((_part_label(day, question), *whole.cells(start, end)))
    total = (str(_("Total")), *whole.cells(question.period.from_at, question.cut_off_at))
    columns = (
        Column("when", str(_("Day") if question.period.days <= LONGEST_DAILY_DAYS else _("Month"))),
        Column("created", str(_("Opened")), "count"),
        Column("resolved", str(_("Resolved")), "count"),
        Column("backlog", str(_("Open at the end")), "count"),
    )
    return Table("flow", str(_("Opened, resolved, left open")), columns, tuple(rows), total)


class Flow:
    """Opened, resolved and open incidents between any two instants, from sorted instants."""

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


def _breakdown(
    incidents: Sequence[Incident], question: Question, column: Column, title: str, key: Callable[[Row], Any]
) -> Table:
    by_key: dict[Any, list[Incident]] = defaultdict(list)
    for each in incidents:
        by_key[key(each.row)].append(each)
    cells = {value: _breakdown_cells(found, question) for value, found in by_key.items()}
    columns = (
        column,
        Column("created", str(_("Opened")), "count"),
        Column("resolved", str(_("Resolved")), "count"),
        Column("backlog", str(_("Open at the end")), "count"),
        Column("mean_seconds", str(_("Mean time")), "seconds"),
        Column("median_seconds", str(_("Median time")), "seconds"),
    )
    rows = tuple((value, *cells[value]) for value in sorted(cells) if any(cells[value][:3]))
    return Table(f"by_{column.name}", title, columns, rows, (str(_("Total")), *_breakdown_cells(incidents, question)))


def _breakdown_cells(incidents: Sequence[Incident], question: Question) -> tuple[Any, ...]:
    times = [each.seconds for each in incidents if each.seconds is not None]
    created, resolved, left = Flow(incidents).cells(question.period.from_at, question.cut_off_at)
    return created, resolved, left, mean(times), median(times)


def _flow_chart(flow: Table, question: Question) -> Chart:
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


def _summary(figures: Sequence[Figure], question: Question) -> list[str]:
    value = {figure.name: figure.value for figure in figures}
    reader = question.reader
    sentences = [
        str(
            _(
                "%(created)s incidents were opened and %(resolved)s resolved; %(backlog)s were open at the end.",
                created=reader.number(value["created"]),
                resolved=reader.number(value["resolved"]),
                backlog=reader.number(value["backlog"]),
            )
        )
    ]
    if value["mean_seconds"] is not None:
        sentences.append(
            str(
                _(
                    "Resolving took %(mean)s on average, half of them at most %(median)s (hours and minutes).",
                    mean=reader.clock_time(float(value["mean_seconds"])),
                    median=reader.clock_time(float(value["median_seconds"])),
                )
            )
        )
    return sentences


def _definitions() -> list[tuple[str, str]]:
    return [
        (str(_("Opened")), str(_("Incidents recorded in the period."))),
        (
            str(_("Resolved")),
            str(_("Incidents resolved in the period, each once, by its last solution; cancelled ones are left out.")),
        ),
        (
            str(_("Open at the end")),
            str(
                _(
                    "Incidents that existed and were not resolved, closed or cancelled at that instant, by their history."
                )
            ),
        ),
        (
            str(_("Time to resolve")),
            str(_("Time on the wall from opening to resolution, of incidents resolved in the period.")),
        ),
        (str(_("Reopened")), str(_("Incidents reopened in the period, divided by incidents resolved, each once."))),
        (
            str(_("Solved without a further question")),
            str(
                _(
                    "Resolved incidents to which the requester added nothing after opening, divided by incidents resolved."
                )
            ),
        ),
        (str(_("Group")), str(_("The group that an incident lies with now, or lay with when it ended."))),
        (
            str(_("Digest")),
            str(_("SHA-256 over the parameters and every row read: the same digest means the same data.")),
        ),
    ]


LISTED = (
    "ticket_id",
    "kind",
    "title",
    "state",
    "priority",
    "group",
    "category",
    "organisation",
    "channel",
    "created_at",
    "resolved_at",
)


def incident_list(actor: Actor, incidents: Sequence[Incident], question: Question) -> Table:
    """Every incident that was opened, resolved or open in the period."""
    wanted = {
        each.row.ticket_id
        for each in incidents
        if each.created or each.resolved_at or each.times.is_open_at(question.cut_off_at)
    }
    rows = get_data_set("incidents").read(actor, question.selection(actor), LISTED)
    columns = (
        Column("ticket", str(_("Ticket")), "ticket"),
        Column("title", str(_("Title"))),
        Column("state", str(_("State"))),
        Column("priority", str(_("Priority")), "priority"),
        Column("group", str(_("Group"))),
        Column("category", str(_("Category"))),
        Column("organisation", str(_("Organisation"))),
        Column("channel", str(_("Channel"))),
        Column("created_at", str(_("Opened")), "instant"),
        Column("resolved_at", str(_("Resolved")), "instant"),
    )
    listed = tuple(
        (
            Reference(number_of(row[1], row[0]), address_of(row[1], row[0])),
            row[2],
            str(state_title(row[1], row[3])),
            *row[4:],
        )
        for row in rows
        if row[0] in wanted
    )
    return Table("incidents", str(_("Every incident")), columns, listed)
