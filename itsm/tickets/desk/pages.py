"""Putting the desk's pages together: the list and the board."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, make_response, render_template, request, url_for

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.paging import Page
from itsm.kernel.text import _
from itsm.tickets import queries
from itsm.tickets.desk import board, listing, policy, queues
from itsm.tickets.desk.columns import (
    GROUPING_TITLES,
    ORDER_TITLES,
    UNSORTED,
    DeskColumn,
    added_cells,
    available,
    chosen,
    part_title,
)
from itsm.tickets.desk.listing import Asked
from itsm.tickets.desk.models import DeskChoice
from itsm.tickets.desk.queues import Queue
from itsm.tickets.models import Ticket
from itsm.web import lists

SECTIONS = (("mine", _("Mine")), ("teams", _("Teams")), ("all", _("All")))
# What a saved view begins with that is made from a ready-made queue.
AS_QUERY = {
    "assigned": "assignee = me()",
    "groups": "group in mygroups()",
    "unassigned": "group in mygroups() and assignee is empty",
    "level2": "level > 1",
    "waiting": "state.category = waiting",
}


def show_list(actor: Actor) -> Response:
    """The list of a queue, or its rows alone where the page asks for news; 304 when these are as they were."""
    known = [] if _wants_rows() else queues.on_desk(actor)
    asked = listing.read_asked(actor, request.args, known)
    page, fault = listing.rows_or_fault(actor, asked)
    tag = listing.fingerprint(page.items)
    if request.if_none_match.contains(tag):
        answer = make_response("", 304)
    else:
        answer = make_response(_render_list(actor, asked, page, fault, known))
    answer.set_etag(tag)
    return answer


def _wants_rows() -> bool:
    """Whether the page asks for its rows alone."""
    return request.headers.get("HX-Target") == "queue"


def _render_list(actor: Actor, asked: Asked, page: Page[Any], fault: Any, known: Sequence[Queue]) -> str:
    choices, ids = queues.choices_of(actor), [row.id for row in page.items]
    columns = _columns(actor, asked.queue, choices)
    context: dict[str, Any] = {
        "asked": asked,
        "rows": page.items,
        "next": page.next,
        "fault": fault,
        "columns": [(column, _sort_link(asked, column)) for column in columns],
        "cells": [(column.key, column.shape) for column in columns],
        "unsorted": UNSORTED,
        "added": added_cells(actor, columns, ids),
        "tones": queues.tones(actor, asked.queue.colours, ids),
        "tone_titles": queues.TONES,
        "parts": _parts(asked, page.items),
        "address": lambda **changed: address(asked, **changed),
    }
    if _wants_rows():
        return render_template("tickets/desk/_queue.html", **context)
    return render_template(
        "tickets/desk/list.html",
        orders=ORDER_TITLES,
        groupings=GROUPING_TITLES,
        all_columns=_ordered(actor, columns),
        chosen_keys={column.key for column in columns},
        **side(actor, asked.queue, known, choices),
        **context,
    )


def _columns(actor: Actor, queue: Queue, choices: Mapping[str, DeskChoice]) -> list[DeskColumn]:
    own = choices[queue.name].columns if queue.name in choices else []
    return chosen(actor, own or queue.columns)


def columns_of(actor: Actor, queue: Queue) -> list[DeskColumn]:
    """The columns in which the actor sees a queue."""
    return _columns(actor, queue, queues.choices_of(actor))


def _ordered(actor: Actor, columns: Sequence[DeskColumn]) -> list[DeskColumn]:
    return [*columns, *(column for column in available(actor) if column not in columns)]


def side(actor: Actor, queue: Queue, known: Sequence[Queue], choices: Mapping[str, DeskChoice]) -> dict[str, Any]:
    """The side column: favourites and queues with counts (one statement for all), and what can be done with the chosen one."""
    favourites = queues.favourites(known, dict(choices))
    counts = queries.count_up_to_limit(actor, known)
    return {
        "queue": queue,
        "sections": [
            *([(_("Favourites"), favourites)] if favourites else []),
            *((title, [each for each in known if each.section == name]) for name, title in SECTIONS),
        ],
        "counts": {name: lists.limited_count(number) for name, number in counts.items()},
        "count": counts.get(queue.name, 0),
        "is_favourite": any(each.name == queue.name for each in favourites),
        "may_keep": queue.saved is not None and policy.SHARING.may_keep(actor, queue.saved),
        "kinds": [kind for kind in Ticket.__mapper__.polymorphic_map if kind != "ticket"],
    }


def address(asked: Asked, *, endpoint: str = "tickets.desk", **changed: Any) -> str:
    """The address of what is seen, with some of its arguments changed (None: left out)."""
    arguments = {"view": asked.queue.name, **asked.arguments, **changed}
    return url_for(endpoint, **{name: value for name, value in arguments.items() if value is not None})


def _sort_link(asked: Asked, column: DeskColumn) -> tuple[str, str]:
    """Where a column's heading leads, and how the list is sorted by it now (`aria-sort`); empty when it cannot be."""
    if not column.sorts:
        return "", ""
    here = asked.sort in column.sorts
    following = column.sorts[(column.sorts.index(asked.sort) + 1) % len(column.sorts)] if here else column.sorts[0]
    order = queries.ORDERS[asked.sort][0]
    return address(asked, sort=following), ("descending" if order.descending else "ascending") if here else "none"


def _parts(asked: Asked, rows: Sequence[Any]) -> dict[int, Any]:
    """Id of the first row of each part of a divided list → the part's heading."""
    if not asked.grouping:
        return {}
    return {
        row.id: part_title(asked.grouping, row)
        for place, row in enumerate(rows)
        if place == 0 or row.part != rows[place - 1].part
    }


def start_text(asked: Asked) -> str:
    """What a new saved view asks that is made from what is seen."""
    own = asked.queue.saved.query if asked.queue.saved else AS_QUERY.get(asked.queue.name, "")
    both = [text for text in (own, asked.q) if text.strip()]
    return " and ".join(f"({text})" for text in both) if len(both) > 1 else "".join(both)


def show_board(actor: Actor) -> str:
    """The board of a queue: its states as columns, its tickets as cards."""
    known = queues.on_desk(actor)
    asked = listing.read_asked(actor, request.args, known)
    kind = request.args.get("kind", "")
    kind = kind if kind in Ticket.__mapper__.polymorphic_map and kind != "ticket" else ""
    fault: Any = asked.queue.fault
    shown: board.Board | None = None
    try:
        shown = board.read_board(actor, asked, kind)
    except Invalid as error:
        fault = next(iter(error.errors.values()), [error.message])[0]
    choices = queues.choices_of(actor)
    return render_template(
        "tickets/desk/board.html",
        asked=asked,
        board=shown,
        kind=kind,
        fault=fault,
        here=address(asked, layout="board", kind=kind or None),
        address=lambda **changed: address(asked, **changed),
        limited_count=lists.limited_count,
        **side(actor, asked.queue, known, choices),
    )
