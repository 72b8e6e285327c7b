"""The workload report: who solved how much, what lies with whom, and where the recorded time went."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.reports.counting import Breakdown, Measure, Study
from itsm.reports.document import Column, Report, Table
from itsm.reports.incident_facts import Incident, facts_of, minutes_by_ticket, read
from itsm.reports.incident_report import BACKLOG, CREATED, MEAN, RESOLVED, STOOD
from itsm.reports.request import Question
from itsm.reports.studies import bars, names_of, report_of

NAME = "workload"
WORKED = Measure(
    "worked_seconds",
    _("Time recorded"),
    "sum",
    "seconds",
    definition=_("Work written down on incidents in the period, in hours and minutes, whoever did it."),
)
MEASURES = (CREATED, RESOLVED, BACKLOG, MEAN, WORKED)
SHOWN = tuple(each.name for each in MEASURES)


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    return _study(actor, question)[0]


def _study(actor: Actor, question: Question) -> tuple[Study, Sequence[tuple[Any, ...]]]:
    reading = read(actor, question)
    minutes, work = minutes_by_ticket(actor, question)

    def more(incident: Incident) -> Mapping[str, Any]:
        spent = minutes.get(incident.row.ticket_id)
        return {"worked_seconds": spent * 60 if spent else None}

    facts = facts_of(reading, question, more)
    names = names_of(facts)
    breakdowns = (
        Breakdown("person", _("By assignee"), _("Assignee"), SHOWN, names["person"], by="resolved"),
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"], by="resolved"),
        Breakdown("organisation", _("By customer"), _("Customer"), SHOWN, names["organisation"], by="created"),
    )
    raw = [[(row[0], row[7], row[4]) for row in work]]
    return Study(facts, MEASURES, breakdowns, raw, listed=("person", "group", "organisation")), work


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found, work = _study(actor, question)
    by_person, reader = found.table(found.breakdowns[0]), question.reader
    sentence = _(
        "%(resolved)s incidents were resolved; %(time)s hours and minutes of work were written down.",
        resolved=reader.number(RESOLVED.of(found.facts)),
        time=reader.clock_time(sum(row[4] for row in work) * 60),
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Workload report"),
        summary=(str(sentence),),
        drawn=(bars(by_person, "resolved", _("Resolved, by assignee"), question),) if by_person.rows else (),
        lists=(_time_by_person(work),),
        definitions=(
            STOOD,
            (_("Assignee"), _("The person who had the incident at the data cut-off, by its history.")),
            (_("Time by person"), _("Work on tickets of any kind, under the name of who did it.")),
        ),
        complete=complete,
    )


def _time_by_person(work: Sequence[tuple[Any, ...]]) -> Table:
    """Time recorded on tickets of any kind, by who did it; two people of one name stay two."""
    spent: dict[int | None, int] = defaultdict(int)
    tickets: dict[int | None, set[int]] = defaultdict(set)
    names: dict[int | None, str] = {}
    for ticket_id, person, _group, _organisation, minutes, *_rest, person_id in work:
        spent[person_id] += minutes * 60
        tickets[person_id].add(ticket_id)
        names[person_id] = person
    columns = (
        Column("person", str(_("Person"))),
        Column("tickets", str(_("Tickets")), "count"),
        Column("seconds", str(_("Time recorded")), "seconds"),
    )
    rows = tuple(
        (names[person_id] or str(_("nobody")), len(tickets[person_id]), spent[person_id])
        for person_id in sorted(spent, key=lambda each: (-spent[each], names[each], each or 0))
    )
    total = (str(_("Total")), len({row[0] for row in work}), sum(spent.values())) if rows else None
    return Table("time_by_person", str(_("Time by person")), columns, rows, total)
