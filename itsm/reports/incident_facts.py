"""Incidents as facts for figures: how each stood at the data cut-off, by its history and not by its present state."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import find_data_set, get_data_set
from itsm.reports.counting import Fact
from itsm.reports.document import Reference
from itsm.reports.metrics import OpenTimes, open_times
from itsm.reports.request import Question
from itsm.tickets.pages import address_of, number_of

KIND = "incident"
FINISHED = frozenset({"resolved", "closed"})
DAY_SECONDS = 86_400
AGE_DAYS = (1, 3, 7, 30)  # ends of the age buckets, half open; the last bucket has none
ROLLED_BACK = ("state", "state_category", "priority", "group_id", "assignee_id", "category_id", "organisation_id")
OFTEN_PASSED = 3


class Row(NamedTuple):
    """What figures need of one incident, as it stood at the cut-off."""

    ticket_id: int
    title: str
    state: str
    state_category: str
    priority: int
    channel: str
    group_id: int | None
    assignee_id: int | None
    category_id: int | None
    organisation_id: int | None
    reopenings: int
    first_contact: bool
    created_at: datetime
    responded_at: datetime | None
    resolved_at: datetime | None


class Incident(NamedTuple):
    """One incident in time: when it was open, when it was last resolved, whether it was opened or reopened in the period."""

    row: Row
    times: OpenTimes
    resolved_at: datetime | None
    reopened: bool
    created: bool

    @property
    def seconds(self) -> int | None:
        """Elapsed seconds from opening to the last solution of the period."""
        return int((self.resolved_at - self.row.created_at).total_seconds()) if self.resolved_at else None


@dataclass(frozen=True)
class Reading:
    """The incidents that had some part in the period."""

    incidents: list[Incident]

    def spans(self, question: Question) -> list[tuple[Any, ...]]:
        """When the incidents that were open in the period were open, as far as was known at the cut-off; for digests."""
        start = question.period.from_at
        return [
            (each.row.ticket_id, each.times.stretches)
            for each in self.incidents
            if any(end is None or end >= start for _opened, end in each.times.stretches)
        ]


def plain_incident(row: Row, from_at: datetime, to_at: datetime) -> Incident:
    """An incident that was never reopened: its own instants are its whole history."""
    end = row.resolved_at if row.resolved_at is not None and row.resolved_at < to_at else None
    solved = end is not None and end >= from_at and row.state != "cancelled"
    return Incident(row, OpenTimes(((row.created_at, end),)), end if solved else None, False, row.created_at >= from_at)


def reopened_incident(row: Row, moves: Sequence[tuple[datetime, str]], from_at: datetime, to_at: datetime) -> Incident:
    """An incident whose history tells when it was open."""
    times = open_times(row.created_at, [(at, category not in FINISHED) for at, category in moves])
    ends = [end for _start, end in times.stretches if end is not None and from_at <= end < to_at]
    solved = ends[-1] if ends and row.state != "cancelled" else None
    reopened = any(from_at <= start < to_at for start, _end in times.stretches[1:])
    return Incident(row, times, solved, reopened, row.created_at >= from_at)


def read(actor: Actor, question: Question) -> Reading:
    """The incidents as they stood at the cut-off; three statements, whatever their number."""
    selection = question.selection(actor)
    rows = get_data_set("incident_facts").read(actor, selection, Row._fields)
    moves = get_data_set("incident_moves").read(actor, selection, ("ticket_id", "at", "category"))
    later = get_data_set("incident_later").read(actor, selection, ("ticket_id", "changes"))
    by_ticket: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for ticket_id, at, category in moves:
        by_ticket[ticket_id].append((at, category))
    before = before_changes(later)
    bounds = selection.from_at, selection.to_at
    stood = [taken_back(Row._make(row), before.get(row[0])) for row in rows]
    found = [
        reopened_incident(row, by_ticket[row.ticket_id], *bounds) if row.reopenings else plain_incident(row, *bounds)
        for row in stood
    ]
    return Reading(found)


def before_changes(later: Iterable[Sequence[Any]], *, names: Sequence[str] = ROLLED_BACK) -> dict[int, dict[str, Any]]:
    """What each ticket held before changes (ticket id, changes), which come oldest first."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for ticket_id, changes in later:
        for name in names:
            if name in changes:
                found[ticket_id].setdefault(name, changes[name][0])
    return found


def taken_back(row: Row, before: Mapping[str, Any] | None) -> Row:
    """The row as it stood before later changes."""
    return row._replace(**before) if before else row


# ---- numbers of one incident


def flow_values(incident: Incident, cut_off_at: datetime) -> dict[str, Any]:
    """Opened, resolved and open at the cut-off, and how old what is open was then."""
    is_open = incident.times.is_open_at(cut_off_at)
    return {
        "created": incident.created,
        "resolved": incident.resolved_at is not None,
        "backlog": is_open,
        "age_seconds": int((cut_off_at - incident.row.created_at).total_seconds()) if is_open else None,
        "resolve_seconds": incident.seconds,
    }


def age_bucket(seconds: int | None) -> int | None:
    """The number of the age bucket, half open: exactly one day old is in the second. None where nothing is open."""
    return None if seconds is None else bisect_right(AGE_DAYS, seconds / DAY_SECONDS)


def groups_passed(passes: Sequence[tuple[int, int]]) -> list[int]:
    """The groups that an incident lay with, in order, from its moves (before, after)."""
    return [passes[0][0], *(after for _before, after in passes)] if passes else []


def went_back(groups: Sequence[int]) -> bool:
    """Whether some group got the incident a second time after another had it."""
    changed = [group for place, group in enumerate(groups) if not place or groups[place - 1] != group]
    return len(set(changed)) < len(changed)


def reference_of(ticket_id: int) -> Reference:
    """The incident's number and page."""
    return Reference(number_of(KIND, ticket_id), address_of(KIND, ticket_id))


def parts_of(row: Row) -> dict[str, Any]:
    """What incidents are told apart by."""
    return {
        "priority": row.priority,
        "channel": row.channel,
        "group": row.group_id,
        "person": row.assignee_id,
        "category": row.category_id,
        "organisation": row.organisation_id,
    }


def facts_of(
    reading: Reading, question: Question, more: Callable[[Incident], Mapping[str, Any]] | None = None
) -> list[Fact]:
    """Every incident as a fact; `more` adds values."""
    at = question.cut_off_at
    facts = []
    for each in reading.incidents:
        values = flow_values(each, at)
        if more is not None:
            values.update(more(each))
        facts.append(Fact(reference_of(each.row.ticket_id), each.row.title, parts_of(each.row), values))
    return facts


# ---- further readings, only for the reports that need them


def answered_by_requesters(actor: Actor, question: Question) -> set[int]:
    """Incidents to which the requester added something after opening."""
    rows = get_data_set("incident_replies").read(actor, question.selection(actor), ("ticket_id",))
    return {ticket_id for (ticket_id,) in rows}


def first_actions(actor: Actor, question: Question) -> dict[int, datetime]:
    """When somebody of the staff first did something with each incident."""
    return dict(get_data_set("incident_actions").read(actor, question.selection(actor), ("ticket_id", "at")))


def read_passes(actor: Actor, question: Question) -> dict[int, list[tuple[int, int]]]:
    """The moves of each incident from group to group, before the cut-off."""
    rows = get_data_set("incident_passes").read(
        actor, question.selection(actor), ("ticket_id", "group_before", "group_after")
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for ticket_id, before, after in rows:
        found[ticket_id].append((before, after))
    return found


def minutes_by_ticket(actor: Actor, question: Question) -> tuple[dict[int, int], Sequence[tuple[Any, ...]]]:
    """Minutes of work recorded in the period by ticket, and the rows they come from."""
    if find_data_set("work") is None:
        return {}, ()
    rows = get_data_set("work").read(
        actor,
        question.selection(actor),
        ("ticket_id", "person", "group", "organisation", "minutes", "kind", "title", "person_id"),
    )
    found: dict[int, int] = defaultdict(int)
    for row in rows:
        found[row[0]] += row[4]
    return found, rows


def cis_by_ticket(actor: Actor, question: Question) -> dict[int, list[tuple[int, str, bool]]]:
    """CIs that incidents name: id, name, and whether it is a service."""
    data_set = find_data_set("ticket_cis")
    found: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    if data_set is not None:
        rows = data_set.read(actor, question.selection(actor), ("ticket_id", "ci_id", "name", "is_service"))
        for ticket_id, ci_id, name, is_service in rows:
            found[ticket_id].append((ci_id, name, is_service))
    return found
