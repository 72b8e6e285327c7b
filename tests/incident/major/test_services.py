"""Major incidents: candidates, declaring, updates, parts, review."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from incident.major import queries, services
from incident.major.models import MajorCandidate, MajorIncident
from incident.major.plan import plan, set_plan, words_for
from incident.models import Incident
from itsm.kernel import clock, jobs, undo
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.jobs import BackgroundTask, Progress
from itsm.kernel.module import registry
from itsm.kernel.outbox import OutboxMessage
from itsm.notifications.delivery import ADDRESS_FAILED
from itsm.tickets import queries as ticket_queries
from itsm.tickets import services as tickets
from itsm.tickets.models import JournalEntry
from tests.at_once import beside, in_order, unit
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token
from tests.statements import counted

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
RESOLVED = {"resolution_code": "fixed", "resolution": "The switch was replaced."}


@pytest.fixture
def lead(make: Factory) -> Actor:
    return make.actor("supervisor")


def declared(lead: Actor, make: Factory, **facts: Any) -> Incident:
    incident = make.incident(title="Mail does not arrive", **facts)
    services.declare(lead, incident, reason="Nobody gets mail", headline="Mail")
    return incident


def run_tasks() -> dict[str, Any]:
    """What the worker does with the updates that wait; answers the result of the last one."""
    session.commit()
    jobs.run_tasks(registry().tasks)
    task = session.scalars(select(BackgroundTask).order_by(BackgroundTask.id.desc())).first()
    assert task is not None
    assert task.state == "done", task.error
    return dict(task.result or {})


def mails(part: str = "Mail – ") -> list[str]:
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.recipient))
    return [row.recipient for row in rows if row.payload["subject"].startswith(part)]


def test_a_burst_about_one_ci_is_one_candidate_until_it_is_over(app: Flask, make: Factory) -> None:
    ci, category = make.ci(), make.category()
    for _number in range(plan().tickets):
        make.incident(ci_ids=[ci.id], category_id=category.id)
    assert services.note_bursts() == 1
    assert services.note_bursts() == 0
    row = session.scalars(select(MajorCandidate)).one()
    assert (row.subject_kind, row.subject_id, len(row.ticket_ids)) == ("ci", ci.id, 5)
    make.incident(ci_ids=[ci.id])
    services.note_bursts()
    assert len(row.ticket_ids) == 6
    with clock.frozen(NOW + timedelta(hours=2)):
        services.note_bursts()
    assert (row.state, row.open_key) == ("over", None)


def test_incidents_on_different_cis_below_a_service_are_about_the_service(app: Flask, make: Factory) -> None:
    service = make.ci("ERP", class_key="business_service")
    for _number in range(plan().tickets):
        server = make.ci()
        make.relation(service, server, "depends_on")
        make.incident(ci_ids=[server.id])
    services.note_bursts()
    row = session.scalars(select(MajorCandidate)).one()
    assert (row.subject_kind, row.subject_id) == ("service", service.id)


def test_looking_for_bursts_needs_as_many_statements_for_many_as_for_few(app: Flask, make: Factory) -> None:
    ci, category = make.ci(), make.category()

    def statements() -> int:
        session.flush()
        with counted() as seen:
            services.note_bursts()
        return sum(statement.lstrip().startswith("SELECT") for statement in seen)

    for _number in range(6):
        make.incident(ci_ids=[ci.id], category_id=category.id)
    services.note_bursts()
    few = statements()
    for _number in range(15):
        make.incident(ci_ids=[make.ci().id], category_id=category.id)
    assert statements() == few <= 8


def test_a_dismissed_burst_stays_away_and_a_declared_one_is_decided(app: Flask, make: Factory, lead: Actor) -> None:
    ci = make.ci()
    found = [make.incident(ci_ids=[ci.id]) for _number in range(5)]
    services.note_bursts()
    shown = queries.list_candidates(lead)
    assert [(each.name, len(each.tickets)) for each in shown] == [(ci.name, 5)]
    with pytest.raises(Forbidden):
        services.dismiss(make.actor("agent"), shown[0].row.id)
    services.declare(lead, found[0], reason="All of it", candidate_id=shown[0].row.id)
    assert queries.list_candidates(lead) == []
    with pytest.raises(Conflict):
        services.dismiss(lead, shown[0].row.id)


def test_of_two_who_decide_about_a_burst_at_once_the_second_is_told_so(separate_app: Flask) -> None:
    with separate_app.app_context():
        make = Factory()
        lead = make.actor("supervisor")
        ci = make.ci()
        incident_id, *_others = (make.incident(ci_ids=[ci.id]).id for _number in range(plan().tickets))
        services.note_bursts()
        candidate_id = session.scalars(select(MajorCandidate.id)).one()
        session.commit()
        session.remove()

    def declare() -> None:
        services.declare(lead, session.get_one(Incident, incident_id), reason="All", candidate_id=candidate_id)

    def dismiss() -> None:
        services.dismiss(lead, candidate_id)

    outcome = beside(separate_app, unit(separate_app, declare), first=dismiss, then=session.flush)
    assert isinstance(outcome, Conflict)
    with separate_app.app_context():
        assert session.get_one(MajorCandidate, candidate_id).state == "dismissed"
        assert session.get(MajorIncident, incident_id) is None


def test_declaring_needs_the_right_a_reason_and_an_open_incident(app: Flask, make: Factory, lead: Actor) -> None:
    incident = make.incident()
    with pytest.raises(Forbidden):
        services.declare(make.actor("agent"), incident, reason="x")
    with pytest.raises(Invalid):
        services.declare(lead, incident, reason=" ")
    row = services.declare(lead, incident, reason="Everyone is hit")
    assert (row.headline, row.manager_id, row.next_update_at) == (
        incident.title,
        lead.person_id,
        NOW + timedelta(minutes=30),
    )
    with pytest.raises(Conflict):
        services.declare(lead, incident, reason="again")
    entries = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == incident.id)).all()
    assert entries[-1].changes["major"] == [None, "investigating"]


def test_the_phases_follow_the_incident(app: Flask, make: Factory, lead: Actor) -> None:
    incident = declared(lead, make)
    row = session.get_one(MajorIncident, incident.id)
    services.post_update(lead, incident, body="Found it", phase="identified")
    tickets.take_step(lead, incident, "resolve", fields=RESOLVED)
    assert (row.phase, row.next_update_at, row.resolved_at) == ("resolved", None, NOW)
    tickets.take_step(lead, incident, "reopen", fields={"note": "It is back"})
    assert (row.phase, row.resolved_at) == ("investigating", None)
    services.withdraw(lead, incident, reason="One switch only")
    assert (row.phase, incident.is_major) == ("withdrawn", False)
    with pytest.raises(Conflict):
        services.post_update(lead, incident, body="Hello")
    services.declare(lead, incident, reason="It is one after all")
    assert row.phase == "investigating"


@pytest.mark.parametrize("phase", ["resolved", "reviewed", "withdrawn", "lunch"])
def test_an_update_cannot_leave_the_fight_by_itself(app: Flask, make: Factory, lead: Actor, phase: str) -> None:
    incident = declared(lead, make)
    with pytest.raises(Invalid):
        services.post_update(lead, incident, body="x", phase=phase)


def test_an_update_reaches_parts_and_audiences_once(app: Flask, make: Factory, lead: Actor) -> None:
    house = make.organisation()
    reporter, colleague = make.person(organisation_id=house.id), make.person(organisation_id=house.id)
    stranger = make.person()
    incident = declared(lead, make)
    part = make.incident(requester_id=reporter.id)
    services.absorb(lead, incident, [part.id])
    services.add_audience(lead, incident, kind="affected", by_mail=True)
    services.add_audience(lead, incident, kind="addresses", addresses=["Partner@example.net"], by_mail=True)
    told = services.post_update(lead, incident, body="We are on it.")
    assert run_tasks() == {"parts": 1, "failed": 0, "mailed": 2}
    assert mails() == ["partner@example.net", colleague.email]
    assert stranger.email not in mails()
    public = select(JournalEntry).where(JournalEntry.ticket_id == part.id, JournalEntry.kind == "public")
    entries = session.scalars(public).all()
    assert [entry.body for entry in entries] == ["We are on it."]
    services.tell({"update_id": told.id}, Progress(1))
    assert len(mails()) == 2
    assert len(session.scalars(public).all()) == 1


def test_who_speaks_is_reminded_once_when_an_update_is_due(app: Flask, make: Factory, lead: Actor) -> None:
    speaker = make.person(roles=("agent",), email="speaker@example.org")
    incident = declared(lead, make)
    services.change_room(lead, incident, version=None, changes={"communicator_id": speaker.id, "cadence_minutes": 15})
    assert queries.list_update_due(clock.now()) == []
    with clock.frozen(NOW + timedelta(minutes=16)):
        assert queries.list_update_due(clock.now()) == [incident.id]
        services.remind_communicator(incident.id)
        services.remind_communicator(incident.id)
        assert queries.list_update_due(clock.now()) == []
        assert mails(f"{incident.number}: ") == ["speaker@example.org"]
        services.post_update(make.actor_of(speaker), incident, body="Still on it")
        assert queries.get_major(incident.id).next_update_at == NOW + timedelta(minutes=31)


def test_who_speaks_gets_no_mail_to_an_address_that_failed(app: Flask, make: Factory, lead: Actor) -> None:
    speaker = make.person(roles=("agent",), email="gone@example.org", mail_failed_at=clock.now())
    incident = declared(lead, make)
    services.change_room(lead, incident, version=None, changes={"communicator_id": speaker.id, "cadence_minutes": 15})
    with clock.frozen(NOW + timedelta(minutes=16)):
        services.remind_communicator(incident.id)
    row = session.scalars(select(OutboxMessage).where(OutboxMessage.recipient == "gone@example.org")).one()
    assert (row.state, row.last_error) == ("held", ADDRESS_FAILED)


@pytest.mark.parametrize("way", ["page", "api"])
def test_absorbing_locks_in_the_order_of_ids(separate_app: Flask, way: str) -> None:
    with separate_app.app_context():
        make = Factory()
        person = make.person(roles=("supervisor",))
        part, incident = make.incident(), declared(make.actor_of(person), make)
        headers = {"Authorization": f"Bearer {make.token(person)}"}
        desk = make.sign_in(separate_app.test_client(), person)
        ids, number, wanted = (part.id, incident.id), incident.number, part.number
        session.commit()
        session.remove()

    token = {"csrf_token": csrf_token(desk, "/account")}

    def absorb() -> int:
        if way == "page":
            return desk.post(f"/incidents/{number}/room/parts", data=token | {"number": wanted}).status_code
        address = f"/api/v1/incidents/{number}/major/parts"
        return separate_app.test_client().post(address, json={"tickets": [wanted]}, headers=headers).status_code

    assert in_order(separate_app, ids, absorb) == (302 if way == "page" else 200)


def test_many_are_told_apart_with_as_many_questions_as_few(app: Flask, make: Factory, lead: Actor) -> None:
    incident = declared(lead, make)
    bound = [make.incident() for _number in range(6)]
    services.absorb(lead, incident, [each.id for each in bound])

    def questions(number: int) -> int:
        with counted() as seen, pytest.raises(Invalid):
            services.absorb(lead, incident, [each.id for each in bound[:number]])
        return sum("FROM ticket_link" in statement for statement in seen)

    assert questions(6) == questions(2) == 1


def test_absorbing_can_be_taken_back_as_a_whole(app: Flask, make: Factory, lead: Actor) -> None:
    incident, parts = declared(lead, make), [make.incident() for _number in range(3)]
    closed = make.incident()
    tickets.take_step(SYSTEM, closed, "resolve", fields=RESOLVED)
    done, step = services.absorb(lead, incident, [closed.id, *(part.id for part in parts)])
    assert [part.id for part in done] == [part.id for part in parts]
    with pytest.raises(Invalid):
        services.absorb(lead, incident, [parts[0].id])
    assert step is not None
    undo.take_back(lead, step.id, registry().undos)
    assert ticket_queries.open_children(lead, incident) == []
    services.absorb(lead, incident, [parts[0].id])
    tickets.take_step(lead, incident, "resolve", fields=RESOLVED)
    solved, left, _undo = tickets.step_children(lead, incident, "resolve", fields=RESOLVED)
    assert ([each.id for each in solved], left) == ([parts[0].id], [])


def test_only_those_who_may_see_an_outage_do(app: Flask, make: Factory, lead: Actor) -> None:
    house = make.organisation()
    inside = make.person(organisation_id=make.organisation(parent=house).id)
    outside, member = make.person(), make.person()
    group = make.group()
    incident = declared(lead, make)

    def seen(person: Any) -> bool:
        return bool(queries.known_outages(person))

    assert seen(inside)
    assert seen(outside)
    services.remove_audience(lead, incident, queries.list_audiences([incident.id])[0].id)
    assert not seen(inside)
    assert seen(None)
    services.add_audience(lead, incident, kind="organisation", target_id=house.id)
    assert (seen(inside), seen(outside)) == (True, False)
    services.add_audience(lead, incident, kind="addresses", addresses=[outside.email or ""])
    assert seen(outside)
    services.add_audience(lead, incident, kind="group", target_id=group.id)
    assert not seen(member)
    services.change_room(lead, incident, version=None, changes={"on_portal": False})
    assert not seen(None)


def test_what_the_room_does_not_take(app: Flask, make: Factory, lead: Actor) -> None:
    incident = declared(lead, make)
    for field, changes in (
        ("conference_url", {"conference_url": "javascript:alert(1)"}),
        ("manager_id", {"manager_id": 999999}),
        ("headline", {"headline": " "}),
    ):
        with pytest.raises(Invalid) as refused:
            services.change_room(lead, incident, version=None, changes=changes)
        assert field in refused.value.errors
    for facts in ({"kind": "organisation"}, {"kind": "addresses", "addresses": ["nobody"]}, {"kind": "party"}):
        with pytest.raises(Invalid):
            services.add_audience(lead, incident, **facts)
    with pytest.raises(Forbidden):
        services.post_update(make.actor("agent"), incident, body="Hello")
    with pytest.raises(Conflict):
        services.change_room(lead, incident, version=99, changes={"headline": "X"})


def test_the_review_comes_after_and_closes(app: Flask, make: Factory, lead: Actor) -> None:
    owner = make.person(roles=("agent",))
    incident = declared(lead, make)
    with pytest.raises(Conflict):
        services.write_review(lead, incident, version=None, changes={"causes": "A switch"})
    tickets.take_step(lead, incident, "resolve", fields=RESOLVED)
    review = services.write_review(lead, incident, version=None, changes={"causes": "A switch died"})
    action = services.add_action(
        lead, incident, title="Find out why", owner_id=owner.id, due_on=date(2026, 12, 1), becomes="problem"
    )
    with pytest.raises(Invalid):
        services.finish_review(lead, incident)
    services.write_review(lead, incident, version=review.version, changes={"what_happened": "Mail stood still"})
    services.finish_review(lead, incident)
    assert queries.get_major(incident.id).phase == "reviewed"
    with pytest.raises(Conflict):
        services.write_review(lead, incident, version=None, changes={"causes": "No"})
    services.finish_action(make.actor_of(owner), incident, action.id)
    assert action.done_at == NOW


def test_the_plan_is_settable_and_its_words_name_the_headline(app: Flask) -> None:
    assert "Mail" in words_for("investigating", "Mail")
    set_plan(SYSTEM, tickets=3, minutes=10, cadence_minutes=20, templates={"identified": "{headline}: found. 100%"})
    assert (plan().tickets, plan().minutes) == (3, 10)
    assert words_for("identified", "Mail") == "Mail: found. 100%"
    with pytest.raises(Invalid):
        set_plan(SYSTEM, tickets=1)
