"""Pages of dashboards: frames at once, tiles by themselves, everything without scripts as well."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from itsm.identity.models import Person
from itsm.kernel.db import session
from itsm.reports.builder import services as questions
from itsm.reports.builder.question import BuiltQuestion
from itsm.reports.dashboards import services
from itsm.reports.dashboards.models import Dashboard
from tests.factories import Factory
from tests.itsm.reports.conftest import Month
from tests.statements import statements_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def manager(make: Factory) -> Person:
    return make.person("Maria Manager", roles=("manager",))


@pytest.fixture
def pages(client: FlaskClient, make: Factory, manager: Person) -> FlaskClient:
    return make.sign_in(client, manager)


@pytest.fixture
def board(make: Factory, manager: Person) -> Dashboard:
    row = services.create_dashboard(make.actor_of(manager), name="Mine", like="problems")
    session.commit()
    return row


def post(client: FlaskClient, address: str, **data: Any) -> Any:
    token = client.get("/dashboards/new").get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    return client.post(address, data=data | {"csrf_token": token})


def test_dashboards_begin_with_the_one_of_the_role(pages: FlaskClient) -> None:
    assert pages.get("/dashboards").headers["Location"].endswith("/dashboards/service")
    page = pages.get("/dashboards/service").get_data(as_text=True)
    assert 'data-content="/dashboards/service/tiles/incidents_open"' in page
    assert "figures=1" in page.split("<noscript>")[1]


def test_a_tile_shows_a_number_that_leads_to_its_list(month: Month, pages: FlaskClient) -> None:
    page = pages.get("/dashboards/service/tiles/incidents_open").get_data(as_text=True)
    address = page.split('<b><a href="')[1].split('"')[0].replace("&amp;", "&")
    number = int(page.split("<b><a href=")[1].split(">")[1].split("<")[0])
    listed = pages.get(address).get_data(as_text=True)
    assert listed.count("<tr data-row") == number > 0


def test_a_queue_shows_its_tickets_and_how_many_there_are(make: Factory, client: FlaskClient) -> None:
    group = make.group("Desk")
    agent = make.person(roles=("agent",), groups=(group,))
    titles = [f"Broken thing {number}" for number in range(3)]
    for title in titles:
        make.incident(title=title, requester_id=make.person().id, assignee_id=agent.id, group_id=group.id)
    session.commit()
    page = make.sign_in(client, agent).get("/dashboards/my-work/tiles/queue_assigned").get_data(as_text=True)
    assert '<span class="tile-count">3</span>' in page
    assert all(title in page for title in titles)
    assert 'href="/desk?view=assigned"' in page


def test_an_unchanged_tile_is_not_sent_again(month: Month, make: Factory, pages: FlaskClient) -> None:
    address = "/dashboards/service/tiles/incidents_open"
    tag = pages.get(address).headers["ETag"]
    assert pages.get(address, headers={"If-None-Match": tag}).status_code == 304
    make.incident(requester_id=make.person().id)
    session.commit()
    assert pages.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_without_scripts_all_figures_stand_in_the_page(month: Month, pages: FlaskClient) -> None:
    page = pages.get("/dashboards/service?figures=1").get_data(as_text=True)
    assert "tile-waiting" not in page
    assert '<details class="tile-behind" open>' in page
    assert "http-equiv" not in page


@pytest.mark.parametrize("key", ["service", "my-work", "team", "changes", "problems", "configuration", "assets"])
def test_every_ready_dashboard_and_its_wall_are_shown_whole(
    month: Month, client: FlaskClient, make: Factory, key: str
) -> None:
    pages = make.sign_in(client, make.person(roles=("admin",)))
    for address in (f"/dashboards/{key}?figures=1", f"/dashboards/{key}/wall?figures=1"):
        answer = pages.get(address)
        assert answer.status_code == 200
        assert "tile-fault" not in answer.get_data(as_text=True)


def test_tiles_are_arranged_without_scripts(pages: FlaskClient, board: Dashboard) -> None:
    first, second = (tile["key"] for tile in board.tiles[:2])
    change = f"/dashboards/{board.id}/tiles/{first}"
    for version, do in enumerate(("later", "wider", "taller"), start=1):
        post(pages, f"{change}/steps", do=do, version=version)
    post(pages, change, title="Ours", warn_above="3", version=4)
    session.expire_all()
    assert [tile["key"] for tile in board.tiles[:2]] == [second, first]
    assert {name: board.tiles[1][name] for name in ("width", "height", "title", "warn_above")} == {
        "width": 4, "height": 2, "title": "Ours", "warn_above": 3.0,
    }  # fmt: skip
    assert post(pages, f"{change}/steps", do="remove", version=1).status_code == 409
    post(pages, f"{change}/steps", do="remove", version=5)
    session.expire_all()
    assert first not in [tile["key"] for tile in board.tiles]


def test_what_was_dragged_is_kept_and_a_stale_page_is_told(pages: FlaskClient, board: Dashboard) -> None:
    places = [[tile["key"], 6, 2] for tile in reversed(board.tiles)]
    address, version = f"/dashboards/{board.id}/arrange", board.version
    kept = post(pages, address, places=json.dumps(places), version=version)
    assert kept.status_code == 200
    assert kept.get_json()["version"] == version + 1
    assert kept.get_json()["undo"].startswith("/undo/")
    assert post(pages, address, places=json.dumps(places), version=version).status_code == 409


@pytest.mark.parametrize("places", ["", "[", "{}", "[[1]]", '[["a", 99, 1]]', '[["a", "x", 1]]', "[" * 3000])
def test_a_wrong_arrangement_is_refused_by_name(pages: FlaskClient, board: Dashboard, places: str) -> None:
    answer = post(pages, f"/dashboards/{board.id}/arrange", places=places, version=board.version)
    assert answer.status_code in (409, 422)
    session.expire_all()
    assert board.version == 1


def test_what_was_typed_for_a_tile_stays_when_it_is_wrong(pages: FlaskClient, board: Dashboard) -> None:
    key = board.tiles[0]["key"]
    answer = post(pages, f"/dashboards/{board.id}/tiles/{key}", title="Keep me", warn_above="many", version=1)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'value="Keep me"' in page
    assert 'value="many"' in page


def test_a_report_is_pinned_to_a_new_dashboard(make: Factory, manager: Person, pages: FlaskClient) -> None:
    actor = make.actor_of(manager)
    saved = questions.save_question(actor, BuiltQuestion("incidents", period="any", chart="value"), name="All of them")
    session.commit()
    address = post(pages, "/dashboards/pins", saved_id=saved.id).headers["Location"]
    page = pages.get(f"{address}?figures=1").get_data(as_text=True)
    assert "<title>All of them" in page
    assert f"/reports/saved/{saved.id}" in page
    assert 'name="dashboard_id"' in pages.get(f"/reports/saved/{saved.id}").get_data(as_text=True)


def test_hostile_names_and_notes_are_text(make: Factory, manager: Person, pages: FlaskClient) -> None:
    actor = make.actor_of(manager)
    row = services.create_dashboard(actor, name=HOSTILE)
    services.add_tile(actor, row.id, "note", text=HOSTILE)
    services.change_tile(actor, row.id, row.tiles[0]["key"], {"title": HOSTILE})
    session.commit()
    for address in (
        f"/dashboards/{row.id}?figures=1",
        f"/dashboards/{row.id}/edit",
        f"/dashboards/{row.id}/wall?figures=1",
    ):
        page = pages.get(address).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_what_was_dragged_and_a_name_follow_each_other(pages: FlaskClient, board: Dashboard) -> None:
    places = json.dumps([[tile["key"], 6, 2] for tile in board.tiles])
    version = post(pages, f"/dashboards/{board.id}/arrange", places=places, version=1).get_json()["version"]
    assert post(pages, f"/dashboards/{board.id}", name="Ours", scope="own", version=version).status_code == 302
    assert post(pages, f"/dashboards/{board.id}", name="Late", scope="own", version=version).status_code == 409
    session.expire_all()
    assert board.name == "Ours"


def test_a_refusal_is_read_without_scripts(pages: FlaskClient, board: Dashboard) -> None:
    answer = post(pages, f"/dashboards/{board.id}", name="", scope="own", version=1)
    assert answer.status_code == 422
    assert "http-equiv" not in answer.get_data(as_text=True)


def test_a_page_learns_that_its_frame_is_old(pages: FlaskClient, board: Dashboard) -> None:
    page = pages.get(f"/dashboards/{board.id}").get_data(as_text=True)
    stamp = page.split('data-stamp="')[1].split('"')[0]
    address = f"/dashboards/{board.id}/tiles/{board.tiles[0]['key']}"
    assert pages.get(address).headers["X-Dashboard"] == stamp
    post(pages, f"{address}/steps", do="wider", version=1)
    assert pages.get(address).headers["X-Dashboard"] != stamp


def test_who_may_not_read_reports_sees_none_on_dashboards(make: Factory, client: FlaskClient, manager: Person) -> None:
    actor = make.actor_of(manager)
    saved = questions.save_question(actor, BuiltQuestion("incidents", period="any"), name="Shared title", scope="all")
    row = services.create_dashboard(actor, name="Shared board", scope="all")
    services.add_tile(actor, row.id, f"saved:{saved.id}")
    session.commit()
    pages = make.sign_in(client, make.person(roles=("change_manager",)))
    for address in (f"/dashboards/{row.id}", f"/dashboards/{row.id}?figures=1"):
        page = pages.get(address).get_data(as_text=True)
        assert "Shared board" in page
        assert "Shared title" not in page
    assert post(pages, "/dashboards/pins", saved_id=saved.id).status_code == 404


def test_somebody_elses_own_dashboard_is_not_found(make: Factory, client: FlaskClient, board: Dashboard) -> None:
    pages = make.sign_in(client, make.person(roles=("admin",)))
    for address in ("", "/edit", "/wall", f"/tiles/{board.tiles[0]['key']}"):
        assert pages.get(f"/dashboards/{board.id}{address}").status_code == 404
    assert post(pages, f"/dashboards/{board.id}/delete").status_code == 404


def test_pages_ask_the_same_whatever_there_is(month: Month, make: Factory, manager: Person, pages: FlaskClient) -> None:
    addresses = (
        "/dashboards/service",
        "/dashboards/service/tiles/incidents_by_category",
        "/dashboards/service?figures=1",
    )
    row = services.create_dashboard(make.actor_of(manager), name="Many")
    for number in range(6):
        asked = BuiltQuestion("incidents", period="any", chart="value")
        saved = questions.save_question(make.actor_of(manager), asked, name=f"Report {number}")
        services.add_tile(make.actor_of(manager), row.id, f"saved:{saved.id}")
    session.commit()
    addresses = (*addresses, f"/dashboards/{row.id}")
    few = {address: statements_of(pages, address) for address in addresses}
    for _number in range(10):
        make.incident(requester_id=make.person().id)
    session.commit()
    assert {address: statements_of(pages, address) for address in addresses} == few
    assert few["/dashboards/service"] <= 8
    assert few[f"/dashboards/{row.id}"] <= 9
