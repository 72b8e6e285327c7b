"""The availability report: when services were down for a major incident, how often, and for how long."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_data_set
from itsm.kernel.text import _
from itsm.reports import metrics
from itsm.reports.counting import Fact, Measure, Study
from itsm.reports.document import Chart, Column, Report, Table
from itsm.reports.incident_facts import Incident, Reading, cis_by_ticket, facts_of, read
from itsm.reports.request import Question
from itsm.reports.studies import bars, most_first, report_of

NAME = "availability"
Span = tuple[datetime, datetime]
MEASURES = (
    Measure(
        "outages",
        _("Outages"),
        value="is_outage",
        definition=_("Major incidents that name a service and were open at some time of the period."),
    ),
)


def study(actor: Actor, question: Question) -> Study:
    """The outages of the period, for the report and for the lists behind its numbers."""
    return _study(actor, question)[0]


def _study(actor: Actor, question: Question) -> tuple[Study, dict[int, str], dict[int, list[Span]]]:
    reading = read(actor, question)
    majors = {row[0] for row in get_data_set("major_incidents").read(actor, question.selection(actor), ("ticket_id",))}
    services = {
        ticket_id: [(ci_id, name) for ci_id, name, is_service in found if is_service]
        for ticket_id, found in cis_by_ticket(actor, question).items()
        if ticket_id in majors
    }
    chosen = [each for each in reading.incidents if services.get(each.row.ticket_id) and spans_within(each, question)]
    facts = [
        _fact(fact, services[each.row.ticket_id])
        for fact, each in zip(facts_of(Reading(chosen), question), chosen, strict=True)
    ]
    names = {ci_id: name for found in services.values() for ci_id, name in found}
    down: dict[int, list[Span]] = defaultdict(list)
    for each in chosen:
        for ci_id, _name in services[each.row.ticket_id]:
            down[ci_id] += spans_within(each, question)
    raw = [sorted((ci_id, merged(spans)) for ci_id, spans in down.items())]
    return Study(facts, MEASURES, (), raw), names, down


def _fact(fact: Fact, services: Sequence[tuple[int, str]]) -> Fact:
    parts: Mapping[str, Any] = {"service": tuple(ci_id for ci_id, _name in services)}
    return Fact(fact.reference, fact.title, parts, {"is_outage": True})


def spans_within(incident: Incident, question: Question) -> list[Span]:
    """When an incident was open within the period, half open."""
    start, end = question.period.from_at, question.cut_off_at
    found = [(max(opened, start), min(closed or end, end)) for opened, closed in incident.times.stretches]
    return [(opened, closed) for opened, closed in found if opened < closed]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans put together where they overlap or touch: one outage with two incidents is down once."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found, names, down = _study(actor, question)
    table = _table(names, down, question)
    seconds = sum(row[2] for row in table.rows)
    sentence = _("No service was down in this period.")
    if table.rows:
        sentence = _(
            "%(number)s services were down for a major incident, for %(time)s hours and minutes together.",
            number=question.reader.number(len(table.rows)),
            time=question.reader.clock_time(seconds),
        )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Availability of services"),
        summary=(str(sentence),),
        first=(table,),
        drawn=_charts(table, question),
        definitions=(
            (
                _("Down"),
                _(
                    "A service is down while a major incident that names it is open, from opening to resolution; where "
                    "several overlap, the time counts once. Services are agreed to run around the clock."
                ),
            ),
            (
                _("Availability"),
                _("Time of the period less time down, divided by time of the period up to the data cut-off."),
            ),
            (
                _("Mean time between failures"),
                _("Time of the period less time down, divided by the number of outages."),
            ),
            (_("Mean time to restore"), _("Time down, divided by the number of outages.")),
        ),
        exclusions=(_("Services that no major incident named in the period were up all the time and are not listed."),),
        complete=complete,
    )


def _charts(table: Table, question: Question) -> Iterator[Chart]:
    """The services that were down longest; their shares would all look like 100 per cent."""
    if table.rows:
        yield bars(most_first(table, "down_seconds"), "down_seconds", _("Time down, by service"), question)


def _table(names: Mapping[int, str], down: Mapping[int, list[Span]], question: Question) -> Table:
    agreed = int((question.cut_off_at - question.period.from_at).total_seconds())
    rows = []
    for ci_id in sorted(down, key=lambda each: names[each]):
        outages = [int((end - start).total_seconds()) for start, end in merged(down[ci_id])]
        lost = sum(outages)
        rows.append(
            (
                names[ci_id],
                len(outages),
                lost,
                metrics.Share(agreed - lost, agreed),
                metrics.time_between_failures(agreed, outages),
                metrics.time_to_restore(outages),
            )
        )
    columns = (
        Column("service", str(_("Service"))),
        Column("outages", str(_("Outages")), "count", leads=(("figure", "outages"),)),
        Column("down_seconds", str(_("Time down")), "seconds"),
        Column("availability_percent", str(_("Availability")), "share"),
        Column("mtbf_seconds", str(_("Mean time between failures")), "seconds"),
        Column("mtrs_seconds", str(_("Mean time to restore")), "seconds"),
    )
    drill = tuple({"by": "service", "key": str(each)} for each in sorted(down, key=lambda each: names[each]))
    return Table("by_service", str(_("By service")), columns, tuple(rows), drill=drill)
