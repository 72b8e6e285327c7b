"""The page on which a call is logged, with and without scripts."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from cmdb import queries as cmdb
from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import services as tickets
from itsm.tickets.models import JournalEntry, TicketLink
from tests.at_once import beside
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token
from tests.statements import counted, statements_of

PAGE = "/incidents/new"
TITLE = "Cannot print labels"


@pytest.fixture
def agent(make: Factory) -> Person:
    second = make.group("Second line", level=2)
    return make.person("Agent Smith", roles=("agent",), groups=(make.group("First line", escalates_to_id=second.id),))


@pytest.fixture
def desk(client: FlaskClient, make: Factory, agent: Person) -> FlaskClient:
    return make.sign_in(client, agent)


def log(desk: FlaskClient, **typed: Any) -> Any:
    return desk.post(PAGE, data={"csrf_token": csrf_token(desk, PAGE), "title": TITLE, "then": "save"} | typed)


def logged(desk: FlaskClient, **typed: Any) -> Incident:
    answer = log(desk, **typed)
    assert answer.status_code == 302, answer.text
    number = answer.location.rsplit("/", 1)[1]
    session.expire_all()
    return session.get_one(Incident, int(number[3:]))


def solve(make: Factory, **facts: Any) -> Incident:
    incident = make.incident(title=TITLE, **facts)
    tickets.take_step(SYSTEM, incident, "resolve", fields={"resolution_code": "advice", "resolution": "New ribbon"})
    session.commit()
    return incident


class TestCaller:
    def test_found_by_computer_the_page_says_by_which(self, desk: FlaskClient, make: Factory) -> None:
        make.ci("PC-MAD-0031", owner_id=make.person("Elena Ruiz").id)
        session.commit()
        page = desk.get("/incidents/caller?caller=pc-mad").text
        assert "Elena Ruiz" in page
        assert "PC-MAD-0031" in page

    def test_nobody_found_offers_to_record_somebody(self, desk: FlaskClient) -> None:
        assert 'data-call-new="zzz"' in desk.get("/incidents/caller?caller=zzz").text

    def test_the_chosen_caller_comes_with_open_tickets_and_known_trouble(
        self, desk: FlaskClient, make: Factory
    ) -> None:
        caller = make.person("Elena Ruiz", organisation_id=make.organisation().id)
        own = make.incident(title="My screen is dark", requester_id=caller.id)
        colleague = make.person(organisation_id=caller.organisation_id)
        outage = make.incident(title="No mail for anybody", requester_id=colleague.id, impact=1)
        session.commit()
        page = desk.get(f"/incidents/caller/{caller.id}").text
        assert f'name="add_to" value="{own.number}"' in page
        assert f'name="part_of" value="{outage.number}"' in page

    def test_the_telephone_exchange_names_the_caller(self, desk: FlaskClient, make: Factory) -> None:
        caller = make.person("Elena Ruiz", phone="+34 555 0101")
        session.commit()
        page = desk.get(f"{PAGE}?phone=0034555-0101").text
        assert f'name="requester_id" value="{caller.id}"' in page

    def test_an_unknown_number_waits_in_the_form_of_a_new_caller(self, desk: FlaskClient) -> None:
        page = desk.get(f"{PAGE}?phone=0701234567").text
        assert re.search(r'name="caller_phone"[^>]*value="0701234567"', page)

    def test_somebody_new_is_recorded_with_the_call(self, desk: FlaskClient) -> None:
        incident = logged(desk, caller_name="Nils Ny", caller_phone="070 123", caller_email="nils@example.org")
        person = session.get_one(Person, incident.requester_id)
        assert (person.name, person.phone, person.email) == ("Nils Ny", "070 123", "nils@example.org")

    def test_a_known_address_is_the_known_person(self, desk: FlaskClient, make: Factory) -> None:
        known = make.person("Elena Ruiz", email="elena@example.org")
        session.commit()
        assert logged(desk, caller_name="E. Ruiz", caller_email="elena@example.org").requester_id == known.id

    def test_nobody_is_recorded_when_the_call_is_refused(self, desk: FlaskClient) -> None:
        answer = log(desk, title="", caller_name="Nils Ny")
        assert (answer.status_code, session.scalars(select(Person).where(Person.name == "Nils Ny")).all()) == (422, [])
        assert 'value="Nils Ny"' in answer.text

    def test_a_typed_name_that_only_one_has_is_enough(self, desk: FlaskClient, make: Factory) -> None:
        caller = make.person("Elena Ruiz")
        session.commit()
        assert logged(desk, caller="ruiz").requester_id == caller.id

    def test_without_scripts_the_people_found_are_offered(self, desk: FlaskClient, make: Factory) -> None:
        callers = [make.person("Elena Ruiz"), make.person("Marta Ruiz")]
        session.commit()
        answer = log(desk, caller="ruiz")
        assert answer.status_code == 422
        for caller in callers:
            assert f'type="radio" name="requester_id" value="{caller.id}"' in answer.text
        assert logged(desk, caller="ruiz", requester_id=callers[1].id).requester_id == callers[1].id


@pytest.mark.one_database  # MariaDB finds committed words only, and these tests commit nothing
class TestAdvice:
    def test_it_follows_what_is_typed(self, desk: FlaskClient, make: Factory) -> None:
        printing = make.category("Printing")
        for _each in range(4):
            solve(make, category_id=printing.id)
        page = desk.get(f"{PAGE}/advice?title=cannot+print&impact=&category=&ci_name=half-a-na").text
        assert f'data-propose="category" data-value="{printing.id}"' in page
        assert "4 of 4 similar tickets" in page
        assert 'data-use-solution="New ribbon" data-code="advice"' in page
        assert "Similar, open" not in page
        declined = desk.get(f"{PAGE}/advice?title=cannot+print&declined=category_id").text
        assert "data-propose=" not in declined
        chosen = desk.get(f"{PAGE}/advice?title=cannot+print&category={printing.id}").text
        assert "data-propose=" not in chosen

    def test_it_says_when_the_ticket_would_be_due(self, desk: FlaskClient) -> None:
        page = desk.get(f"{PAGE}/advice?title=x&impact=1&urgency=1").text
        assert page.count("<time datetime=") == 2
        assert page != desk.get(f"{PAGE}/advice?title=x&impact=4&urgency=4").text

    def test_without_scripts_a_button_asks_for_it(self, desk: FlaskClient, make: Factory) -> None:
        make.incident(title=TITLE)
        for _each in range(4):
            solve(make, impact=2)
        answer = log(desk, then="propose", description="Since noon")
        assert answer.status_code == 200
        assert "4 of 4 similar tickets" in answer.text
        assert "Similar, open" in answer.text
        assert "Since noon" in answer.text

    def test_its_statements_are_counted(self, desk: FlaskClient, make: Factory) -> None:
        caller, printer = make.person(), make.ci("printer-7")
        for _each in range(5):
            solve(make, requester_id=caller.id, ci_ids=[printer.id], category_id=make.category().id, impact=2)
        assert statements_of(desk, f"{PAGE}/advice?title=print&requester_id={caller.id}&ci={printer.id}") <= 13
        assert statements_of(desk, f"/incidents/caller/{caller.id}") <= 14


@pytest.mark.one_database  # MariaDB finds committed words only, and these tests commit nothing
class TestSaving:
    def test_what_similar_tickets_agree_on_is_taken_and_the_ticket_says_so(
        self, desk: FlaskClient, make: Factory
    ) -> None:
        printing = make.category("Printing")
        for _each in range(4):
            solve(make, category_id=printing.id)
        incident = logged(desk)
        assert incident.category_id == printing.id
        assert "Category taken over: 4 of 4 similar tickets" in desk.get(f"/incidents/{incident.number}").text

    def test_ticked_and_typed_cis_are_both_attached(self, desk: FlaskClient, make: Factory) -> None:
        pc, printer = make.ci("pc-1"), make.ci("printer-7")
        session.commit()
        incident = logged(desk, ci=str(pc.id), ci_name="Printer-7")
        assert {ci.id for ci in cmdb.cis_of_ticket(SYSTEM, incident.id)} == {pc.id, printer.id}

    def test_ticked_equipment_stays_ticked_when_something_is_wrong(self, desk: FlaskClient, make: Factory) -> None:
        caller = make.person()
        laptop = make.ci("laptop-1", owner_id=caller.id)
        session.commit()
        page = log(desk, requester_id=caller.id, ci=str(laptop.id), ci_name="no such thing").text
        assert re.search(rf'name="ci" value="{laptop.id}" checked', page)
        assert 'value="no such thing"' in page

    def test_solved_on_the_phone_meets_both_clocks(self, desk: FlaskClient, make: Factory) -> None:
        caller = make.person()
        session.commit()
        told = {"resolution_code": "advice", "resolution": "Reset"}
        incident = logged(desk, requester_id=caller.id, then="resolve", **told)
        assert (incident.state, incident.first_contact) == ("resolved", True)
        assert incident.due_state == "met"

    def test_solved_without_saying_how_asks_and_opens_the_fields(self, desk: FlaskClient) -> None:
        answer = log(desk, then="resolve")
        assert answer.status_code == 422
        assert '<details class="edit" id="call-solved" open>' in answer.text
        assert session.scalars(select(Incident)).all() == []

    def test_passed_on_with_a_note(self, desk: FlaskClient) -> None:
        incident = logged(desk, then="escalate", note="Cable is fine")
        assert incident.level == 2
        notes = select(JournalEntry.body).where(JournalEntry.ticket_id == incident.id, JournalEntry.kind == "internal")
        assert session.scalars(notes).all() == ["Cable is fine"]

    def test_one_more_report_of_an_open_incident(self, desk: FlaskClient, make: Factory) -> None:
        outage = make.incident(title="No mail for anybody")
        session.commit()
        incident = logged(desk, part_of=outage.number)
        link = session.scalars(select(TicketLink)).one()
        assert (link.source_id, link.target_id, link.relation) == (incident.id, outage.id, "child_of")

    def test_a_call_about_an_open_ticket_makes_no_second_one(self, desk: FlaskClient, make: Factory) -> None:
        ticket = make.incident(requester_id=make.person().id)
        session.commit()
        answer = log(desk, title="", description="It got worse", add_to=ticket.number)
        assert answer.location.endswith(ticket.number)
        assert "It got worse" in desk.get(answer.location).text
        assert len(session.scalars(select(Incident)).all()) == 1

    def test_a_finished_ticket_takes_no_call(self, desk: FlaskClient, make: Factory) -> None:
        ticket = solve(make)
        assert log(desk, add_to=ticket.number).status_code == 422
        assert log(desk, part_of="INC9999999").status_code == 422

    def test_saving_costs_a_fixed_number_of_statements(self, desk: FlaskClient, make: Factory) -> None:
        for _each in range(6):
            solve(make, category_id=make.category().id)
        token = csrf_token(desk, PAGE)
        form = {"csrf_token": token, "title": TITLE, "then": "save"}
        desk.post(PAGE, data=form)
        with counted() as statements:
            desk.post(PAGE, data=form)
        assert len(statements) <= 30, "\n".join(statements)


def test_who_may_not_work_incidents_logs_no_call(client: FlaskClient, make: Factory) -> None:
    desk = make.sign_in(client, make.person())
    for address in (PAGE, f"{PAGE}/advice?title=x", "/incidents/caller?caller=a", "/incidents/caller/search"):
        assert desk.get(address).status_code == 403


def test_a_ticket_that_somebody_ends_at_this_moment_takes_no_call(separate_app: Flask) -> None:
    with separate_app.app_context():
        make = Factory()
        agent = make.person(roles=("agent",), groups=(make.group(),))
        ticket = make.incident(requester_id=make.person().id)
        tickets.take_step(SYSTEM, ticket, "hold", fields={"hold_reason": "customer", "note": "Which one?"})
        ticket_id, number = ticket.id, ticket.number
        desk = make.sign_in(separate_app.test_client(), agent)
        session.remove()

    def resolve() -> None:
        tickets.locked_if_exists(ticket_id)
        fields = {"resolution_code": "advice", "resolution": "New ribbon"}
        tickets.take_step(SYSTEM, session.get_one(Incident, ticket_id), "resolve", fields=fields)

    typed = {"title": "", "description": "It got worse", "add_to": number, "then": "save"}
    form = {"csrf_token": csrf_token(desk, PAGE), **typed}

    def call() -> str:
        return desk.post(PAGE, data=form).text

    assert f"There is no open {number}" in str(beside(separate_app, call, first=resolve, then=session.flush))
    with separate_app.app_context():
        found = session.get_one(Incident, ticket_id)
        assert (found.state, found.unfinished) == ("resolved", 0)
