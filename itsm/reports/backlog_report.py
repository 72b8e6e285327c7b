"""The backlog report: what was open at the cut-off, how old it was, and what flowed in and out before."""

from collections.abc import Mapping
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.text import Message, _
from itsm.reports import flow
from itsm.reports.counting import Breakdown, Measure
from itsm.reports.document import Report
from itsm.reports.incident_facts import AGE_DAYS, DAY_SECONDS, Incident, age_bucket, facts_of, read
from itsm.reports.incident_report import BACKLOG, CREATED, RESOLVED, STOOD, IncidentStudy
from itsm.reports.request import Question
from itsm.reports.studies import bars, names_of, report_of

NAME = "backlog"
OLD_DAYS = AGE_DAYS[-1]
OLDEST_SHOWN = 25
MEASURES = (
    BACKLOG,
    Measure("waiting", _("of these on hold")),
    Measure("unassigned", _("of these with nobody")),
    Measure("old", _("Open for 30 days or longer")),
    Measure(
        "age_mean_seconds",
        _("Mean age"),
        "mean",
        "seconds",
        "age_seconds",
        definition=_(
            "Time on the wall from opening to the data cut-off, of what was open then; what is on hold counts."
        ),
        one=_("Age"),
    ),
    Measure("age_median_seconds", _("Median age"), "median", "seconds", "age_seconds"),
    CREATED,
    RESOLVED,
)
SHOWN = ("backlog", "waiting", "unassigned", "old", "age_mean_seconds")
AGES: tuple[Message, ...] = (
    _("less than a day"),
    _("1 day and more"),
    _("3 days and more"),
    _("7 days and more"),
    _("30 days and more"),
)


def study(actor: Actor, question: Question) -> IncidentStudy:
    """Everything counted, for the report and for the lists behind its numbers."""
    reading = read(actor, question)

    def more(incident: Incident) -> Mapping[str, Any]:
        is_open = incident.times.is_open_at(question.cut_off_at)
        age = (question.cut_off_at - incident.row.created_at).total_seconds()
        return {
            "waiting": is_open and incident.row.state_category == "waiting",
            "unassigned": is_open and incident.row.assignee_id is None,
            "old": is_open and age >= OLD_DAYS * DAY_SECONDS,
        }

    facts = facts_of(reading, question, more)
    names = names_of(facts)
    breakdowns = (
        Breakdown("age", _("By age"), _("Age"), ("backlog", "waiting", "unassigned"), _age_words, order=_age_order),
        Breakdown("priority", _("By priority"), _("Priority"), SHOWN, lambda key: key, "priority", lambda key: key),
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"], by="backlog"),
        Breakdown("organisation", _("By organisation"), _("Organisation"), SHOWN, names["organisation"], by="backlog"),
        Breakdown("category", _("By category"), _("Category"), SHOWN, names["category"], by="backlog"),
    )
    return IncidentStudy(
        facts,
        MEASURES,
        breakdowns,
        [reading.spans(question)],
        listed=("priority", "group", "organisation", "category"),
        extra_parts={"age": lambda fact: age_bucket(fact.values.get("age_seconds"))},
        incidents=reading.incidents,
        question=question,
    )


def _age_words(key: int | None) -> str:
    return str(AGES[key]) if key is not None else ""


def _age_order(key: int | None) -> int:
    return -1 if key is None else key


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found = study(actor, question)
    by_age = found.table(found.breakdowns[0])
    by_flow = flow.flow_table(found.incidents, question)
    oldest = sorted(found.behind(figure="backlog"), key=lambda fact: -fact.values["age_seconds"])
    reader = question.reader
    open_at_end, old = len(oldest), sum(bool(fact.values["old"]) for fact in oldest)
    summary = str(
        _(
            "%(backlog)s incidents were open at the data cut-off, %(old)s of them for 30 days or longer.",
            backlog=reader.number(open_at_end),
            old=reader.number(old),
        )
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Backlog report"),
        summary=(summary,),
        first=(by_flow,),
        drawn=(
            *((bars(by_age, "backlog", _("What is open, by age"), question),) if by_age.rows else ()),
            flow.flow_chart(by_flow, question),
        ),
        lists=(found.listing(oldest[:OLDEST_SHOWN], name="oldest", title=_("The oldest open incidents")),),
        definitions=(STOOD,),
        complete=complete,
    )
