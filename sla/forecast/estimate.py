"""How likely a running clock is to be missed, from how long similar ended clocks took. Pure. Rule: SLA-forecast.

Of the similar clocks that took at least as long as this one has, the share that took longer than this one's target. The
most similar sort of clocks with at least 20 such is taken.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

METRICS = ("resolution", "response")
LEAST = 20  # fewer similar clocks say too little
NEWEST = 400  # of each sort so many are kept
REMEMBERED = timedelta(days=365)
# What similar clocks have in common, the most alike first.
LEVELS = ("category_priority_group", "category_priority", "priority_group", "priority", "all")


@dataclass(frozen=True)
class Case:
    """What makes clocks alike."""

    metric: str
    category_id: int | None
    priority: int
    group_id: int | None

    def sorts(self) -> tuple[str, ...]:
        """Under which keys clocks like this are kept, one for each of `LEVELS`."""
        category, group = self.category_id or 0, self.group_id or 0
        return (
            f"{self.metric}/c{category}/p{self.priority}/g{group}",
            f"{self.metric}/c{category}/p{self.priority}",
            f"{self.metric}/p{self.priority}/g{group}",
            f"{self.metric}/p{self.priority}",
            self.metric,
        )


@dataclass(frozen=True)
class Chance:
    """Of `of` similar clocks that took at least as long, `late` took longer than the target; `level` is one of `LEVELS`."""

    late: int
    of: int
    level: str

    @property
    def share(self) -> float:
        """The probability, 0 to 1."""
        return self.late / self.of


def chance(kept: Mapping[str, Sequence[int]], case: Case, *, elapsed: int, target: int) -> Chance | None:
    """How likely a clock that has counted `elapsed` seconds is to go beyond `target`; None where too little is known.

    `kept` maps keys to open seconds in ascending order.
    """
    for level, key in zip(LEVELS, case.sorts(), strict=True):
        seconds = kept.get(key, ())
        as_long = len(seconds) - bisect_left(seconds, elapsed)
        if as_long >= LEAST:
            return Chance(len(seconds) - bisect_right(seconds, max(target, elapsed - 1)), as_long, level)
    return None


class Durations(Mapping[str, Sequence[int]]):
    """The newest durations of every sort, fed in the order in which clocks ended; keys → seconds in ascending order."""

    def __init__(self) -> None:
        self._ended: dict[str, deque[tuple[datetime, int]]] = defaultdict(deque)
        self._seconds: dict[str, list[int]] = defaultdict(list)

    def add(self, case: Case, ended_at: datetime, seconds: int) -> None:
        """Take up a clock that ended after all that came before."""
        for key in case.sorts():
            self._ended[key].append((ended_at, seconds))
            insort(self._seconds[key], seconds)
            if len(self._ended[key]) > NEWEST:
                self._drop_oldest(key)

    def forget_before(self, instant: datetime) -> None:
        """Drop what ended before an instant."""
        for key in list(self._ended):
            while self._ended[key] and self._ended[key][0][0] < instant:
                self._drop_oldest(key)
            if not self._ended[key]:
                del self._ended[key], self._seconds[key]

    def _drop_oldest(self, key: str) -> None:
        _ended_at, seconds = self._ended[key].popleft()
        kept = self._seconds[key]
        del kept[bisect_left(kept, seconds)]

    def __getitem__(self, key: str) -> Sequence[int]:
        if key not in self._seconds:  # asking must not make an entry
            raise KeyError(key)
        return self._seconds[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seconds)

    def __len__(self) -> int:
        return len(self._seconds)
