"""The list of one kind of ticket: ready-made views with counts, the filter language, an order, one page of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.tickets import filters, queries
from itsm.web import lists
from itsm.web.lists import Choice, Column, Empty, Filter, Link, ListPage, Section

CELLS = "tickets/_cells.html"
PRIORITY = Column("priority", _("Priority"), CELLS, "narrow", quiet=True)
NUMBER = Column("number", _("Number"), CELLS, "number-column")
STATE = Column("state", _("State"), CELLS, "state-column")
ASSIGNEE = Column("assignee", _("Assignee"), CELLS, "narrow", quiet=True)
ORDERS = {"newest": _("Newest"), "priority": _("Priority"), "-updated_at": _("Last changed")}


@dataclass(frozen=True)
class TicketList:
    """What a kind says of its list.

    `read_rows(actor, conditions=, order=, cursor=)` answers `rows`, `next` and what the cells of the kind read beside the row.
    `hint` is an example of a filter; `empty` and `unfit` stand in place of rows, without and with a filter.
    """

    endpoint: str
    title: Any
    views: Callable[[Actor], Sequence[queries.View]]
    columns: Sequence[Column]
    read_rows: Callable[..., Mapping[str, Any]]
    hint: str
    empty: Empty
    unfit: Any
    create: Link
    sections: Sequence[Section] = ()


def render(actor: Actor, kind: TicketList) -> str:
    """The page of a kind's list; a filter that cannot be read shows its fault and no rows."""
    views = kind.views(actor)
    view = next((each for each in views if each.name == request.args.get("view")), views[0])
    text, sort = request.args.get("q", ""), request.args.get("sort", "")
    sort = sort if sort in ORDERS else "newest"
    side = Section(kind.title, _links(kind, views, view, queries.count_up_to_limit(actor, views)))
    read = dict(_read(actor, kind, view, text, sort))
    page = ListPage(
        title=view.title,
        endpoint=kind.endpoint,
        arguments={"view": view.name, "q": text, "sort": sort},
        sections=(side, *kind.sections),
        sort=Choice("sort", _("Sort by"), ORDERS, sort),
        filter=Filter(_("Filter"), kind.hint, text, kind="ticket"),
        columns=kind.columns,
        rows=read.pop("rows"),
        next=read.pop("next"),
        fault=read.pop("fault", ""),
        empty=Empty(kind.empty.title, kind.unfit if text else kind.empty.text, kind.empty.icon),
        create=kind.create,
        assignable=True,
    )
    return lists.render(page, **read)


def _links(
    kind: TicketList, views: Sequence[queries.View], chosen: queries.View, counts: Mapping[str, int]
) -> list[Link]:
    return [
        Link(
            view.title,
            kind.endpoint,
            {"view": view.name},
            count=lists.limited_count(counts[view.name]),
            chosen=view is chosen,
        )
        for view in views
    ]


def _read(actor: Actor, kind: TicketList, view: queries.View, text: str, sort: str) -> Mapping[str, Any]:
    try:
        conditions = [view.condition, *filters.conditions(actor, text)]
        return kind.read_rows(actor, conditions=conditions, order=sort, cursor=request.args.get("cursor"))
    except Invalid as error:
        return {"fault": error.message, "rows": [], "next": None}
