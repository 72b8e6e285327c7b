"""The change report: what was closed after review, with which result, and which incidents changes caused."""

from datetime import datetime
from typing import Any, NamedTuple

from change.lifecycle import OUTCOME_TITLES
from change.subjects import RISK_TITLES, TYPE_TITLES
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_data_set
from itsm.kernel.text import Message, _
from itsm.reports.counting import Breakdown, Fact, Measure, Study
from itsm.reports.document import Reference, Report
from itsm.reports.present import share_text
from itsm.reports.request import Question
from itsm.reports.studies import bars, names_of, report_of
from itsm.tickets.pages import address_of, number_of

NAME = "changes"
OUTCOMES = tuple(OUTCOME_TITLES)
SUCCESS = Measure(
    "success_percent",
    _("Successful"),
    "share",
    "share",
    "successful",
    "closed",
    definition=_(
        "Changes closed in the period whose review says successful, divided by all that were closed after review."
    ),
)
EMERGENCY = Measure(
    "emergency_percent",
    _("Emergency changes"),
    "share",
    "share",
    "emergency",
    "closed",
    definition=_("Emergency changes, divided by all changes that were closed after review in the period."),
)
MEASURES = (
    Measure(
        "closed",
        _("Closed after review"),
        definition=_("Changes whose review was finished in the period; rejected and cancelled ones are counted apart."),
    ),
    SUCCESS,
    EMERGENCY,
    Measure("with_issues", OUTCOME_TITLES["with_issues"]),
    Measure("failed", OUTCOME_TITLES["failed"]),
    Measure("backed_out", OUTCOME_TITLES["backed_out"]),
    Measure("opened", _("Opened")),
    Measure("rejected", _("Rejected")),
    Measure("cancelled", _("Cancelled")),
    Measure(
        "causing",
        _("Caused incidents"),
        definition=_("Closed changes to which at least one incident was laid until the data cut-off."),
    ),
)
SHOWN = ("closed", "success_percent", "with_issues", "failed", "backed_out", "causing")


class Row(NamedTuple):
    """What the figures need of one change."""

    ticket_id: int
    title: str
    state: str
    change_type: str
    risk_level: str
    outcome: str
    group_id: int | None
    incidents: int
    created_at: datetime
    closed_at: datetime | None


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    rows = [Row._make(row) for row in get_data_set("changes").read(actor, question.selection(actor), Row._fields)]
    facts = [_fact(row, question) for row in rows]
    names = names_of(facts)
    results: dict[str, Message] = {**OUTCOME_TITLES, "": _("no result noted")}
    breakdowns = (
        Breakdown("type", _("By type"), _("Type"), SHOWN, lambda key: str(TYPE_TITLES.get(key, key))),
        Breakdown("risk", _("By risk"), _("Risk"), SHOWN, lambda key: str(RISK_TITLES.get(key, key))),
        Breakdown(
            "outcome", _("By result"), _("Result"), ("closed", "causing"), lambda key: str(results.get(key, key))
        ),
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"]),
    )
    return Study(facts, MEASURES, breakdowns, listed=("type", "risk", "outcome", "group"))


def _fact(row: Row, question: Question) -> Fact:
    def within(at: datetime | None) -> bool:
        return at is not None and question.period.from_at <= at < question.cut_off_at

    ended = within(row.closed_at)
    closed = ended and row.state == "closed"
    values: dict[str, Any] = {
        "opened": within(row.created_at),
        "closed": closed,
        "rejected": ended and row.state == "rejected",
        "cancelled": ended and row.state == "cancelled",
        "emergency": closed and row.change_type == "emergency",
        "causing": closed and row.incidents > 0,
    }
    values |= {outcome: closed and row.outcome == outcome for outcome in OUTCOMES}
    parts = {
        "type": row.change_type,
        "risk": row.risk_level,
        "outcome": row.outcome if closed else "",
        "group": row.group_id,
    }
    reference = Reference(number_of("change", row.ticket_id), address_of("change", row.ticket_id))
    return Fact(reference, row.title, parts, values)


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found = study(actor, question)
    by_outcome = found.table(found.breakdowns[2])
    unsuccessful = found.behind(figure="failed") + found.behind(figure="backed_out")
    sentence = _(
        "%(closed)s changes were closed after review, %(share)s of them successful; %(emergency)s were emergencies.",
        closed=question.reader.number(MEASURES[0].of(found.facts)),
        share=share_text(SUCCESS.of(found.facts), question.reader),
        emergency=share_text(EMERGENCY.of(found.facts), question.reader),
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Change report"),
        summary=(str(sentence),),
        drawn=(bars(by_outcome, "closed", _("Closed changes, by result"), question),) if by_outcome.rows else (),
        lists=(found.listing(unsuccessful, name="failed", title=_("Failed and backed out")),),
        complete=complete,
    )
