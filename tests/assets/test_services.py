"""Recording, changing and moving assets."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from assets import queries, services
from assets.lifecycle import ASSIGNED_STATES, LIFECYCLE
from assets.models import Asset
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, IllegalTransition, Invalid, NotFound
from tests.factories import Factory

pytestmark = pytest.mark.usefixtures("app")

FIELDS: dict[str, Any] = {"note": "why", "disposal": "sold"}


def test_without_a_tag_the_number_is_the_tag(make: Factory) -> None:
    asset = make.asset()
    assert asset.tag == asset.number == f"AST{asset.id:07d}"
    assert (asset.state, asset.stock_state, asset.version) == ("in_stock", "available", 1)


def test_a_tag_is_upper_case_and_unique(make: Factory) -> None:
    assert make.asset(tag=" lap-7 ").tag == "LAP-7"
    with pytest.raises(Invalid, match="LAP-7"):
        make.asset(tag="Lap-7")


def test_tags_that_look_like_numbers_are_the_systems(make: Factory) -> None:
    with pytest.raises(Invalid) as refused:
        make.asset(tag="AST0099999")
    assert "tag" in refused.value.errors
    asset = make.asset(tag="X-1")
    services.change_asset(SYSTEM, asset, changes={"tag": asset.number})
    assert asset.tag == asset.number


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "  "}, "name"),
        ({"state": "retired"}, "state"),
        ({"site_id": 99_999}, "site_id"),
        ({"owner_id": 99_999, "state": "in_use"}, "owner_id"),
        ({"price_minor": -1, "currency": "EUR"}, "price"),
        ({"price_minor": 100}, "currency"),
        ({"price_minor": 100, "currency": "euro"}, "currency"),
    ],
)
def test_wrong_facts_are_named(make: Factory, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        make.asset(**facts)
    assert list(refused.value.errors) == [field]


def test_only_who_may_edit_records_and_changes(make: Factory) -> None:
    agent = make.actor("agent")
    with pytest.raises(Forbidden):
        make.asset(agent)
    asset = make.asset()
    with pytest.raises(Forbidden):
        services.change_asset(agent, asset, changes={"name": "x"})
    with pytest.raises(Forbidden):
        services.take_step(agent, asset, "reserve")


def test_stock_has_no_user(make: Factory) -> None:
    person = make.person()
    with pytest.raises(Invalid) as refused:
        make.asset(state="in_stock", owner_id=person.id)
    assert "owner_id" in refused.value.errors
    asset = make.asset(state="in_use", owner_id=person.id)
    services.take_step(SYSTEM, asset, "take_back")
    assert (asset.state, asset.stock_state, asset.owner_id) == ("in_stock", "available", None)
    with pytest.raises(Invalid):
        services.change_asset(SYSTEM, asset, changes={"owner_id": person.id})


def test_a_retired_asset_is_not_assigned(make: Factory) -> None:
    person = make.person()
    asset = make.asset(state="in_use", owner_id=person.id)
    services.take_step(SYSTEM, asset, "retire")
    assert asset.owner_id is None
    with pytest.raises(Invalid, match="retired"):
        services.change_asset(SYSTEM, asset, changes={"owner_id": person.id})
    for step in ("hand_out", "lend"):
        with pytest.raises(IllegalTransition):
            services.take_step(SYSTEM, asset, step, fields={"owner_id": person.id})


@pytest.mark.parametrize("state", LIFECYCLE.states)
@pytest.mark.parametrize("step", sorted({step.name for step in LIFECYCLE.transitions}))
def test_every_step_from_every_state(make: Factory, state: str, step: str) -> None:
    person = make.person()
    asset = make.asset()
    asset.state, asset.stock_state = state, "available" if state == "in_stock" else ""
    if state in ASSIGNED_STATES:
        asset.owner_id = person.id
    session.flush()
    known = next((one for one in LIFECYCLE.steps_from(state) if one.name == step), None)
    fields = {name: person.id if name == "owner_id" else FIELDS[name] for name in known.requires} if known else {}
    if known is None or (known.guard is not None and known.guard(asset)):
        with pytest.raises(IllegalTransition):
            services.take_step(SYSTEM, asset, step, fields=fields)
        assert asset.state == state
        return
    services.take_step(SYSTEM, asset, step, fields=fields)
    assert asset.state == known.target
    assert (asset.stock_state != "") == (known.target == "in_stock")
    assert asset.owner_id is None or known.target in ASSIGNED_STATES


def test_required_fields_of_a_step_are_named(make: Factory) -> None:
    asset = make.asset()
    with pytest.raises(Invalid) as refused:
        services.take_step(SYSTEM, asset, "lend")
    assert list(refused.value.errors) == ["owner_id"]
    with pytest.raises(Invalid) as refused:
        services.take_step(SYSTEM, asset, "reserve", fields={"disposal": "sold"})
    assert list(refused.value.errors) == ["disposal"]


def test_disposal_says_how_and_by_which_certificate(make: Factory) -> None:
    asset = make.asset()
    services.take_step(SYSTEM, asset, "retire")
    with pytest.raises(Invalid):
        services.take_step(SYSTEM, asset, "dispose", fields={"disposal": "lost"})
    services.take_step(SYSTEM, asset, "dispose", fields={"disposal": "scrapped", "certificate": "R2-77"})
    assert (asset.state, asset.disposal, asset.certificate) == ("disposed", "scrapped", "R2-77")


def test_reserving_keeps_the_asset_in_stock(make: Factory) -> None:
    asset = make.asset()
    services.take_step(SYSTEM, asset, "reserve", fields={"note": "for Kim"})
    assert (asset.state, asset.stock_state) == ("in_stock", "reserved")
    services.take_step(SYSTEM, asset, "release")
    assert asset.stock_state == "available"


def test_every_change_is_in_the_history(make: Factory) -> None:
    keeper, person = make.actor("asset_manager"), make.person()
    asset = make.asset(keeper, warranty_until=date(2027, 1, 1))
    services.change_asset(keeper, asset, changes={"model": "T14 Gen 5", "warranty_until": date(2028, 1, 1)})
    services.take_step(keeper, asset, "hand_out", fields={"owner_id": person.id, "note": "first day"})
    entries = queries.history(keeper, asset)
    assert [entry.action for entry in entries] == ["asset.hand_out", "asset.changed", "asset.created"]
    assert entries[0].changes["owner_id"] == [None, person.id]
    assert entries[0].changes["note"] == [None, "first day"]
    assert entries[1].changes == {"model": ["", "T14 Gen 5"], "warranty_until": ["2027-01-01", "2028-01-01"]}
    assert {entry.actor_id for entry in entries} == {keeper.person_id}


def test_a_change_that_changes_nothing_leaves_no_trace(make: Factory) -> None:
    asset = make.asset(model="T14")
    before = session.scalars(select(AuditEntry.id)).all()
    assert services.change_asset(SYSTEM, asset, changes={"model": "T14"}) == {}
    assert (asset.version, session.scalars(select(AuditEntry.id)).all()) == (1, before)


def test_a_stale_edit_is_a_conflict(make: Factory) -> None:
    asset = make.asset()
    services.change_asset(SYSTEM, asset, version=1, changes={"model": "A"})
    with pytest.raises(Conflict) as refused:
        services.change_asset(SYSTEM, asset, version=1, changes={"model": "B"})
    assert refused.value.current["version"] == 2


def test_people_see_their_own_equipment_only(make: Factory) -> None:
    person, other = make.person(), make.person()
    own = make.asset(state="in_use", owner_id=person.id)
    foreign = make.asset(state="in_use", owner_id=other.id)
    actor = make.actor_of(person)
    assert queries.get_asset(actor, own.number).id == own.id
    with pytest.raises(NotFound):
        queries.get_asset(actor, foreign.number)
    assert [row.id for row in queries.list_owned_by(actor, person.id)] == [own.id]
    assert queries.list_owned_by(actor, other.id) == []
    assert queries.history(actor, own) == []


def test_lists_narrow_and_keep_their_order(make: Factory) -> None:
    person = make.person("Kim Larsson")
    one = make.asset(
        tag="B-1",
        name="Blue one",
        serial="ABC-1234",
        state="in_use",
        owner_id=person.id,
        warranty_until=date(2026, 12, 1),
    )
    two = make.asset(tag="A-1", name="Red one", warranty_until=date(2026, 1, 1))
    three = make.asset(tag="C-1", name="Green one")

    def found(**wanted: Any) -> list[int]:
        where = queries.conditions(queries.Filter(**wanted))
        return [row.id for row in queries.list_rows(SYSTEM, where=where).items]

    assert found() == [two.id, one.id, three.id]
    assert found(words="abc12") == [one.id]
    assert found(words="larss") == [one.id]
    assert found(words="c-") == [three.id]
    assert found(state="in_use") == [one.id]
    assert found(warranty="soon") == [one.id]
    assert found(warranty="over") == [two.id]
    page = queries.list_rows(SYSTEM, limit=2)
    assert [row.id for row in queries.list_rows(SYSTEM, limit=2, cursor=page.next).items] == [three.id]


def test_words_find_an_asset_after_it_changed(separate_app: Flask) -> None:
    """On a database of its own, for MariaDB's full text sees what is committed only."""
    with separate_app.app_context():
        asset = Factory().asset(name="Projector")
        session.commit()
        services.change_asset(SYSTEM, asset, changes={"name": "Beamer", "serial": "ZX-99-81"})
        session.commit()
        for words, expected in (("beamer", 1), ("projector", 0), ("zx9981", 1)):
            where = queries.conditions(queries.Filter(words=words))
            assert len(queries.list_rows(SYSTEM, where=where).items) == expected, words
        session.remove()


def test_numbers_that_cannot_be_are_not_found() -> None:
    for number in ("AST", "INC0000001", "AST0000000", "AST99999999999999999999", "AST1' OR 1=1"):
        with pytest.raises(NotFound):
            queries.get_asset(SYSTEM, number)
    assert session.scalars(select(Asset)).all() == []
