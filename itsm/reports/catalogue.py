"""Which reports there are. A report exists when a module offers the data that it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import find_data_set
from itsm.kernel.errors import NotFound
from itsm.kernel.text import Message, _, language
from itsm.reports import (
    asset_report,
    availability_report,
    backlog_report,
    change_report,
    incident_report,
    licence_report,
    problem_report,
    quality_report,
    sla_report,
    times_report,
    top_report,
    verdict_report,
    workload_report,
)
from itsm.reports.collecting import collecting_later
from itsm.reports.counting import Study
from itsm.reports.document import Report
from itsm.reports.request import Question

Builder = Callable[..., Report]


@dataclass(frozen=True)
class ReportKind:
    """One report on offer: what it is called, what it tells, and the data set without which it cannot be.

    `study` counts what the report counts, for the lists behind its numbers.
    """

    name: str
    title: Message
    description: Message
    data_set: str
    build: Builder
    by_agreement: bool = False
    study: Callable[[Actor, Question], Study] | None = None


REPORTS = (
    ReportKind(
        sla_report.NAME,
        _("Service level report"),
        _("Which targets were met and missed, where, and why."),
        "sla_clocks",
        sla_report.build,
        by_agreement=True,
    ),
    ReportKind(
        "ola",
        sla_report.TITLES["ola"],
        _("Whether groups did their part in the time that they agreed to."),
        "sla_clocks",
        partial(sla_report.build, kind="ola"),
        by_agreement=True,
    ),
    ReportKind(
        "uc",
        sla_report.TITLES["uc"],
        _("Whether suppliers answered in the time that their contracts say."),
        "sla_clocks",
        partial(sla_report.build, kind="uc"),
        by_agreement=True,
    ),
    ReportKind(
        incident_report.NAME,
        _("Incident report"),
        _("What came in, what was solved, what is left, and how long it took."),
        "incidents",
        incident_report.build,
        study=incident_report.study,
    ),
    ReportKind(
        backlog_report.NAME,
        _("Backlog report"),
        _("What is open and how old it is, and what flowed in and out."),
        "incident_facts",
        backlog_report.build,
        study=backlog_report.study,
    ),
    ReportKind(
        times_report.NAME,
        _("Report of times"),
        _("How long until somebody acted, answered, solved: mean, median, nine of ten."),
        "incident_facts",
        times_report.build,
        study=times_report.study,
    ),
    ReportKind(
        quality_report.NAME,
        _("Quality report"),
        _("Solved at first contact, reopened, passed on, sent back and forth."),
        "incident_facts",
        quality_report.build,
        study=quality_report.study,
    ),
    ReportKind(
        workload_report.NAME,
        _("Workload report"),
        _("Who solved how much, and where the recorded time went: by person, group, customer."),
        "incident_facts",
        workload_report.build,
        study=workload_report.study,
    ),
    ReportKind(
        top_report.NAME,
        _("What comes up most"),
        _("Categories, services, configuration items and customers with most incidents."),
        "incident_facts",
        top_report.build,
        study=top_report.study,
    ),
    ReportKind(
        verdict_report.NAME,
        _("Requesters’ verdicts on solutions"),
        _("Which solutions were confirmed and which were sent back."),
        "incident_verdicts",
        verdict_report.build,
        study=verdict_report.study,
    ),
    ReportKind(
        availability_report.NAME,
        _("Availability of services"),
        _("When services were down for a major incident, how often, and for how long."),
        "major_incidents",
        availability_report.build,
        study=availability_report.study,
    ),
    ReportKind(
        change_report.NAME,
        _("Change report"),
        _("Changes closed after review: results, emergencies, incidents caused."),
        "changes",
        change_report.build,
        study=change_report.study,
    ),
    ReportKind(
        problem_report.NAME,
        _("Problem report"),
        _("What problems cost in incidents and time, and whether solving them helped."),
        "problems",
        problem_report.build,
        study=problem_report.study,
    ),
    ReportKind(
        asset_report.NAME,
        _("Asset report"),
        _("What there is, where, in which state, at what price, and whose warranty ends."),
        "assets",
        asset_report.build,
        study=asset_report.study,
    ),
    ReportKind(
        licence_report.NAME,
        _("Licence report"),
        _("What may be used, how much of it is, what is held beyond that, and what ends."),
        "licences",
        licence_report.build,
        study=licence_report.study,
    ),
)


def list_reports() -> list[ReportKind]:
    """The reports whose data some module offers now."""
    return [kind for kind in REPORTS if find_data_set(kind.data_set) is not None]


def get_report(name: str) -> ReportKind:
    """The report of this name; raises `NotFound` that names those there are."""
    known = list_reports()
    for kind in known:
        if kind.name == name:
            return kind
    names = ", ".join(kind.name for kind in known)
    raise NotFound(_("There is no report “%(name)s”. There are: %(names)s.", name=name[:40], names=names))


def study(actor: Actor, name: str, question: Question) -> Study:
    """What a report counts, in the language of its question; raises `NotFound` for a report without such lists."""
    kind = get_report(name)
    if kind.study is None:
        raise NotFound(_("The numbers of this report have no such lists."))
    with language(question.language):
        return kind.study(actor, question)


def build(actor: Actor, name: str, question: Question, *, complete: bool = False, explain: bool = False) -> Report:
    """A report in the language of its question; `explain` asks for missed clocks with their segments, where there are any."""
    kind = get_report(name)
    options = {"explain": explain} if kind.by_agreement else {}
    with language(question.language), collecting_later():
        return kind.build(actor, question, complete=complete, **options)
