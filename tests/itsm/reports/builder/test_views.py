"""Pages of the builder: what is typed stays, figures lead on, kept questions are shared without sharing rights."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from itsm.identity.models import Person
from itsm.kernel import jobs
from itsm.kernel.db import session
from itsm.kernel.files import StoredFile
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.module import registry
from itsm.reports.builder.models import SavedQuestion
from tests.factories import Factory
from tests.itsm.reports.conftest import Month
from tests.statements import statements_of

BY_GROUP = {"data_set": "incidents", "measure_1": "count", "dimension_1": "group", "period": "any", "chart": "bar"}


@pytest.fixture
def manager(make: Factory) -> Person:
    return make.person("Maria Manager", roles=("manager",))


@pytest.fixture
def pages(client: FlaskClient, make: Factory, manager: Person) -> FlaskClient:
    return make.sign_in(client, manager)


def post(client: FlaskClient, address: str, **data: Any) -> Any:
    token = client.get("/reports/new").get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    return client.post(address, data=data | {"csrf_token": token})


def saved(client: FlaskClient, **data: Any) -> int:
    answer = post(client, "/reports/saved", **(BY_GROUP | {"name": "By group"} | data))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def test_a_new_report_begins_with_an_answer(month: Month, pages: FlaskClient) -> None:
    answer = pages.get("/reports/new")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'data-query="ticket"' in page
    assert "charts.js" in page
    assert 'id="f-measure_1"' in page


def test_figures_lead_to_their_records(month: Month, pages: FlaskClient) -> None:
    page = pages.get("/reports/new", query_string=BY_GROUP).get_data(as_text=True)
    address = page.split('class="numeric"><a href="')[1].split('"')[0].replace("&amp;", "&")
    listed = pages.get(address).get_data(as_text=True)
    assert address.startswith("/desk?view=everything&q=")
    assert "Printer is out of paper" in listed
    assert "query-fault" not in listed
    spec = json.loads(page.split('id="chart-answer">')[1].split("</script>")[0])
    assert {row["label"] for row in spec["data"]["values"]} == {"Service desk", "Network"}
    assert all(row["href"].startswith("/desk?") for row in spec["data"]["values"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"filter": "prioritty = 1"}, "prioritty"),
        ({"period": "custom", "from": "soon", "to": "2026-11-01"}, "soon"),
        ({"measure_1": "mean:title"}, "not a number"),
        ({"dimension_1": "created/century"}, "Choose day, week"),
        ({"dimension_1": "resolution.time", "width_1": "wide"}, "wide"),
        ({"measure_1": "x" * 500}, "f-measure_1"),
    ],
)
def test_what_is_wrong_is_named_and_kept(pages: FlaskClient, changed: dict[str, str], told: str) -> None:
    answer = pages.get("/reports/new", query_string=BY_GROUP | changed)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert told in page
    assert "is-invalid" in page
    assert "notice-error" in page


def test_another_data_set_begins_anew(pages: FlaskClient) -> None:
    answer = pages.get("/reports/new", query_string=BY_GROUP | {"data_set": "assets", "was": "incidents"})
    assert answer.status_code == 200
    assert 'value="created/day" selected' in answer.get_data(as_text=True)


def test_an_unknown_data_set_is_not_found(pages: FlaskClient) -> None:
    assert pages.get("/reports/new?data_set=secrets").status_code == 404


def test_nothing_found_says_what_to_do(pages: FlaskClient) -> None:
    page = pages.get("/reports/new", query_string=BY_GROUP).get_data(as_text=True)
    assert "Nothing fits" in page


def test_a_kept_report_opens_changes_copies_and_comes_back(month: Month, pages: FlaskClient) -> None:
    saved_id = saved(pages)
    address = f"/reports/saved/{saved_id}"
    assert "Service desk" in pages.get(address).get_data(as_text=True)
    changed = post(pages, address, **BY_GROUP, name="Renamed", version="1", measure_2="mean:reopenings")
    assert changed.status_code == 302
    row = session.get_one(SavedQuestion, saved_id, populate_existing=True)
    assert (row.name, row.version, len(row.question["measures"])) == ("Renamed", 2, 2)
    assert post(pages, address, **BY_GROUP, name="Stale", version="1").status_code == 409
    copied = post(pages, f"{address}/copy").headers["Location"]
    assert "Copy of Renamed" in pages.get(copied).get_data(as_text=True)
    gone = post(pages, f"{address}/delete")
    assert gone.status_code == 302
    assert pages.get(address).status_code == 404
    undo = pages.get("/undo").get_data(as_text=True).split('action="/undo/')[1].split('"')[0]
    assert post(pages, f"/undo/{undo}").status_code == 302
    assert pages.get(address).status_code == 200


def test_a_name_is_needed_and_what_was_built_stays(pages: FlaskClient) -> None:
    answer = post(pages, "/reports/saved", **BY_GROUP, name=" ")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Give it a name." in page
    assert 'value="group" selected' in page


def test_a_shared_report_shows_each_reader_what_the_reader_may_read(
    month: Month, pages: FlaskClient, make: Factory
) -> None:
    secret = make.group("Investigations", restricted=True)
    make.incident(title="Confidential", group_id=secret.id)
    saved_id = saved(pages, scope="all")
    insider = make.sign_in(pages.application.test_client(), make.person(roles=("agent",), groups=(secret,)))
    outsider = make.sign_in(pages.application.test_client(), make.person(roles=("agent",)))
    address = f"/reports/saved/{saved_id}"
    assert "Investigations" in insider.get(address).get_data(as_text=True)
    hidden = outsider.get(address).get_data(as_text=True)
    assert "Service desk" in hidden
    assert "Investigations" not in hidden
    assert outsider.get(f"/api/v1/reports/saved/{saved_id}/answer").get_json()["total"]["figure_1"] == 10


def test_own_reports_and_those_of_other_groups_stay_closed(pages: FlaskClient, make: Factory) -> None:
    group = make.group("Finance")
    own = saved(pages)
    other = make.sign_in(pages.application.test_client(), make.person(roles=("manager",)))
    assert other.get(f"/reports/saved/{own}").status_code == 404
    refused = post(pages, "/reports/saved", **BY_GROUP, name="Theirs", scope="group", group_id=str(group.id))
    assert refused.status_code == 403
    agent = make.sign_in(pages.application.test_client(), make.person(roles=("agent",)))
    assert post(agent, "/reports/saved", **BY_GROUP, name="Everyone's", scope="all").status_code == 403


def test_who_may_not_read_the_data_of_a_shared_report_is_told_so(pages: FlaskClient, make: Factory) -> None:
    saved_id = saved(pages, data_set="sla_resolution", scope="all")
    person = make.person(roles=("end_user",))
    assert make.sign_in(pages.application.test_client(), person).get(f"/reports/saved/{saved_id}").status_code == 403


@pytest.mark.parametrize("file_format", ["pdf", "xlsx", "csv", "json"])
def test_an_answer_becomes_a_file(month: Month, pages: FlaskClient, file_format: str) -> None:
    asked = post(pages, "/reports/built/export", **BY_GROUP, format=file_format, title="Gruppen ä/..")
    assert asked.status_code == 302
    while jobs.run_tasks(registry().tasks).more:
        pass
    file = pages.get(f"{asked.headers['Location']}/file")
    assert file.status_code == 200
    assert file.headers["Content-Disposition"].startswith('attachment; filename="gruppen-')
    content = file.get_data()
    start = {"pdf": b"%PDF", "xlsx": b"PK\x03\x04", "csv": "\ufeffgroup_1,figure_1".encode(), "json": b'{\n "'}[
        file_format
    ]
    assert content.startswith(start)
    if file_format == "json":
        assert json.loads(content)["tables"]["answer"][-1]["figure_1"] == 10


def test_who_cancels_while_it_is_written_gets_no_file(
    month: Month, pages: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(*_arguments: Any) -> bytes:
        for task in session.scalars(select(BackgroundTask)):
            jobs.cancel(task)
        session.commit()
        return b"nobody wants this"

    post(pages, "/reports/built/export", **BY_GROUP, format="json")
    monkeypatch.setattr("itsm.reports.builder.files.written", cancelled)
    before = session.scalar(select(func.count()).select_from(StoredFile))
    while jobs.run_tasks(registry().tasks).more:
        pass
    assert session.scalars(select(BackgroundTask.state)).all() == ["cancelled"]
    assert session.scalar(select(func.count()).select_from(StoredFile)) == before


def test_who_lost_the_right_meanwhile_gets_no_file(month: Month, pages: FlaskClient, manager: Person) -> None:
    post(pages, "/reports/built/export", **BY_GROUP, format="json")
    manager.active = False
    session.commit()
    while jobs.run_tasks(registry().tasks).more:
        pass
    assert session.scalars(select(BackgroundTask.state)).all() == ["failed"]


def test_the_page_costs_the_same_for_any_number_of_groups(month: Month, pages: FlaskClient, make: Factory) -> None:
    address = "/reports/new?data_set=incidents&measure_1=count&dimension_1=requester&period=any"
    few = statements_of(pages, address)
    for _number in range(10):
        make.incident(requester_id=make.person().id)
    session.commit()
    assert statements_of(pages, address) == few
