"""Dashboards that people arrange: who may, what is kept, what can be taken back."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.identity.models import Person
from itsm.kernel import undo
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.kernel.module import registry
from itsm.kernel.undo import Undo
from itsm.reports.builder import services as questions
from itsm.reports.builder.question import BuiltQuestion
from itsm.reports.dashboards import drawing, queries, services
from itsm.reports.dashboards.models import Dashboard
from itsm.reports.dashboards.tiles import MOST_TILES, Tile, as_json, from_json, moved
from tests.factories import Factory


@pytest.fixture
def manager(make: Factory) -> Person:
    return make.person("Maria Manager", roles=("manager",))


@pytest.fixture
def actor(make: Factory, manager: Person) -> Actor:
    return make.actor_of(manager)


def sources(row: Dashboard) -> list[str]:
    return [tile["source"] for tile in row.tiles]


def take_back(actor: Actor, step: Undo | None) -> None:
    assert step is not None
    undo.take_back(actor, step.id, registry().undos)


def keys(row: Dashboard) -> list[str]:
    return [tile["key"] for tile in row.tiles]


def test_a_copy_of_a_ready_one_is_arranged_and_the_ready_one_stays(actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Mine", like="service")
    before = queries.get_board(actor, "service").tiles
    assert sources(row) == [tile.source for tile in before]
    services.remove_tile(actor, row.id, keys(row)[0])
    assert len(row.tiles) == len(before) - 1
    assert queries.get_board(actor, "service").tiles == before


def test_arranging_keeps_order_and_size_and_can_be_taken_back(actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Mine", like="problems")
    before = list(row.tiles)
    places = [(key, 12, 2) for key in reversed(keys(row))]
    step = services.arrange(actor, row.id, places, version=row.version)
    assert [(tile["key"], tile["width"], tile["height"]) for tile in row.tiles] == places
    take_back(actor, step)
    assert row.tiles == before


def test_an_arrangement_that_leaves_a_tile_out_or_is_stale_changes_nothing(actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Mine", like="problems")
    before = list(row.tiles)
    places = [(key, 3, 3) for key in keys(row)]
    for wrong in (places[1:], [*places, places[0]], [*places[1:], ("other", 3, 3)]):
        with pytest.raises(Conflict):
            services.arrange(actor, row.id, wrong, version=row.version)
    with pytest.raises(Conflict):
        services.arrange(actor, row.id, places, version=row.version - 1)
    assert row.tiles == before


def test_steps_are_taken_back_one_after_the_other(actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Mine")
    steps = [services.add_tile(actor, row.id, "note", text=str(number)) for number in range(3)]
    renamed = services.edit_dashboard(actor, row.id, version=None, values={"name": "Ours"})[1]
    for step in (*reversed(steps), renamed):
        take_back(actor, step)
    assert (row.name, row.tiles) == ("Mine", [])


def test_a_shared_one_becomes_somebodys_own_only_by_its_owner(make: Factory, actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Ours", scope="all")
    other = make.actor("manager")
    with pytest.raises(Invalid):
        services.edit_dashboard(other, row.id, version=None, values={"scope": "own"})
    services.edit_dashboard(actor, row.id, version=None, values={"scope": "own"})
    assert row.scope == "own"


def test_who_lost_the_right_brings_nothing_back(make: Factory, actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Ours", scope="all")
    step = services.delete_dashboard(actor, row.id)
    with pytest.raises(Forbidden):
        take_back(replace(actor, permissions=actor.permissions - {"reports.all"}), step)
    assert row.deleted_at is not None


def test_a_share_of_nothing_is_within_its_limit(actor: Actor) -> None:
    drawn = drawing.draw(actor, Tile("a", "ready:resolution_met", warn_below=90))
    assert (drawn.shape, drawn.outstanding) == ("value", False)


def test_what_was_changed_since_is_not_taken_back(actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Mine")
    step = services.add_tile(actor, row.id, "ready:my_open")
    services.add_tile(actor, row.id, "note", text="Second")
    with pytest.raises(Conflict):
        take_back(actor, step)
    assert sources(row) == ["ready:my_open", "note"]


def test_a_deleted_one_is_gone_and_comes_back(actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Mine")
    step = services.delete_dashboard(actor, row.id)
    with pytest.raises(NotFound):
        queries.get_dashboard(actor, row.id)
    take_back(actor, step)
    assert queries.get_dashboard(actor, row.id) is row


@pytest.mark.parametrize("source", ["ready:nothing", "saved:999999", "saved:x", "queue:nothing", "", "page:/etc"])
def test_what_is_not_there_is_not_added(actor: Actor, source: str) -> None:
    row = services.create_dashboard(actor, name="Mine")
    with pytest.raises((Invalid, NotFound)):
        services.add_tile(actor, row.id, source)
    assert row.tiles == []


def test_a_dashboard_holds_so_many_tiles(actor: Actor) -> None:
    row = services.create_dashboard(actor, name="Mine")
    for number in range(MOST_TILES):
        services.add_tile(actor, row.id, "note", text=str(number))
    with pytest.raises(Invalid):
        services.add_tile(actor, row.id, "note", text="one more")


def test_another_persons_report_is_not_pinned_and_not_shown(make: Factory, actor: Actor) -> None:
    other = make.actor("manager")
    saved = questions.save_question(other, BuiltQuestion("incidents", period="any"), name="Secret title")
    row = services.create_dashboard(actor, name="Mine")
    with pytest.raises(Invalid):
        services.add_tile(actor, row.id, f"saved:{saved.id}")
    drawn = drawing.draw(actor, Tile("a", f"saved:{saved.id}"))
    assert drawn.shape == "fault"
    assert "Secret title" not in f"{drawn.title}{drawn.told}"


def test_sharing_needs_the_right_and_the_shared_one_is_not_for_others_to_change(make: Factory, actor: Actor) -> None:
    agent = make.actor("agent")
    with pytest.raises(Forbidden):
        services.create_dashboard(agent, name="For all", scope="all")
    row = services.create_dashboard(actor, name="For all", scope="all", like="problems")
    assert queries.get_dashboard(agent, row.id) is row
    for change in (
        lambda: services.add_tile(agent, row.id, "note", text="x"),
        lambda: services.delete_dashboard(agent, row.id),
        lambda: services.edit_dashboard(agent, row.id, version=None, values={"name": "Mine now"}),
    ):
        with pytest.raises(Forbidden):
            change()
    own = services.create_dashboard(actor, name="Own")
    with pytest.raises(NotFound):
        queries.get_dashboard(agent, own.id)


def test_a_number_beyond_its_limit_stands_out(make: Factory, actor: Actor) -> None:
    make.incident(requester_id=make.person().id)
    tile = Tile("a", "ready:incidents_open")
    shown = {
        limit: drawing.draw(actor, Tile("a", tile.source, **limit_of(limit))).outstanding for limit in (None, 0, 5)
    }
    assert shown == {None: False, 0: True, 5: False}
    assert drawing.draw(actor, Tile("a", tile.source, warn_below=5)).outstanding


def limit_of(limit: int | None) -> dict[str, Any]:
    return {} if limit is None else {"warn_above": limit}


TILES = st.lists(
    st.builds(Tile, key=st.uuids().map(str), source=st.just("note"), text=st.text(), width=st.integers(2, 12)),
    max_size=6,
)


@given(TILES, st.integers(-9, 9), st.integers(0, 5))
def test_moving_loses_no_tile(tiles: list[Tile], steps: int, place: int) -> None:
    assert from_json(as_json(tiles)) == tuple(tiles)
    if tiles:
        tile = tiles[place % len(tiles)]
        after = moved(tiles, tile.key, steps)
        assert sorted(map(repr, after)) == sorted(map(repr, tiles))
        assert after.index(tile) == min(max(tiles.index(tile) + steps, 0), len(tiles) - 1)
