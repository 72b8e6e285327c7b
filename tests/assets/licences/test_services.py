"""Licences: rights, versions, what is refused and by which name, seats beyond what was bought, and taking back."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from assets.licences import queries, services
from assets.licences.models import Licence
from itsm.kernel import clock, undo
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.kernel.module import registry
from tests.at_once import beside, unit
from tests.factories import Factory


def licence_of(actor: Actor = SYSTEM, **facts: Any) -> Licence:
    return services.create_licence(actor, **{"name": "Office suite", "metric": "person", "seats": 2, **facts})


def used(licence: Licence) -> int:
    return queries.count_used(SYSTEM, [licence.id]).get(licence.id, 0)


@pytest.fixture
def keeper(app: Flask, make: Factory) -> Actor:
    return make.actor("asset_manager")


def test_only_those_who_keep_assets_write_and_only_staff_read(make: Factory, keeper: Actor) -> None:
    licence = licence_of(keeper)
    person = make.person()
    agent, user = make.actor("agent"), make.actor("end_user")
    use = services.assign(keeper, licence, person_id=person.id)
    for attempt in (
        lambda: licence_of(agent),
        lambda: services.change_licence(agent, licence, changes={"name": "Other"}),
        lambda: services.retire_licence(agent, licence),
        lambda: services.assign(agent, licence, person_id=person.id),
        lambda: services.release(agent, licence, use.id),
        lambda: services.take_back_retired(agent, {"id": licence.id, "uses": []}),
        lambda: services.take_back_released(agent, {"id": licence.id, "use": use.id}),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert queries.get_licence(agent, licence.id).id == licence.id
    with pytest.raises(NotFound):
        queries.get_licence(user, licence.id)
    assert queries.list_rows(user).items == []
    assert queries.count_used(user, [licence.id]) == {}
    assert queries.list_holders(user, licence.id).items == []


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "  "}, "name"),
        ({"metric": "core"}, "metric"),
        ({"seats": None}, "seats"),
        ({"seats": 0}, "seats"),
        ({"metric": "site"}, "seats"),
        ({"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 31)}, "valid_until"),
        ({"price_minor": -1, "currency": "EUR"}, "price"),
        ({"price_minor": 100}, "currency"),
        ({"organisation_id": 999_999}, "organisation_id"),
    ],
)
def test_what_is_wrong_is_named(keeper: Actor, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        licence_of(keeper, **facts)
    assert list(refused.value.errors) == [field]


def test_an_edit_tells_its_changes_and_minds_the_version(keeper: Actor) -> None:
    licence = licence_of(keeper)
    changed = services.change_licence(keeper, licence, changes={"seats": 5, "publisher": " Microsoft "}, version=1)
    assert changed == {"seats": [2, 5], "publisher": ["", "Microsoft"]}
    with pytest.raises(Conflict):
        services.change_licence(keeper, licence, changes={"seats": 6}, version=1)
    with pytest.raises(Conflict):
        services.retire_licence(keeper, licence, version=1)
    with pytest.raises(Invalid):
        services.change_licence(keeper, licence, changes={"retired_at": None})
    assert (licence.seats, licence.version) == (5, 2)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "licence").order_by(AuditEntry.id))
    assert [(each.action, each.changes.get("seats")) for each in entries] == [
        ("licence.created", [None, 2]),
        ("licence.changed", [2, 5]),
    ]


def test_each_metric_takes_its_own_holders(make: Factory, keeper: Actor) -> None:
    person, ci = make.person(), make.ci("pc-1")
    per_person, per_device = licence_of(keeper), licence_of(keeper, metric="device")
    everywhere = licence_of(keeper, metric="site", seats=None)
    services.assign(keeper, per_person, person_id=person.id)
    services.assign(keeper, per_device, ci_id=ci.id)
    refused: tuple[tuple[Licence, dict[str, int]], ...] = (
        (per_person, {"ci_id": ci.id}),
        (per_person, {"person_id": person.id, "ci_id": ci.id}),
        (per_device, {"person_id": person.id}),
        (per_device, {"ci_id": 999_999}),
        (everywhere, {"person_id": person.id}),
        (everywhere, {}),
    )
    for licence, holder in refused:
        with pytest.raises(Invalid) as error:
            services.assign(keeper, licence, **holder)
        assert list(error.value.errors) == ["holder"]
    with pytest.raises(Invalid) as counted_otherwise:
        services.change_licence(keeper, per_person, changes={"metric": "device"})
    assert list(counted_otherwise.value.errors) == ["metric"]


def test_the_same_holder_is_refused_by_name_and_more_than_the_seats_is_not(make: Factory, keeper: Actor) -> None:
    licence = licence_of(keeper, seats=1)
    first = make.person("Anna Berg")
    services.assign(keeper, licence, person_id=first.id)
    with pytest.raises(Conflict, match="Anna Berg"):
        services.assign(keeper, licence, person_id=first.id)
    services.assign(keeper, licence, person_id=make.person().id)
    assert used(licence) == 2
    over = queries.list_rows(SYSTEM, where=queries.conditions(queries.Filter(state="over"), clock.now().date())).items
    assert [(row.id, row.seats, row.used) for row in over] == [(licence.id, 1, 2)]


def test_a_release_can_be_taken_back_unless_the_holder_has_a_seat_again(make: Factory, keeper: Actor) -> None:
    licence, person = licence_of(keeper), make.person("Anna Berg")
    use = services.assign(keeper, licence, person_id=person.id)
    step = services.release(keeper, licence, use.id)
    assert step is not None
    assert used(licence) == 0
    with pytest.raises(Conflict):
        services.release(keeper, licence, use.id)
    with pytest.raises(NotFound):
        services.release(keeper, licence_of(keeper), use.id)
    undo.take_back(keeper, step.id, registry().undos)
    [held] = queries.list_holders(keeper, licence.id).items
    assert held.name == "Anna Berg"
    assert use.to_at is not None, "what a past day saw stays so"
    again = services.release(keeper, licence, held.use.id)
    assert again is not None
    services.assign(keeper, licence, person_id=person.id)
    with pytest.raises(Conflict, match="Anna Berg"):
        undo.take_back(keeper, again.id, registry().undos)
    assert used(licence) == 1


def test_retiring_ends_every_use_and_taking_that_back_brings_back_just_those(make: Factory, keeper: Actor) -> None:
    licence = licence_of(keeper)
    people = [make.person() for _number in range(3)]
    gone, *kept = [services.assign(keeper, licence, person_id=person.id) for person in people]
    services.release(keeper, licence, gone.id)
    step = services.retire_licence(keeper, licence, version=1)
    assert step is not None
    assert (used(licence), licence.version) == (0, 2)
    for attempt in (
        lambda: services.retire_licence(keeper, licence),
        lambda: services.change_licence(keeper, licence, changes={"seats": 9}),
        lambda: services.assign(keeper, licence, person_id=people[0].id),
        lambda: services.take_back_released(keeper, {"id": licence.id, "use": gone.id}),
    ):
        with pytest.raises(Conflict, match="Office suite"):
            attempt()
    assert queries.list_rows(SYSTEM, where=queries.conditions(queries.Filter(), clock.now().date())).items == []
    undo.take_back(keeper, step.id, registry().undos)
    assert licence.retired_at is None
    assert [each.use.id for each in queries.list_holders(keeper, licence.id).items] == [use.id for use in kept]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("", ["ended", "ends last", "ends soon", "ends today", "future", "perpetual"]),
        ("in_use", ["ends last", "perpetual"]),
        ("expiring", ["ends soon", "ends today"]),
        ("expired", ["ended"]),
        ("future", ["future"]),
        ("retired", ["retired"]),
        ("over", []),
    ],
)
def test_the_list_and_the_record_tell_the_same_states(keeper: Actor, state: str, expected: list[str]) -> None:
    today = clock.now().date()
    ends = {"ended": -1, "ends today": 0, "ends soon": 89, "ends last": 90}
    made = [licence_of(keeper, name=name, valid_until=today + timedelta(days=days)) for name, days in ends.items()]
    made.append(licence_of(keeper, name="perpetual", valid_from=today))
    made.append(licence_of(keeper, name="future", valid_from=today + timedelta(days=1)))
    made.append(licence_of(keeper, name="retired"))
    services.retire_licence(keeper, made[-1])
    found = queries.list_rows(SYSTEM, where=queries.conditions(queries.Filter(state=state), today)).items
    assert [row.name for row in found] == expected
    told = {row.name: queries.state_of(row, today) for row in found}
    wanted = {"": {"expired", "in_use", "expiring", "future"}}
    assert set(told.values()) <= wanted.get(state, {state})


def test_of_two_who_assign_the_same_person_at_once_one_is_refused(separate_app: Flask) -> None:
    with separate_app.app_context(), unit_of_work():
        licence_id = licence_of().id
        person_id = Factory().person("Anna Berg").id

    def give() -> Any:
        return services.assign(SYSTEM, queries.get_licence(SYSTEM, licence_id), person_id=person_id)

    outcome = beside(separate_app, unit(separate_app, give), first=give, then=lambda: None)
    assert isinstance(outcome, Conflict)
    assert "Anna Berg" in str(outcome)
    with separate_app.app_context():
        assert queries.count_used(SYSTEM, [licence_id]) == {licence_id: 1}
