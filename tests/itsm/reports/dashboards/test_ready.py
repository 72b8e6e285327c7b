"""Ready-made dashboards: every tile answers, in every language, and its number leads to what it counts."""

import pytest

from itsm.kernel.actor import SYSTEM
from itsm.kernel.module import registry
from itsm.reports.dashboards import drawing, queries, ready
from itsm.reports.dashboards.tiles import COLUMNS
from itsm.tickets.desk import queues
from tests.factories import Factory
from tests.itsm.reports.conftest import Month

ROLES = {"agent": "my-work", "supervisor": "my-work", "manager": "service", "change_manager": "changes"}


@pytest.mark.parametrize("name", ready.TILES)
def test_every_ready_tile_answers(month: Month, name: str) -> None:
    drawn = drawing.draw(SYSTEM, ready.TILES[name].tile())
    assert drawn.shape in ("value", "picture", "nothing"), drawn.told
    assert str(drawn.title)


@pytest.mark.parametrize("name", ready.TILES)
def test_every_tile_leads_to_a_list(month: Month, name: str) -> None:
    drawn = drawing.draw(SYSTEM, ready.TILES[name].tile())
    assert drawn.address.startswith(("/desk?", "/cmdb?", "/assets?"))


def test_boards_name_only_what_there_is(month: Month) -> None:
    known = {queue.name for queue in queues.ready_made(SYSTEM)}
    used = set()
    for board in ready.BOARDS:
        for tile in ready.tiles_of(board):
            assert tile.name in (known if tile.kind == "queue" else ready.TILES)
            assert tile.width <= COLUMNS
            used.add(tile.name)
    assert set(ready.TILES) - used == set(), "a ready tile that stands on no dashboard is found by nobody"


@pytest.mark.parametrize(("role", "first"), ROLES.items())
def test_each_role_begins_with_its_own(make: Factory, role: str, first: str) -> None:
    actor = make.actor(role)
    assert queries.first_board(actor).key == first


def test_boards_are_offered_to_who_may_read_their_data(make: Factory) -> None:
    keys = [board.key for board in queries.list_ready(make.actor("agent"))]
    assert "my-work" in keys
    assert queries.list_ready(make.actor("end_user")) == []


def test_every_role_of_staff_has_a_dashboard_made_for_it() -> None:
    roles = {role for item in registry().permissions.values() if item.name == "dashboards.read" for role in item.roles}
    made = {role for board in ready.BOARDS for role in board.roles}
    assert roles == made
