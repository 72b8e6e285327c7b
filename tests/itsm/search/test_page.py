"""The search page: every kind of record, best first, as far as the reader may see; words marked, nothing of it trusted."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from itsm.search.snippets import marked, snippet
from tests.factories import Factory
from tests.statements import statements_of


@pytest.fixture
def agent(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Sam Agent", roles=("agent",)))


def page(client: FlaskClient, **asked: Any) -> str:
    return client.get("/search", query_string=asked).text


def test_tickets_cis_and_people_are_found_together(agent: FlaskClient, make: Factory) -> None:
    make.incident(title="The zebra printer is silent")
    make.ci("zebra-07")
    make.person("Zebra Jones", email="zebra@example.org")
    found = page(agent, q="zebra")
    assert "The <mark>zebra</mark> printer is silent" in found
    assert "<mark>zebra</mark>-07" in found
    assert "<mark>Zebra</mark> Jones" in found


def test_what_was_written_is_escaped(agent: FlaskClient, make: Factory) -> None:
    make.incident(title="<b>zebra</b>", description="<script>alert(1)</script> zebra")
    found = page(agent, q="zebra <img>")
    assert "&lt;b&gt;<mark>zebra</mark>&lt;/b&gt;" in page(agent, q="zebra")
    assert "<script>alert" not in page(agent, q="zebra")
    assert "<img>" not in found


def test_a_number_leads(agent: FlaskClient, make: Factory) -> None:
    ticket = make.incident(title="Quite different words")
    found = agent.get("/search", query_string={"q": ticket.number.lower()})
    assert found.headers["Location"] == f"/incidents/{ticket.number}"


def test_rights_hold(client: FlaskClient, make: Factory) -> None:
    reader = make.person("End User")
    make.incident(title="zebra of mine", requester_id=reader.id)
    make.incident(title="zebra of somebody else")
    make.ci("zebra-07")
    make.person("Zebra Jones")
    make.sign_in(client, reader)
    found = page(client, q="zebra")
    assert "of mine" in found
    assert "somebody else" not in found
    assert "-07" not in found
    assert "Jones" not in found
    narrowed = page(client, q="zebra", **{"in": "tickets"})
    assert ">1<" in narrowed
    assert ">2<" not in narrowed


def test_facets_narrow_and_count_their_other_values(agent: FlaskClient, make: Factory) -> None:
    desk, field = make.group("Desk team"), make.group("Field team")
    make.incident(title="zebra one", group_id=desk.id)
    make.incident(title="zebra two", group_id=field.id)
    everything = page(agent, q="zebra", **{"in": "tickets"})
    assert "Desk team" in everything
    narrowed = page(agent, q="zebra", group=str(desk.id), **{"in": "tickets"})
    assert "</mark> one" in narrowed
    assert "</mark> two" not in narrowed
    assert "Field team" in narrowed


def test_a_restricted_group_is_not_counted(client: FlaskClient, make: Factory) -> None:
    hidden = make.group("Board affairs", restricted=True)
    make.incident(title="zebra in secret").group_id = hidden.id
    make.sign_in(client, make.person("Sam Agent", roles=("agent",)))
    found = page(client, q="zebra", **{"in": "tickets"})
    assert "in secret" not in found
    assert "Board affairs" not in found


def test_the_number_of_statements_does_not_grow(agent: FlaskClient, make: Factory) -> None:
    make.incident(title="zebra")
    few = statements_of(agent, "/search?q=zebra&in=tickets")
    for number in range(10):
        make.incident(title=f"zebra {number}")
    assert statements_of(agent, "/search?q=zebra&in=tickets") == few


def test_a_snippet_is_cut_around_the_first_hit() -> None:
    text = "word " * 100 + "the zebra ran " + "word " * 100
    parts = snippet(text, "zebra")
    assert ("zebra", True) in parts
    assert parts[0] == ("… ", False)
    assert parts[-1] == (" …", False)
    assert sum(len(part) for part, _hit in parts) < 260


def test_words_are_marked_however_they_are_written() -> None:
    assert marked("كاغذ و چاپگر ۱۲۳", "کاغذ 123") == [("كاغذ", True), (" و چاپگر ", False), ("۱۲۳", True)]
    assert snippet("no such word", "zebra") == [("no such word", False)]
    assert "".join(text for text, _hit in marked("a <b> c", "b")) == "a <b> c"


def test_other_arguments_do_not_get_into_links(agent: FlaskClient, make: Factory) -> None:
    make.incident(title="The zebra printer is silent")
    found = agent.get("/search?in=tickets&q=zebra&endpoint=1&_external=1&_scheme=javascript&state=open")
    assert found.status_code == 200
    assert "javascript:" not in found.text
