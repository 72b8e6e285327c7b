"""What a filter bar asks while somebody writes, and the form that builds a filter without JavaScript."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import counted

ROW = (("group", "1"), ("field", "group"), ("operator", "="), ("value", ""))


@pytest.fixture
def agent(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Sam Agent", roles=("agent",)))


def ask(client: FlaskClient, text: str, *, kind: str = "ticket", at: int | None = None) -> Any:
    arguments: dict[str, Any] = {"kind": kind, "text": text, **({} if at is None else {"at": at})}
    return client.get("/query/complete", query_string=arguments).get_json()


def texts(answer: Any) -> list[str]:
    return [option["text"] for option in answer["options"]]


def test_names_of_the_site_are_offered(agent: FlaskClient, make: Factory) -> None:
    make.group("Service Desk")
    make.organisation("Madrid")
    make.person("Annika Bergström", email="annika@example.org")
    assert texts(ask(agent, "group = serv")) == ['"Service Desk"']
    assert texts(ask(agent, "requester.organisation in subtree(mad")) == ["Madrid"]
    assert "annika@example.org" in texts(ask(agent, "assignee = annik"))


def test_the_place_of_a_fault_is_told(agent: FlaskClient) -> None:
    fault = ask(agent, "priority = 1 and stat = new")["fault"]
    assert (fault["before"], fault["at"], fault["after"]) == ("priority = 1 and ", "stat", " = new")
    assert "state" in fault["message"]


def test_what_is_asked_is_told_in_words(agent: FlaskClient) -> None:
    assert ask(agent, "priority <= 2 and assignee = me()")["sentence"] == "Priority is at most 2 and Assignee is me"


def test_the_requesters_side_is_offered_its_own_fields_only(client: FlaskClient, make: Factory) -> None:
    make.person("Annika Bergström", email="annika@example.org")
    make.sign_in(client, make.person("End User"))
    offered = texts(ask(client, ""))
    assert "title" in offered
    assert not {"assignee", "requester.name", "parent.title", "ci"} & set(offered)
    assert texts(ask(client, "assignee = annik")) == []
    assert not {"owner", "organisation"} & set(texts(ask(client, "", kind="asset")))


@pytest.mark.parametrize("kind", ["ticket", "ci", "asset", "person"])
def test_every_kind_can_be_asked_for(agent: FlaskClient, kind: str) -> None:
    assert texts(ask(agent, "", kind=kind))


def test_an_unknown_kind_and_nobody_get_nothing(client: FlaskClient, make: Factory) -> None:
    assert client.get("/query/complete?kind=ticket&text=").status_code in (302, 401)
    make.sign_in(client, make.person("End User"))
    assert client.get("/query/complete?kind=secrets&text=").status_code == 404


def test_completion_costs_one_look_up(agent: FlaskClient, make: Factory) -> None:
    make.group("Service Desk")
    ask(agent, "group = s")
    with counted() as seen:
        ask(agent, "group = s")
    assert sum("support_group" in statement and "LIKE" in statement.upper() for statement in seen) == 1
    with counted() as without:
        ask(agent, "priority = ")
    assert len(seen) - len(without) <= 3  # the names, and the two readings of the text


def shown(page: str) -> str:
    found = re.search(r'id="query-text"[^>]*value="([^"]*)"', page)
    assert found
    return found[1].replace("&lt;", "<").replace("&#34;", '"').replace("&gt;", ">")


def test_the_builder_reads_and_writes_the_same_text(agent: FlaskClient) -> None:
    text = "priority <= 2 and (state = new or urgency = 1)"
    page = agent.get("/query/builder", query_string={"kind": "ticket", "q": text, "back": "/desk?view=mine"}).text
    assert shown(page) == text
    assert page.count('name="field"') == 3
    assert "/desk?view=mine&amp;q=priority" in page


def test_rows_are_added_and_removed_without_javascript(agent: FlaskClient) -> None:
    rows = [("group", "0"), ("field", "priority"), ("operator", "<="), ("value", "2")]
    more = agent.get("/query/builder", query_string=[("kind", "ticket"), *rows, ("do", "or:0")]).text
    assert more.count('name="field"') == 2
    two = [*rows, ("group", "1"), ("field", "title"), ("operator", "="), ("value", "no paper")]
    assert (
        shown(agent.get("/query/builder", query_string=[("kind", "ticket"), *two]).text)
        == 'priority <= 2 and title = "no paper"'
    )
    assert (
        shown(agent.get("/query/builder", query_string=[("kind", "ticket"), ("all", "0"), *two]).text)
        == 'priority <= 2 or title = "no paper"'
    )
    less = agent.get("/query/builder", query_string=[("kind", "ticket"), *two, ("do", "remove:0")]).text
    assert shown(less) == 'title = "no paper"'


def test_what_rows_cannot_show_stays_text(agent: FlaskClient) -> None:
    page = agent.get("/query/builder", query_string={"kind": "ticket", "q": "not state = new"}).text
    assert shown(page) == "not state = new"
    assert 'name="field"' not in page


def test_the_way_back_stays_on_this_site(agent: FlaskClient) -> None:
    page = agent.get("/query/builder", query_string={"kind": "ticket", "q": "a", "back": "//evil.example/x"}).text
    assert "evil.example" not in page


@pytest.mark.parametrize("address", ["/desk", "/problems"])
def test_a_list_points_at_the_fault(agent: FlaskClient, address: str) -> None:
    page = agent.get(address, query_string={"q": "priority = 1 and <b> = 2"}).text
    assert 'class="query-fault"' in page
    assert "<mark>" in page
    assert "<b> =" not in page
    assert 'data-query="ticket"' in page


TOLD = "Priority is at most 2"


@pytest.fixture
def supervisor(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Chief Admin", roles=("admin", "agent", "supervisor")))


@pytest.mark.parametrize("address", ["/desk/views/new", "/admin/rules/new", "/sla/agreements/new"])
def test_forms_that_keep_a_query_tell_what_it_asks(supervisor: FlaskClient, address: str) -> None:
    page = supervisor.get(address, query_string={"q": "priority <= 2"}).text  # as the builder leads back
    assert TOLD in page
    assert 'data-query="ticket"' in page
    assert f"back={address.replace('/', '%2F')}" in page or f"back={address}" in page
    faulty = supervisor.get(address, query_string={"q": "priority = 1 and stat = new"}).text
    assert "priority = 1 and <mark>stat</mark> = new" in faulty
    assert "Did you mean" in faulty


def test_lists_that_keep_queries_tell_what_they_ask(supervisor: FlaskClient) -> None:
    fields = {"name": "Urgent", "scope": "own", "query": "priority <= 2", "columns": "title", "sort": "newest"}
    shown = post(supervisor, "/desk/views/new", **fields)
    assert shown.status_code == 302, shown.text[:500]
    desk = supervisor.get(shown.headers["Location"]).text
    assert f'title="{TOLD}"' in desk
    assert f'<span class="query-sentence" dir="auto">{TOLD}</span>' in desk
    assert "Kind is incident" in supervisor.get("/sla").text or "Kind is Incident" in supervisor.get("/sla").text


@pytest.mark.parametrize(
    ("address", "text", "sentence"),
    [("/cmdb", "class = server", "Class is server"), ("/assets", "kind = laptop", "Kind is Laptop")],
)
def test_lists_of_cis_and_assets_have_the_bar(supervisor: FlaskClient, address: str, text: str, sentence: str) -> None:
    page = supervisor.get(address, query_string={"q": text}).text
    assert sentence in page
    assert "data-query-builder" in page
    faulty = supervisor.get(address, query_string={"q": "nam = x"}).text
    assert "<mark>nam</mark> = x" in faulty
    assert "name" in faulty
    assert supervisor.get(f"{address}?cursor=broken").status_code == 422


def test_the_form_asks_for_the_values_of_a_field_once(agent: FlaskClient, make: Factory) -> None:
    make.group("Service Desk")

    def cost(rows: int) -> int:
        asked = [("kind", "ticket"), *[(name, value) for _row in range(rows) for name, value in ROW]]
        with counted() as seen:
            assert agent.get("/query/builder", query_string=asked).status_code == 200
        return len(seen)

    cost(1)
    assert cost(20) == cost(1)


def test_the_form_takes_no_number_without_end(agent: FlaskClient) -> None:
    asked = [("kind", "ticket"), *ROW[1:], ("group", "9" * 5000), ("do", "or:" + "9" * 5000)]
    assert agent.get("/query/builder", query_string=asked).status_code == 200
