"""Which member of a group gets a ticket, and why the others do not. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from itsm.staffing.deputies import stand_in

NONE, ROUND_ROBIN, BY_LOAD, BY_SKILL = "none", "round_robin", "by_load", "by_skill"
STRATEGIES = (NONE, ROUND_ROBIN, BY_LOAD, BY_SKILL)


@dataclass(frozen=True)
class Colleague:
    """What counts about a person at the instant of a choice; `most_open` None means no limit."""

    id: int
    name: str
    active: bool = True
    working: bool = True
    open_tickets: int = 0
    most_open: int | None = None
    fits: bool = True

    @property
    def objection(self) -> str:
        """Why the person gets no ticket now: `inactive`, `off_hours`, `full`, `unskilled`, or empty. Rule: W4."""
        if not self.active:
            return "inactive"
        if not self.fits:
            return "unskilled"
        if not self.working:
            return "off_hours"
        return "full" if self.most_open is not None and self.open_tickets >= self.most_open else ""


@dataclass(frozen=True)
class Choice:
    """Who gets the ticket (None: nobody could), whose turn that was, and (name, reason) of everyone left out."""

    person: Colleague | None
    member: Colleague | None = None
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def instead_of(self) -> str:
        """The absent member for whom a deputy was chosen, or an empty text."""
        return self.member.name if self.member and self.person and self.member.id != self.person.id else ""


def choose(
    strategy: str,
    member_ids: Sequence[int],
    people: Mapping[int, Colleague],
    deputies: Mapping[int, int | None],
    *,
    after: int | None,
) -> Choice:
    """Choose for one ticket. `people` holds members and possible deputies; `after` is the member whose turn was last.

    Round robin takes the next who can; the other strategies the least loaded who can, of equals the next in turn. Rule: W5.
    """
    offers: list[tuple[Colleague, Colleague]] = []
    left_out: dict[str, str] = {}
    for member in (people[each] for each in in_turn(member_ids, after)):
        if member.id in deputies:
            left_out[member.name] = "absent"
        acting = people.get(stand_in(member.id, deputies) or 0)
        if acting is None:
            continue
        if acting.objection:
            left_out[acting.name] = acting.objection
        else:
            offers.append((member, acting))
    if not offers:
        return Choice(None, left_out=tuple(sorted(left_out.items())))
    member, person = offers[0] if strategy == ROUND_ROBIN else min(offers, key=lambda pair: pair[1].open_tickets)
    return Choice(person, member, tuple(sorted(left_out.items())))


def in_turn(member_ids: Sequence[int], after: int | None) -> list[int]:
    """The members in the order in which it is their turn."""
    last = after or 0
    return sorted(member_ids, key=lambda each: (each <= last, each))
