"""The SLA report: compliance of a period, where it was missed, and why."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Selection, get_data_set
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.reports import sla_charts, sla_words, time_spent
from itsm.reports.document import Column, Figure, Reference, Report, Table
from itsm.reports.present import month_label
from itsm.reports.request import Question, common_facts, digest_of
from itsm.reports.sla_words import METRICS, metric_title
from itsm.reports.tally import APART, COLUMNS, MISSED, Clocks, Tally, alike, tally, tally_by
from itsm.tickets.models import Ticket
from itsm.tickets.pages import address_of, number_of
from sla.models import Agreement
from sla.services import load as clocks_of

NAME = "sla"
BREACHES_SHOWN = 500
BUCKET = COLUMNS.index("bucket")  # depends on the reader's months, so it is no part of the digest
DETAILS = (
    "ticket_id", "kind", "title", "metric", "priority", "group", "organisation", "agreement", "target_seconds",
    "elapsed_seconds", "started_at", "due_at", "ended_at", "breached_at", "reason", "outcome",
)  # fmt: skip
Row = dict[str, Any]


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it; `complete` adds the list of every clock counted, for sheets."""
    months = question.period.months()
    selection = question.selection(actor, filters=question.filters, buckets=question.period.starts(months))
    data_set = get_data_set("sla_clocks")
    raw = data_set.read(actor, selection, COLUMNS)
    clocks = alike(raw)
    whole = tally(clocks)
    groups = time_spent.group_names()
    tables = _tables(clocks, months, groups, question)
    breaches = _breaches(actor, question, selection, groups, limit=None if complete else BREACHES_SHOWN)
    return Report(
        name=NAME,
        title=str(_("Service level report")),
        language=question.language,
        period=question.period,
        cut_off_at=question.cut_off_at,
        facts=(*common_facts(question), (str(_("Agreement")), agreement_name(question.agreement_id))),
        figures=_figures(clocks, whole),
        summary=tuple(sla_words.summary(clocks, groups, question)),
        tables=(*tables, _apart(whole)),
        charts=sla_charts.build(clocks, months, groups, question) if whole.counted else (),
        lists=(breaches,),
        definitions=tuple(sla_words.definitions()),
        flat=_flat(tables),
        digest=digest_of(NAME, question, [[row[:BUCKET] + row[BUCKET + 1 :] for row in raw]]),
        drill_address="/reports/sla/clocks",
        extra=(clock_list(actor, selection),) if complete else (),
    )


def agreement_name(agreement_id: int | None) -> str:
    """The agreement's name for the heading."""
    if agreement_id is None:
        return str(_("All agreements"))
    agreement = session.get(Agreement, agreement_id)
    return agreement.name if agreement else str(agreement_id)


def _figures(clocks: Sequence[Clocks], whole: Tally) -> tuple[Figure, ...]:
    by_metric = tally_by(clocks, lambda clock: clock.metric)
    figures = [
        Figure("compliance", str(_("Targets met")), whole.compliance, "share"),
        *(
            Figure(f"compliance_{metric}", metric_title(metric), by_metric[metric].compliance, "share")
            for metric in METRICS
            if metric in by_metric
        ),
        Figure("counted", str(_("Clocks counted")), whole.counted),
        Figure("met", str(_("Met")), whole.met),
        Figure("breached", str(_("Missed")), whole.missed),
        Figure("open_overdue", str(_("of these still open")), whole.outcomes["overdue"]),
    ]
    return tuple(figures)


def _tally_columns(*labels: Column) -> tuple[Column, ...]:
    return (
        *labels,
        Column("counted", str(_("Counted")), "count"),
        Column("met", str(_("Met")), "count"),
        Column("breached", str(_("Missed")), "count"),
        Column("open_overdue", str(_("of these open")), "count"),
        Column("compliance_percent", str(_("Compliance")), "share"),
        Column("mean_seconds", str(_("Mean time")), "seconds"),
        Column("p90_seconds", str(_("Nine of ten within")), "seconds"),
    )


def _tally_cells(one: Tally) -> tuple[Any, ...]:
    return (
        one.counted,
        one.met,
        one.missed,
        one.outcomes["overdue"],
        one.compliance,
        one.mean_seconds,
        one.p90_seconds,
    )


def _tables(
    clocks: Sequence[Clocks], months: Sequence[date], groups: dict[int, str], question: Question
) -> tuple[Table, ...]:
    priority = _breakdown(
        clocks, "priority", Column("priority", str(_("Priority")), "priority"), str(_("By target and priority")),
        key=lambda clock: clock.priority, label=lambda value: value,
    )  # fmt: skip
    group = _breakdown(
        clocks, "group", Column("group", str(_("Group"))), str(_("By target and group")),
        key=lambda clock: clock.group_id or 0, label=lambda value: groups.get(value, str(_("no group"))),
    )  # fmt: skip
    month = _breakdown(
        clocks, "month", Column("month", str(_("Month"))), str(_("By target and month")),
        key=lambda clock: clock.bucket, label=lambda value: month_label(months[value], question.reader),
    )  # fmt: skip
    return (_by_target(clocks), priority, group, month)


def _by_target(clocks: Sequence[Clocks]) -> Table:
    by_metric = tally_by(clocks, lambda clock: clock.metric)
    shown = [metric for metric in METRICS if metric in by_metric]
    return Table(
        "by_target",
        str(_("By target")),
        _tally_columns(Column("target", str(_("Target")))),
        tuple((metric_title(metric), *_tally_cells(by_metric[metric])) for metric in shown),
        (str(_("Total")), *_tally_cells(tally(clocks))),
        drill=tuple({"metric": metric} for metric in shown),
    )


def _breakdown(
    clocks: Sequence[Clocks],
    name: str,
    column: Column,
    title: str,
    *,
    key: Callable[[Clocks], Any],
    label: Callable[[Any], Any],
) -> Table:
    tallies = tally_by(clocks, lambda clock: (METRICS.index(clock.metric), key(clock)))
    keys = sorted(tallies)
    return Table(
        f"by_{name}",
        title,
        _tally_columns(Column("target", str(_("Target"))), column),
        tuple((metric_title(METRICS[each[0]]), label(each[1]), *_tally_cells(tallies[each])) for each in keys),
        (str(_("Total")), "", *_tally_cells(tally(clocks))),
        drill=tuple({"metric": METRICS[each[0]], name: each[1]} for each in keys),
    )


def _apart(whole: Tally) -> Table:
    return Table(
        "not_counted",
        str(_("Not counted, listed apart")),
        (Column("what", str(_("What"))), Column("clocks", str(_("Clocks")), "count")),
        tuple((str(sla_words.OUTCOME_TITLES[name]), whole.outcomes[name]) for name in APART),
        (str(_("Total")), sum(whole.outcomes[name] for name in APART)),
        drill=tuple({"outcome": name} for name in APART),
    )


def _flat(tables: Sequence[Table]) -> Table:
    """All breakdowns under one heading, as the CSV file has them."""
    rows: list[tuple[Any, ...]] = []
    for table in tables:
        labels = len(table.columns) - 7
        for row in table.rows:
            target, value = row[0], (row[1] if labels == 2 else None)
            rows.append((table.name, target, value, *row[labels:]))
    by_target = tables[0]
    if by_target.total is not None:
        rows.append(("total", None, None, *by_target.total[1:]))
    columns = (
        Column("breakdown", "breakdown"),
        Column("target", str(_("Target"))),
        Column("value", str(_("Value"))),
        *_tally_columns(),
    )
    return Table("figures", str(_("Figures")), columns, tuple(rows))


def read_details(actor: Actor, selection: Selection) -> list[Row]:
    """Clocks with everything a list shows of them."""
    rows = get_data_set("sla_clocks").read(actor, selection, DETAILS)
    return [dict(zip(DETAILS, row, strict=True)) for row in rows]


def ticket_reference(row: Row) -> Reference:
    """The ticket that a row is about."""
    return Reference(number_of(row["kind"], row["ticket_id"]), address_of(row["kind"], row["ticket_id"]))


def clock_reference(row: Row) -> Reference:
    """The page that explains a clock."""
    number = number_of(row["kind"], row["ticket_id"])
    return Reference(metric_title(row["metric"]), f"/sla/clocks/{number}/{row['metric']}")


def _breaches(
    actor: Actor, question: Question, selection: Selection, groups: dict[int, str], *, limit: int | None
) -> Table:
    missed = Selection(
        from_at=selection.from_at,
        to_at=selection.to_at,
        organisation_ids=selection.organisation_ids,
        filters=(*selection.filters, ("outcome", MISSED)),
        limit=None if limit is None else limit + 1,
    )
    found = read_details(actor, missed)
    shown = found if limit is None else found[:limit]
    paths = time_spent.read_paths(sorted({row["ticket_id"] for row in shown}), question.cut_off_at)
    spent = elapsed_at([row["ticket_id"] for row in shown if row["outcome"] == "overdue"], question.cut_off_at)
    for row in shown:
        row["elapsed_seconds"] = spent.get((row["ticket_id"], row["metric"]), row["elapsed_seconds"])
    rows = tuple(_breach(row, paths.get(row["ticket_id"], []), groups, question) for row in shown)
    note = (
        ""
        if len(shown) == len(found)
        else str(_("Only the first %(most)s are shown here; the sheet has all.", most=limit))
    )
    columns = (
        Column("ticket", str(_("Ticket")), "ticket"),
        Column("title", str(_("Title"))),
        Column("target", str(_("Target")), "clock"),
        Column("priority", str(_("Priority")), "priority"),
        Column("group", str(_("Group"))),
        Column("target_seconds", str(_("Agreed")), "seconds"),
        Column("elapsed_seconds", str(_("Elapsed")), "seconds"),
        Column("over_seconds", str(_("Over by")), "seconds"),
        Column("open", str(_("Still open")), "yes_no"),
        Column("reason", str(_("Where the time went"))),
    )
    return Table("breaches", str(_("Missed targets")), columns, rows, note=note)


def elapsed_at(ticket_ids: Sequence[int], at: datetime) -> dict[tuple[int, str], int]:
    """Business seconds that clocks of tickets had spent at an instant, by ticket and metric, computed from history.

    What is stored of an open clock is as of its last event; the time after that has to be counted. Rule: C1.
    """
    spent: dict[tuple[int, str], int] = {}
    for start in range(0, len(ticket_ids), time_spent.CHUNK):
        chunk = ticket_ids[start : start + time_spent.CHUNK]
        found = session.scalars(select(Ticket).where(Ticket.id.in_(chunk))).all()
        for kept in clocks_of(found):
            for row, standing in zip(kept.rows, kept.standings(at), strict=True):
                spent[kept.ticket.id, row.metric] = standing.clock.elapsed_seconds
    return spent


def _breach(
    row: Row, path: Sequence[time_spent.Standing], groups: dict[int, str], question: Question
) -> tuple[Any, ...]:
    ended = row["ended_at"] if row["outcome"] == "breached" else question.cut_off_at
    stays = time_spent.stays(path, row["started_at"], ended)
    went = time_spent.in_words(stays, groups=groups, reader=question.reader)
    reason = f"{row['reason']} ({went})" if row["reason"] else went
    over = row["elapsed_seconds"] - row["target_seconds"] if row["target_seconds"] is not None else None
    return (
        ticket_reference(row),
        row["title"],
        clock_reference(row),
        row["priority"],
        row["group"] or str(_("no group")),
        row["target_seconds"],
        row["elapsed_seconds"],
        over if over is None or over > 0 else None,
        row["outcome"] == "overdue",
        reason,
    )


def clock_list(actor: Actor, selection: Selection) -> Table:
    """Every clock that the selection holds, one row each."""
    columns = (
        Column("ticket", str(_("Ticket")), "ticket"),
        Column("title", str(_("Title"))),
        Column("target", str(_("Target")), "clock"),
        Column("outcome", str(_("Outcome"))),
        Column("priority", str(_("Priority")), "priority"),
        Column("group", str(_("Group"))),
        Column("organisation", str(_("Organisation"))),
        Column("agreement", str(_("Agreement"))),
        Column("started_at", str(_("Started")), "instant"),
        Column("due_at", str(_("Due")), "instant"),
        Column("ended_at", str(_("Ended")), "instant"),
        Column("target_seconds", str(_("Agreed")), "seconds"),
        Column("elapsed_seconds", str(_("Elapsed")), "seconds"),
    )
    rows = tuple(
        (
            ticket_reference(row), row["title"], clock_reference(row), str(sla_words.OUTCOME_TITLES[row["outcome"]]),
            row["priority"], row["group"], row["organisation"], row["agreement"], row["started_at"],
            row["due_at"] or row["breached_at"], row["ended_at"], row["target_seconds"], row["elapsed_seconds"],
        )
        for row in read_details(actor, selection)
    )  # fmt: skip
    return Table("clocks", str(_("Every clock")), columns, rows)
