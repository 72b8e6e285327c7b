"""The problem report: what problems cost in incidents and time, and whether solving them helped."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_data_set
from itsm.kernel.text import _
from itsm.reports.counting import Breakdown, Fact, Measure, Study
from itsm.reports.document import Column, Reference, Report, Table
from itsm.reports.incident_facts import before_changes
from itsm.reports.request import Question
from itsm.reports.studies import names_of, report_of
from itsm.tickets.pages import address_of, number_of

NAME = "problems"
LISTED = 25
ROLLED_BACK = ("state", "priority", "group_id", "known_error", "resolved_at")
MEASURES = (
    Measure("opened", _("Opened")),
    Measure("resolved", _("Resolved")),
    Measure(
        "open",
        _("Open at the end"),
        definition=_("Problems that existed and were not resolved or closed at the data cut-off, by their history."),
    ),
    Measure(
        "known_errors",
        _("Known errors"),
        definition=_("Open problems whose cause was known at the data cut-off, by their history."),
    ),
    Measure(
        "incidents",
        _("Incidents caused"),
        "sum",
        definition=_("Incidents opened in the period that were laid to a problem by the data cut-off."),
    ),
    Measure("worked_seconds", _("Time spent on these"), "sum", "seconds"),
    Measure(
        "after",
        _("Incidents after the solution"),
        "sum",
        definition=_(
            "Incidents of the period that were opened after their problem had been resolved: the cure did not hold."
        ),
    ),
    Measure(
        "resolve_seconds_mean",
        _("Mean time to resolve"),
        "mean",
        "seconds",
        "resolve_seconds",
        one=_("Time to resolve"),
    ),
)
SHOWN = ("opened", "resolved", "open", "known_errors", "incidents", "worked_seconds", "after")


class Row(NamedTuple):
    """What the figures need of one problem."""

    ticket_id: int
    title: str
    state: str
    priority: int
    group_id: int | None
    known_error: bool
    created_at: datetime
    resolved_at: datetime | None


class Effect(NamedTuple):
    """One incident that a problem caused."""

    problem_id: int
    ticket_id: int
    created_at: datetime
    minutes: int


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    selection = question.selection(actor)
    before = before_changes(
        get_data_set("problem_later").read(actor, selection, ("ticket_id", "changes")), names=ROLLED_BACK
    )
    rows = [
        _stood(Row._make(row), before.get(row[0], {}))
        for row in get_data_set("problems").read(actor, selection, Row._fields)
    ]
    effects = [Effect._make(row) for row in get_data_set("problem_effects").read(actor, selection, Effect._fields)]
    caused: dict[int, list[Effect]] = defaultdict(list)
    for effect in effects:
        if effect.created_at >= selection.from_at:
            caused[effect.problem_id].append(effect)
    facts = [_fact(row, caused.get(row.ticket_id, []), question) for row in rows]
    names = names_of(facts)
    breakdowns = (
        Breakdown("priority", _("By priority"), _("Priority"), SHOWN, lambda key: key, "priority", lambda key: key),
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"]),
    )
    return Study(facts, MEASURES, breakdowns, listed=("priority", "group"))


def _stood(row: Row, before: Mapping[str, Any]) -> Row:
    """The problem as it stood before later changes; the journal writes instants as text."""
    found = row._replace(**before)
    at = before.get("resolved_at")
    return found._replace(resolved_at=datetime.fromisoformat(at)) if isinstance(at, str) else found


def _fact(row: Row, caused: Sequence[Effect], question: Question) -> Fact:
    start, end = question.period.from_at, question.cut_off_at
    resolved_at = row.resolved_at if row.resolved_at is not None and row.resolved_at < end else None
    solved = resolved_at is not None and resolved_at >= start and row.state in {"resolved", "closed"}
    values: dict[str, Any] = {
        "opened": row.created_at >= start,
        "resolved": solved,
        "open": resolved_at is None,
        "known_errors": resolved_at is None and row.known_error,
        "incidents": len(caused) or None,
        "worked_seconds": sum(each.minutes for each in caused) * 60 or None,
        "after": sum(resolved_at is not None and each.created_at >= resolved_at for each in caused) or None,
        "resolve_seconds": int((resolved_at - row.created_at).total_seconds()) if solved and resolved_at else None,
    }
    reference = Reference(number_of("problem", row.ticket_id), address_of("problem", row.ticket_id))
    return Fact(reference, row.title, {"priority": row.priority, "group": row.group_id}, values)


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found = study(actor, question)
    values: Mapping[str, Any] = {each.name: each.of(found.facts) for each in MEASURES}
    reader = question.reader
    sentence = _(
        "%(open)s problems were open at the data cut-off, %(known)s of them known errors; problems caused %(incidents)s "
        "incidents in the period.",
        open=reader.number(values["open"]),
        known=reader.number(values["known_errors"]),
        incidents=reader.number(values["incidents"]),
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Problem report"),
        summary=(str(sentence),),
        lists=(_costly(found),),
        complete=complete,
    )


def _costly(found: Study) -> Table:
    """The problems that caused most incidents in the period."""
    most = sorted(found.behind(figure="incidents"), key=lambda fact: (-fact.values["incidents"], fact.reference.number))
    columns = (
        Column("ticket", str(_("Problem")), "ticket"),
        Column("title", str(_("Title"))),
        Column("open", str(_("Still open")), "yes_no"),
        Column("incidents", str(_("Incidents caused")), "count"),
        Column("worked_seconds", str(_("Time spent on these")), "seconds"),
        Column("after", str(_("Incidents after the solution")), "count"),
    )
    rows = tuple(
        (
            fact.reference,
            fact.title,
            fact.values["open"],
            fact.values["incidents"],
            fact.values["worked_seconds"] or 0,
            fact.values["after"] or 0,
        )
        for fact in most[:LISTED]
    )
    return Table("costly", str(_("Problems that caused most incidents")), columns, rows)
