"""Pages, API, tasks and the command: who gets what, from the form to the file."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from itsm.identity.models import Person
from itsm.kernel import jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.module import registry
from itsm.reports import catalogue
from itsm.reports.commands import report as report_command
from itsm.reports.document import as_data
from tests.factories import Factory
from tests.itsm.reports.conftest import Month, october

PERIOD = "from=2026-10-01&to=2026-11-01&timezone=UTC"
FORM = {"from": "2026-10-01", "to": "2026-11-01", "timezone": "UTC"}


@pytest.fixture
def manager(make: Factory) -> Person:
    return make.person("Maria Manager", roles=("manager",))


@pytest.fixture
def pages(client: FlaskClient, make: Factory, manager: Person) -> FlaskClient:
    return make.sign_in(client, manager)


def post(client: FlaskClient, address: str, **data: str) -> Any:
    token = client.get("/reports").get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    return client.post(address, data=FORM | data | {"csrf_token": token})


def run_worker() -> None:
    while jobs.run_tasks(registry().tasks).more:
        pass


def test_the_list_offers_the_reports(month: Month, pages: FlaskClient) -> None:
    page = pages.get("/reports").get_data(as_text=True)
    assert "Service level report" in page
    assert "Incident report" in page
    assert "Last month" in page


def test_the_page_shows_the_same_figures_and_leads_on(month: Month, pages: FlaskClient) -> None:
    page = pages.get(f"/reports/sla?{PERIOD}").get_data(as_text=True)
    slow = month.incidents["slow"].number
    for words in (
        "69.2 %",
        "85.7 %",
        f'href="/incidents/{slow}"',
        f'href="/sla/clocks/{slow}/resolution"',
        "charts.js",
        'type="application/json"',
    ):
        assert words in page
    assert "<script>" not in page
    spec = page.split('id="chart-compliance_by_month">')[1].split("</script>")[0]
    assert json.loads(spec)["data"]["values"]


def test_drill_down_lists_what_was_counted(month: Month, pages: FlaskClient) -> None:
    page = pages.get(f"/reports/sla/clocks?{PERIOD}&metric=resolution").get_data(as_text=True)
    assert "6 clocks" in page
    assert "Laptop ordered" not in page
    paused = pages.get(f"/reports/sla/clocks?{PERIOD}&outcome=paused").get_data(as_text=True)
    assert "1 clock" in paused
    assert "Laptop ordered" in paused


def test_what_is_not_counted_is_listed_apart(month: Month, pages: FlaskClient) -> None:
    page = pages.get(f"/reports/sla?{PERIOD}").get_data(as_text=True)
    [(address, number)] = re.findall(r'href="(/reports/sla/clocks[?][^"]*list=apart)"[^>]*>(\d+)<', page)[-1:]
    assert "outcome" not in address
    apart = pages.get(address.replace("&amp;", "&")).get_data(as_text=True)
    assert f"{number} clocks" in apart
    assert "Laptop ordered" in apart


def test_links_keep_zone_and_language(month: Month, pages: FlaskClient) -> None:
    page = pages.get("/reports/sla?from=2026-10-01&to=2026-11-01&timezone=Asia/Tokyo&language=sv")
    found = re.findall(r'href="(/reports/sla/clocks[?][^"]*)"', page.get_data(as_text=True))
    assert found
    assert all("timezone=Asia%2FTokyo" in address and "language=sv" in address for address in found)


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-10-02&to=2026-10-01",
        "from=yesterday&to=2026-10-01",
        "from=2026-10-01",
        "organisation=999999",
        "timezone=Mars/Base&" + "from=2026-10-01&to=2026-11-01",
    ],
)
def test_a_wrong_question_brings_the_form_back(pages: FlaskClient, query: str) -> None:
    answer = pages.get(f"/reports/sla?{query}")
    assert answer.status_code == 422
    assert "notice-error" in answer.get_data(as_text=True)


def test_an_unknown_report_is_not_found(pages: FlaskClient) -> None:
    assert pages.get("/reports/nonsense").status_code == 404


def test_who_may_not_read_reports(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("end_user",)))
    for address in (
        "/reports",
        "/reports/sla",
        "/reports/sla/clocks",
        "/api/v1/reports",
        "/api/v1/reports/sla",
        "/reports/tasks/1/file",
    ):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize("file_format", ["pdf", "xlsx", "csv", "json"])
def test_a_file_is_made_by_a_worker_and_only_for_who_asked(
    month: Month, pages: FlaskClient, make: Factory, file_format: str
) -> None:
    asked = post(pages, "/reports/sla/export", format=file_format)
    assert asked.status_code == 302
    address = asked.headers["Location"]
    waiting = pages.get(address).get_data(as_text=True)
    assert 'http-equiv="refresh"' in waiting
    assert "hx-trigger" in waiting
    assert pages.get(f"{address}/file").status_code == 404
    run_worker()
    ready = pages.get(address, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert f"{address}/file" in ready
    assert "hx-trigger" not in ready
    file = pages.get(f"{address}/file")
    assert file.status_code == 200
    assert file.headers["Content-Disposition"].endswith(f'.{file_format}"')
    assert (
        file.get_data()[:4]
        == {"pdf": b"%PDF", "xlsx": b"PK\x03\x04", "csv": "\ufeffb".encode(), "json": b'{\n "'}[file_format]
    )
    other = make.sign_in(pages.application.test_client(), make.person(roles=("manager",)))
    assert other.get(address).status_code == 404
    assert other.get(f"{address}/file").status_code == 404
    admin = make.sign_in(pages.application.test_client(), make.person(roles=("admin",)))
    assert admin.get(f"{address}/file").status_code == 200


def test_a_file_is_made_with_the_rights_of_who_asked(month: Month, pages: FlaskClient, make: Factory) -> None:
    secret = make.group("Investigations", restricted=True)
    from tests.itsm.reports.conftest import Story, at

    Story(make, SYSTEM, month.customer, secret).whole("Confidential", at(15), answer=90, solve=600)
    address = post(pages, "/reports/sla/export", format="xlsx").headers["Location"]
    run_worker()
    book = openpyxl.load_workbook(io.BytesIO(pages.get(f"{address}/file").get_data()))
    assert not any(
        "Confidential" in str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
    )


def test_who_lost_the_right_meanwhile_gets_no_file(month: Month, pages: FlaskClient, manager: Person) -> None:
    address = post(pages, "/reports/sla/export", format="json").headers["Location"]
    manager.active = False
    session.commit()
    run_worker()
    task = session.get_one(BackgroundTask, int(address.rsplit("/", 1)[1]), populate_existing=True)
    assert task.state == "failed"


def test_the_api_tells_the_same_as_the_report(month: Month, pages: FlaskClient) -> None:
    listed = pages.get("/api/v1/reports").get_json()
    assert {"sla", "incidents"} <= {item["name"] for item in listed["items"]}
    found = pages.get(f"/api/v1/reports/sla?{PERIOD}").get_json()
    expected = json.loads(json.dumps(as_data(catalogue.build(SYSTEM, "sla", october()))))
    assert found == expected
    table = pages.get(f"/api/v1/reports/sla?{PERIOD}&format=csv&table=by_target").get_data().decode("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(table)))[-1]["counted"] == "13"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-10-01", "to"),
        ("from=x&to=2026-11-01", "from"),
        ("format=exe", "format"),
        (PERIOD + "&format=csv&table=none", "table"),
    ],
)
def test_the_api_names_the_wrong_field(pages: FlaskClient, query: str, field: str) -> None:
    answer = pages.get(f"/api/v1/reports/sla?{query}")
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


@pytest.mark.parametrize(
    ("ending", "start"), [("pdf", b"%PDF"), ("xlsx", b"PK"), ("json", b"{"), ("csv", "\ufeffbreakdown".encode())]
)
def test_the_command_writes_files(month: Month, tmp_path: Path, ending: str, start: bytes) -> None:
    target = tmp_path / f"report.{ending}"
    arguments = [
        "sla",
        "--from",
        "2026-10-01",
        "--to",
        "2026-11-01",
        "--timezone",
        "UTC",
        "--organisation",
        "Nordic Foods",
        "-o",
        str(target),
    ]
    CliRunner().invoke(report_command, arguments, catch_exceptions=False)
    assert target.read_bytes().startswith(start)


def test_the_command_answers_in_another_language(month: Month, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    arguments = [
        "incidents",
        "--from",
        "2026-10-01",
        "--to",
        "2026-11-01",
        "--language",
        "fa",
        "--agreement",
        "Gold",
        "-o",
        str(target),
    ]
    CliRunner().invoke(report_command, arguments, catch_exceptions=False)
    assert "۱۴۰۵" in target.read_text("utf-8")
