"""Absences, rotas, skills, limits and hand-overs without the web."""

import threading
from datetime import date, timedelta

import pytest
from flask import Flask

from itsm.identity.models import Group, Person
from itsm.kernel import undo
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.module import registry
from itsm.staffing import queries, services
from itsm.staffing.models import Absence, Rota
from itsm.tickets import services as tickets
from tests.conftest import NOW
from tests.factories import Factory

DAY = timedelta(days=1)


def absence(person: Person, deputy: Person | None = None, *, first: int = -1, last: int = 1) -> Absence:
    return services.enter_absence(
        SYSTEM,
        person_id=person.id,
        from_at=NOW + first * DAY,
        until_at=NOW + last * DAY,
        deputy_id=deputy.id if deputy else None,
    )


@pytest.fixture
def group(app: Flask, make: Factory) -> Group:
    return make.group("Network")


@pytest.fixture
def staff(make: Factory, group: Group) -> list[Person]:
    return [make.person(name, roles=("agent",), groups=(group,)) for name in ("Anna", "Bo", "Cia")]


class TestAbsence:
    def test_staff_enter_their_own_and_planners_anyones(self, make: Factory, staff: list[Person]) -> None:
        anna, bo, _cia = staff
        span = {"from_at": NOW, "until_at": NOW + DAY}
        services.enter_absence(make.actor_of(anna), person_id=anna.id, **span)
        with pytest.raises(Forbidden):
            services.enter_absence(make.actor_of(anna), person_id=bo.id, **span)
        services.enter_absence(make.actor("supervisor"), person_id=bo.id, **span)
        user = make.person()
        with pytest.raises(Forbidden):
            services.enter_absence(make.actor_of(user), person_id=user.id, **span)

    def test_circles_overlaps_and_impossible_spans_are_refused(self, staff: list[Person], make: Factory) -> None:
        anna, bo, cia = staff
        absence(anna, bo)
        absence(bo, cia)
        for person, deputy, field in ((cia, anna, "deputy_id"), (cia, cia, "deputy_id"), (anna, None, "from_at")):
            with pytest.raises(Invalid) as refusal:
                absence(person, deputy)
            assert field in refusal.value.errors
        with pytest.raises(Invalid):
            absence(cia, first=2, last=2)
        with pytest.raises(Invalid) as refusal:
            absence(cia, make.person("User"))
        assert "no group" in str(refusal.value)
        absence(cia, anna, first=1, last=3)

    def test_a_change_is_checked_like_a_new_one_and_against_its_version(self, staff: list[Person]) -> None:
        anna, bo, _cia = staff
        absence(anna, bo)
        row = absence(bo)
        with pytest.raises(Invalid):
            services.change_absence(SYSTEM, row.id, version=row.version, changes={"deputy_id": anna.id})
        services.change_absence(SYSTEM, row.id, version=1, changes={"until_at": NOW + 3 * DAY})
        with pytest.raises(Conflict):
            services.change_absence(SYSTEM, row.id, version=1, changes={"until_at": NOW + 4 * DAY})
        with pytest.raises(Forbidden):
            services.change_absence(SYSTEM, row.id, version=None, changes={"person_id": anna.id})
        services.cancel_absence(SYSTEM, row.id)
        assert queries.deputies_at(NOW) == {anna.id: bo.id}

    def test_an_absence_begins_at_its_instant_and_is_over_at_its_end(self, staff: list[Person]) -> None:
        anna, bo, _cia = staff
        row = absence(anna, bo, first=0, last=1)
        assert queries.deputies_at(row.from_at) == {anna.id: bo.id}
        assert queries.deputies_at(row.from_at - timedelta(seconds=1)) == {}
        assert queries.deputies_at(row.until_at) == {}


def test_two_who_name_one_another_at_once_do_not_both_succeed(separate_app: Flask) -> None:
    with separate_app.app_context():
        make = Factory()
        group = make.group()
        one, two = (make.person(roles=("agent",), groups=(group,)).id for _each in range(2))
        session.commit()
        session.remove()
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def enter(person_id: int, deputy_id: int) -> None:
        with separate_app.app_context():
            start.wait()
            try:
                services.enter_absence(
                    SYSTEM, person_id=person_id, from_at=NOW, until_at=NOW + DAY, deputy_id=deputy_id
                )
                session.commit()
                outcomes.append("done")
            except Invalid:
                session.rollback()
                outcomes.append("refused")
            finally:
                session.remove()

    threads = [threading.Thread(target=enter, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]


class TestHandingOver:
    @pytest.fixture
    def actor(self, make: Factory) -> Actor:
        return make.actor("supervisor")

    def test_the_deputy_gets_what_is_open_and_all_of_it_comes_back(
        self, make: Factory, group: Group, staff: list[Person], actor: Actor
    ) -> None:
        anna, bo, cia = staff
        mine = [make.incident(group_id=group.id, assignee_id=anna.id) for _each in range(2)]
        others = make.incident(group_id=group.id, assignee_id=cia.id)
        row = absence(anna, bo)
        handed = services.hand_over(actor, row, [each.id for each in (*mine, others)])
        assert [each.assignee_id for each in (*mine, others)] == [bo.id, bo.id, cia.id]
        assert handed.step is not None
        undo.take_back(actor, handed.step.id, registry().undos)
        assert [each.assignee_id for each in mine] == [anna.id, anna.id]

    def test_what_was_passed_on_since_stays(
        self, make: Factory, group: Group, staff: list[Person], actor: Actor
    ) -> None:
        anna, bo, cia = staff
        incident = make.incident(group_id=group.id, assignee_id=anna.id)
        handed = services.hand_over(actor, absence(anna, bo), [incident.id])
        tickets.assign(actor, incident, group_id=group.id, assignee_id=cia.id)
        assert handed.step is not None
        with pytest.raises(Conflict) as refusal:
            undo.take_back(actor, handed.step.id, registry().undos)
        assert incident.number in str(refusal.value)

    def test_a_deputy_outside_the_tickets_group_is_refused_with_the_reason(
        self, make: Factory, group: Group, staff: list[Person], actor: Actor
    ) -> None:
        outside = make.person(roles=("agent",), groups=(make.group(),))
        incident = make.incident(group_id=group.id, assignee_id=staff[0].id)
        handed = services.hand_over(actor, absence(staff[0], outside), [incident.id])
        assert (handed.done, handed.step) == ([], None)
        assert "does not work in that group" in str(handed.refused[0][1])

    def test_without_a_deputy_nothing_is_handed_over(self, staff: list[Person], actor: Actor) -> None:
        with pytest.raises(Invalid):
            services.hand_over(actor, absence(staff[0]), [])

    def test_only_who_may_work_a_ticket_reassigns_it(self, make: Factory, group: Group, staff: list[Person]) -> None:
        incident = make.incident(group_id=group.id)
        with pytest.raises(Forbidden):
            services.reassign(make.actor("manager"), incident.id, assignee_id=staff[0].id)
        services.reassign(make.actor_of(staff[1]), incident.id, assignee_id=staff[0].id)
        assert incident.assignee_id == staff[0].id


class TestRotas:
    @pytest.fixture
    def rota(self, group: Group, staff: list[Person]) -> Rota:
        return services.create_rota(
            SYSTEM,
            name="Network on call",
            group_id=group.id,
            timezone="Europe/Stockholm",
            starts_on=date(2026, 11, 2),
            handover_minute=9 * 60,
            person_ids=[person.id for person in staff],
        )

    def test_who_is_on_call_now_and_next(self, rota: Rota, group: Group, staff: list[Person]) -> None:
        found = queries.on_call(group.id, NOW)
        assert [(each.person_id, each.next_id) for each in found] == [(staff[2].id, staff[0].id)]
        assert found[0].until_at.isoformat() == "2026-11-23T08:00:00+00:00"

    def test_an_override_and_a_deputy_step_in(self, rota: Rota, group: Group, staff: list[Person]) -> None:
        anna, bo, _cia = staff
        row = services.add_override(SYSTEM, rota.id, person_id=anna.id, from_at=NOW - DAY, until_at=NOW + DAY)
        absence(anna, bo)
        found = queries.on_call(group.id, NOW)[0]
        assert (found.scheduled_id, found.person_id) == (anna.id, bo.id)
        services.remove_override(SYSTEM, row.id)
        assert queries.on_call(group.id, NOW)[0].person_id == staff[2].id

    def test_nobody_is_on_call_without_deputy_or_in_a_rota_that_is_not_in_use(
        self, rota: Rota, group: Group, staff: list[Person]
    ) -> None:
        absence(staff[2])
        assert queries.on_call(group.id, NOW)[0].person_id is None
        services.edit_rota(SYSTEM, rota.id, version=rota.version, changes={"active": False})
        assert queries.on_call(group.id, NOW) == []

    def test_people_of_the_rota_swap_and_write_notes_others_do_not(
        self, make: Factory, rota: Rota, staff: list[Person]
    ) -> None:
        span = {"person_id": staff[0].id, "from_at": NOW, "until_at": NOW + DAY}
        services.add_override(make.actor_of(staff[1]), rota.id, **span)
        services.write_note(make.actor_of(staff[1]), rota.id, body="Link to Athens flaps.")
        with pytest.raises(Forbidden):
            services.add_override(make.actor(), rota.id, **span)
        with pytest.raises(Forbidden):
            services.write_note(make.actor(), rota.id, body="Hello")
        assert [note.author_name for note in queries.list_notes(rota.id)] == ["Bo"]

    def test_a_rota_needs_people_who_work_and_a_zone_that_exists(
        self, make: Factory, rota: Rota, staff: list[Person]
    ) -> None:
        for changes, field in (
            ({"person_ids": []}, "person_ids"),
            ({"person_ids": [make.person().id]}, "person_ids"),
            ({"timezone": "Mars/Olympus"}, "timezone"),
        ):
            with pytest.raises(Invalid) as refusal:
                services.edit_rota(SYSTEM, rota.id, version=None, changes=changes)
            assert field in refusal.value.errors
        services.edit_rota(SYSTEM, rota.id, version=None, changes={"person_ids": [staff[1].id, staff[0].id] * 2})
        assert queries.members_of([rota.id])[rota.id] == [staff[1].id, staff[0].id] * 2


def test_levels_and_limits_keep_their_bounds_and_can_be_taken_away(app: Flask, make: Factory) -> None:
    person, skill = make.person(), services.create_skill(SYSTEM, name="Linux")
    for level in (-1, 6):
        with pytest.raises(Invalid):
            services.set_level(SYSTEM, skill.id, person_id=person.id, level=level)
    services.set_level(SYSTEM, skill.id, person_id=person.id, level=5)
    assert [level for _person, level in queries.people_with(skill.id)] == [5]
    services.set_level(SYSTEM, skill.id, person_id=person.id, level=0)
    assert list(queries.people_with(skill.id)) == []
    services.set_limit(SYSTEM, person.id, most_open=3)
    assert queries.limits_of([person.id]) == {person.id: 3}
    services.set_limit(SYSTEM, person.id, most_open=None)
    assert queries.limits_of([person.id]) == {}
    with pytest.raises(Invalid):
        services.set_limit(SYSTEM, person.id, most_open=1001)


def test_only_planners_plan(app: Flask, make: Factory, group: Group) -> None:
    agent = make.actor()
    skill = services.create_skill(make.actor("supervisor"), name="Linux")
    attempts = (
        lambda: services.create_skill(agent, name="Oracle"),
        lambda: services.set_level(agent, skill.id, person_id=agent.person_id or 0, level=1),
        lambda: services.set_limit(agent, agent.person_id or 0, most_open=1),
        lambda: services.set_strategy(agent, group.id, strategy="by_load"),
    )
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()
    with pytest.raises(Invalid):
        services.set_strategy(SYSTEM, group.id, strategy="by_luck")
