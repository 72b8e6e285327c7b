"""The SLA report: compliance of a period, where it was missed, and why."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Selection, get_data_set
from itsm.kernel.db import session
from itsm.kernel.text import Message, _
from itsm.reports import clock_reasons, sla_charts, sla_words, time_spent
from itsm.reports.document import Column, Explained, Figure, Reference, Report, Table
from itsm.reports.present import month_label
from itsm.reports.request import Question, common_facts, digest_of
from itsm.reports.sla_words import metric_rank, metric_title
from itsm.reports.tally import APART, COLUMNS, MISSED, Alike, Clocks, Tally, tally, tally_by
from itsm.tickets.pages import address_of, number_of
from sla.models import Agreement

NAME = "sla"
TITLES: dict[str, Message] = {
    "sla": _("Service level report"),
    "ola": _("Report on agreements with groups (OLA)"),
    "uc": _("Report on contracts with suppliers (UC)"),
}
BREACHES_SHOWN = 500
EXPLAINED = 25  # in documents; sheets explain all
BUCKET = COLUMNS.index("bucket")  # depends on the reader's months, so it is no part of the digest
DETAILS = (
    "ticket_id", "kind", "title", "metric", "priority", "group", "organisation", "agreement", "target_seconds",
    "elapsed_seconds", "started_at", "due_at", "ended_at", "breached_at", "reason", "outcome", "clock_id", "clock_kind",
    "owner_id", "generation",
)  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Parties:
    """What groups, agreements and the parties of an OLA or UC are called, and which of them a breakdown goes by."""

    kind: str
    groups: dict[int, str]
    agreements: dict[int, str]
    suppliers: dict[int, str]

    def responsible(self, clock: Clocks) -> int:
        """Who answers for a clock: the ticket's group, the group of an OLA, the supplier of a UC."""
        return (clock.group_id or 0) if self.kind == "sla" else clock.owner_id

    @property
    def names(self) -> dict[int, str]:
        """Names of those who answer for clocks."""
        return self.suppliers if self.kind == "uc" else self.groups


def selection_of(actor: Actor, question: Question, kind: str, **more: Any) -> Selection:
    """The clocks of one kind of agreement that the report is about."""
    more["filters"] = (*question.filters, ("clock_kind", kind), *more.get("filters", ()))
    return question.selection(actor, **more)


def build(
    actor: Actor, question: Question, *, kind: str = NAME, complete: bool = False, explain: bool = False
) -> Report:
    """The report as the actor may see it; `complete` adds the list of every clock counted, for sheets.

    With `explain` the first missed targets are explained segment by segment, for documents; with `complete` all are.
    """
    months = question.period.months()
    selection = selection_of(actor, question, kind, buckets=question.period.starts(months))
    found = Alike()
    digest = digest_of(kind, question, [_digested(actor, selection, found)])
    clocks = found.clocks()
    whole = tally(clocks)
    parties = _parties(kind, clocks)
    tables = _tables(clocks, months, parties, question)
    missed = _missed(actor, selection, limit=None if complete else BREACHES_SHOWN + 1)
    explained: tuple[Explained, ...] = ()
    if explain:
        explained = tuple(clock_reasons.explained(missed[:EXPLAINED], question))
    extra: tuple[Table, ...] = ()
    if complete:
        reasons = clock_reasons.as_table(clock_reasons.explained(missed[: clock_reasons.MOST_EXPLAINED], question))
        extra = (clock_list(actor, selection), reasons)
    return Report(
        name=kind,
        title=str(TITLES[kind]),
        language=question.language,
        period=question.period,
        cut_off_at=question.cut_off_at,
        facts=(*common_facts(question), (str(_("Agreement")), agreement_name(question.agreement_id))),
        figures=_figures(clocks, whole),
        summary=tuple(sla_words.summary(clocks, parties.names, question, parties.responsible)),
        tables=(*tables, _apart(whole)),
        charts=sla_charts.build(clocks, months, parties.names, question, parties.responsible) if whole.counted else (),
        lists=(_breaches(missed, question, parties.groups, limit=None if complete else BREACHES_SHOWN),),
        definitions=tuple(sla_words.definitions()),
        flat=_flat(tables),
        digest=digest,
        drill_address=f"/reports/{kind}/clocks",
        extra=extra,
        exclusions=tuple(sla_words.exclusions(whole, question)),
        explained=explained,
        explained_of=whole.missed,
    )


def _digested(actor: Actor, selection: Selection, found: Alike) -> Iterator[tuple[Any, ...]]:
    """What the digest holds of each clock; none is kept but in `found`, for there are very many."""
    for row in get_data_set("sla_clocks").each(actor, selection, COLUMNS):
        found.add(row)
        yield row[:BUCKET] + row[BUCKET + 1 :]


def _parties(kind: str, clocks: Sequence[Clocks]) -> Parties:
    ids = {clock.agreement_id for clock in clocks}
    agreements = {
        row.id: row.name for row in session.execute(select(Agreement.id, Agreement.name).where(Agreement.id.in_(ids)))
    }
    suppliers = identity.organisation_names({clock.owner_id for clock in clocks}) if kind == "uc" else {}
    return Parties(kind, time_spent.group_names(), agreements, suppliers)


def agreement_name(agreement_id: int | None) -> str:
    """The agreement's name for the heading."""
    if agreement_id is None:
        return str(_("All agreements"))
    agreement = session.get(Agreement, agreement_id)
    return agreement.name if agreement else str(agreement_id)


def _figures(clocks: Sequence[Clocks], whole: Tally) -> tuple[Figure, ...]:
    by_metric = tally_by(clocks, lambda clock: clock.metric)
    return (
        Figure("compliance", str(_("Targets met")), whole.compliance, "share", drill={}),
        *(
            Figure(f"compliance_{metric}", metric_title(metric), by_metric[metric].compliance, "share", drill={"metric": metric})
            for metric in sorted(by_metric, key=metric_rank)
        ),
        Figure("counted", str(_("Clocks counted")), whole.counted, drill={}),
        Figure("met", str(_("Met")), whole.met, drill={"outcome": "met"}),
        Figure("breached", str(_("Missed")), whole.missed, drill={"outcome": "missed"}),
        Figure("open_overdue", str(_("of these still open")), whole.outcomes["overdue"], drill={"outcome": "overdue"}),
    )  # fmt: skip


def _tally_columns(*labels: Column) -> tuple[Column, ...]:
    return (
        *labels,
        Column("counted", str(_("Counted")), "count", leads=(("outcome", "counted"),)),
        Column("met", str(_("Met")), "count", leads=(("outcome", "met"),)),
        Column("breached", str(_("Missed")), "count", leads=(("outcome", "missed"),)),
        Column("open_overdue", str(_("of these open")), "count", leads=(("outcome", "overdue"),)),
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
    clocks: Sequence[Clocks], months: Sequence[date], parties: Parties, question: Question
) -> tuple[Table, ...]:
    priority = _breakdown(
        clocks, "priority", Column("priority", str(_("Priority")), "priority"), str(_("By target and priority")),
        key=lambda clock: clock.priority, label=lambda value: value,
    )  # fmt: skip
    nobody = str(_("no group"))
    responsible = _breakdown(
        clocks,
        "owner" if parties.kind != "sla" else "group",
        Column("group", str(_("Supplier") if parties.kind == "uc" else _("Group"))),
        str(_("By target and supplier") if parties.kind == "uc" else _("By target and group")),
        key=parties.responsible,
        label=lambda value: parties.names.get(value, nobody),
    )
    agreement = _breakdown(
        clocks, "agreement", Column("agreement", str(_("Agreement"))), str(_("By target and agreement")),
        key=lambda clock: clock.agreement_id, label=lambda value: parties.agreements.get(value, str(value)),
    )  # fmt: skip
    month = _breakdown(
        clocks, "month", Column("month", str(_("Month"))), str(_("By target and month")),
        key=lambda clock: clock.bucket, label=lambda value: month_label(months[value], question.reader),
    )  # fmt: skip
    several = len({clock.agreement_id for clock in clocks}) > 1
    return (_by_target(clocks), priority, responsible, *((agreement,) if several else ()), month)


def _by_target(clocks: Sequence[Clocks]) -> Table:
    by_metric = tally_by(clocks, lambda clock: clock.metric)
    shown = sorted(by_metric, key=metric_rank)
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
    tallies = tally_by(clocks, lambda clock: (metric_rank(clock.metric), key(clock)))
    keys = sorted(tallies)
    return Table(
        f"by_{name}",
        title,
        _tally_columns(Column("target", str(_("Target"))), column),
        tuple((metric_title(each[0][1]), label(each[1]), *_tally_cells(tallies[each])) for each in keys),
        (str(_("Total")), "", *_tally_cells(tally(clocks))),
        drill=tuple({"metric": each[0][1], name: each[1]} for each in keys),
    )


def _apart(whole: Tally) -> Table:
    return Table(
        "not_counted",
        str(_("Not counted, listed apart")),
        (Column("what", str(_("What"))), Column("clocks", str(_("Clocks")), "count", leads=(("list", "apart"),))),
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
    which = "" if row["clock_kind"] == NAME else f"?clock={row['clock_id']}"
    return Reference(metric_title(row["metric"]), f"/sla/clocks/{number}/{row['metric']}{which}")


def _missed(actor: Actor, selection: Selection, *, limit: int | None) -> list[Row]:
    """Missed clocks with everything a list shows of them, the first of them with a limit."""
    return read_details(
        actor, replace(selection, filters=(*selection.filters, ("outcome", MISSED)), buckets=(), limit=limit)
    )


def _breaches(found: Sequence[Row], question: Question, groups: dict[int, str], *, limit: int | None) -> Table:
    shown = [dict(row) for row in (found if limit is None else found[:limit])]
    paths = time_spent.read_paths(sorted({row["ticket_id"] for row in shown}), question.cut_off_at)
    spent = _elapsed([row for row in shown if row["outcome"] == "overdue"], question)
    for row in shown:
        row["elapsed_seconds"] = spent.get(clock_reasons.key_of(row), row["elapsed_seconds"])
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


def _elapsed(rows: Sequence[Row], question: Question) -> dict[Any, int]:
    """Business seconds that clocks of tickets had spent at the cut-off, computed from history.

    What is stored of an open clock is as of its last event; the time after that has to be counted. Rule: C1.
    """
    found = clock_reasons.standings_at(sorted({row["ticket_id"] for row in rows}), question)
    return {key: clock.elapsed_seconds for key, clock in found.items()}


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
