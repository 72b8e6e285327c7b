"""Which reports there are. A report exists when a module offers the data that it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import find_data_set
from itsm.kernel.errors import NotFound
from itsm.kernel.text import Message, _, language
from itsm.reports import incident_report, listing_report, sla_report
from itsm.reports.document import Report
from itsm.reports.request import Question

Builder = Callable[..., Report]


@dataclass(frozen=True)
class ReportKind:
    """One report on offer: what it is called, what it tells, and the data set without which it cannot be."""

    name: str
    title: Message
    description: Message
    data_set: str
    build: Builder
    by_agreement: bool = False


def _listing(name: str, title: Message, description: Message) -> ReportKind:
    return ReportKind(name, title, description, name, partial(_build_listing, name))


def _build_listing(name: str, actor: Actor, question: Question, **options: Any) -> Report:
    return listing_report.build(actor, question, name, **options)


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
        incident_report.NAME,
        _("Incident report"),
        _("What came in, what was solved, what is left, and how long it took."),
        "incidents",
        incident_report.build,
    ),
    _listing("changes", _("Change report"), _("Changes of the period, by type, risk and result.")),
    _listing("assets", _("Asset report"), _("Assets recorded in the period, by state and model.")),
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


def build(actor: Actor, name: str, question: Question, *, complete: bool = False) -> Report:
    """A report in the language of its question."""
    kind = get_report(name)
    with language(question.language):
        return kind.build(actor, question, complete=complete)
