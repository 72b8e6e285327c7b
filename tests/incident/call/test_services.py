"""Logging a call through the services: advice, what is taken over, calls about what is known already."""

import pytest
from sqlalchemy import func, select

from cmdb import queries as cmdb
from incident.call.callers import find_callers, only_caller
from incident.call.outages import list_outages
from incident.call.services import add_call, advise, log_call
from incident.models import Incident
from itsm.identity import queries as identity
from itsm.identity import services as people
from itsm.identity.models import Group, Person
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.tickets import services as tickets
from itsm.tickets.models import Category, JournalEntry
from tests.factories import Factory
from tests.statements import counted

TITLE = "Cannot print labels"


@pytest.fixture
def agent(make: Factory) -> Actor:
    return make.actor("agent", groups=(make.group("First line"),))


@pytest.fixture
def printing(make: Factory) -> Category:
    return make.category("Printing", group=make.group("Workplace", level=2))


def solve(make: Factory, actor: Actor, title: str = TITLE, **facts: object) -> Incident:
    incident = make.incident(actor, title=title, **facts)
    tickets.take_step(actor, incident, "resolve", fields={"resolution_code": "fixed", "resolution": "New ribbon"})
    return incident


def story(incident: Incident) -> list[JournalEntry]:
    statement = select(JournalEntry).where(JournalEntry.ticket_id == incident.id).order_by(JournalEntry.id)
    return list(session.scalars(statement))


def proposed(incident: Incident) -> list[list[object]]:
    return [entry.changes["proposed"][1] for entry in story(incident) if "proposed" in entry.changes]


@pytest.mark.one_database  # MariaDB finds committed words only, and these tests commit nothing
class TestAdvice:
    def test_similar_solved_tickets_propose_with_their_count(
        self, make: Factory, agent: Actor, printing: Category
    ) -> None:
        for _each in range(4):
            solve(make, agent, category_id=printing.id, impact=3, urgency=1)
        found = advise(agent, {"title": "Cannot print labels today"})
        category = found.proposals["category_id"]
        assert (category.value, category.votes, category.cases, category.sure) == (printing.id, 4, 4, True)
        assert found.proposals["impact"].value == 3
        assert "group_id" not in found.proposals  # the category leads there by itself
        assert len(found.alike.solved) == 4

    def test_open_tickets_are_shown_but_do_not_vote(self, make: Factory, agent: Actor, printing: Category) -> None:
        incident = make.incident(agent, title=TITLE, category_id=printing.id)
        found = advise(agent, {"title": TITLE})
        assert [one.id for one in found.alike.unfinished] == [incident.id]
        assert found.proposals == {}

    def test_the_callers_history_proposes_where_no_title_is_alike(
        self, make: Factory, agent: Actor, printing: Category
    ) -> None:
        caller = make.person()
        for number in range(3):
            solve(make, agent, f"Thing {number}", requester_id=caller.id, category_id=printing.id)
        found = advise(agent, {"title": "Completely different", "requester_id": caller.id})
        assert (found.proposals["category_id"].source, found.proposals["category_id"].votes) == ("caller", 3)

    def test_the_history_of_the_ci_proposes(self, make: Factory, agent: Actor, printing: Category) -> None:
        printer = make.ci("printer-7")
        for number in range(2):
            solve(make, agent, f"Thing {number}", ci_ids=[printer.id], category_id=printing.id)
        found = advise(agent, {"title": "Completely different", "ci_ids": [printer.id]})
        assert (found.proposals["category_id"].source, found.proposals["category_id"].votes) == ("ci", 2)

    def test_what_the_actor_may_not_read_neither_shows_nor_votes(
        self, make: Factory, agent: Actor, printing: Category
    ) -> None:
        closed_circle = make.group("Security", restricted=True)
        for _each in range(4):
            solve(make, SYSTEM, category_id=printing.id, group_id=closed_circle.id)
        agent = make.actor_of(session.get_one(Person, agent.person_id))
        found = advise(agent, {"title": TITLE})
        assert (found.proposals, list(found.alike.solved)) == ({}, [])
        assert advise(SYSTEM, {"title": TITLE}).proposals["category_id"].value == printing.id

    def test_a_ci_of_somebody_else_is_not_proposed(self, make: Factory, agent: Actor) -> None:
        caller, other = make.person(), make.person()
        pc, printer = make.ci("pc-other", owner_id=other.id), make.ci("printer-9")
        for _each in range(4):
            solve(make, agent, ci_ids=[pc.id, printer.id])
        assert advise(agent, {"title": TITLE, "requester_id": caller.id}).proposals["ci_id"].value == printer.id

    def test_a_ci_that_the_title_names_is_proposed(self, make: Factory, agent: Actor) -> None:
        server = make.ci("db-orders-01")
        make.ci("printer")
        found = advise(agent, {"title": "DB-ORDERS-01 does not answer, printer neither"}).proposals["ci_id"]
        assert (found.value, found.source, found.sure) == (server.id, "title", True)

    def test_its_statements_do_not_grow_with_the_history(self, make: Factory, agent: Actor, printing: Category) -> None:
        caller, printer = make.person(), make.ci("printer-7")
        values = {"title": TITLE, "requester_id": caller.id, "ci_ids": [printer.id]}
        facts = {"category_id": printing.id, "requester_id": caller.id, "ci_ids": [printer.id]}
        solve(make, agent, **facts)
        session.commit()
        advise(agent, values)
        with counted() as few:
            advise(agent, values)
        for _each in range(12):
            solve(make, agent, **facts)
        session.commit()
        with counted() as many:
            advise(agent, values)
        assert len(many) <= len(few) + 1  # the category's group, read anew after the commit
        assert len(many) <= 7, "\n".join(many)


@pytest.mark.one_database  # MariaDB finds committed words only, and these tests commit nothing
class TestLogging:
    def test_what_is_sure_stands_in_for_what_was_left_open_and_is_told(
        self, make: Factory, agent: Actor, printing: Category
    ) -> None:
        for _each in range(4):
            solve(make, agent, category_id=printing.id, impact=3, urgency=1)
        incident = log_call(agent, {"title": TITLE})
        assert (incident.category_id, incident.impact, incident.urgency) == (printing.id, 3, 1)
        assert (incident.group_id, incident.assignment_reason) == (printing.group_id, "category")
        [told] = proposed(incident)
        assert told == [["category_id", 4, 4, "similar"], ["impact", 4, 4, "similar"], ["urgency", 4, 4, "similar"]]

    def test_what_was_chosen_or_declined_stays(self, make: Factory, agent: Actor, printing: Category) -> None:
        other = make.category("Other")
        for _each in range(4):
            solve(make, agent, category_id=printing.id, impact=3, urgency=1)
        incident = log_call(agent, {"title": TITLE, "category_id": other.id}, declined=["impact", "urgency"])
        assert (incident.category_id, incident.impact, incident.urgency) == (other.id, 4, 3)
        assert all(line[0] == "group_id" for told in proposed(incident) for line in told)

    def test_a_group_that_similar_tickets_ended_in_is_told_as_the_reason(self, make: Factory, agent: Actor) -> None:
        network = make.group("Network", level=2)
        for _each in range(4):
            solve(make, agent, group_id=network.id)
        incident = log_call(agent, {"title": TITLE})
        assert (incident.group_id, incident.assignment_reason) == (network.id, "similar")

    def test_without_similar_tickets_the_usual_impact_and_urgency_hold(self, agent: Actor) -> None:
        incident = log_call(agent, {"title": TITLE})
        assert (incident.impact, incident.urgency, proposed(incident)) == (4, 3, [])

    def test_few_similar_tickets_are_not_taken_over(self, make: Factory, agent: Actor, printing: Category) -> None:
        for _each in range(2):
            solve(make, agent, category_id=printing.id)
        assert log_call(agent, {"title": TITLE}).category_id is None


class TestCallingAgain:
    def test_the_call_stands_on_the_open_ticket_with_its_ci(self, make: Factory, agent: Actor) -> None:
        incident, printer = make.incident(agent, requester_id=make.person().id), make.ci("printer-7")
        assert add_call(agent, incident, title="Now the second one too", ci_ids=[printer.id]) is incident
        note = next(entry for entry in story(incident) if entry.kind == "internal")
        assert note.body.splitlines() == ["The caller rang again.", "Now the second one too"]
        assert [ci.id for ci in cmdb.cis_of_ticket(agent, incident.id)] == [printer.id]
        assert session.scalar(select(func.count(Incident.id))) == 1

    def test_a_ticket_that_waited_for_the_caller_goes_on(self, make: Factory, agent: Actor) -> None:
        incident = make.incident(agent, requester_id=make.person().id)
        tickets.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
        add_call(agent, incident)
        assert incident.state == "in_progress"

    def test_a_ticket_that_waits_for_a_supplier_keeps_waiting(self, make: Factory, agent: Actor) -> None:
        incident = make.incident(agent, requester_id=make.person().id)
        tickets.take_step(agent, incident, "hold", fields={"hold_reason": "supplier"})
        add_call(agent, incident)
        assert incident.state == "on_hold"


class TestCallers:
    @pytest.mark.parametrize(
        "typed", ["rui", "elena ru", "ruiz elena", "0101", "+34 555-0101", "0034 555 0101", "555 01 01"]
    )
    def test_by_parts_of_the_name_in_any_order_and_by_phone_however_written(
        self, make: Factory, agent: Actor, typed: str
    ) -> None:
        make.person("Anna Karlsson", phone="070-123 45 67")
        caller = make.person("Elena Ruiz", phone="+34 (555) 01.01")
        assert [one.person.id for one in find_callers(agent, typed)] == [caller.id]

    def test_a_number_with_country_code_finds_the_one_recorded_without(self, make: Factory, agent: Actor) -> None:
        caller = make.person("Anna Karlsson", phone="070-123 45 67")
        assert only_caller(agent, "+46 70 123 45 67") == caller

    def test_a_name_that_begins_so_comes_first(self, make: Factory, agent: Actor) -> None:
        for name in ("Hanna Berg", "Bo Annas", "Anna Karlsson"):
            make.person(name)
        assert [one.person.name for one in find_callers(agent, "ann")] == ["Anna Karlsson", "Bo Annas", "Hanna Berg"]

    def test_by_computer_and_by_asset_tag(self, make: Factory, agent: Actor) -> None:
        caller = make.person("Elena Ruiz")
        make.ci("PC-MAD-0031", owner_id=caller.id)
        make.asset(tag="NH-00122", owner_id=caller.id, serial="XK77-12", state="in_use")
        for typed, by in (("pc-mad", "PC-MAD-0031"), ("nh-001", "NH-00122"), ("xk77", "NH-00122")):
            assert [(one.person.id, one.by) for one in find_callers(agent, typed)] == [(caller.id, by)]

    def test_nobody_is_found_for_signs_alone(self, make: Factory, agent: Actor) -> None:
        make.person("Elena Ruiz", phone="+34 555 0101")
        assert find_callers(agent, "%") == find_callers(agent, "--") == find_callers(agent, " ") == []

    def test_somebody_new_is_recorded_without_any_right(self, agent: Actor) -> None:
        person = people.register_caller(agent, name=" Nils Ny ", phone="070 1", email="Nils@Example.org")
        assert (person.name, person.email, person.password, [role.name for role in person.roles]) == (
            "Nils Ny",
            "nils@example.org",
            None,
            ["end_user"],
        )

    def test_who_may_not_record_callers(self, make: Factory) -> None:
        with pytest.raises(Forbidden):
            people.register_caller(make.actor("end_user"), name="Nils")

    def test_a_caller_has_a_name_and_an_address_of_their_own(self, make: Factory, agent: Actor) -> None:
        make.person(email="taken@example.org")
        with pytest.raises(Invalid):
            people.register_caller(agent, name=" ")
        with pytest.raises(Invalid):
            people.register_caller(agent, name="Nils", email="taken@example.org")


class TestOutages:
    @pytest.fixture
    def caller(self, make: Factory) -> Person:
        site = people.create_site(SYSTEM, name="Madrid")
        person = make.person("Elena Ruiz", site_id=site.id, organisation_id=make.organisation().id)
        return identity.get_person(SYSTEM, person.id)

    def numbers(self, actor: Actor, caller: Person) -> list[int]:
        return [one.incident.id for one in list_outages(actor, caller)]

    def test_trouble_on_what_the_equipment_depends_on(self, make: Factory, agent: Actor, caller: Person) -> None:
        pc, switch = make.ci("pc-1", owner_id=caller.id), make.ci("switch-1")
        make.relation(pc, switch)
        hit = make.incident(agent, title="Switch is down", ci_ids=[switch.id])
        make.incident(agent, title="Elsewhere", ci_ids=[make.ci("switch-2").id])
        assert self.numbers(agent, caller) == [hit.id]

    def test_wide_trouble_at_the_site_and_what_many_reported(self, make: Factory, agent: Actor, caller: Person) -> None:
        neighbour = make.person(site_id=caller.site_id)
        wide = make.incident(agent, requester_id=neighbour.id, impact=2)
        narrow = make.incident(agent, requester_id=neighbour.id, impact=4)
        assert self.numbers(agent, caller) == [wide.id]
        for _each in range(3):
            tickets.link(agent, make.incident(agent, requester_id=make.person().id), narrow, relation="child_of")
        assert [(one.incident.id, one.reports) for one in list_outages(agent, caller)] == [(wide.id, 0), (narrow.id, 3)]

    def test_what_hits_the_whole_organisation(self, make: Factory, agent: Actor, caller: Person) -> None:
        colleague = make.person(organisation_id=caller.organisation_id)
        hit = make.incident(agent, requester_id=colleague.id, impact=1)
        assert self.numbers(agent, caller) == [hit.id]

    def test_own_solved_and_closed_circles_tickets_are_none(self, make: Factory, agent: Actor, caller: Person) -> None:
        neighbour = make.person(site_id=caller.site_id)
        make.incident(agent, requester_id=caller.id, impact=1)
        solve(make, agent, requester_id=neighbour.id, impact=1)
        secret: Group = make.group("Security", restricted=True)
        make.incident(SYSTEM, requester_id=neighbour.id, impact=1, group_id=secret.id)
        agent = make.actor_of(session.get_one(Person, agent.person_id))
        assert self.numbers(agent, caller) == []
