"""Earlier incidents that say something about a new one, as far as the actor may read: similar ones, the caller's, the CI's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from cmdb import policy as cmdb_policy
from cmdb.models import Ci, TicketCi
from incident.call.proposals import LEAST_LIKENESS, Case, likeness, telling_words
from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.search import queries as search
from itsm.tickets import policy

LOOKED_AT = 40
HISTORY = 20
SHOWN = 5
CALLER_WEIGHT = 0.2
CI_WEIGHT = 0.3
SOLVED = (Incident.unfinished == 0, Incident.resolution != "", Incident.merged_into_id.is_(None))


@dataclass(frozen=True)
class Alike:
    """Incidents whose titles resemble one that is being typed, best first, and how much each does (id → 0 to 1)."""

    unfinished: Sequence[Incident]
    solved: Sequence[Incident]
    likeness: Mapping[int, float]


def list_alike(actor: Actor, title: str) -> Alike:
    """Open and solved incidents that resemble a title; two statements."""
    words = telling_words(title)
    readable = search.Readable(Incident.id, policy.visible(actor))
    ids = search.find_alike("ticket", " ".join(words), readable=readable, limit=LOOKED_AT)
    rows = _rows(actor, Incident.id.in_(ids), limit=LOOKED_AT) if ids else []
    found = {row.id: likeness(words, row.title) for row in rows}
    alike = [row for row in rows if found[row.id] >= LEAST_LIKENESS]
    alike.sort(key=lambda row: (-found[row.id], ids.index(row.id)))
    solved = [row for row in alike if not row.unfinished and row.resolution and row.merged_into_id is None]
    return Alike([row for row in alike if row.unfinished], solved, found)


def list_cases(actor: Actor, alike: Alike, *, requester_id: int | None, ci_ids: Collection[int]) -> list[Case]:
    """What votes on a new incident: the solved ones that are alike, the caller's last ones, the last ones of its CIs."""
    weighted = [("similar", alike.likeness[row.id] ** 2, row) for row in alike.solved]
    if requester_id is not None:
        rows = _rows(actor, Incident.requester_id == requester_id, *SOLVED, limit=HISTORY)
        weighted += [("caller", CALLER_WEIGHT, row) for row in rows]
    if ci_ids:
        named = select(TicketCi.ticket_id).where(TicketCi.ci_id.in_(ci_ids))
        weighted += [("ci", CI_WEIGHT, row) for row in _rows(actor, Incident.id.in_(named), *SOLVED, limit=HISTORY)]
    cis = _cis_of(actor, {row.id for _source, _weight, row in weighted}, requester_id)
    seen: set[int] = set()
    cases = []
    for source, weight, row in weighted:
        if row.id not in seen:
            seen.add(row.id)
            cases.append(Case(source, weight, _facts(row, cis.get(row.id, ()))))
    return cases


def _rows(actor: Actor, *conditions: ColumnElement[bool], limit: int) -> Sequence[Incident]:
    statement = select(Incident).where(policy.visible(actor), *conditions)
    return session.scalars(statement.order_by(Incident.id.desc()).limit(limit)).all()


def _facts(row: Incident, ci_ids: Collection[int]) -> dict[str, Collection[int]]:
    facts = {
        name: (value,) for name in ("category_id", "group_id", "impact", "urgency") if (value := getattr(row, name))
    }
    return {**facts, "ci_id": ci_ids}


def _cis_of(actor: Actor, ticket_ids: Collection[int], requester_id: int | None) -> dict[int, list[int]]:
    """Ticket id → CIs that a new ticket of the caller may be about as well: their own, and what is nobody's own."""
    if not ticket_ids:
        return {}
    # Written so that no index serves it: SQLite would begin with the CIs of nobody, of which there are very many.
    own_or_nobodys = func.coalesce(Ci.owner_id, 0).in_((0, requester_id or 0))
    statement = (
        select(TicketCi.ticket_id, TicketCi.ci_id)
        .join(Ci, Ci.id == TicketCi.ci_id)
        .where(TicketCi.ticket_id.in_(ticket_ids), cmdb_policy.visible(actor), Ci.state != "retired", own_or_nobodys)
    )
    found: dict[int, list[int]] = {}
    for row in session.execute(statement):
        found.setdefault(row.ticket_id, []).append(row.ci_id)
    return found
