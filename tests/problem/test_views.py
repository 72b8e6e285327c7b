"""Pages of problems."""

from typing import Any

from flask.testing import FlaskClient

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from problem import services
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token
from tests.statements import statements_of

HOSTILE = "<img src=x onerror=alert(1)>'\""


def desk(client: FlaskClient, make: Factory, *roles: str, **facts: Any) -> FlaskClient:
    return make.sign_in(client, make.person(roles=roles or ("agent",), **facts))


def test_a_problem_is_raised_from_the_incidents_page(client: FlaskClient, make: Factory) -> None:
    incident = make.incident(title="Labels are blank")
    session.commit()
    agent = desk(client, make)
    page = agent.get(f"/incidents/{incident.number}")
    address = f"/problems/new?incident={incident.number}"
    assert address in page.text
    form_page = agent.get(address).text
    assert "Labels are blank" in form_page
    data = {
        "csrf_token": csrf_token(agent, address),
        "incident": incident.number,
        "title": "Labels",
        "impact": "3",
        "urgency": "3",
    }
    answer = agent.post("/problems/new", data=data)
    assert answer.status_code == 302
    links = tickets.list_links(SYSTEM, incident)
    assert [answer.location.endswith(each.ticket.number) for each in links] == [True]


def test_the_workaround_is_on_every_linked_incident(client: FlaskClient, make: Factory) -> None:
    one, two = make.incident(), make.incident()
    problem = make.problem(incident=one, workaround=f"Use the other printer {HOSTILE}")
    services.link_incident(SYSTEM, problem, two)
    session.commit()
    agent = desk(client, make)
    for incident in (one, two):
        page = agent.get(f"/incidents/{incident.number}").text
        assert "Use the other printer" in page
        assert "<img src=x" not in page
        assert f"/problems/{problem.number}" in page


def test_hostile_text_stays_text_on_every_page(client: FlaskClient, make: Factory) -> None:
    problem = make.problem(title=HOSTILE, description=HOSTILE, root_cause=HOSTILE, workaround=HOSTILE)
    session.commit()
    agent = desk(client, make)
    for address in (f"/problems/{problem.number}", "/problems", "/problems?view=everything"):
        page = agent.get(address)
        assert page.status_code == 200
        assert "<img src=x" not in page.text


def test_the_page_warns_before_a_problem_with_open_incidents_is_closed(client: FlaskClient, make: Factory) -> None:
    problem = make.problem(incident=make.incident())
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("assess", {}),
        ("analyse", {}),
        ("record_known_error", {"root_cause": "x"}),
        ("resolve", {"resolution": "y"}),
    )
    for step, fields in steps:
        ticket_services.take_step(SYSTEM, problem, step, fields=fields)
    session.commit()
    page = desk(client, make).get(f"/problems/{problem.number}").text
    assert "1 incident of this problem is still open." in page


def test_known_errors_have_their_list(client: FlaskClient, make: Factory) -> None:
    plain, known = make.problem(title="Only a guess"), make.problem(title="Well understood")
    for step, fields in (("assess", {}), ("analyse", {}), ("record_known_error", {"root_cause": "x"})):
        ticket_services.take_step(SYSTEM, known, step, fields=fields)
    session.commit()
    page = desk(client, make).get("/problems?view=known_errors").text
    assert known.number in page
    assert plain.number not in page


def test_a_wrong_filter_says_where(client: FlaskClient, make: Factory) -> None:
    page = desk(client, make).get("/problems?q=priority+%3D%3D%3D")
    assert page.status_code == 200
    assert "priority =<mark>=</mark>=" in page.text


def test_saving_the_analysis_and_a_stale_save(client: FlaskClient, make: Factory) -> None:
    problem = make.problem()
    session.commit()
    agent = desk(client, make)
    address = f"/problems/{problem.number}"
    data = {
        "csrf_token": csrf_token(agent, address),
        "version": "1",
        "root_cause": "Heat",
        "workaround": "Open the window",
    }
    assert agent.post(f"{address}/analysis", data=data).status_code == 302
    stale = agent.post(f"{address}/analysis", data=data | {"root_cause": "Cold"})
    assert stale.status_code == 409
    assert "Cold" in stale.text


def test_a_step_with_its_own_field_is_taken_on_the_page(client: FlaskClient, make: Factory) -> None:
    problem = make.problem()
    for step in ("assess", "analyse"):
        ticket_services.take_step(SYSTEM, problem, step)
    session.commit()
    agent = desk(client, make)
    address = f"/problems/{problem.number}"
    data = {"csrf_token": csrf_token(agent, address), "root_cause": "Heat"}
    assert agent.post(f"/tickets/{problem.id}/steps/record_known_error", data=data).status_code == 302
    assert "Heat" in agent.get(address).text


def test_right_to_left_readers_get_the_pages_too(client: FlaskClient, make: Factory) -> None:
    problem = make.problem()
    session.commit()
    reader = desk(client, make, language="fa")
    for address in ("/problems", f"/problems/{problem.number}", "/problems/new"):
        assert 'dir="rtl"' in reader.get(address).text


def test_end_users_are_kept_out(client: FlaskClient, make: Factory) -> None:
    problem = make.problem()
    session.commit()
    person = desk(client, make, "end_user")
    assert person.get("/problems").status_code == 403
    assert person.get(f"/problems/{problem.number}").status_code == 404
    assert person.get("/problems/new").status_code == 403


def test_the_list_takes_a_fixed_number_of_statements(client: FlaskClient, make: Factory) -> None:
    agent = desk(client, make)
    counts = []
    for more in (1, 6):
        for _each in range(more):
            make.problem(incident=make.incident(), group_id=make.group().id)
        session.commit()
        counts.append(statements_of(client, "/problems"))
    assert counts[0] == counts[1] <= 8
    del agent
