"""The report of what comes up most: categories, configuration items, services, customers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.reports.counting import Breakdown, Fact, Study
from itsm.reports.document import Report
from itsm.reports.incident_facts import cis_by_ticket, facts_of, read
from itsm.reports.incident_report import BACKLOG, CREATED, MEAN, RESOLVED, STOOD
from itsm.reports.request import Question
from itsm.reports.studies import bars, names_of, report_of

NAME = "top"
MEASURES = (CREATED, RESOLVED, BACKLOG, MEAN)
SHOWN = tuple(each.name for each in MEASURES)
MOST = 20


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    reading, cis = read(actor, question), cis_by_ticket(actor, question)
    ids = [each.row.ticket_id for each in reading.incidents]
    facts = [
        _with_cis(fact, cis.get(ticket_id, []))
        for fact, ticket_id in zip(facts_of(reading, question), ids, strict=True)
    ]
    names = names_of(facts)
    titles = {ci_id: name for found in cis.values() for ci_id, name, _service in found}
    several = _("An incident that names several counts under each; those that name none are left out.")

    def ci_name(key: Any) -> str:
        return titles.get(key, str(key))

    many = Breakdown("ci", "", "", SHOWN, ci_name, by="created", most=MOST, several=True, note=several)
    breakdowns = (
        Breakdown("category", _("Top categories"), _("Category"), SHOWN, names["category"], by="created", most=MOST),
        replace(many, part="service", title=_("Top services"), column=_("Service")),
        replace(many, title=_("Top configuration items"), column=_("Configuration item")),
        Breakdown(
            "organisation", _("Top customers"), _("Customer"), SHOWN, names["organisation"], by="created", most=MOST
        ),
        Breakdown("channel", _("By channel"), _("Channel"), SHOWN, names["channel"], by="created"),
    )
    return Study(facts, MEASURES, breakdowns, listed=tuple(each.part for each in breakdowns))


def _with_cis(fact: Fact, cis: list[tuple[int, str, bool]]) -> Fact:
    if not cis:
        return replace(fact, parts={**fact.parts, "ci": (), "service": ()})
    parts: Mapping[str, Any] = {
        **fact.parts,
        "ci": tuple(ci_id for ci_id, _name, service in cis if not service),
        "service": tuple(ci_id for ci_id, _name, service in cis if service),
    }
    return replace(fact, parts=parts)


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found = study(actor, question)
    tables = {table.name: table for table in found.tables()}
    drawn = [
        bars(tables[name], "created", title, question)
        for name, title in (("by_category", _("Opened, by category")), ("by_service", _("Opened, by service")))
        if name in tables and any(row[1] for row in tables[name].rows)
    ]
    leading = tables.get("by_category")
    reader = question.reader
    summary = str(_("Nothing was counted in this period."))
    if leading is not None and leading.rows:
        summary = str(
            _(
                "Most incidents were about %(category)s: %(number)s of %(all)s that were opened.",
                category=leading.rows[0][0],
                number=reader.number(leading.rows[0][1]),
                all=reader.number(CREATED.of(found.facts)),
            )
        )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("What comes up most"),
        summary=(summary,),
        drawn=drawn,
        definitions=(STOOD,),
        complete=complete,
    )
