"""Requesters' verdicts: which solutions the people who asked confirmed, and which they sent back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_data_set
from itsm.kernel.text import _
from itsm.reports.counting import Breakdown, Measure, Study
from itsm.reports.document import Report
from itsm.reports.incident_facts import FINISHED, Incident, facts_of, read
from itsm.reports.incident_report import RESOLVED, STOOD
from itsm.reports.present import share_text
from itsm.reports.request import Question
from itsm.reports.studies import names_of, report_of

NAME = "satisfaction"
Move = tuple[datetime, str, bool]
CONFIRMED = Measure(
    "confirmed_percent",
    _("Confirmed of those answered"),
    "share",
    "share",
    "confirmed",
    "answered",
    definition=_(
        "Incidents whose last solution of the period the requester confirmed, divided by those that the requester "
        "confirmed or sent back. Who said nothing gave no verdict."
    ),
)
MEASURES = (
    RESOLVED,
    CONFIRMED,
    Measure("confirmed", _("Confirmed")),
    Measure(
        "refused", _("Sent back"), definition=_("The requester reopened the incident after a solution of the period.")
    ),
    Measure(
        "silent", _("No verdict"), definition=_("Solved in the period, and closed without a word or not closed yet.")
    ),
    Measure("answered", _("Verdicts")),
)
SHOWN = ("confirmed", "refused", "silent", "confirmed_percent")


def verdict(moves: Sequence[Move]) -> str:
    """What the requester said of the solutions among the moves, in order: confirmed, refused, silent; empty without one.

    A solution that was sent back stays sent back unless a later one was confirmed.
    """
    found, solved = "", False
    for _at, category, by_requester in moves:
        if category == "resolved" or (category == "closed" and not solved and not by_requester):
            solved, found = True, found or "silent"
        elif category == "closed":
            found, solved = ("confirmed" if by_requester else found or "silent"), True
        elif solved and category not in FINISHED:
            found, solved = ("refused" if by_requester else found), False
    return found


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    reading = read(actor, question)
    rows = get_data_set("incident_verdicts").read(
        actor, question.selection(actor), ("ticket_id", "at", "category", "by_requester")
    )
    moves: dict[int, list[Move]] = defaultdict(list)
    for ticket_id, at, category, by_requester in rows:
        moves[ticket_id].append((at, category, bool(by_requester)))

    def more(incident: Incident) -> Mapping[str, Any]:
        said = verdict(moves.get(incident.row.ticket_id, ())) if incident.resolved_at is not None else ""
        return {
            "confirmed": said == "confirmed",
            "refused": said == "refused",
            "silent": said == "silent",
            "answered": said in {"confirmed", "refused"},
        }

    facts = facts_of(reading, question, more)
    names = names_of(facts)
    breakdowns = (
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"]),
        Breakdown("category", _("By category"), _("Category"), SHOWN, names["category"]),
        Breakdown("organisation", _("By organisation"), _("Organisation"), SHOWN, names["organisation"]),
    )
    return Study(facts, MEASURES, breakdowns, listed=("group", "category", "organisation"))


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found = study(actor, question)
    reader = question.reader
    sentence = _(
        "Requesters gave %(answered)s verdicts on solutions; %(share)s of them confirmed.",
        answered=reader.number(len(found.behind(figure="answered"))),
        share=share_text(CONFIRMED.of(found.facts), reader),
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Requesters’ verdicts on solutions"),
        summary=(str(sentence),),
        lists=(found.listing(found.behind(figure="refused"), name="refused", title=_("Sent back by the requester")),),
        definitions=(STOOD,),
        exclusions=(
            _("These are confirmations in the portal and by mail, not a survey: nobody is asked for a score."),
        ),
        complete=complete,
    )
