"""Who stands in for whom: chains of deputies, and the loops that are refused. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Leave:
    """A person is away from `from_at` until before `until_at` and named a deputy, or nobody."""

    person_id: int
    from_at: datetime
    until_at: datetime
    deputy_id: int | None = None


def stand_in(person_id: int, deputies: Mapping[int, int | None]) -> int | None:
    """Who acts for a person at an instant: themselves when present, else the first present one along the deputies.

    `deputies` maps everyone who is absent then to their deputy. None when the chain ends without anyone present. Rule: W2.
    """
    seen: set[int] = set()
    acting: int | None = person_id
    while acting is not None and acting in deputies:
        if acting in seen:
            return None
        seen.add(acting)
        acting = deputies[acting]
    return acting


def closes_loop(new: Leave, known: Iterable[Leave]) -> bool:
    """Whether at some instant of a new leave its deputy's deputies would lead back to the person. Rule: W3."""
    by_person: dict[int, list[Leave]] = {}
    for leave in known:
        by_person.setdefault(leave.person_id, []).append(leave)
    waiting = [(new, frozenset({new.person_id}))]
    while waiting:
        leave, seen = waiting.pop()
        if leave.deputy_id == new.person_id:
            return True
        if leave.deputy_id is None or leave.deputy_id in seen:
            continue
        following = (_common(leave, each) for each in by_person.get(leave.deputy_id, ()))
        waiting += [(each, seen | {each.person_id}) for each in following if each.from_at < each.until_at]
    return False


def _common(first: Leave, second: Leave) -> Leave:
    """The second leave, as far as it overlaps the first."""
    return Leave(
        second.person_id,
        max(first.from_at, second.from_at),
        min(first.until_at, second.until_at),
        second.deputy_id,
    )
