"""The licence report by a worked example: every expected figure is written down here by hand."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from assets.licences import services
from assets.licences.models import Licence
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.reports import catalogue, exports
from itsm.reports.commands import report as report_command
from itsm.reports.document import Report
from tests.factories import Factory
from tests.itsm.reports.conftest import at, october

EXPECTED = {"in_force": 4, "seats": 15, "used": 5, "free": 12, "over": 2, "expiring": 1, "expired_in_use": 1}
POSITIONS = [  # name, seats, in use, free, over, valid until, state
    ("CAD", 1, 3, 0, 2, None, "In force"),
    ("Labels", None, None, None, None, date(2026, 10, 30), "Expired"),
    ("Backup", 4, 0, 4, 0, date(2027, 1, 29), "In force"),
    ("Maps", None, 0, None, None, None, "In force"),
    ("Next year", None, None, None, None, None, "Not yet valid"),
    ("Office", 10, 2, 8, 0, date(2027, 1, 28), "Ends within 90 days"),
]


def build(**more: Any) -> Report:
    return catalogue.build(SYSTEM, "licences", october(), **more)


def figures(report: Report) -> dict[str, Any]:
    return {figure.name: figure.value for figure in report.figures}


def positions(report: Report) -> list[tuple[Any, ...]]:
    table = report.table("positions")
    assert table is not None
    return [row[1:] for row in table.rows]


@pytest.fixture
def licences(app: Flask, make: Factory) -> dict[str, Licence]:
    """Six licences in October 2026; the cut-off of the report is the end of its last day."""
    facts: dict[str, dict[str, Any]] = {
        "CAD": {"metric": "device", "seats": 1, "price_minor": 100_000, "currency": "EUR", "publisher": "Autodesk"},
        "Office": {
            "seats": 10, "valid_until": date(2027, 1, 28), "price_minor": 50_050, "currency": "EUR", "publisher": "Lotus",
        },
        "Backup": {"seats": 4, "valid_until": date(2027, 1, 29), "price_minor": 900_000, "currency": "SEK"},
        "Labels": {"seats": 5, "valid_until": date(2026, 10, 30), "price_minor": 7, "currency": "EUR"},
        "Maps": {"metric": "site", "seats": None},
        "Next year": {"seats": 9, "valid_from": date(2026, 11, 1)},
        "Old": {"seats": 3},
    }  # fmt: skip
    with clock.frozen(at(5)):
        made = {
            name: services.create_licence(SYSTEM, **{"name": name, "metric": "person", **each})
            for name, each in facts.items()
        }
        people = [make.person() for _number in range(4)]
        for number in range(3):
            services.assign(SYSTEM, made["CAD"], ci_id=make.ci(f"pc-{number}").id)
        services.assign(SYSTEM, made["Labels"], person_id=people[0].id)
        services.assign(SYSTEM, made["Old"], person_id=people[0].id)
        held = [services.assign(SYSTEM, made["Office"], person_id=person.id) for person in people[:3]]
    with clock.frozen(at(20)):
        services.release(SYSTEM, made["Office"], held[0].id)
        services.retire_licence(SYSTEM, made["Old"])
    return made


def test_the_worked_example(licences: dict[str, Licence]) -> None:
    report = build()
    assert figures(report) == EXPECTED
    assert positions(report) == POSITIONS
    table = report.table("positions")
    assert table is not None
    assert table.total is not None
    assert table.total[2:6] == (15, 5, 12, 2)
    prices = report.table("prices")
    assert prices is not None
    assert [(row[0], row[1], row[2].replace("\xa0", " ")) for row in prices.rows] == [
        ("EUR", 2, "1,500.50 EUR"),
        ("SEK", 1, "9,000.00 SEK"),
    ]
    assert "4 licences were in force" in report.summary[0]
    marks = [(each["label"], each["value"]) for each in report.charts[0].spec["data"]["values"]]
    assert marks == [("CAD", 1), ("CAD", 3), ("Office", 10), ("Office", 2), ("Backup", 4), ("Backup", 0)]


def test_a_past_period_stays_as_it_was(licences: dict[str, Licence], make: Factory) -> None:
    before = build()
    with clock.frozen(at(2, month=11)):
        services.assign(SYSTEM, licences["Backup"], person_id=make.person().id)
        services.change_licence(
            SYSTEM, licences["CAD"], changes={"seats": 30, "name": "CAD plus", "valid_until": date(2026, 10, 1)}
        )
        services.retire_licence(SYSTEM, licences["Office"])
        services.create_licence(SYSTEM, name="Later", metric="person", seats=1)
        after = build()
    assert (figures(after), positions(after), after.digest) == (EXPECTED, POSITIONS, before.digest)


def test_a_retirement_that_was_taken_back_later_does_not_change_the_past(licences: dict[str, Licence]) -> None:
    before = build()
    with clock.frozen(at(2, month=11)):
        services.take_back_retired(SYSTEM, {"id": licences["Old"].id, "uses": []})
        after = build()
    assert (figures(after), after.digest) == (EXPECTED, before.digest)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"figure": "in_force"}, ["Backup", "CAD", "Maps", "Office"]),
        ({"figure": "over"}, ["CAD"]),
        ({"figure": "used"}, ["CAD", "Office"]),
        ({"figure": "expired_in_use"}, ["Labels"]),
        ({"figure": "expiring"}, ["Office"]),
        ({"figure": "seats", "by": "publisher", "key": "Lotus"}, ["Office"]),
    ],
)
def test_every_number_leads_to_its_licences(
    licences: dict[str, Licence], wanted: dict[str, str], names: list[str]
) -> None:
    found = catalogue.study(SYSTEM, "licences", october()).behind(**wanted)
    assert sorted(fact.title for fact in found) == names
    assert {fact.reference.address for fact in found} == {f"/assets/licences/{licences[name].id}" for name in names}


def test_the_page_leads_to_the_record(licences: dict[str, Licence], client: FlaskClient, make: Factory) -> None:
    browser = make.sign_in(client, make.person(roles=("agent", "asset_manager")))
    period = "from=2026-10-01&to=2026-11-01"
    shown = browser.get(f"/reports/licences?{period}")
    assert shown.status_code == 200
    cad = licences["CAD"]
    assert f"by=licence&amp;key={cad.id}" in shown.text
    behind = browser.get(f"/reports/licences/records?{period}&figure=over&by=licence&key={cad.id}")
    assert behind.status_code == 200
    assert f"/assets/licences/{cad.id}" in behind.text


@pytest.mark.parametrize(
    ("form", "mark"), [("pdf", b"%PDF"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf"), ("json", b"{")]
)
def test_every_form(licences: dict[str, Licence], form: str, mark: bytes) -> None:
    content = exports.make_file(SYSTEM, "licences", october(), form)
    assert content.startswith(mark)
    if form == "json":
        assert json.loads(content)["figures"] == EXPECTED
    if form == "csv":
        assert "CAD" in content.decode("utf-8-sig")


def test_who_may_not_read_licences_learns_nothing(licences: dict[str, Licence], make: Factory) -> None:
    report = catalogue.build(make.actor("end_user"), "licences", october())
    assert set(figures(report).values()) == {0}
    assert report.table("positions") is not None
    assert positions(report) == []


def test_the_command_writes_it(licences: dict[str, Licence], tmp_path: Path) -> None:
    path = tmp_path / "licences.json"
    arguments = ["licences", "--from", "2026-10-01", "--to", "2026-11-01", "-o", str(path)]
    CliRunner().invoke(report_command, arguments, catch_exceptions=False)
    assert json.loads(path.read_text("utf-8"))["figures"] == EXPECTED
