"""The incident report: what came in, what was solved, what is left, and how long it took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.reports import flow
from itsm.reports.counting import Breakdown, Fact, Measure, Study
from itsm.reports.document import Figure, Report
from itsm.reports.incident_facts import Incident, answered_by_requesters, facts_of, read
from itsm.reports.request import Question
from itsm.reports.studies import names_of, report_of

NAME = "incidents"
CREATED = Measure("created", _("Opened"), definition=_("Incidents recorded in the period."))
RESOLVED = Measure(
    "resolved",
    _("Resolved"),
    definition=_("Incidents resolved in the period, each once, by its last solution; cancelled ones are left out."),
)
BACKLOG = Measure(
    "backlog",
    _("Open at the end"),
    definition=_(
        "Incidents that existed and were not resolved, closed or cancelled at that instant, by their history."
    ),
)
MEAN = Measure(
    "mean_seconds",
    _("Mean time to resolve"),
    "mean",
    "seconds",
    "resolve_seconds",
    definition=_("Time on the wall from opening to resolution, of incidents resolved in the period."),
    one=_("Time to resolve"),
)
MEDIAN = Measure("median_seconds", _("Median time to resolve"), "median", "seconds", "resolve_seconds")
NINE = Measure("p90_seconds", _("Nine of ten within"), "p90", "seconds", "resolve_seconds")
REOPENED = Measure(
    "reopen_percent",
    _("Reopened"),
    "share",
    "share",
    "reopened",
    "resolved",
    definition=_("Incidents reopened in the period, divided by incidents resolved, each once."),
)
SINGLE = Measure(
    "first_contact_percent",
    _("Solved without a further question"),
    "share",
    "share",
    "single",
    "resolved",
    definition=_(
        "Resolved incidents to which the requester added nothing after opening, divided by incidents resolved."
    ),
)
MEASURES = (CREATED, RESOLVED, BACKLOG, MEAN, MEDIAN, NINE, REOPENED, SINGLE)
SHOWN = ("created", "resolved", "backlog", "mean_seconds", "median_seconds")
STOOD = (_("Group"), _("The group that an incident lay with at the data cut-off, by its history."))


@dataclass(frozen=True, kw_only=True)
class IncidentStudy(Study):
    """A study of incidents whose flow by day leads to its incidents too."""

    incidents: Sequence[Incident]
    question: Question

    def behind(self, *, figure: str = "", by: str = "", key: str = "") -> list[Fact]:
        """The facts that a number is made of, also one of the flow."""
        if by == flow.PART:
            return flow.behind_flow(self.incidents, self.facts, self.question, figure=figure, key=key)
        return super().behind(figure=figure, by=by, key=key)


def study(actor: Actor, question: Question) -> IncidentStudy:
    """Everything counted, for the report and for the lists behind its numbers."""
    reading = read(actor, question)
    answered = answered_by_requesters(actor, question)

    def more(incident: Incident) -> Mapping[str, Any]:
        solved = incident.resolved_at is not None
        return {"reopened": incident.reopened, "single": solved and incident.row.ticket_id not in answered}

    facts = facts_of(reading, question, more)
    names = names_of(facts)
    breakdowns = (
        Breakdown("priority", _("By priority"), _("Priority"), SHOWN, lambda key: key, "priority", lambda key: key),
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"]),
    )
    return IncidentStudy(
        facts,
        MEASURES,
        breakdowns,
        [reading.spans(question)],
        listed=("priority", "group"),
        incidents=reading.incidents,
        question=question,
    )


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it; `complete` adds the list of incidents, for sheets."""
    found = study(actor, question)
    table = flow.flow_table(found.incidents, question)
    report = report_of(
        found,
        question,
        name=NAME,
        title=_("Incident report"),
        summary=(),
        first=(table,),
        drawn=(flow.flow_chart(table, question),),
        definitions=(STOOD,),
        flat=table,
        complete=complete,
    )
    figures = _with_net_flow(report.figures)
    return replace(report, figures=figures, summary=tuple(_summary(figures, question)))


def _with_net_flow(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    created, resolved, *rest = figures
    net = Figure("net_flow", str(_("Opened less resolved")), created.value - resolved.value)
    return (created, resolved, net, *rest)


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
