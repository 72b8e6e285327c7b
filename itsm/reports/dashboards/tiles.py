"""What stands on a dashboard: tiles in order, each so many columns wide and rows high. Plain values, kept as JSON."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

COLUMNS = 12
NARROWEST, MOST_ROWS = 2, 8
MOST_TILES = 24
NOTE = "note"


@dataclass(frozen=True)
class Tile:
    """One tile.

    `source` is where its content comes from: `ready:<name>` of `ready.TILES`, `saved:<id>` of a kept report, `queue:<name>` of
    the desk, or `note`, which shows `text`. `title` replaces the content's own. `width` counts columns of 12, `height` rows.
    A single figure above `warn_above` or below `warn_below` stands out.
    """

    key: str
    source: str
    title: str = ""
    text: str = ""
    width: int = 4
    height: int = 3
    warn_above: float | None = None
    warn_below: float | None = None

    @property
    def kind(self) -> str:
        """The part of the source before the colon."""
        return self.source.partition(":")[0]

    @property
    def name(self) -> str:
        """The part of the source after the colon."""
        return self.source.partition(":")[2]

    def sized(self, width: int, height: int) -> "Tile":
        """The tile with another size, within what a dashboard has room for."""
        return replace(
            self, width=min(max(width, NARROWEST), COLUMNS), height=min(max(height, 1), MOST_ROWS)
        )  # fmt: skip


def new_key() -> str:
    """A name for a tile that no other tile of its dashboard has."""
    return secrets.token_hex(4)


def as_json(tiles: Sequence[Tile]) -> list[dict[str, Any]]:
    """Tiles as they are kept; what is empty is left out."""
    return [{name: value for name, value in asdict(tile).items() if value not in ("", None)} for tile in tiles]


def from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[Tile, ...]:
    """The tiles that `as_json` wrote."""
    return tuple(Tile(**row) for row in rows)


def moved(tiles: Sequence[Tile], key: str, steps: int) -> list[Tile]:
    """The tiles with one of them so many places later, or earlier for a negative number."""
    found = list(tiles)
    place = next((number for number, tile in enumerate(found) if tile.key == key), None)
    if place is None:
        return found
    tile = found.pop(place)
    found.insert(min(max(place + steps, 0), len(found)), tile)
    return found
