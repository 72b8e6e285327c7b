"""What a tile shows to one reader: a number, a picture with its table, a queue, a note, or why there is nothing to show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.text import Message, _, language
from itsm.reports.builder import document, pictures
from itsm.reports.builder.answering import Answer, answer_question, weight
from itsm.reports.builder.document import Value
from itsm.reports.builder.models import SavedQuestion
from itsm.reports.builder.question import BuiltQuestion, from_json
from itsm.reports.dashboards import queries
from itsm.reports.dashboards.ready import TILES
from itsm.reports.dashboards.tiles import Tile
from itsm.reports.document import Chart, Column
from itsm.reports.metrics import Share
from itsm.tickets import queries as tickets
from itsm.tickets.desk import listing

log = structlog.get_logger()

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

    A question takes two statements besides names (one where nothing is grouped by), a kept report one more, a queue two or
    three, a note none.
    """
    try:
        with language(actor.language):
            return _DRAWERS.get(tile.kind, _unknown)(actor, tile)
    except (Invalid, NotFound) as error:
        return Drawn(tile, tile.title or _("Tile"), "fault", told=_first_fault(error))
    except DBAPIError as error:  # one tile that the database refuses costs only itself
        log.exception("tile failed", source=tile.source, error=repr(error.orig))
        return Drawn(tile, tile.title or _("Tile"), "fault", told=_("This could not be counted just now."))


def titles_of(actor: Actor, tiles: Sequence[Tile]) -> dict[str, Message]:
    """Key → what each tile is called before its content is known; a statement for kept reports, one for queues, if any."""
    kinds = {tile.kind for tile in tiles if not tile.title}
    reports = queries.list_reports(actor) if "saved" in kinds else {}
    known = {queue.name: queue.title for queue in queries.list_queues(actor)} if "queue" in kinds else {}
    return {tile.key: tile.title or _own_title(tile, reports, known) for tile in tiles}


def _own_title(tile: Tile, reports: Mapping[int, SavedQuestion], known: Mapping[str, Message]) -> Message:
    if tile.kind == "note":
        return _("Note")
    if tile.kind == "queue":
        return known.get(tile.name) or _("Queue")
    if tile.kind == "saved":
        row = reports.get(int(tile.name)) if tile.name.isdecimal() else None
        return row.name if row else _("Report")
    return TILES[tile.name].title if tile.name in TILES else _("Tile")


def _first_fault(error: ItsmError) -> Message:
    return next((text for texts in error.errors.values() for text in texts), error.message)


def _ready(actor: Actor, tile: Tile) -> Drawn:
    if tile.name not in TILES:
        return _unknown(actor, tile)
    return _answered(actor, tile, TILES[tile.name].question, tile.title or TILES[tile.name].title)


def _saved(actor: Actor, tile: Tile) -> Drawn:
    row = queries.find_report(actor, tile.name)
    if row is None:
        raise NotFound(_("The report of this tile was deleted, or it is not shared with you."))
    return _answered(actor, tile, from_json(row.question), tile.title or row.name, address=f"/reports/saved/{row.id}")


def _answered(actor: Actor, tile: Tile, question: BuiltQuestion, title: Message, *, address: str = "") -> Drawn:
    answer = answer_question(actor, question)
    address = address or document.addresses_of(answer, answer.total, 0)[0]
    if not answer.titles:
        values = document.values_of(answer)
        outstanding = _is_outstanding(tile, values[0].figure, answer.measures[0].kind)
        return Drawn(tile, title, "value", address, values=values, outstanding=outstanding, answer=answer)
    if not answer.lines:
        return Drawn(tile, title, "nothing", address, _("Nothing fits at the moment."), answer=answer)
    rows, total = document.shown_rows(answer)
    spec = pictures.tile_specification(answer)
    chart = Chart(tile.key, str(title), spec, f"{title}. {document.in_words(answer)}", tile.key) if spec else None
    return Drawn(
        tile,
        title,
        "picture" if chart else "table",
        address,
        chart=chart,
        columns=document.columns_of(answer),
        rows=rows,
        total=total,
        answer=answer,
    )


def _is_outstanding(tile: Tile, figure: Any, kind: str) -> bool:
    """Whether a number is beyond a limit of its tile; shares are compared in per cent, durations in hours."""
    if figure is None or (isinstance(figure, Share) and figure.percent() is None):
        return False
    number = weight(figure) / (pictures.HOUR if kind == "seconds" else 1)
    return (tile.warn_above is not None and number > tile.warn_above) or (
        tile.warn_below is not None and number < tile.warn_below
    )


def _queue(actor: Actor, tile: Tile) -> Drawn:
    queue = queries.find_queue(actor, tile.name)
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
    "ready": _ready,
    "saved": _saved,
    "queue": _queue,
    "note": _note,
}
