"""Every read of dashboards: those that people keep and those that the program brings, as one kind of thing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import list_cubes
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import Message, _
from itsm.reports.builder import policy as builder_policy
from itsm.reports.builder import queries as builder
from itsm.reports.builder.models import SavedQuestion
from itsm.reports.dashboards import policy, ready
from itsm.reports.dashboards.models import Dashboard
from itsm.reports.dashboards.tiles import Tile, from_json
from itsm.tickets.desk import queues
from itsm.tickets.desk.queues import Queue

MOST = 200


@dataclass(frozen=True)
class Board:
    """A dashboard as its reader finds it: `key` is its name in addresses, `row` where it is kept (None: a ready-made one)."""

    key: str
    name: Message
    tiles: tuple[Tile, ...]
    hint: Message = ""
    row: Dashboard | None = None

    @property
    def stamp(self) -> str:
        """What changes whenever its tiles, their places or their sizes do; a page that holds another one is out of date."""
        return hashlib.sha256(repr(self.tiles).encode()).hexdigest()[:16]

    def tile(self, key: str) -> Tile:
        """One of its tiles; raises `NotFound`."""
        for tile in self.tiles:
            if tile.key == key:
                return tile
        raise NotFound(_("This tile is no longer on the dashboard. Load the page again."))


def list_boards(actor: Actor) -> list[Board]:
    """The dashboards that the actor may open: kept ones by name, then those of the actor's roles, then the rest.

    One statement, besides the one that knows which modules are on.
    """
    statement = select(Dashboard).where(policy.visible(actor)).order_by(Dashboard.name, Dashboard.id).limit(MOST)
    return [*(_kept(row) for row in session.scalars(statement)), *list_ready(actor)]


def list_ready(actor: Actor) -> list[Board]:
    """The ready-made dashboards whose data the actor may read, those of the actor's roles first."""
    names = {cube.name for cube in list_cubes(actor)}
    offered = [board for board in ready.BOARDS if board.data_set in names]
    return [_ready(board, names) for board in sorted(offered, key=lambda board: not actor.roles & set(board.roles))]


def get_board(actor: Actor, key: str) -> Board:
    """The dashboard of this name in addresses: an id, or the name of a ready-made one; raises `NotFound`."""
    if key.isdecimal() and len(key) < 16:
        return _kept(get_dashboard(actor, int(key)))
    for board in list_ready(actor):
        if board.key == key:
            return board
    raise NotFound(_("There is no such dashboard, or it is not yours to see."))


def get_dashboard(actor: Actor, dashboard_id: int) -> Dashboard:
    """A kept dashboard that the actor may open; raises `NotFound`."""
    statement = select(Dashboard).where(Dashboard.id == dashboard_id, policy.visible(actor))
    row = session.scalars(statement).first() if dashboard_id <= 2**53 else None
    if row is None:
        raise NotFound(_("There is no such dashboard, or it is not yours to see."))
    return row


def first_board(actor: Actor) -> Board:
    """Where dashboards begin: with one of the actor's own, else with the one for the actor's role; raises `NotFound`."""
    boards = list_boards(actor)
    if not boards:
        raise NotFound(_("There is nothing here that you may read."))
    return next((each for each in boards if each.row and each.row.owner_id == actor.person_id), _first_ready(boards))


def list_changeable(actor: Actor) -> Sequence[Board]:
    """The kept dashboards that the actor may change."""
    return [board for board in list_boards(actor) if board.row and policy.SHARING.may_keep(actor, board.row)]


def list_reports(actor: Actor) -> dict[int, SavedQuestion]:
    """The kept reports that the actor may put on a dashboard and see there, by id; one statement, none without the right."""
    return {row.id: row for row in builder.list_saved(actor)} if actor.has(builder_policy.READ) else {}


def find_report(actor: Actor, name: str) -> SavedQuestion | None:
    """The kept report that a tile names by its id, if the actor may see it; one statement."""
    if not name.isdecimal() or len(name) > 15 or not actor.has(builder_policy.READ):
        return None
    return builder.find_saved(actor, int(name))


def list_queues(actor: Actor) -> list[Queue]:
    """The queues that the actor may put on a dashboard; one statement."""
    return queues.on_desk(actor) if actor.has("tickets.read") else []


def find_queue(actor: Actor, name: str) -> Queue | None:
    """The queue that a tile names, if it stands on the actor's desk; one statement for a view that people made."""
    return queues.get_queue(actor, name) if actor.has("tickets.read") else None


def _first_ready(boards: Sequence[Board]) -> Board:
    return next((each for each in boards if each.row is None), boards[0])


def _kept(row: Dashboard) -> Board:
    return Board(str(row.id), row.name, from_json(row.tiles), row=row)


def _ready(board: ready.ReadyBoard, data_sets: set[str]) -> Board:
    tiles = [tile for tile in ready.tiles_of(board) if _is_offered(tile, data_sets)]
    return Board(board.name, board.title, tuple(tiles), hint=board.hint)


def _is_offered(tile: Tile, data_sets: set[str]) -> bool:
    if tile.kind == "queue":
        return "tickets" in data_sets
    return ready.TILES[tile.name].question.data_set in data_sets
