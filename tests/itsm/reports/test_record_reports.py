"""Reports on outages, changes, assets and work: what counts, for whom, and under whose name."""

from datetime import timedelta
from typing import Any

from flask import Flask

from incident.major import services as majors
from itsm.identity.models import Site
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.datasets import get_data_set
from itsm.kernel.db import session
from itsm.reports import catalogue
from itsm.reports.document import Report
from itsm.tickets import services as tickets
from tests.factories import Factory
from tests.itsm.reports.conftest import at, october


def rows_of(report: Report, name: str) -> list[tuple[Any, ...]]:
    table = report.table(name)
    assert table is not None
    return list(table.rows)


def test_a_withdrawn_major_incident_is_no_outage(app: Flask, make: Factory) -> None:
    lead = make.actor("supervisor")
    with clock.frozen(at(5)):
        kept, withdrawn, later = (make.incident(title=f"Mail {number}") for number in range(3))
        for incident in (kept, withdrawn, later):
            majors.declare(lead, incident, reason="Nobody gets mail", headline="Mail")
    with clock.frozen(at(6)):
        majors.withdraw(lead, withdrawn, reason="One switch only")
    with clock.frozen(at(2, month=11)):
        majors.withdraw(lead, later, reason="One room only")
        found = get_data_set("major_incidents").read(SYSTEM, october().selection(SYSTEM), ("ticket_id",))
    assert [row[0] for row in found] == [kept.id, later.id]


def test_incidents_of_a_change_are_those_that_the_reader_may_see(app: Flask, make: Factory) -> None:
    secret = make.group("Investigations", restricted=True)
    with clock.frozen(at(5)):
        change = make.change()
        for facts in ({}, {"group_id": secret.id}):
            tickets.links.add_link(SYSTEM, make.incident(**facts), change, relation="caused_by_change")
        quiet = make.change()
    selection = october().selection(SYSTEM)
    columns = ("ticket_id", "incidents")
    outsider = make.actor("agent")
    changes = get_data_set("changes")
    assert changes.read(SYSTEM, selection, columns) == [(change.id, 2), (quiet.id, 0)]
    assert changes.read(outsider, selection, columns) == [(change.id, 1), (quiet.id, 0)]


def test_a_renamed_site_changes_no_digest(app: Flask, make: Factory) -> None:
    site = Site(name="Head office")
    session.add(site)
    session.flush()
    with clock.frozen(at(5)):
        make.asset(site_id=site.id)
        make.asset()
    before = catalogue.build(SYSTEM, "assets", october())
    site.name = "Harbour"
    session.flush()
    after = catalogue.build(SYSTEM, "assets", october())
    assert [(row[0], row[1]) for row in rows_of(after, "by_site")] == [("Harbour", 1), ("not noted", 1)]
    assert before.digest == after.digest


def test_the_digest_of_assets_is_the_same_in_every_language(app: Flask, make: Factory) -> None:
    with clock.frozen(at(5)):
        make.asset()
    english, swedish = (catalogue.build(SYSTEM, "assets", october(language)) for language in ("en", "sv"))
    assert english.digest == swedish.digest
    assert rows_of(english, "by_state")[0][0] != rows_of(swedish, "by_state")[0][0]


def test_work_of_two_people_of_one_name_is_told_apart(app: Flask, make: Factory) -> None:
    desk = make.group("Service desk")
    with clock.frozen(at(5)):
        incident = make.incident(group_id=desk.id)
    for minutes in (30, 45):
        person = make.person("Anna Berg", email=None, roles=("agent",), groups=(desk,))
        with clock.frozen(at(5) + timedelta(minutes=minutes)):
            tickets.write_entry(make.actor_of(person), incident, kind="work", body="Searched", minutes=minutes)
    found = rows_of(catalogue.build(SYSTEM, "workload", october()), "time_by_person")
    assert found == [("Anna Berg", 1, 45 * 60), ("Anna Berg", 1, 30 * 60)]
