"""Reads of a team's work: who has how much, and which tickets."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true, union_all

from itsm.identity import queries as identity
from itsm.identity.models import Group, Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.staffing.calendar import Span
from itsm.staffing.models import Rota
from itsm.staffing.queries.absences import deputies_at, list_absences
from itsm.staffing.queries.load import limits_of
from itsm.staffing.queries.rotas import list_rotas, on_call_now, schedule
from itsm.staffing.rotation import Stretch
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from itsm.tickets.queries import View, count_up_to_limit

MOST_MEMBERS = 60
TICKETS_SHOWN = 12
PRIORITIES = (1, 2, 3, 4, 5)
SOON = timedelta(hours=1)


@dataclass
class Load:
    """What a member has to do (`person` None: nobody has it yet).

    `by_priority` counts all open tickets of the person that the reader may see; `tickets` are the most pressing of the group.
    """

    person: Person | None
    by_priority: dict[int, int] = field(default_factory=dict)
    most_open: int | None = None
    absent: bool = False
    deputy: str = ""
    on_call: bool = False
    tickets: list[Row[Any]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of open tickets."""
        return sum(self.by_priority.values())

    @property
    def is_full(self) -> bool:
        """Whether the person gets no more by themselves."""
        return self.most_open is not None and self.total >= self.most_open


def workload(actor: Actor, group_id: int) -> list[Load]:
    """The unassigned tickets of a group and the load of its members by name; eight statements for any number. At most 60."""
    members = identity.list_members(group_id)[:MOST_MEMBERS]
    ids = [person.id for person in members]
    counts, limits, deputies = _counts(actor, group_id, ids), limits_of(ids), deputies_at(clock.now())
    names = identity.person_names({each for each in deputies.values() if each})
    shifts = on_call_now(list_rotas(group_ids=[group_id], active_only=True), clock.now())
    tickets = _tickets(actor, group_id, ids)
    loads = [Load(None, counts[None], tickets=tickets[None])]
    on_call = {each.person_id for each in shifts}
    return loads + [
        Load(
            person,
            counts[person.id],
            limits.get(person.id),
            absent=person.id in deputies,
            deputy=names.get(deputies.get(person.id) or 0, ""),
            on_call=person.id in on_call,
            tickets=tickets[person.id],
        )
        for person in members
    ]


def _counts(actor: Actor, group_id: int, person_ids: Sequence[int]) -> dict[int | None, dict[int, int]]:
    """Person id (None: nobody, of this group) → priority → number of open tickets."""
    theirs = or_(Ticket.assignee_id.in_(person_ids), and_(Ticket.assignee_id.is_(None), Ticket.group_id == group_id))
    statement = select(Ticket.assignee_id, Ticket.priority, func.count()).where(
        Ticket.unfinished == 1, theirs, policy.visible(actor)
    )
    found: dict[int | None, dict[int, int]] = defaultdict(dict)
    for row in session.execute(statement.group_by(Ticket.assignee_id, Ticket.priority)):
        found[row[0]][row[1]] = row[2]
    return found


SHOWN = (
    Ticket.id, Ticket.kind, Ticket.title, Ticket.priority, Ticket.state, Ticket.state_category, Ticket.version,
    Ticket.due_at, Ticket.due_from_at, Ticket.due_state, Ticket.due_left_seconds, Ticket.due_target_seconds,
    Ticket.created_at, Ticket.assignee_id, Ticket.group_id,
)  # fmt: skip


def _tickets(actor: Actor, group_id: int, person_ids: Sequence[int]) -> dict[int | None, list[Row[Any]]]:
    """Person id (None: nobody) → the most pressing open tickets of the group, all in one statement."""
    parts = [_most_pressing(actor, group_id, Ticket.assignee_id.is_(None))]
    parts += [_most_pressing(actor, group_id, Ticket.assignee_id == each) for each in person_ids]
    ids = union_all(*(select(part.subquery().c.id) for part in parts))
    statement: Select[Any] = (
        select(SHOWN[0]).add_columns(*SHOWN[1:]).where(Ticket.id.in_(ids)).order_by(Ticket.due_at, Ticket.id)
    )
    found: dict[int | None, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.assignee_id].append(row)
    return found


def _most_pressing(actor: Actor, group_id: int, whose: ColumnElement[bool]) -> Select[int]:
    statement = select(Ticket.id).where(
        Ticket.unfinished == 1, Ticket.group_id == group_id, whose, policy.visible(actor)
    )
    return statement.order_by(Ticket.due_at, Ticket.id).limit(TICKETS_SHOWN)


def wallboard_views(group_id: int | None) -> list[View]:
    """The big numbers of the wallboard: of one group, or of everything that the reader may see."""
    ours = Ticket.group_id == group_id if group_id is not None else true()
    open_ones = and_(Ticket.unfinished == 1, ours)
    now = clock.now()
    today = now - timedelta(hours=24)
    finished = Ticket.state_category.in_(("resolved", "closed"))
    return [
        View("open", _("Open"), open_ones),
        View("unassigned", _("Without assignee"), and_(open_ones, Ticket.assignee_id.is_(None))),
        View("breached", _("Target missed"), and_(open_ones, Ticket.due_state == "breached")),
        View(
            "soon",
            _("Due within the hour"),
            and_(open_ones, Ticket.due_state == "running", Ticket.due_at <= now + SOON, Ticket.due_at > now),
        ),
        View("critical", _("Priority 1 and 2"), and_(open_ones, Ticket.priority <= 2)),
        View("waiting", _("On hold"), and_(open_ones, Ticket.state_category == "waiting")),
        View("opened", _("Opened in 24 hours"), and_(ours, Ticket.kind.in_(_kinds()), Ticket.created_at >= today)),
        View("resolved", _("Resolved in 24 hours"), and_(ours, finished, Ticket.resolved_at >= today)),
    ]


def _kinds() -> list[str]:
    """All kinds of tickets: named, so that the index by kind and creation is used."""
    return list(Ticket.__mapper__.polymorphic_map)


def wallboard_numbers(actor: Actor, group_id: int | None) -> list[tuple[View, int]]:
    """Each big number, counted to 1,001 at most; one statement."""
    views = wallboard_views(group_id)
    counts = count_up_to_limit(actor, views)
    return [(view, counts[view.name]) for view in views]


def team_spans(group_ids: Sequence[int], group: Group | None, start: datetime, end: datetime) -> list[Span]:
    """On-call shifts of some groups, and absences of one group's members (None: of everyone), for a calendar."""
    members = identity.member_ids(group.id) if group else None
    rows = list_absences(start=start, end=end, person_ids=members)
    away = [Span(row[0].from_at, row[0].until_at, row.person_name, "away", row.deputy_name or "") for row in rows]
    rotas = list_rotas(group_ids=group_ids, active_only=True)
    shifts = schedule(rotas, start, end)
    names = identity.person_names({each.person_id for rows in shifts.values() for each in rows})
    return [span for rota in rotas for span in shift_spans(rota, shifts[rota.id], names)] + away


def shift_spans(rota: Rota, shifts: Sequence[Stretch], names: Mapping[int, str]) -> list[Span]:
    """The shifts of a rota for a calendar; swapped ones are marked."""
    return [
        Span(
            each.from_at,
            each.until_at,
            names.get(each.person_id, ""),
            "swap" if each.override_id else "call",
            rota.name,
        )
        for each in shifts
    ]
