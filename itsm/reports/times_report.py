"""The report of times: how long until somebody acted, answered, solved."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.text import Message, _
from itsm.reports.counting import Breakdown, Measure, Study
from itsm.reports.document import Chart, Report
from itsm.reports.incident_facts import Incident, facts_of, first_actions, read
from itsm.reports.incident_report import RESOLVED, STOOD
from itsm.reports.request import Question
from itsm.reports.studies import names_of, report_of, upright

NAME = "times"


TITLES: dict[str, tuple[Message, Message, Message, Message]] = {  # of one incident, mean, median, nine of ten
    "acknowledge_seconds": (
        _("Time to acknowledge"), _("Mean time to acknowledge"), _("Median time to acknowledge"),
        _("Nine of ten acknowledged within"),
    ),
    "respond_seconds": (
        _("Time to answer"), _("Mean time to answer"), _("Median time to answer"), _("Nine of ten answered within"),
    ),
    "resolve_seconds": (
        _("Time to resolve"), _("Mean time to resolve"), _("Median time to resolve"), _("Nine of ten resolved within"),
    ),
}  # fmt: skip
DEFINITIONS: dict[str, Message] = {
    "acknowledge_seconds": _(
        "Time on the wall from opening until somebody of the staff first did anything with the incident, where that came "
        "in the period; what the system or the requester did is left out."
    ),
    "respond_seconds": _(
        "Time on the wall from opening to the first answer that the requester could read, where that came in the period; "
        "automatic mail is left out."
    ),
    "resolve_seconds": _("Time on the wall from opening to resolution, of incidents resolved in the period."),
}


def _three(value: str) -> tuple[Measure, Measure, Measure]:
    one, mean, median, nine = TITLES[value]
    return (
        Measure(f"{value}_mean", mean, "mean", "seconds", value, definition=DEFINITIONS[value], one=one),
        Measure(f"{value}_median", median, "median", "seconds", value),
        Measure(f"{value}_p90", nine, "p90", "seconds", value),
    )


ACKNOWLEDGE, RESPOND, RESOLVE = map(_three, TITLES)
MEASURES = (
    *ACKNOWLEDGE,
    *RESPOND,
    *RESOLVE,
    Measure("acknowledged", _("Acknowledged"), value="is_acknowledged"),
    Measure("answered", _("Answered"), value="is_answered"),
    RESOLVED,
)
SHOWN = tuple(f"{value}_{how}" for value in TITLES for how in ("mean", "p90"))


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    reading, acted = read(actor, question), first_actions(actor, question)

    def more(incident: Incident) -> Mapping[str, Any]:
        opened = incident.row.created_at
        acknowledge = seconds_within(opened, acted.get(incident.row.ticket_id), question)
        respond = seconds_within(opened, incident.row.responded_at, question)
        return {
            "acknowledge_seconds": acknowledge,
            "respond_seconds": respond,
            "is_acknowledged": acknowledge is not None,
            "is_answered": respond is not None,
        }

    facts = facts_of(reading, question, more)
    names = names_of(facts)
    breakdowns = (
        Breakdown("priority", _("By priority"), _("Priority"), SHOWN, lambda key: key, "priority", lambda key: key),
        Breakdown("group", _("By group"), _("Group"), SHOWN, names["group"]),
        Breakdown("category", _("By category"), _("Category"), SHOWN, names["category"]),
        Breakdown("channel", _("By channel"), _("Channel"), SHOWN, names["channel"]),
    )
    return Study(facts, MEASURES, breakdowns, listed=("priority", "group", "category", "channel"))


def seconds_within(opened: datetime, at: datetime | None, question: Question) -> int | None:
    """Elapsed seconds from opening to what happened at an instant of the period; None where it came at another time."""
    if at is None or not question.period.from_at <= at < question.cut_off_at:
        return None
    return int((at - opened).total_seconds())


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found = study(actor, question)
    words = (
        (ACKNOWLEDGE, _("Acknowledged: half within %(median)s, nine of ten within %(nine)s (hours and minutes).")),
        (RESPOND, _("Answered: half within %(median)s, nine of ten within %(nine)s (hours and minutes).")),
        (RESOLVE, _("Resolved: half within %(median)s, nine of ten within %(nine)s (hours and minutes).")),
    )
    summary = []
    for (_mean, median, nine), sentence in words:
        half, most = median.of(found.facts), nine.of(found.facts)
        if half is not None and most is not None:
            reader = question.reader
            summary.append(
                str(sentence) % {"median": reader.clock_time(float(half)), "nine": reader.clock_time(float(most))}
            )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Report of times"),
        summary=summary or (str(_("Nothing was counted in this period.")),),
        drawn=_charts(found, question),
        definitions=(
            (
                _("Nine of ten within"),
                _("The 90th percentile by nearest rank: the value at position 0.9 · n, rounded up."),
            ),
            STOOD,
        ),
        complete=complete,
    )


def _charts(found: Study, question: Question) -> Iterator[Chart]:
    """What takes minutes and what takes days, each on a scale of its own."""
    by_priority = found.table(found.breakdowns[0])
    acknowledged, answered, resolved = (f"{value}_p90" for value in TITLES)
    for measures, title in (
        ((acknowledged, answered), _("Until somebody acted and answered, by priority")),
        (("resolve_seconds_mean", resolved), _("Until resolved, by priority")),
    ):
        yield from upright(by_priority, measures, title, question)
