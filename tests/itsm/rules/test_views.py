"""Pages of rules and macros: the builder without a script, the laboratory, the menu and the reasons on a ticket."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.rules import macros, services
from itsm.rules.laboratory import asking
from itsm.rules.models import Macro, Rule
from tests.factories import Factory
from tests.itsm.rules.conftest import MakeRule, firings, journal, priority
from tests.itsm.web.browser import post
from tests.statements import counted

PRIORITY = {"actions.0.do": "set_priority", "actions.0.priority": "1", "actions.0.reason": "Line stands still"}


@pytest.fixture
def admin(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person(roles=("admin",)))


def test_a_rule_is_built_step_by_step_without_a_script(admin: FlaskClient, make: Factory) -> None:
    group = make.group("Warehouse team")
    typed: dict[str, Any] = {
        "name": "Warehouse",
        "trigger": "opened",
        "condition": "title ~ warehouse",
        "active": "true",
    }
    page = post(admin, "/admin/rules/new", **typed, then="add", add="assign")
    assert page.status_code == 200
    assert 'name="actions.0.group_id"' in page.text
    assert 'value="Warehouse"' in page.text
    typed |= {"actions.0.do": "assign", "actions.0.group_id": str(group.id), "actions.0.assignee_id": ""}
    page = post(admin, "/admin/rules/new", **typed, then="add", add="note")
    assert 'name="actions.1.text"' in page.text
    page = post(admin, "/admin/rules/new", **typed, **{"actions.1.do": "note", "actions.1.text": "x"}, then="up-1")
    assert page.text.index('name="actions.0.text"') < page.text.index('name="actions.1.group_id"')
    page = post(admin, "/admin/rules/new", **typed, **{"actions.1.do": "note"}, then="remove-1")
    assert 'name="actions.1.text"' not in page.text
    assert post(admin, "/admin/rules/new", **typed, then="save").status_code == 302
    row = session.scalars(select(Rule)).one()
    assert (row.name, row.active, row.actions) == ("Warehouse", True, [{"do": "assign", "group_id": group.id}])


def test_what_is_wrong_is_shown_and_nothing_typed_is_lost(admin: FlaskClient) -> None:
    page = post(
        admin,
        "/admin/rules/new",
        name="Odd",
        trigger="opened",
        condition="prio = 1",
        **{"actions.0.do": "note", "actions.0.text": "{{ config }}"},
    )
    assert page.status_code == 422
    assert "There is no field “prio”" in page.text
    assert "cannot be filled in" in page.text
    assert "{{ config }}" in page.text
    assert session.scalars(select(Rule)).all() == []


def test_a_rule_is_changed_with_its_version(admin: FlaskClient, rule: MakeRule) -> None:
    row = rule(priority(1), name="Loud")
    assert 'value="Loud"' in admin.get(f"/admin/rules/{row.id}").text
    same = {"trigger": "opened", "condition": "impact = 1", **PRIORITY}
    assert post(admin, f"/admin/rules/{row.id}", name="Louder", version=str(row.version), **same).status_code == 302
    stale = post(admin, f"/admin/rules/{row.id}", name="Late", version="1", **same)
    assert stale.status_code == 422
    assert "This was changed meanwhile" in stale.text
    session.expire_all()
    assert session.get_one(Rule, row.id).name == "Louder"


def test_conflicts_are_shown_when_saving_and_in_the_list(admin: FlaskClient, rule: MakeRule) -> None:
    rule(priority(4), name="Calm")
    answer = post(admin, "/admin/rules/new", name="Loud", trigger="opened", active="true", **PRIORITY)
    page = admin.get(answer.location)
    assert "may both run and set Priority" in page.text
    assert "may both run and set Priority" in admin.get("/admin/rules").text


def test_the_list_orders_switches_and_deletes(admin: FlaskClient, rule: MakeRule) -> None:
    first, second = rule(priority(1), name="First"), rule(priority(1), name="Second", trigger="changed")
    post(admin, f"/admin/rules/{second.id}/move", to="up")
    page = admin.get("/admin/rules").text
    assert page.index("Second") < page.index("First")
    post(admin, f"/admin/rules/{first.id}/switch", on="0")
    post(admin, f"/admin/rules/{second.id}/delete")
    session.expire_all()
    assert [(row.name, row.active) for row in session.scalars(select(Rule))] == [("First", False)]


def test_a_draft_is_tried_without_being_saved(admin: FlaskClient, make: Factory) -> None:
    ticket = make.incident(title="Line 3 stands still")
    page = post(
        admin, "/admin/rules/new", name="Draft", trigger="opened", condition='title ~ "line 3"', days="7",
        then="try", **PRIORITY,
    )  # fmt: skip
    assert page.status_code == 200
    assert ticket.number in page.text
    assert "<del>" in page.text
    assert session.scalars(select(Rule)).all() == []
    assert firings() == []


def test_a_saved_rule_is_tried_and_a_long_run_shows_its_progress(
    admin: FlaskClient, make: Factory, rule: MakeRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = rule(priority(1), active=False)
    make.incident()
    assert "1" in post(admin, f"/admin/rules/{row.id}/try", days="3").text
    monkeypatch.setattr(asking, "AT_ONCE", 0)
    answer = post(admin, f"/admin/rules/{row.id}/try", days="3")
    page = admin.get(answer.location)
    assert "At work" in page.text
    assert 'hx-trigger="every 2s"' in page.text
    part = admin.get(answer.location, headers={"HX-Target": "trial"})
    assert part.text.lstrip().startswith('<div id="trial"')


def test_what_a_rule_did_is_listed_and_explained_on_the_ticket(
    client: FlaskClient, make: Factory, rule: MakeRule
) -> None:
    row = rule(priority(1), name="Loud", condition="impact = 1")
    ticket = make.incident(impact=1)
    make.sign_in(client, make.person(roles=("admin",)))
    page = client.get(f"/admin/rules/{row.id}/firings").text
    assert ticket.number in page
    assert "priority: Critical" in page
    page = client.get(f"/incidents/{ticket.number}").text
    assert "Why did this happen?" in page
    assert "Loud" in page


def test_the_requesters_side_sees_nothing_of_rules(client: FlaskClient, make: Factory, rule: MakeRule) -> None:
    rule(priority(1), name="Secret rule name")
    person = make.person()
    ticket = make.incident(requester_id=person.id)
    make.sign_in(client, person)
    assert "Secret rule name" not in client.get(f"/portal/tickets/{ticket.number}").text
    assert client.get("/admin/rules").status_code == 403
    assert client.get("/macros").status_code == 403


def test_lists_take_as_many_statements_for_many_rows_as_for_few(
    admin: FlaskClient, make: Factory, rule: MakeRule
) -> None:
    row = rule(priority(1))
    counts = []
    for number in (1, 6):
        for _each in range(number):
            rule(priority(1), trigger="moved")
            make.incident()
        session.commit()
        for path in ("/admin/rules", f"/admin/rules/{row.id}/firings"):
            admin.get(path)
            with counted() as seen:
                assert admin.get(path).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]


@pytest.fixture
def agent(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Anna", roles=("agent",)))


def test_an_agent_makes_an_own_macro_and_runs_it_with_one_button(agent: FlaskClient, make: Factory) -> None:
    ticket = make.incident()
    assert "Several changes and a reply" in agent.get(f"/incidents/{ticket.number}").text
    page = post(agent, "/macros/new", name="Ask", scope="own", then="add", add="note")
    assert 'name="actions.0.text"' in page.text
    made = post(agent, "/macros/new", name="Ask", scope="own", active="true",
                **{"actions.0.do": "note", "actions.0.text": "{{ticket.number}} was asked"})  # fmt: skip
    assert made.status_code == 302
    macro = session.scalars(select(Macro)).one()
    page = agent.get(f"/incidents/{ticket.number}").text
    assert 'data-key="m"' in page
    assert f'formaction="/tickets/{ticket.id}/macros/{macro.id}"' in page
    answer = post(agent, f"/tickets/{ticket.id}/macros/{macro.id}")
    assert answer.location == f"/incidents/{ticket.number}"
    assert journal(ticket)[-1].body == f"{ticket.number} was asked"
    assert "Ask: note written" in agent.get(answer.location).text


def test_a_macro_that_is_refused_says_why_on_the_ticket(agent: FlaskClient, make: Factory) -> None:
    ticket = make.incident()
    macro = macros.create_macro(
        SYSTEM,
        {"name": "Reopen", "scope": "all", "actions": [{"do": "note", "text": "x"}, {"do": "step", "step": "reopen"}]},
    )
    before = len(journal(ticket))
    page = post(agent, f"/tickets/{ticket.id}/macros/{macro.id}")
    assert page.status_code == 409
    assert "This step is not possible now" in page.text
    assert len(journal(ticket)) == before


def test_macros_are_changed_and_deleted_by_who_keeps_them(agent: FlaskClient, make: Factory) -> None:
    del make
    shared = macros.create_macro(SYSTEM, {"name": "Shared", "scope": "all", "actions": [{"do": "note", "text": "x"}]})
    assert "Shared" in agent.get("/macros").text
    assert post(agent, f"/macros/{shared.id}/delete").status_code == 403
    page = post(
        agent, f"/macros/{shared.id}", name="Mine", scope="all", **{"actions.0.do": "note", "actions.0.text": "y"}
    )
    assert page.status_code == 422
    session.expire_all()
    assert session.get_one(Macro, shared.id).name == "Shared"


def test_secrets_never_come_back(admin: FlaskClient, rule: MakeRule) -> None:
    row = rule({"do": "webhook", "url": "https://example.org/x", "secret": "open sesame"})
    page = admin.get(f"/admin/rules/{row.id}").text
    assert "open sesame" not in page
    assert row.actions[0]["secret"] not in page
    typed = {"actions.0.do": "webhook", "actions.0.url": "https://example.org/x", "actions.0.secret": ""}
    post(admin, f"/admin/rules/{row.id}", name="Hook", trigger="opened", version=str(row.version), **typed)
    session.expire_all()
    assert services.get(Rule, row.id).actions[0]["secret"]
