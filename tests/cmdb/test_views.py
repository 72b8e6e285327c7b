"""Pages of the CMDB and what it shows on tickets."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cmdb import filters, queries, services
from cmdb.found import SHOWN
from cmdb.models import Ci
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.search import queries as search
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token
from tests.statements import counted

HOSTILE = "<script>alert('x')</script> \"quoted\" ' & {{7*7}} \u202e reversed"


@pytest.fixture
def editor(app: Flask, make: Factory) -> Person:
    return make.person("Edda", roles=("cmdb_editor", "agent"), groups=(make.group("Desk"),))


@pytest.fixture
def desk(client: FlaskClient, make: Factory, editor: Person) -> FlaskClient:
    return make.sign_in(client, editor)


def posted(client: FlaskClient, address: str, page: str, **form: object) -> tuple[int, str]:
    answer = client.post(address, data=form | {"csrf_token": csrf_token(client, page)})
    return answer.status_code, answer.location or answer.text


def linked(make: Factory, name: str = "srv") -> tuple[Ci, Ci]:
    server, service = make.ci(name), make.ci("Sales", class_key="business_service")
    make.relation(service, server)
    return server, service


def test_the_list_shows_classes_and_filters(desk: FlaskClient, make: Factory) -> None:
    make.ci("sw-core", class_key="switch", serial="S9")
    make.ci("gone", class_key="switch", state="retired")
    page = desk.get("/cmdb").text
    assert "sw-core" in page
    assert "gone" not in page
    assert "Network device" in page
    assert "gone" in desk.get("/cmdb?state=retired").text
    assert "sw-core" in desk.get("/cmdb?q=s9").text
    assert "No CI fits" in desk.get("/cmdb?class=printer").text
    assert desk.get("/cmdb?cursor=broken").status_code == 422


def test_the_list_costs_the_same_for_one_and_many(desk: FlaskClient, make: Factory) -> None:
    def cost() -> int:
        with counted() as statements:
            assert desk.get("/cmdb").status_code == 200
        return len(statements)

    make.ci(owner_id=make.person().id)
    cost()
    one = cost()
    for _number in range(40):
        make.ci(owner_id=make.person().id)
    assert cost() == one <= 8


def test_a_ci_is_made_by_a_form_of_its_class(desk: FlaskClient) -> None:
    assert "Certificate" in desk.get("/cmdb/new").text
    address = "/cmdb/new?class=pc"
    assert 'name="a_memory_mb"' in desk.get(address).text
    form = {"class": "pc", "name": "PC-7", "state": "in_stock", "criticality": "2", "a_memory_mb": "8192"}
    status, page = posted(desk, "/cmdb/new", address, **form | {"a_ip_address": "nowhere"})
    assert status == 422
    assert "must be an IP address" in page
    assert 'value="nowhere"' in page
    status, location = posted(desk, "/cmdb/new", address, **form)
    assert status == 302
    shown = desk.get(location).text
    assert "8192" in shown
    assert "In stock" in shown
    assert "by hand" in shown


def test_saving_a_form_takes_nothing_from_discovery(desk: FlaskClient, make: Factory, editor: Person) -> None:
    ci = make.ci("pc", class_key="pc", origin="agent", attributes={"memory_mb": 4096, "model": "M1"})
    page = f"/cmdb/{ci.id}/edit"
    form = {"version": ci.version, "name": "pc", "criticality": "3", "a_memory_mb": "4096", "a_model": "M2"}
    assert posted(desk, page, page, **form)[0] == 302
    sources = {(fact.attribute, fact.source) for fact in queries.facts_of(ci.id)}
    assert ("model", "manual") in sources
    assert ("memory_mb", "manual") not in sources
    shown = desk.get(f"/cmdb/{ci.id}").text
    assert "agent says: M1" in shown
    status, text = posted(desk, page, page, **form)
    assert status == 422
    assert "changed meanwhile" in text


def test_state_and_relations_by_page(desk: FlaskClient, make: Factory) -> None:
    server, other = make.ci("srv"), make.ci("db1", class_key="database")
    page = f"/cmdb/{server.id}"
    assert posted(desk, f"{page}/state", page, state="under_maintenance")[0] == 302
    assert posted(desk, f"{page}/state", page, state="planned")[0] == 409
    assert posted(desk, f"{page}/relations", page, type="-runs_on", other="db1")[0] == 302
    assert posted(desk, f"{page}/relations", page, type="uses", other="nothing")[0] == 422
    assert posted(desk, f"{page}/relations", page, type="uses", other="")[0] == 404
    related = queries.relations_of(SYSTEM, other.id)
    assert [(each.type_key, each.outgoing, each.ci.name) for each in related] == [("runs_on", True, "srv")]
    shown = desk.get(page).text
    assert "db1" in shown
    assert "Under maintenance" in shown
    assert posted(desk, f"{page}/relations/{related[0].relation_id}/remove", page)[0] == 302
    assert queries.relations_of(SYSTEM, other.id) == []
    assert '<option value="db1"' in desk.get("/cmdb/find?other=db").text


def test_the_map_tells_services_people_and_the_way(desk: FlaskClient, make: Factory) -> None:
    server, service = linked(make)
    page = desk.get(f"/cmdb/map/{server.id}").text
    assert f'href="/cmdb/{service.id}"' in page
    assert "<svg" in page
    assert "directly" in page
    assert "srv" in desk.get(f"/cmdb/map/{service.id}?direction=up&depth=1").text
    assert desk.get(f"/cmdb/map/{server.id}?depth=nonsense").status_code == 200
    assert desk.get("/cmdb/map/999999").status_code == 404


def test_hostile_names_are_only_names(desk: FlaskClient, make: Factory) -> None:
    server, _service = linked(make, HOSTILE)
    services.record_facts(SYSTEM, server, source="agent", facts={"<b>odd</b>": HOSTILE, "model": HOSTILE}, at=NOW)
    incident = make.incident(ci_ids=[server.id])
    for address in (
        "/cmdb",
        f"/cmdb/{server.id}",
        f"/cmdb/{server.id}/edit",
        f"/cmdb/map/{server.id}",
        f"/incidents/{incident.number}",
        f"/cmdb/tickets/{incident.id}/impact",
        "/cmdb/find?ci=%3Cscript",
        "/desk?view=all",
    ):
        text = desk.get(address).text
        assert "<script>alert" not in text, address
        assert "<b>odd" not in text, address
        assert "&lt;script&gt;" in text, address
        assert "style=" not in text, address


def test_a_ticket_shows_its_cis_and_what_they_touch(desk: FlaskClient, make: Factory) -> None:
    server, _service = linked(make)
    incident, other = make.incident(), make.incident(title="Same trouble", ci_ids=[server.id])
    page, form = f"/incidents/{incident.number}", f"/cmdb/tickets/{incident.id}/cis"
    assert posted(desk, form, page, ci="SRV")[0] == 302
    shown = desk.get(page).text
    assert f"/cmdb/{server.id}" in shown
    assert "configuration item: srv" in shown
    touched = desk.get(f"/cmdb/tickets/{incident.id}/impact").text
    assert "Sales" in touched
    assert "stops" in touched
    assert other.number in touched
    assert "srv" in desk.get("/desk?view=all").text
    status, text = posted(desk, form, page, ci="nothing of the kind")
    assert status == 422
    assert "nothing of the kind" in text
    assert posted(desk, f"{form}/{server.id}/remove", page)[0] == 302
    assert desk.get(f"/cmdb/tickets/{incident.id}/impact").status_code == 404


def test_a_callers_equipment_is_ticked(desk: FlaskClient, make: Factory) -> None:
    caller = make.person("Elena")
    laptop = make.ci("NB-ELENA", class_key="pc", owner_id=caller.id)
    assert f'name="ci" value="{laptop.id}"' in desk.get(f"/incidents/caller/{caller.id}").text
    form = {
        "title": "Slow",
        "requester_id": caller.id,
        "impact": 4,
        "urgency": 3,
        "then": "save",
        "ci": ["", laptop.id],
    }
    status, location = posted(desk, "/incidents/new", "/incidents/new", **form)
    assert status == 302
    assert "NB-ELENA" in desk.get(location).text
    refused = posted(desk, "/incidents/new", "/incidents/new", **form | {"ci_name": "nothing"})
    assert refused[0] == 422
    assert 'value="nothing"' in refused[1]


def test_agents_read_and_requesters_stay_outside(client: FlaskClient, make: Factory) -> None:
    server, _service = linked(make)
    make.sign_in(client, make.person(roles=("agent",)))
    assert client.get(f"/cmdb/{server.id}").status_code == 200
    assert "Add a relation" not in client.get(f"/cmdb/{server.id}").text
    for address in ("/cmdb/new", f"/cmdb/{server.id}/edit"):
        assert client.get(address).status_code == 403
    make.sign_in(client, make.person())
    for address in ("/cmdb", f"/cmdb/{server.id}", f"/cmdb/map/{server.id}", "/cmdb/find?ci=a"):
        assert client.get(address).status_code == 403


def test_a_ci_page_costs_the_same_with_many_relations(desk: FlaskClient, make: Factory) -> None:
    server, _service = linked(make)

    def cost() -> int:
        with counted() as statements:
            assert desk.get(f"/cmdb/{server.id}").status_code == 200
        return len(statements)

    cost()
    one = cost()
    for _number in range(20):
        make.relation(make.ci(), server)
    assert cost() == one <= 20


def test_the_filter_language_narrows_list_pages_and_files(desk: FlaskClient, make: Factory) -> None:
    for number in range(60):
        make.ci(f"srv-{number:02}", serial=f"S{number}")
    make.ci("=cmd", class_key="switch")
    make.ci("old", state="retired")
    first = desk.get("/cmdb", query_string={"q": "class = server"}).text
    assert "srv-00" in first
    assert "=cmd" not in first
    assert "q=class+%3D+server&amp;cursor=" in first
    assert ">old<" in desk.get("/cmdb", query_string={"q": "state = retired"}).text
    assert ">old<" not in first
    sheet = desk.get("/cmdb/export.csv", query_string={"q": "class = switch"}).text.splitlines()
    assert len(sheet) == 2
    assert sheet[1].startswith("'=cmd,Switch,In operation")
    assert desk.get("/cmdb/export.xlsx", query_string={"q": "class = server"}).data[:2] == b"PK"
    assert desk.get("/cmdb/export.csv", query_string={"q": "clas = switch"}).status_code == 422


def test_beyond_what_the_search_shows_there_are_more(desk: FlaskClient, make: Factory) -> None:
    for number in range(SHOWN):
        make.ci(f"zebra-{number}")
    assert '<span class="muted">30</span>' in desk.get("/search?q=zebra").text
    make.ci("zebra-more")
    assert '<span class="muted">30+</span>' in desk.get("/search?q=zebra").text


def test_who_may_not_open_cis_does_not_find_them(client: FlaskClient, make: Factory) -> None:
    reader = make.person("End User")
    make.ci("zebra-07", owner_id=reader.id)
    make.sign_in(client, reader)
    assert "/cmdb/" not in client.get("/search?q=zebra").text


@pytest.mark.parametrize("by_filter", [True, False])
def test_ones_own_is_found_however_many_others_hold_the_words(
    make: Factory, monkeypatch: pytest.MonkeyPatch, by_filter: bool
) -> None:
    monkeypatch.setattr(search.find_named, "__kwdefaults__", {"readable": None, "limit": 2})
    reader = make.person("End User")
    own = make.ci("zebra-1", owner_id=reader.id)
    for number in range(3):
        make.ci(f"zebra of others {number}")
    session.commit()
    actor = make.actor_of(reader)
    asked = {"conditions": filters.conditions(actor, "zebra")} if by_filter else {"words": "zebra"}
    assert [ci.id for ci in queries.list_cis(actor, **asked).items] == [own.id]
