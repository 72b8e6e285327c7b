"""Time zones as pieces of constant offset: the only place that knows when a zone's clocks are moved.

Instants are whole seconds since 1970-01-01T00:00Z. The line is cut into blocks of 364 days, so that the pieces of a
block are found once in the life of the process and shared by every calendar of that zone.
"""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY_SECONDS = 86_400
BLOCK_SECONDS = 364 * DAY_SECONDS
_SECOND = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Offsets probed at these distances show every transition: in the tz database no zone moves its clocks and moves them
# back within less than 6.9 days since 1970 (Recife, 2000), nor within less than 3.9 before (Freetown, 1939).
_PROBE_SECONDS_SINCE_1970 = 6 * DAY_SECONDS
_PROBE_SECONDS_BEFORE = 3 * DAY_SECONDS


class OffsetPieces(NamedTuple):
    """Where each piece of constant offset starts in one block, and its offset from UTC in seconds."""

    starts: tuple[int, ...]
    offsets: tuple[int, ...]


@lru_cache(maxsize=8192)
def pieces_of_block(zone: ZoneInfo, block: int) -> OffsetPieces:
    """Return the pieces of constant offset in [block, block + 1) times `BLOCK_SECONDS`; the first starts the block."""
    start, end = block * BLOCK_SECONDS, (block + 1) * BLOCK_SECONDS
    starts, offsets = [start], [_offset_at(zone, start)]
    probe_seconds = _PROBE_SECONDS_SINCE_1970 if block >= 0 else _PROBE_SECONDS_BEFORE
    for low in range(start, end, probe_seconds):
        high = min(low + probe_seconds, end)
        while _offset_at(zone, high - 1) != offsets[-1]:
            starts.append(_first_change(zone, max(low - 1, starts[-1]), high - 1, before=offsets[-1]))
            offsets.append(_offset_at(zone, starts[-1]))
    return OffsetPieces(tuple(starts), tuple(offset // _SECOND for offset in offsets))


def _offset_at(zone: ZoneInfo, instant: int) -> timedelta:
    return datetime.fromtimestamp(instant, zone).utcoffset() or timedelta(0)


def _first_change(zone: ZoneInfo, low: int, high: int, *, before: timedelta) -> int:
    """Return the first instant after `low` and up to `high` whose offset is not `before`."""
    candidates = range(low + 1, high + 1)
    return candidates[bisect_left(candidates, True, key=lambda instant: _offset_at(zone, instant) != before)]
