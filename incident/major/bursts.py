"""Bursts among the latest incidents: enough of them about one CI, service or category. Pure. Rule: M1."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

NEAREST_FIRST = {"ci": 0, "service": 1, "category": 2}


class Subject(NamedTuple):
    """What incidents are about: `kind` is ci, service or category."""

    kind: str
    id: int


def spread(tickets_of: Mapping[int, set[int]], edges: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """CI → incidents about it or about anything that it needs; `edges` lead from supplier to consumer."""
    consumers: dict[int, set[int]] = defaultdict(set)
    for supplier, consumer in edges:
        consumers[supplier].add(consumer)
    reached = {ci: set(tickets) for ci, tickets in tickets_of.items()}
    frontier = list(reached)
    while frontier:
        here = frontier.pop()
        for consumer in consumers[here]:
            known = reached.setdefault(consumer, set())
            if not reached[here] <= known:
                known |= reached[here]
                frontier.append(consumer)
    return reached


def bursts(tickets_of: Mapping[Subject, set[int]], *, least: int) -> dict[Subject, Sequence[int]]:
    """Subjects with at least so many incidents; what a nearer subject explains is not counted again. Rule: M1."""
    found: dict[Subject, Sequence[int]] = {}
    explained: set[int] = set()
    order = sorted(tickets_of, key=lambda each: (NEAREST_FIRST[each.kind], -len(tickets_of[each]), each.id))
    for subject in order:
        if len(tickets_of[subject] - explained) >= least:
            found[subject] = sorted(tickets_of[subject])
            explained |= tickets_of[subject]
    return found
