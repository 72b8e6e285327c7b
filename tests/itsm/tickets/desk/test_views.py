"""The desk's pages: rows, counts, columns, groups, colours, news without change, files, the board."""

import csv
import io

import openpyxl
import pytest
from flask.testing import FlaskClient

from itsm.identity.models import Group, Person
from itsm.kernel.actor import SYSTEM, Actor
from itsm.tickets import services as tickets
from itsm.tickets.desk import services
from itsm.tickets.services.restoring import picture
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import statements_of


@pytest.fixture
def group(make: Factory) -> Group:
    return make.group("Service desk")


@pytest.fixture
def agent(make: Factory, group: Group) -> Person:
    return make.person("Anna Agent", roles=("agent",), groups=(group,))


@pytest.fixture
def actor(make: Factory, agent: Person) -> Actor:
    return make.actor_of(agent)


@pytest.fixture
def page(make: Factory, client: FlaskClient, agent: Person) -> FlaskClient:
    return make.sign_in(client, agent)


def test_the_desk_takes_at_most_eight_statements_however_many_rows(
    make: Factory, page: FlaskClient, actor: Actor, group: Group
) -> None:
    for number in range(3):
        services.create_view(
            actor,
            {
                "name": f"View {number}",
                "query": 'group = "Service desk" or priority = 1',
                "colours": [{"query": "priority = 1", "tone": "red"}],
            },
        )
    make.incident(group_id=group.id, urgency=1, impact=1)
    few = [
        statements_of(page, address) for address in ("/desk?view=all", "/desk?view=v1", "/desk?layout=board&view=all")
    ]
    for _number in range(30):
        make.incident(group_id=group.id)
        make.problem(group_id=group.id)
    addresses = ("/desk?view=all", f"/desk?view=v{_first_view(page)}")
    assert all(statements_of(page, address) <= 8 for address in addresses)
    assert statements_of(page, "/desk?layout=board&view=all") <= few[2] + 2  # one for each kind of ticket
    assert few[0] <= 8


def _first_view(page: FlaskClient) -> int:
    return page.get("/api/v1/views").get_json()["items"][0]["id"]


def test_news_costs_little_and_answers_nothing_when_nothing_changed(
    make: Factory, page: FlaskClient, group: Group
) -> None:
    ticket = make.incident(group_id=group.id)
    headers = {"HX-Target": "queue"}
    first = page.get("/desk?view=all", headers=headers)
    again = page.get("/desk?view=all", headers={**headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    tickets.override_priority(SYSTEM, ticket, priority=1, reason="The director waits")
    changed = page.get("/desk?view=all", headers={**headers, "If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "<html" not in changed.text


def test_counts_come_by_themselves_and_not_again_when_they_are_as_they_were(
    make: Factory, page: FlaskClient, group: Group
) -> None:
    make.incident(group_id=group.id)
    first = page.get("/desk/counts")
    assert first.get_json()["all"] == "1"
    assert page.get("/desk/counts", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_rows_stand_under_their_group_over_all_pages(make: Factory, page: FlaskClient, group: Group) -> None:
    other = make.group("Network")
    for number in range(60):
        make.incident(title=f"Ticket {number}", group_id=(group, other)[number % 2].id)
    first = page.get("/desk?view=all&grouping=group")
    assert first.text.count("part-head") == 2
    assert "Service desk" in first.text
    address = first.text.split('class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    second = page.get(address)
    assert second.text.count("part-head") == 1
    shown = [text.split("<bdi>")[1].split("<")[0] for text in (first.text + second.text).split('class="row-title"')[1:]]
    assert len(set(shown)) == 60


def test_columns_are_kept_for_a_person_and_a_queue(make: Factory, page: FlaskClient, group: Group) -> None:
    make.incident(group_id=group.id)
    post(page, "/desk/columns?back=/desk", view="all", columns=["category", "title", "updated"])
    text = page.get("/desk?view=all").text
    assert text.index("Category</", text.index("<thead>")) < text.index("Title</", text.index("<thead>"))
    assert "ticket-number" not in text.split("<tbody>")[1].split("</tbody>")[0]
    post(page, "/desk/columns?back=/desk", view="all", everyone="true")
    assert "ticket-number" in page.get("/desk?view=all").text
    refused = post(page, "/desk/columns", view="all", columns=["password"])
    assert refused.status_code == 422


def test_only_kept_orders_sort_and_the_page_says_so(make: Factory, page: FlaskClient, group: Group) -> None:
    make.incident(group_id=group.id)
    text = page.get("/desk?view=all&sort=priority").text
    assert 'aria-sort="ascending"' in text
    assert "Cannot be sorted by" in text
    assert page.get("/desk?view=all&sort=state").status_code == 200


def test_favourites_stand_first_in_their_order(page: FlaskClient) -> None:
    for name in ("waiting", "everything"):
        post(page, "/desk/favourites?back=/desk", view=name, do="add")
    post(page, "/desk/favourites?back=/desk", view="everything", do="up")
    text = page.get("/desk").text.split("Favourites")[1]
    assert text.index("view=everything") < text.index("view=waiting")
    post(page, "/desk/favourites?back=/desk", view="everything", do="remove")
    post(page, "/desk/favourites?back=/desk", view="waiting", do="remove")
    assert "Favourites" not in page.get("/desk").text


def test_a_colour_rule_colours_its_rows_and_says_why(
    make: Factory, page: FlaskClient, actor: Actor, group: Group
) -> None:
    make.incident(group_id=group.id, impact=1, urgency=1)
    make.incident(group_id=group.id)
    view = services.create_view(
        actor, {"name": "Coloured", "query": "", "colours": [{"query": "priority = 1", "tone": "red"}]}
    )
    text = page.get(f"/desk?view=v{view.id}").text
    assert text.count('class="tone-red"') == 1
    assert "priority = 1" in text


def test_a_view_whose_query_no_longer_reads_shows_its_fault(page: FlaskClient, actor: Actor, make: Factory) -> None:
    gone = make.group("Gone")
    view = services.create_view(actor, {"name": "Old", "query": 'group = "Gone"'})
    gone.name = "Renamed"
    text = page.get(f"/desk?view=v{view.id}").text
    assert "can no longer be read" in text
    assert "Nothing of that name was found" in text
    assert page.get("/desk").status_code == 200
    assert page.get(f"/desk?layout=board&view=v{view.id}").status_code == 200
    assert page.get(f"/desk/views/{view.id}").status_code == 200


def test_the_file_holds_what_is_seen(make: Factory, page: FlaskClient, group: Group) -> None:
    make.incident(title="=HYPERLINK(1)", group_id=group.id, impact=1, urgency=1)
    make.incident(title="Plain", group_id=group.id)
    post(page, "/desk/columns?back=/desk", view="all", columns=["title", "group", "created"])
    answer = page.get("/desk/export/csv?view=all&sort=priority")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[:2] for row in rows] == [
        ["Title", "Group"],
        ["'=HYPERLINK(1)", "Service desk"],
        ["Plain", "Service desk"],
    ]
    book = openpyxl.load_workbook(io.BytesIO(page.get("/desk/export/xlsx?view=all&q=priority%20%3D%201").data))
    sheet = book.active
    assert sheet is not None
    assert [[cell.value for cell in row][:2] for row in sheet.iter_rows()] == [
        ["Title", "Group"],
        ["'=HYPERLINK(1)", "Service desk"],
    ]
    assert sheet["A2"].data_type == "s"
    assert page.get("/desk/export/doc?view=all").status_code == 404
    assert page.get("/desk/export/csv?view=all&q=nonsense%20%3D").status_code == 422


def test_a_long_list_leaves_whole(make: Factory, page: FlaskClient, group: Group) -> None:
    for _number in range(205):
        make.incident(group_id=group.id)
    answer = page.get("/desk/export/csv?view=all")
    assert len(answer.data.decode("utf-8-sig").splitlines()) == 206


def test_a_card_is_moved_by_its_step_and_back_by_undo(make: Factory, page: FlaskClient, group: Group) -> None:
    ticket = make.incident(group_id=group.id)
    text = page.get("/desk?layout=board&view=all").text
    assert f"/desk/board/{ticket.id}/start" in text
    assert f"{ticket.number}#step-hold" in text
    before = picture(ticket)
    post(page, f"/desk/board/{ticket.id}/start?back=/desk")
    assert ticket.state_category == "active"
    post(page, f"/undo/{_undo_of(page)}")
    assert picture(ticket) == before


def _undo_of(page: FlaskClient) -> str:
    return page.get("/undo").text.split("/undo/")[1].split('"')[0]


def test_a_step_that_asks_leads_to_its_form(make: Factory, page: FlaskClient, group: Group) -> None:
    ticket = make.incident(group_id=group.id)
    post(page, f"/desk/board/{ticket.id}/start?back=/desk")
    answer = post(page, f"/desk/board/{ticket.id}/resolve?back=/desk")
    assert answer.headers["Location"].endswith(f"{ticket.number}#step-resolve")


def test_the_board_of_one_kind_has_its_states(make: Factory, page: FlaskClient, group: Group) -> None:
    make.incident(group_id=group.id)
    make.problem(group_id=group.id)
    text = page.get("/desk?layout=board&view=all&kind=problem").text
    assert text.count("data-card") == 1
    assert page.get("/desk?layout=board&view=all&kind=rocket").text.count("data-card") == 2
