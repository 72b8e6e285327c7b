"""Candidates: bursts that the job finds and people decide about. Rule: M1."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from cmdb import classes
from cmdb import queries as cmdb
from cmdb.impact import BUSINESS_SERVICE
from cmdb.models import TicketCi
from cmdb.traversal import Node, walk
from incident.major.bursts import Subject, bursts, spread
from incident.major.models import MajorCandidate
from incident.major.plan import plan
from incident.major.policy import DECLARE
from incident.models import Incident
from itsm.kernel import audit, clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.kernel.records import locked, require
from itsm.kernel.text import _
from itsm.tickets.models import TicketLink

MOST_READ = 5_000
MOST_CIS = 300
DEEP, WIDE = 6, 3_000


def note_bursts() -> int:
    """Keep the candidates in step with the latest incidents; answers how many are new.

    Reads only what was recorded within the plan's minutes, in a number of statements that does not grow with it.
    """
    now, decided = clock.now(), plan()
    categories = _latest(now - timedelta(minutes=decided.minutes))
    known = {row.open_key: row for row in _unfinished()}
    if not categories and not known:
        return 0
    found = bursts(_by_subject(categories), least=decided.tickets) if categories else {}
    new = [_note(known.get(_key(subject)), subject, ids, now) for subject, ids in found.items()]
    current = {_key(subject) for subject in found}
    for key, row in known.items():
        if key not in current:
            row.open_key, row.state = None, "over" if row.state == "open" else row.state
    session.flush()
    return sum(new)


def _latest(since: datetime) -> dict[int, int | None]:
    """Incident → category, of open ones since an instant that are no major and part of nothing."""
    part = exists().where(TicketLink.source_id == Incident.id, TicketLink.relation == "child_of")
    statement = select(Incident.id, Incident.category_id).where(
        Incident.kind == "incident", Incident.created_at > since, Incident.unfinished == 1, ~Incident.is_major, ~part
    )
    rows = session.execute(statement.order_by(Incident.id.desc()).limit(MOST_READ))
    return {row.id: row.category_id for row in rows}


def _unfinished() -> Sequence[MajorCandidate]:
    return session.scalars(select(MajorCandidate).where(MajorCandidate.open_key.is_not(None))).all()


def _key(subject: Subject) -> str:
    return f"{subject.kind}:{subject.id}"


def _by_subject(categories: Mapping[int, int | None]) -> dict[Subject, set[int]]:
    found: dict[Subject, set[int]] = defaultdict(set)
    for ticket_id, category_id in categories.items():
        if category_id is not None:
            found[Subject("category", category_id)].add(ticket_id)
    by_ci: dict[int, set[int]] = defaultdict(set)
    statement = select(TicketCi.ci_id, TicketCi.ticket_id).where(TicketCi.ticket_id.in_(categories))
    for ci_id, ticket_id in session.execute(statement):
        by_ci[ci_id].add(ticket_id)
    return found | _by_ci(by_ci)


def _by_ci(named: Mapping[int, set[int]]) -> dict[Subject, set[int]]:
    """CIs that incidents name, and the services that those are needed by."""
    most_named = sorted(named, key=lambda each: -len(named[each]))[:MOST_CIS]
    cis = cmdb.list_by_ids(SYSTEM, most_named) if most_named else ()
    roots = [Node(ci.id, ci.name, ci.class_key, ci.state, ci.criticality, ci.owner_id) for ci in cis]
    if not roots:
        return {}
    way = walk(SYSTEM, roots, direction="down", depth=DEEP, limit=WIDE, types=cmdb.relation_types())
    reached = spread(named, ((edge.supplier_id, edge.consumer_id) for edge in way.edges))
    services = set(classes.load().keys_below(BUSINESS_SERVICE))
    found = {Subject("ci", ci_id): tickets for ci_id, tickets in named.items()}
    for node in way.nodes.values():
        if node.class_key in services and node.id in reached:
            found.pop(Subject("ci", node.id), None)
            found[Subject("service", node.id)] = reached[node.id]
    return found


def _note(row: MajorCandidate | None, subject: Subject, ticket_ids: Sequence[int], now: datetime) -> bool:
    if row is not None:
        if list(row.ticket_ids) != list(ticket_ids):
            row.ticket_ids, row.last_at = list(ticket_ids), now
        return False
    fresh = MajorCandidate(
        subject_kind=subject.kind,
        subject_id=subject.id,
        open_key=_key(subject),
        ticket_ids=list(ticket_ids),
        first_at=now,
        last_at=now,
    )
    session.add(fresh)
    session.flush()
    changes = {"subject": [None, _key(subject)], "tickets": [None, len(ticket_ids)]}
    audit.record(SYSTEM, "major.candidate", subject_kind="major_candidate", subject_id=fresh.id, changes=changes)
    return True


def dismiss(actor: Actor, candidate_id: int) -> MajorCandidate:
    """Decide that a burst is no major incident; it is not shown again until it is over."""
    return decide(actor, candidate_id, "dismissed")


def decide(actor: Actor, candidate_id: int, state: str) -> MajorCandidate:
    """Write down what was decided about a burst."""
    require(actor, DECLARE)
    row = locked(MajorCandidate, candidate_id)
    if row.state != "open":
        raise Conflict(_("Somebody has decided about this already."))
    row.state = state
    session.flush()
    changes = {"state": ["open", state]}
    audit.record(actor, "major.candidate", subject_kind="major_candidate", subject_id=row.id, changes=changes)
    return row
