"""The board: a queue by state, and the steps that move a card from one column to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select, union_all

from itsm.kernel import lifecycles
from itsm.kernel.actor import Actor
from itsm.kernel.db import fixed
from itsm.kernel.lifecycle import Category, Transition
from itsm.kernel.paging import LARGEST_LIMIT
from itsm.kernel.text import Message, _
from itsm.tickets import policy, queries, services
from itsm.tickets.desk import listing
from itsm.tickets.desk.listing import Asked
from itsm.tickets.models import Ticket
from itsm.tickets.queries import View

MOST_CARDS = 25
CATEGORY_TITLES = {
    Category.OPEN: _("New"),
    Category.ACTIVE: _("In work"),
    Category.WAITING: _("Waiting"),
    Category.RESOLVED: _("Resolved"),
}


@dataclass(frozen=True)
class Lane:
    """A column of the board: the states of a category, or one state of a kind."""

    key: str
    title: Message
    category: str
    condition: ColumnElement[bool]


@dataclass(frozen=True)
class Move:
    """A step that a card can take, the lane it leads to, and whether it asks for something first."""

    step: Transition
    lane: str
    asks: bool


@dataclass(frozen=True)
class Board:
    """Lanes with their cards, how many each holds (counted to the limit), and the moves of each card."""

    lanes: Sequence[Lane]
    cards: Mapping[str, Sequence[Row[Any]]]
    counts: Mapping[str, int]
    moves: Mapping[int, Sequence[Move]]


def lanes_of(kind: str) -> list[Lane]:
    """The states of one kind of ticket, or the categories of states for all kinds; ended ones stay out."""
    if not kind:
        return [
            Lane(each.value, title, each.value, Ticket.state_category == fixed(each.value))
            for each, title in CATEGORY_TITLES.items()
        ]
    states = {
        name: state for each in lifecycles.names_of(kind) for name, state in lifecycles.active(each).states.items()
    }
    return [
        Lane(name, state.title, state.category.value, and_(Ticket.kind == kind, Ticket.state == name))
        for name, state in states.items()
        if state.category != Category.CLOSED
    ]


def read_board(actor: Actor, asked: Asked, kind: str) -> Board:
    """The board of what was asked; its statements do not grow with the cards. Raises `Invalid` for a wrong filter."""
    lanes, wanted = lanes_of(kind), listing.conditions(actor, asked)
    visible, keys = policy.visible(actor), queries.ORDERS[asked.sort]
    order = [key.column.desc() if key.descending else key.column.asc() for key in keys]
    parts = [
        select(Ticket.id).where(visible, *wanted, lane.condition).order_by(*order).limit(fixed(MOST_CARDS)).subquery()
        for lane in lanes
    ]
    shown = union_all(*(select(part.c.id) for part in parts)).subquery()
    page = queries.list_rows(
        actor, conditions=[Ticket.id.in_(select(shown.c.id))], order=asked.sort, limit=LARGEST_LIMIT
    )
    ids = [row.id for row in page.items]
    counts = queries.count_up_to_limit(actor, [View(lane.key, "", and_(*wanted, lane.condition)) for lane in lanes])
    tickets = listing.list_whole(actor, ids)
    return Board(
        lanes,
        {
            lane.key: [row for row in page.items if _lane_key(row.state, row.state_category, kind) == lane.key]
            for lane in lanes
        },
        counts,
        {ticket.id: moves_of(actor, ticket, kind) for ticket in tickets},
    )


def moves_of(actor: Actor, ticket: Ticket, kind: str) -> list[Move]:
    """Steps that lead a card to another place of the board, as far as rights tell; taking one checks the rest."""
    cycle = services.lifecycle_of(ticket)
    steps = [
        each for each in cycle.steps_from(ticket.state) if not each.automatic and policy.can_take(actor, ticket, each)
    ]
    return [
        Move(step, _lane_key(step.target, cycle.category(step.target).value, kind), bool(step.requires))
        for step in steps
    ]


def _lane_key(state: str, category: str, kind: str) -> str:
    return state if kind else category


def take_move(actor: Actor, ticket: Ticket, step: str, *, back: str) -> Any:
    """Take a step that asks for nothing; answers what takes it back."""
    title = _("%(number)s: %(step)s", number=ticket.number, step=lifecycles.step_title(ticket.kind, step))
    with services.undoable(actor, [ticket], title=title, back=back) as taken:
        services.take_step(actor, ticket, step)
    return taken.undo
