"""The quality report: solved at first contact, reopened, passed on, sent back and forth between groups."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.reports import time_spent
from itsm.reports.counting import Breakdown, Fact, Measure, Study
from itsm.reports.document import Chart, Column, Report, Table
from itsm.reports.incident_facts import (
    Incident,
    answered_by_requesters,
    facts_of,
    groups_passed,
    read,
    read_passes,
    went_back,
)
from itsm.reports.incident_report import REOPENED, RESOLVED, SINGLE, STOOD
from itsm.reports.present import share_text
from itsm.reports.request import Question
from itsm.reports.studies import bars, most_first, names_of, report_of, upright

NAME = "quality"
LISTED = 50
MEASURES = (
    RESOLVED,
    SINGLE,
    Measure(
        "taker_percent",
        _("Solved by who took the call"),
        "share",
        "share",
        "taker",
        "resolved",
        definition=_(
            "Resolved by the person who opened the incident for the caller, never passed on; of those resolved."
        ),
    ),
    REOPENED,
    Measure(
        "passes_mean",
        _("Moves between groups"),
        "mean",
        "number",
        "passes",
        definition=_("How often an incident went from one group to another until the data cut-off, of those resolved."),
    ),
    Measure("passed", _("Passed on at least once")),
    Measure(
        "back_and_forth",
        _("Sent back and forth"),
        definition=_("Resolved incidents that came back to a group after another group had them."),
    ),
)
SHOWN = ("resolved", "first_contact_percent", "taker_percent", "reopen_percent", "passes_mean", "back_and_forth")


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    reading, answered = read(actor, question), answered_by_requesters(actor, question)
    passes = read_passes(actor, question)

    def more(incident: Incident) -> Mapping[str, Any]:
        return _values(incident, answered, passes.get(incident.row.ticket_id, ()))

    facts = facts_of(reading, question, more)
    names = names_of(facts)
    breakdowns = (
        Breakdown("priority", _("By priority"), _("Priority"), SHOWN, lambda key: key, "priority", lambda key: key),
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"]),
        Breakdown("category", _("By category"), _("Category"), SHOWN, names["category"], by="resolved"),
        Breakdown("channel", _("By channel"), _("Channel"), SHOWN, names["channel"]),
    )
    return Study(facts, MEASURES, breakdowns, listed=("priority", "group", "category", "channel"))


def _values(incident: Incident, answered: set[int], passes: Sequence[tuple[int, int]]) -> dict[str, Any]:
    solved = incident.resolved_at is not None
    way = groups_passed(passes)
    return {
        "reopened": incident.reopened,
        "single": solved and incident.row.ticket_id not in answered,
        "taker": solved and incident.row.first_contact,
        "passes": len(passes) if solved else None,
        "passed": solved and bool(passes),
        "back_and_forth": solved and went_back(way),
        "way": way,
    }


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found = study(actor, question)
    reader = question.reader
    sentence = _(
        "%(single)s of the resolved incidents needed no further question, %(reopened)s were reopened, and %(back)s were "
        "sent back and forth between groups.",
        single=share_text(SINGLE.of(found.facts), reader),
        reopened=share_text(REOPENED.of(found.facts), reader),
        back=reader.number(len(found.behind(figure="back_and_forth"))),
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Quality report"),
        summary=(str(sentence),),
        drawn=_charts(found, question),
        lists=(_ways(found.behind(figure="back_and_forth")),),
        definitions=(STOOD,),
        complete=complete,
    )


def _charts(found: Study, question: Question) -> Iterator[Chart]:
    """How well incidents were solved, by priority; and which groups hold those that were sent back and forth."""
    by_priority, by_group = (found.table(breakdown) for breakdown in found.breakdowns[:2])
    shares = ("first_contact_percent", "taker_percent", "reopen_percent")
    yield from upright(by_priority, shares, _("Solved at once and reopened, by priority"), question)
    if found.behind(figure="back_and_forth"):
        most = most_first(by_group, "back_and_forth")
        yield bars(most, "back_and_forth", _("Sent back and forth, by group"), question)


def _ways(facts: Sequence[Fact]) -> Table:
    """The incidents that went back and forth, with the groups that they lay with, in order."""
    groups = time_spent.group_names()
    most = sorted(facts, key=lambda fact: (-fact.values["passes"], fact.reference.number))
    columns = (
        Column("ticket", str(_("Ticket")), "ticket"),
        Column("title", str(_("Title"))),
        Column("passes", str(_("Moves between groups")), "count"),
        Column("way", str(_("Groups in order"))),
    )
    rows = tuple(
        (
            fact.reference,
            fact.title,
            fact.values["passes"],
            " → ".join(groups.get(group_id, str(group_id)) for group_id in fact.values["way"]),
        )
        for fact in most[:LISTED]
    )
    note = (
        str(_("Only the first %(most)s are shown here; the sheet has all.", most=LISTED)) if len(most) > LISTED else ""
    )
    return Table("back_and_forth", str(_("Sent back and forth")), columns, rows, note=note)
