"""What all kinds of tickets share, through incidents."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from incident.models import Incident
from itsm.identity import queries as identity
from itsm.identity.actors import actor_of
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.tickets import queries, services
from itsm.tickets.worktime.models import WorkRecord
from itsm.web.rates import rates_of_page
from tests.at_once import in_order
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token


def test_assigning_to_someone_outside_the_group_is_refused(app: Flask, make: Factory) -> None:
    group = make.group()
    agent = make.actor(groups=(group,))
    incident = make.incident(agent, group_id=group.id)
    with pytest.raises(Invalid) as refusal:
        services.assign(agent, incident, group_id=group.id, assignee_id=make.person().id)
    assert "assignee_id" in refusal.value.errors
    services.assign(agent, incident, group_id=group.id, assignee_id=agent.person_id)
    assert incident.assignee_id == agent.person_id


def test_a_stale_change_is_a_conflict_that_shows_what_stands(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    version = incident.version
    services.change_facts(agent, incident, version=version, changes={"title": "First"})
    with pytest.raises(Conflict) as refusal:
        services.change_facts(agent, incident, version=version, changes={"title": "Second"})
    assert refusal.value.current["title"] == "First"


def test_protected_columns_cannot_be_changed_as_facts(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    for column in ("state", "priority", "version", "closed_at", "id", "group_id"):
        with pytest.raises(Invalid):
            services.change_facts(agent, incident, version=None, changes={column: 1})


def test_links_follow_the_declared_relations(app: Flask, make: Factory) -> None:
    agent = make.actor()
    first, second = make.incident(agent), make.incident(agent)
    services.link(agent, first, second, relation="duplicate_of")
    services.link(agent, first, second, relation="duplicate_of")
    assert [(each.relation, each.outgoing) for each in queries.list_links(agent, second)] == [("duplicate_of", False)]
    for target, relation in ((second, "invented"), (first, "relates_to")):
        with pytest.raises(Invalid):
            services.link(agent, first, target, relation=relation)


def test_the_manager_is_told_and_watches(app: Flask, make: Factory) -> None:
    manager = make.person("Boss")
    group = make.group(manager_id=manager.id)
    agent = make.actor(groups=(group,))
    incident = make.incident(agent, group_id=group.id)
    assert services.escalate_to_manager(agent, incident, note="Customer is angry").id == manager.id
    assert manager.id in {person.id for person in queries.list_watchers(incident.id)}
    without = make.incident(agent, group_id=make.group().id)
    with pytest.raises(Invalid):
        services.escalate_to_manager(agent, without)


def test_an_empty_entry_and_a_huge_one_are_refused(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    for body in ("", "   ", "x" * (services.LONGEST_BODY + 1)):
        with pytest.raises(Invalid) as refusal:
            services.write_entry(agent, incident, kind="public", body=body)
        assert "body" in refusal.value.errors


def test_an_end_user_cannot_open_for_others_or_assign(app: Flask, make: Factory) -> None:
    user = make.actor("end_user")
    for facts in ({"requester_id": make.person().id}, {"group_id": make.group().id}, {"assignee_id": make.person().id}):
        with pytest.raises(Forbidden):
            make.incident(user, **facts)


def test_the_first_public_answer_of_an_agent_is_the_response(app: Flask, make: Factory) -> None:
    person, agent = make.person(), make.actor()
    incident = make.incident(agent, requester_id=person.id)
    services.write_entry(make.actor_of(person), incident, kind="public", body="Hello?")
    services.write_entry(agent, incident, kind="internal", body="Looking")
    assert incident.responded_at is None
    services.write_entry(agent, incident, kind="public", body="We look at it")
    assert incident.responded_at == NOW


def test_file_names_lose_paths_and_tricks() -> None:
    assert queries.safe_name("../../etc/passwd") == "passwd"
    assert queries.safe_name("C:\\temp\\evil.exe") == "evil.exe"
    assert queries.safe_name("\u202egpj.exe") == "gpj.exe"
    assert queries.safe_name("\u200b.htaccess") == "htaccess"
    assert queries.safe_name("") == "file"
    assert len(queries.safe_name("x" * 500 + ".txt")) <= 180


def test_fifty_people_editing_one_ticket_lose_no_update(separate_app: Flask) -> None:
    """Real connections, no shared transaction: each edit is based on the version it read, and repeats when that is stale."""
    with separate_app.app_context():
        make = Factory()
        person = make.person("Race agent", roles=("agent",), email="race@example.org")
        incident_id = make.incident(title="0").id
        session.commit()
        person_id = person.id
        session.remove()
    failures: list[BaseException] = []

    def add_one() -> None:
        try:
            with separate_app.app_context():
                _add_one(incident_id, person_id)
        except BaseException as error:  # noqa: BLE001 (handed to the test's own thread)
            failures.append(error)

    threads = [threading.Thread(target=add_one) for _each in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with separate_app.app_context():
        assert not failures
        assert session.get_one(Incident, incident_id).title == "50"
        session.remove()


def _add_one(incident_id: int, person_id: int) -> None:
    while True:
        actor = actor_of(identity.get_person(SYSTEM, person_id), channel="web")
        incident = session.get_one(Incident, incident_id)
        version, title = incident.version, str(int(incident.title) + 1)
        session.rollback()
        services.locked_if_exists(incident_id)
        fresh = session.get_one(Incident, incident_id, populate_existing=True)
        try:
            services.change_facts(actor, fresh, version=version, changes={"title": title})
        except Conflict:
            session.rollback()
            continue
        session.commit()
        session.remove()
        return


def test_time_is_read_from_the_clock_only(app: Flask, make: Factory) -> None:
    with clock.frozen(NOW):
        assert make.incident().created_at == NOW


def test_a_ticket_follows_its_requester_into_the_organisation(app: Flask, make: Factory) -> None:
    wrong, right = make.organisation(), make.organisation()
    ticket = make.incident(requester_id=make.person(organisation_id=wrong.id).id)
    head = make.person(organisation_id=wrong.id, sees_colleagues=True)
    assert queries.find_ticket(make.actor_of(head), ticket.number) is not None
    person = make.person(organisation_id=right.id)
    services.change_facts(make.actor(), ticket, version=None, changes={"requester_id": person.id})
    assert ticket.organisation_id == right.id
    assert queries.find_ticket(make.actor_of(head), ticket.number) is None


@pytest.mark.parametrize("way", ["page", "api"])
def test_linking_locks_in_the_order_of_ids(separate_app: Flask, way: str) -> None:
    with separate_app.app_context():
        make = Factory()
        person = make.person(roles=("agent",))
        target, source = make.incident(), make.incident()
        headers = {"Authorization": f"Bearer {make.token(person)}"}
        desk = make.sign_in(separate_app.test_client(), person)
        ids, numbers = (target.id, source.id), (target.number, source.number)
        session.commit()
        session.remove()
    wanted = {"target": numbers[0], "relation": "duplicate_of"}
    token = {"csrf_token": csrf_token(desk, "/account")}

    def link() -> int:
        if way == "page":
            return desk.post(f"/tickets/{ids[1]}/links", data=token | wanted).status_code
        address = f"/api/v1/incidents/{numbers[1]}/links"
        return separate_app.test_client().post(address, json=wanted, headers=headers).status_code

    assert in_order(separate_app, ids, link) == (302 if way == "page" else 200)
    with separate_app.app_context():
        assert queries.linked_ids(ids[1], "duplicate_of", outgoing=True) == [ids[0]]


@pytest.mark.parametrize("own", [True, False])
def test_only_who_works_a_ticket_records_minutes(app: Flask, make: Factory, own: bool) -> None:
    caller = make.person()
    ticket = make.incident(requester_id=caller.id)
    actor = make.actor_of(caller)
    with pytest.raises(Forbidden):
        services.write_entry(actor, ticket, kind="public", body="x", minutes=10_000)
    services.write_entry(actor, ticket, kind="public", body="x")
    agent = make.person(roles=("agent",))
    theirs = make.incident(requester_id=agent.id) if own else ticket
    services.write_entry(make.actor_of(agent), theirs, kind="public", body="Done on the telephone", minutes=5)
    work = session.execute(select(WorkRecord.person_id, WorkRecord.minutes)).all()
    assert [tuple(row) for row in work] == [(agent.id, 5)]


@pytest.mark.parametrize(
    "path", ["/tickets/suggest?target=printer", "/fields/people?name=custom.owner&custom.owner=ada"]
)
def test_what_is_typed_into_a_field_counts_as_searching(app: Flask, path: str) -> None:
    with app.test_request_context(path):
        assert rates_of_page() == ["search_rate"]
