"""A life cycle as a picture: states as boxes in columns by category, steps as lines; positions come from the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from itsm.kernel.lifecycle import Category, Lifecycle, State

WIDTH, HEIGHT, GAP_ALONG, GAP_ACROSS, MARGIN = 132, 44, 72, 26, 10
ARCH = 14  # how much higher a line arches for each column that it passes
BEND = GAP_ALONG // 2
LINE_LETTERS = 18


@dataclass(frozen=True)
class Box:
    """A state, in pixels."""

    state: State
    x: int
    y: int
    lines: tuple[str, ...]
    is_first: bool


@dataclass(frozen=True)
class Place:
    """Where a box stands: its column, and its corner in pixels."""

    column: int
    x: int
    y: int


@dataclass(frozen=True)
class Line:
    """Steps from one state to another as SVG path data; `back` when they lead to an earlier column."""

    path: str
    titles: tuple[str, ...]
    back: bool


@dataclass(frozen=True)
class Picture:
    """The picture and its size in pixels."""

    width: int
    height: int
    boxes: Sequence[Box]
    lines: Sequence[Line]


def draw(lifecycle: Lifecycle, *, mirrored: bool = False) -> Picture:
    """Place every state; columns run from left to right, `mirrored` from right to left."""
    columns = [
        column
        for category in Category
        if (column := [state for state in lifecycle.states.values() if state.category == category])
    ]
    tallest = max(len(column) for column in columns)
    width = 2 * MARGIN + len(columns) * WIDTH + (len(columns) - 1) * GAP_ALONG
    arch = MARGIN + ARCH * (len(columns) - 1)
    places: dict[str, Place] = {}
    for number, column in enumerate(columns):
        left = MARGIN + number * (WIDTH + GAP_ALONG)
        top = arch + (tallest - len(column)) * (HEIGHT + GAP_ACROSS) // 2
        for row, state in enumerate(column):
            x = width - left - WIDTH if mirrored else left
            places[state.name] = Place(number, x, top + row * (HEIGHT + GAP_ACROSS))
    return Picture(
        width=width,
        height=2 * arch + tallest * (HEIGHT + GAP_ACROSS) - GAP_ACROSS,
        boxes=[_box(lifecycle, name, place) for name, place in places.items()],
        lines=_lines(lifecycle, places, sign=-1 if mirrored else 1),
    )


def _box(lifecycle: Lifecycle, name: str, place: Place) -> Box:
    state = lifecycle[name]
    return Box(state, place.x, place.y, _wrapped(str(state.title)), is_first=name == lifecycle.initial)


def _wrapped(title: str) -> tuple[str, ...]:
    """The title in at most two lines."""
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + len(word) >= LINE_LETTERS and len(lines) < 2:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(line if len(line) <= LINE_LETTERS + 2 else line[: LINE_LETTERS + 1] + "…" for line in lines)


def _lines(lifecycle: Lifecycle, places: dict[str, Place], *, sign: int) -> list[Line]:
    ways: dict[tuple[str, str], list[str]] = {}
    for step in lifecycle.transitions:
        for source in step.sources:
            ways.setdefault((source, step.target), []).append(str(step.title))
    return [
        Line(_path(places[source], places[target], sign), tuple(titles), places[target].column < places[source].column)
        for (source, target), titles in ways.items()
        if source != target
    ]


def _path(start: Place, end: Place, sign: int) -> str:
    """Straight to the next column, in a bow within a column, in an arch above others forwards and below them back."""
    columns = end.column - start.column
    if columns == 0:
        return _bow(start, end, sign)
    if columns == 1:
        return _across(start, end, sign)
    return _arch(start, end, columns, sign)


def _bow(start: Place, end: Place, sign: int) -> str:
    edge = start.x + (WIDTH if sign > 0 else 0)
    out = edge + sign * BEND * (2 if abs(start.y - end.y) > HEIGHT + GAP_ACROSS else 1) // 2
    y1, y2 = start.y + HEIGHT // 2, end.y + HEIGHT // 2
    return f"M{edge} {y1}C{out} {y1} {out} {y2} {edge} {y2}"


def _across(start: Place, end: Place, sign: int) -> str:
    far, near = (WIDTH, 0) if sign > 0 else (0, WIDTH)
    a, b, y1, y2 = start.x + far, end.x + near, start.y + HEIGHT // 2, end.y + HEIGHT // 2
    return f"M{a} {y1}C{a + sign * BEND} {y1} {b - sign * BEND} {y2} {b} {y2}"


def _arch(start: Place, end: Place, columns: int, sign: int) -> str:
    """Lines that pass more columns leave further from the middle of a box and arch higher, so that they stay apart."""
    side = -1 if columns > 0 else 1  # above or below
    edge = 0 if columns > 0 else HEIGHT
    apart = sign * 8 * abs(columns)
    a, b = (
        start.x + WIDTH // 2 + (apart if columns > 0 else -apart),
        end.x + WIDTH // 2 - (apart if columns > 0 else -apart),
    )
    y1, y2 = start.y + edge, end.y + edge
    lift = side * ARCH * abs(columns) * 4 // 3
    return f"M{a} {y1}C{a} {y1 + lift} {b} {y2 + lift} {b} {y2}"
