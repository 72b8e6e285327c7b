"""Counting clocks: how many were met and missed, and how long they took. Rule: R1."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from itsm.reports.metrics import Share, mean, percentile

COUNTED = ("met", "breached", "overdue")
MISSED = ("breached", "overdue")
APART = ("running", "paused", "earlier", "cancelled")


COLUMNS = (
    "clock_id", "metric", "priority", "group_id", "bucket", "outcome", "ended_seconds", "agreement_id", "owner_id",
)  # fmt: skip


class Clocks(NamedTuple):
    """Clocks that are alike in everything that figures tell apart.

    `bucket` numbers the month they count in, from 0; `times` are the elapsed seconds of each one; `owner_id` is the group
    of an OLA and the supplier of a UC.
    """

    metric: str
    priority: int
    group_id: int | None
    bucket: int
    outcome: str
    times: list[int]
    agreement_id: int = 0
    owner_id: int = 0


@dataclass
class Tally:
    """Counts of some clocks; `times` are elapsed seconds of those that ended (met or breached)."""

    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*COUNTED, *APART), 0))
    times: list[int] = field(default_factory=list)

    def add(self, clocks: Clocks) -> None:
        """Count clocks that are alike."""
        self.outcomes[clocks.outcome] += len(clocks.times)
        if clocks.outcome in {"met", "breached"}:
            self.times += clocks.times

    @property
    def met(self) -> int:
        """Clocks that ended within their target."""
        return self.outcomes["met"]

    @property
    def missed(self) -> int:
        """Clocks that ended late or are open and overdue."""
        return sum(self.outcomes[name] for name in MISSED)

    @property
    def counted(self) -> int:
        """Clocks that the compliance is made of."""
        return self.met + self.missed

    @property
    def compliance(self) -> Share:
        """Met of met and missed."""
        return Share(self.met, self.counted)

    @property
    def mean_seconds(self) -> Fraction | None:
        """Mean elapsed seconds of clocks that ended."""
        return mean(self.times)

    @property
    def p90_seconds(self) -> int | None:
        """Elapsed seconds within which nine of ten clocks ended (nearest rank)."""
        return percentile(self.times, 90)


def tally(clocks: Iterable[Clocks]) -> Tally:
    """All clocks in one tally."""
    whole = Tally()
    for clock in clocks:
        whole.add(clock)
    return whole


def tally_by(clocks: Iterable[Clocks], key: Callable[[Clocks], Hashable]) -> dict[Any, Tally]:
    """Tallies of the counted clocks by a key; they add up to the whole."""
    tallies: dict[Any, Tally] = defaultdict(Tally)
    for clock in clocks:
        if clock.outcome in COUNTED:
            tallies[key(clock)].add(clock)
    return tallies


class Alike:
    """Puts clocks together that are alike, as rows of the data set `sla_clocks` come, read with `COLUMNS`."""

    def __init__(self) -> None:
        self._times: dict[tuple[Any, ...], list[int]] = defaultdict(list)

    def add(self, row: tuple[Any, ...]) -> None:
        """Take the next clock."""
        _clock_id, metric, priority, group_id, bucket, outcome, seconds, *parties = row
        self._times[metric, priority, group_id, bucket, outcome, *parties].append(seconds)

    def clocks(self) -> list[Clocks]:
        """All clocks that were taken, as few as they can be."""
        for times in self._times.values():
            times.sort()  # what is sorted in parts is sorted as a whole in one pass
        return [Clocks._make((*key[:5], times, *(key[5:] or (0, 0)))) for key, times in self._times.items()]
