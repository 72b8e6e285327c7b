"""Open seconds on the UTC line: local opening hours seen through the transitions of one time zone.

A second is open when its local label is: labels that a transition skips never occur, labels that it repeats count both
times. Rule: T2. Instants are whole seconds since 1970-01-01T00:00Z.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.calendars.local_hours import LocalHours, RuleStretch
from sla.calendars.zone_offsets import BLOCK_SECONDS, DAY_SECONDS, pieces_of_block


class _Block(NamedTuple):
    """Open seconds of one 364-day block: before an instant of piece i, `shifts[i]` plus the local hours' count."""

    starts: tuple[int, ...]
    offsets: tuple[int, ...]
    shifts: tuple[int, ...]
    total: int


class OpenSeconds:
    """Counts and finds open seconds; each block of 364 days is measured once, by pieces of equal offset. Rule: T5."""

    def __init__(self, zone: ZoneInfo, hours: LocalHours) -> None:
        self._zone = zone
        self._hours = hours
        self._blocks: dict[int, _Block] = {}

    def measure(self, start: int, end: int) -> int:
        """Return the open seconds in [start, end); `start` must not lie after `end`."""
        first, last = start // BLOCK_SECONDS, end // BLOCK_SECONDS
        passed = sum(self._block(number).total for number in range(first, last))
        return passed + self._opened(self._block(last), end) - self._opened(self._block(first), start)

    def earliest(self, start: int, seconds: int, *, limit: int) -> int | None:
        """Return the earliest instant up to `limit` with `seconds` > 0 open seconds since `start`."""
        number = start // BLOCK_SECONDS
        wanted = self._opened(self._block(number), start) + seconds
        while wanted > self._block(number).total:
            wanted -= self._block(number).total
            number += 1
            if number * BLOCK_SECONDS > limit:
                return None
        opened = partial(self._opened, self._block(number))
        low, end = max(start, number * BLOCK_SECONDS), (number + 1) * BLOCK_SECONDS
        # A step of the wanted length cannot pass the answer; from there the search window doubles.
        high, step = min(low + wanted - opened(low), end), DAY_SECONDS
        while high < end and opened(high) < wanted:
            low, high, step = high, min(high + step, end), step * 2
        found = low + bisect_left(range(low, high), wanted, key=opened)
        return found if found <= limit else None

    def latest(self, end: int, seconds: int, *, limit: int) -> int | None:
        """Return the latest instant not before `limit` with `seconds` > 0 open seconds from it to `end`."""
        number = end // BLOCK_SECONDS
        wanted = self._opened(self._block(number), end) - seconds
        while wanted < 0:
            number -= 1
            if (number + 1) * BLOCK_SECONDS < limit:
                return None
            wanted += self._block(number).total
        opened = partial(self._opened, self._block(number))
        high, start = min(end, (number + 1) * BLOCK_SECONDS - 1), number * BLOCK_SECONDS
        low, step = max(high - DAY_SECONDS, start), DAY_SECONDS
        while low > start and opened(low) > wanted:
            high, low, step = low, max(low - step, start), step * 2
        found = low - 1 + bisect_right(range(low, high + 1), wanted, key=opened)
        return found if found >= limit else None

    def stretches(self, start: int, end: int) -> Iterator[RuleStretch]:
        """Yield what governs [start, end) in order; neighbours may have the same rule where a day or an offset ends."""
        for low, high, offset in self._pieces(start, end):
            for stretch in self._hours.stretches(low + offset, high + offset):
                yield stretch._replace(start=stretch.start - offset, end=stretch.end - offset)

    def exceptions_between(self, start: int, end: int) -> list[str]:
        """Return the rules of the exceptional local days that [start, end) meets."""
        named: dict[str, None] = {}
        for low, high, offset in self._pieces(start, end):
            named.update(dict.fromkeys(self._hours.exceptions_between(low + offset, high + offset)))
        return list(named)

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._measure_block(number)
        return block

    def _measure_block(self, number: int) -> _Block:
        starts, offsets = pieces_of_block(self._zone, number)
        opened_before = self._hours.opened_before
        shifts: list[int] = []
        opened = 0
        for (start, end), offset in zip(pairwise((*starts, (number + 1) * BLOCK_SECONDS)), offsets, strict=True):
            shifts.append(opened - opened_before(start + offset))
            opened = shifts[-1] + opened_before(end + offset)
        return _Block(starts, offsets, tuple(shifts), opened)

    def _opened(self, block: _Block, instant: int) -> int:
        """Return the open seconds from the block's start to an instant in it."""
        index = bisect_right(block.starts, instant) - 1
        return block.shifts[index] + self._hours.opened_before(instant + block.offsets[index])

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the pieces of constant offset that [start, end) meets, cut to it."""
        for number in range(start // BLOCK_SECONDS, (end - 1) // BLOCK_SECONDS + 1):
            block = self._block(number)
            for (low, high), offset in zip(
                pairwise((*block.starts, (number + 1) * BLOCK_SECONDS)), block.offsets, strict=True
            ):
                if max(low, start) < min(high, end):
                    yield max(low, start), min(high, end), offset
