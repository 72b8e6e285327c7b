"""Placing a small graph in layers by distance, as shapes that a template draws as SVG."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cmdb.impact import Impact
from cmdb.traversal import Direction, Node

LINE_LETTERS, BOX_WIDTH = 22, 176
UPRIGHT_LETTERS, UPRIGHT_WIDTH = 15, 124  # two boxes side by side fit the side of a page
LINE_HEIGHT, BOX_PADDING = 16, 22
GAP_ALONG, GAP_ACROSS, MARGIN = 56, 14, 8
FRAGMENT = re.compile(r"[^.\-_/@:]*[.\-_/@:]|[^.\-_/@:]+")
WIDE_LETTER = 2  # East Asian letters take the room of two


@dataclass(frozen=True)
class Box:
    """One CI on the map, in pixels; `lines` hold its whole name."""

    node: Node
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    is_root: bool

    @property
    def middle(self) -> int:
        """Where its texts are centred."""
        return self.x + self.width // 2


@dataclass(frozen=True)
class Line:
    """One relation on the map as SVG path data, from the supplier to the consumer."""

    path: str
    degraded: bool


@dataclass(frozen=True)
class Map:
    """A map: its size in pixels, boxes, lines, and how many CIs found no room on it."""

    width: int
    height: int
    boxes: Sequence[Box]
    lines: Sequence[Line]
    left_out: int


def draw(
    impact: Impact,
    *,
    direction: Direction = "down",
    most: int = 60,
    layer_most: int = 12,
    upright: bool = False,
    mirrored: bool = False,
) -> Map:
    """Place the root and the nearest CIs in layers by distance.

    At most `most` CIs, and `layer_most` in a layer. Layers run from left to right, `mirrored` from right to left, and
    `upright` from top to bottom. Business services come first in their layer, so that they are not left out.
    """
    layers = _layers(impact, most, layer_most)
    shown = {node.id for layer in layers for node in layer}
    boxes = _upright(layers) if upright else _level(layers)
    width = max(box.x + box.width for box in boxes) + MARGIN
    height = max(box.y + box.height for box in boxes) + MARGIN
    if mirrored:
        boxes = [_mirrored(box, width) for box in boxes]
    return Map(
        width=width,
        height=height,
        boxes=boxes,
        lines=_lines(impact, boxes, upright=upright, backwards=mirrored != (direction == "up")),
        left_out=1 + len(impact.nodes) - len(shown),
    )


def _layers(impact: Impact, most: int, layer_most: int) -> list[list[Node]]:
    services = {service.id for service in impact.services}
    layers: dict[int, list[Node]] = {}
    for node in sorted((impact.root, *impact.nodes), key=lambda each: (each.depth, each.id not in services)):
        layer = layers.setdefault(node.depth, [])
        if len(layer) < layer_most and sum(map(len, layers.values())) < most:
            layer.append(node)
    return _in_order([layer for layer in layers.values() if layer])


def _in_order(layers: list[list[Node]]) -> list[list[Node]]:
    """Each layer in the order of the CIs it is reached from, so that lines cross little."""
    place: dict[int, float] = {}
    for layer in layers:
        layer.sort(key=lambda node: place.get(node.via[-1], 0.5) if node.via else 0.5)
        for position, node in enumerate(layer):
            place[node.id] = (position + 0.5) / len(layer)
    return layers


def wrapped(name: str, letters: int = LINE_LETTERS) -> tuple[str, ...]:
    """The whole name in lines of at most `letters` letters, broken between words where that is possible."""
    lines = [""]
    for word in name.split():
        glue = " "
        for piece in _pieces(word, letters):
            joined = f"{lines[-1]}{glue if lines[-1] else ''}{piece}"
            if _width(joined) <= letters:
                lines[-1] = joined
            else:
                lines.append(piece)
            glue = ""
    return tuple(line for line in lines if line) or ("–",)


def _pieces(word: str, letters: int) -> list[str]:
    """A word in pieces that fit on a line, cut after dots and hyphens first."""
    pieces: list[str] = []
    for fragment in FRAGMENT.findall(word):
        pieces.append("")
        for letter in fragment:
            if _width(pieces[-1] + letter) > letters:
                pieces.append("")
            pieces[-1] += letter
    return pieces


def _width(text: str) -> int:
    return sum(WIDE_LETTER if ord(letter) > 0x2E7F else 1 for letter in text)


def _box(node: Node, x: int, y: int, *, width: int = BOX_WIDTH, letters: int = LINE_LETTERS) -> Box:
    lines = wrapped(node.name, letters)
    return Box(node, x, y, width, len(lines) * LINE_HEIGHT + BOX_PADDING, lines, is_root=node.depth == 0)


def _level(layers: list[list[Node]]) -> list[Box]:
    columns = []
    for position, layer in enumerate(layers):
        x, y, column = MARGIN + position * (BOX_WIDTH + GAP_ALONG), MARGIN, []
        for node in layer:
            column.append(_box(node, x, y))
            y += column[-1].height + GAP_ACROSS
        columns.append(column)
    tallest = max(column[-1].y + column[-1].height for column in columns)
    return [_moved(box, 0, (tallest - column[-1].y - column[-1].height) // 2) for column in columns for box in column]


def _upright(layers: list[list[Node]]) -> list[Box]:
    rows, y = [], MARGIN
    for layer in layers:
        row = [
            _box(node, MARGIN + place * (UPRIGHT_WIDTH + GAP_ACROSS), y, width=UPRIGHT_WIDTH, letters=UPRIGHT_LETTERS)
            for place, node in enumerate(layer)
        ]
        rows.append(row)
        y += max(box.height for box in row) + GAP_ALONG // 2
    widest = max(row[-1].x + row[-1].width for row in rows)
    return [_moved(box, (widest - row[-1].x - row[-1].width) // 2, 0) for row in rows for box in row]


def _moved(box: Box, right: int, down: int) -> Box:
    return Box(box.node, box.x + right, box.y + down, box.width, box.height, box.lines, box.is_root)


def _mirrored(box: Box, width: int) -> Box:
    return Box(box.node, width - box.x - box.width, box.y, box.width, box.height, box.lines, box.is_root)


def _lines(impact: Impact, boxes: Sequence[Box], *, upright: bool, backwards: bool) -> list[Line]:
    by_id = {box.node.id: box for box in boxes}
    lines = []
    for edge in impact.edges:
        supplier, consumer = by_id.get(edge.supplier_id), by_id.get(edge.consumer_id)
        if supplier is not None and consumer is not None:
            path = _down(supplier, consumer) if upright else _across(supplier, consumer, backwards=backwards)
            lines.append(Line(path, degraded=consumer.node.degraded))
    return lines


def _across(supplier: Box, consumer: Box, *, backwards: bool) -> str:
    start = supplier.x if backwards else supplier.x + supplier.width
    end = consumer.x + consumer.width if backwards else consumer.x
    bend = -GAP_ALONG // 2 if backwards else GAP_ALONG // 2
    from_y, to_y = supplier.y + supplier.height // 2, consumer.y + consumer.height // 2
    if supplier.x == consumer.x:  # both in one layer: the line bows out on the side where it starts
        return f"M{start} {from_y}C{start + bend} {from_y} {start + bend} {to_y} {start} {to_y}"
    return f"M{start} {from_y}C{start + bend} {from_y} {end - bend} {to_y} {end} {to_y}"


def _down(supplier: Box, consumer: Box) -> str:
    below = consumer.y >= supplier.y
    start = supplier.y + (supplier.height if below else 0)
    end = consumer.y + (0 if below else consumer.height)
    bend = GAP_ALONG // 4 if below else -GAP_ALONG // 4
    return f"M{supplier.middle} {start}C{supplier.middle} {start + bend} {consumer.middle} {end - bend} {consumer.middle} {end}"
