"""What a tile shows to one reader: a number, a picture with its table, a queue, a note, or why there is nothing to show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.text import Message, _, language
from itsm.reports.builder import document, pictures
from itsm.reports.builder import queries as builder
from itsm.reports.builder.answering import Answer, answer_question, weight
from itsm.reports.builder.document import Value
from itsm.reports.builder.question import BuiltQuestion, from_json
from itsm.reports.dashboards.ready import TILES
from itsm.reports.dashboards.tiles import Tile
from itsm.reports.document import Chart, Column
from itsm.tickets import queries as tickets
from itsm.tickets.desk import listing, queues

ROWS_OF_QUEUE = 25


@dataclass(frozen=True)
class Drawn:
    """A tile with its content. `shape` is value, picture, table, queue, note, nothing or fault.

    `address` leads to the whole of it; `told` is what a fault, a note or an empty tile says. `outstanding` tells that the
    number has passed the tile's limit.
    """

    tile: Tile
    title: Message
    shape: str
    address: str = ""
    told: Message = ""
    values: Sequence[Value] = ()
    outstanding: bool = False
    chart: Chart | None = None
    columns: Sequence[Column] = ()
    rows: Sequence[Any] = ()
    total: Sequence[Any] = ()
    count: int = 0
    answer: Answer | None = field(default=None, repr=False)


def draw(actor: Actor, tile: Tile) -> Drawn:
    """The content of a tile, with the rights and in the language of its reader; a fault is told, not raised.

    A question takes two statements besides names, a queue two, a note none.
    """
    try:
        with language(actor.language):
            return _DRAWERS.get(tile.kind, _unknown)(actor, tile)
    except (Invalid, NotFound) as error:
        return Drawn(tile, title_of(actor, tile), "fault", told=_first_fault(error))


def title_of(actor: Actor, tile: Tile) -> Message:
    """What a tile is called before its content is known."""
    if tile.title or tile.kind == "note":
        return tile.title
    if tile.kind == "ready":
        return TILES[tile.name].title if tile.name in TILES else tile.name
    if tile.kind == "queue":
        queue = queues.get_queue(actor, tile.name)
        return queue.title if queue else _("Queue")
    row = builder.find_saved(actor, _id_of(tile))
    return row.name if row else _("Report")


def question_of(actor: Actor, tile: Tile) -> BuiltQuestion | None:
    """What a tile asks; None for a queue and a note. Raises `NotFound` for a report that is gone or not shared."""
    if tile.kind == "ready":
        if tile.name not in TILES:
            raise NotFound(_("This tile no longer exists. Take it away, or choose another one."))
        return TILES[tile.name].question
    if tile.kind == "saved":
        row = builder.find_saved(actor, _id_of(tile))
        if row is None:
            raise NotFound(_("The report of this tile was deleted, or it is not shared with you."))
        return from_json(row.question)
    return None


def _id_of(tile: Tile) -> int:
    return int(tile.name) if tile.name.isdecimal() else 0


def _first_fault(error: ItsmError) -> Message:
    return next((text for texts in error.errors.values() for text in texts), error.message)


def _asked(actor: Actor, tile: Tile) -> Drawn:
    question = question_of(actor, tile)
    assert question is not None  # noqa: S101 (both kinds that come here ask something)
    answer = answer_question(actor, question)
    title = title_of(actor, tile)
    address = f"/reports/saved/{tile.name}" if tile.kind == "saved" else ""
    if not answer.titles:
        values = document.values_of(answer)
        return Drawn(
            tile, title, "value", address or values[0].address, values=values,
            outstanding=_is_outstanding(tile, values[0].figure, answer.measures[0].kind), answer=answer,
        )  # fmt: skip
    if not answer.lines:
        return Drawn(tile, title, "nothing", address, _("Nothing fits at the moment."), answer=answer)
    rows, total = document.shown_rows(answer)
    spec = pictures.tile_specification(answer)
    chart = Chart(tile.key, str(title), spec, f"{title}. {document.in_words(answer)}", tile.key) if spec else None
    return Drawn(
        tile,
        title,
        "picture" if chart else "table",
        address or (answer.address_of(answer.total.asks[0])),
        chart=chart,
        columns=document.columns_of(answer),
        rows=rows,
        total=total,
        answer=answer,
    )


def _is_outstanding(tile: Tile, figure: Any, kind: str) -> bool:
    """Whether a number is beyond a limit of its tile; shares are compared in per cent, durations in hours."""
    if figure is None:
        return False
    number = weight(figure) / (pictures.HOUR if kind == "seconds" else 1)
    return (tile.warn_above is not None and number > tile.warn_above) or (
        tile.warn_below is not None and number < tile.warn_below
    )


def _queue(actor: Actor, tile: Tile) -> Drawn:
    queue = queues.get_queue(actor, tile.name) if actor.has("tickets.read") else None
    if queue is None:
        raise NotFound(_("The view of this tile was deleted, or it is not shared with you."))
    asked = listing.read_asked(actor, {"view": tile.name}, [queue])
    page, fault = listing.rows_or_fault(actor, asked)
    address = f"/desk?view={tile.name}"
    if fault:
        return Drawn(tile, tile.title or queue.title, "fault", address, fault)
    if not page.items:
        return Drawn(tile, tile.title or queue.title, "nothing", address, _("Nothing waits here."))
    count = tickets.count_up_to_limit(actor, [queue])[queue.name]
    return Drawn(
        tile, tile.title or queue.title, "queue", address, rows=page.items[:ROWS_OF_QUEUE], count=count
    )  # fmt: skip


def _note(_actor: Actor, tile: Tile) -> Drawn:
    return Drawn(tile, tile.title, "note", told=tile.text)


def _unknown(_actor: Actor, tile: Tile) -> Drawn:
    return Drawn(tile, tile.title, "fault", told=_("This tile no longer exists. Take it away, or choose another one."))


_DRAWERS: dict[str, Callable[[Actor, Tile], Drawn]] = {
    "ready": _asked,
    "saved": _asked,
    "queue": _queue,
    "note": _note,
}
