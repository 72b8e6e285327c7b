"""The figures of reports as pure functions. None stands for a figure that does not exist: a dash, never 0 or 100."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

PERCENT_DIGITS = 1


@dataclass(frozen=True)
class Share:
    """`part` of `whole` counted things."""

    part: int
    whole: int

    def percent(self, digits: int = PERCENT_DIGITS) -> Decimal | None:
        """The share in per cent, rounded half up; 100 only where nothing is missing. Rule: R1."""
        if not self.whole:
            return None
        rounded = rounded_half_up(Fraction(100 * self.part, self.whole), digits)
        return rounded - Decimal(1).scaleb(-digits) if rounded >= 100 and self.part < self.whole else rounded


def rounded_half_up(value: Fraction, digits: int) -> Decimal:
    """An exact value rounded half up to decimal places."""
    scaled = (value * 10**digits).limit_denominator(10**12)
    whole = (Decimal(scaled.numerator) / Decimal(scaled.denominator)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return whole.scaleb(-digits)


def mean(values: Sequence[int]) -> Fraction | None:
    """The arithmetic mean, exact."""
    return Fraction(sum(values), len(values)) if values else None


def median(values: Sequence[int]) -> Fraction | None:
    """The middle value; of an even number of values the mean of the two in the middle."""
    if not values:
        return None
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    return Fraction(ordered[half]) if odd else Fraction(ordered[half - 1] + ordered[half], 2)


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The nearest-rank percentile: the value at position ceil(percent/100 · n) of the sorted values."""
    if not values:
        return None
    rank = -(-percent * len(values) // 100)
    return sorted(values)[max(rank, 1) - 1]


@dataclass(frozen=True)
class OpenTimes:
    """When a ticket was open: half-open stretches in order; the end is None while it is open."""

    stretches: tuple[tuple[datetime, datetime | None], ...]

    def is_open_at(self, instant: datetime) -> bool:
        """Whether the ticket existed and was not resolved, closed or cancelled just before `instant`."""
        return any(start < instant and (end is None or end >= instant) for start, end in self.stretches)


def open_times(created_at: datetime, moves: Iterable[tuple[datetime, bool]]) -> OpenTimes:
    """The stretches in which a ticket was open, from its moves (instant, whether it is open from then on)."""
    stretches: list[tuple[datetime, datetime | None]] = [(created_at, None)]
    for at, is_open in moves:
        start, end = stretches[-1]
        if is_open and end is not None:
            stretches.append((at, None))
        elif not is_open and end is None:
            stretches[-1] = (start, at)
    return OpenTimes(tuple(stretches))


def backlog(tickets: Iterable[OpenTimes], at: datetime) -> int:
    """How many tickets were open at an instant, by their history and not by their present state."""
    return sum(ticket.is_open_at(at) for ticket in tickets)


def time_between_failures(agreed: int, outages: Sequence[int]) -> Fraction | None:
    """Mean time between failures: agreed time less time down, by the number of failures; None without any."""
    return Fraction(agreed - sum(outages), len(outages)) if outages else None


def time_to_restore(outages: Sequence[int]) -> Fraction | None:
    """Mean time to restore service: time down by the number of failures; None without any."""
    return Fraction(sum(outages), len(outages)) if outages else None
