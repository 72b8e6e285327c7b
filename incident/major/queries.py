"""Every read of major incidents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, func, select

from cmdb.models import Ci, TicketCi
from incident.major.models import (
    MajorAction,
    MajorAudience,
    MajorCandidate,
    MajorIncident,
    MajorReview,
    MajorUpdate,
)
from incident.major.phases import FIGHTING, RESOLVED
from incident.models import Incident
from itsm.identity.models import GroupMember, Organisation, Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Category, Ticket, TicketLink

SHOWN_AFTER = timedelta(hours=12)  # how long people still read that an outage is over
MOST_PARTS = 500
SUGGESTED = 50


def get_major(ticket_id: int, *, lock: bool = False) -> MajorIncident:
    """What an incident has as a major one; raises `NotFound` where it is none."""
    statement = select(MajorIncident).where(MajorIncident.ticket_id == ticket_id)
    row = session.scalars(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotFound(_("This incident is no major incident."))
    return row


def page_of_majors(
    actor: Actor, *, active: bool = False, limit: int | None = None, cursor: str | None = None
) -> Page[Row[MajorIncident, Incident]]:
    """One page of (major, incident) that the actor may read, newest first."""
    size, keys = checked_limit(limit), (SortKey("id", Incident.id, descending=True),)
    pairs = select(MajorIncident, Incident).join(Incident, Incident.id == MajorIncident.ticket_id)
    statement: Any = pairs.where(policy.visible(actor))
    if active:
        statement = statement.where(MajorIncident.phase.in_(FIGHTING))
    rows = session.execute(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row[1].id,))


def count_parts(ticket_ids: Collection[int]) -> dict[int, int]:
    """Incident → number of its parts; one statement."""
    if not ticket_ids:
        return {}
    statement = select(TicketLink.target_id, func.count()).where(
        TicketLink.target_id.in_(ticket_ids), TicketLink.relation == "child_of"
    )
    return {row[0]: row[1] for row in session.execute(statement.group_by(TicketLink.target_id))}


def list_parts(actor: Actor, ticket_id: int) -> Sequence[Ticket]:
    """Parts of a major that the actor may read, open ones first."""
    statement = select(Ticket).join(TicketLink, TicketLink.source_id == Ticket.id)
    statement = statement.where(
        TicketLink.target_id == ticket_id, TicketLink.relation == "child_of", policy.visible(actor)
    )
    return session.scalars(statement.order_by(Ticket.unfinished.desc(), Ticket.id).limit(MOST_PARTS)).all()


def suggest_parts(actor: Actor, incident: Incident) -> Sequence[Incident]:
    """Open incidents of the last day that may be the same: about its CIs, or of its category; newest first."""
    mine = select(TicketCi.ci_id).where(TicketCi.ticket_id == incident.id)
    about = exists().where(TicketCi.ticket_id == Incident.id, TicketCi.ci_id.in_(mine))
    same = about | (Incident.category_id == incident.category_id) if incident.category_id else about
    part = exists().where(TicketLink.source_id == Incident.id, TicketLink.relation == "child_of")
    statement = select(Incident).where(
        Incident.kind == "incident",
        Incident.created_at > incident.created_at - timedelta(days=1),
        Incident.unfinished == 1,
        Incident.id != incident.id,
        ~Incident.is_major,
        same,
        ~part,
        policy.visible(actor),
    )
    return session.scalars(statement.order_by(Incident.id.desc()).limit(SUGGESTED)).all()


def list_audiences(ticket_ids: Collection[int]) -> Sequence[MajorAudience]:
    """Audiences of some majors, in order."""
    if not ticket_ids:
        return []
    statement = select(MajorAudience).where(MajorAudience.ticket_id.in_(ticket_ids))
    return session.scalars(statement.order_by(MajorAudience.id)).all()


def list_updates(ticket_id: int) -> Sequence[MajorUpdate]:
    """Updates of a major, newest first."""
    statement = select(MajorUpdate).where(MajorUpdate.ticket_id == ticket_id)
    return session.scalars(statement.order_by(MajorUpdate.id.desc()).limit(200)).all()


def find_review(ticket_id: int) -> MajorReview | None:
    """The review of a major, if one was begun."""
    return session.get(MajorReview, ticket_id)


def list_actions(ticket_id: int) -> Sequence[MajorAction]:
    """Actions of a review, in order."""
    statement = select(MajorAction).where(MajorAction.ticket_id == ticket_id)
    return session.scalars(statement.order_by(MajorAction.id)).all()


def list_update_due(now: datetime) -> Sequence[int]:
    """Majors whose next update is due and whose communicator was not reminded of it yet."""
    statement = select(MajorIncident.ticket_id).where(
        MajorIncident.phase.in_(FIGHTING), MajorIncident.next_update_at <= now, MajorIncident.reminded_at.is_(None)
    )
    return session.scalars(statement.limit(200)).all()


@dataclass(frozen=True)
class ShownCandidate:
    """A candidate with the name of what it is about and the incidents that the actor may read, newest last."""

    row: MajorCandidate
    name: str
    tickets: Sequence[Ticket]


def list_candidates(actor: Actor) -> list[ShownCandidate]:
    """Bursts that nobody has decided about, newest first; at most five statements."""
    statement = select(MajorCandidate).where(MajorCandidate.state == "open")
    rows = session.scalars(statement.order_by(MajorCandidate.last_at.desc()).limit(20)).all()
    ids = {each for row in rows for each in row.ticket_ids}
    found = select(Ticket).where(Ticket.id.in_(ids), policy.visible(actor)).order_by(Ticket.id)
    tickets = session.scalars(found).all() if ids else ()
    names = _names(rows)
    shown = [
        ShownCandidate(
            row,
            names.get((row.subject_kind, row.subject_id), "?"),
            [one for one in tickets if one.id in row.ticket_ids],
        )
        for row in rows
    ]
    return [each for each in shown if each.tickets]


def _names(rows: Sequence[MajorCandidate]) -> dict[tuple[str, int], str]:
    cis = {row.subject_id for row in rows if row.subject_kind != "category"}
    categories = {row.subject_id for row in rows if row.subject_kind == "category"}
    names: dict[tuple[str, int], str] = {}
    for row in session.execute(select(Ci.id, Ci.name).where(Ci.id.in_(cis))) if cis else ():
        names |= {("ci", row.id): row.name, ("service", row.id): row.name}
    statement = select(Category.id, Category.name).where(Category.id.in_(categories))
    for row in session.execute(statement) if categories else ():
        names["category", row.id] = row.name
    return names


@dataclass(frozen=True)
class Outage:
    """A known outage as people outside read it; `update` is the latest one, if there is any."""

    major: MajorIncident
    update: MajorUpdate | None


def known_outages(person: Person | None) -> list[Outage]:
    """Outages that concern a person and are on the portal, present ones and those just over; without a person all of them.

    One statement where there are none, at most five else.
    """
    over = clock.now() - SHOWN_AFTER
    statement = select(MajorIncident).where(
        MajorIncident.on_portal,
        MajorIncident.phase.in_(FIGHTING) | ((MajorIncident.phase == RESOLVED) & (MajorIncident.resolved_at > over)),
    )
    majors = session.scalars(statement.order_by(MajorIncident.declared_at.desc()).limit(50)).all()
    shown = majors if person is None or not majors else _concerning(person, majors)
    latest = _latest_updates([major.ticket_id for major in shown])
    return [Outage(major, latest.get(major.ticket_id)) for major in shown]


def _latest_updates(ticket_ids: Collection[int]) -> dict[int, MajorUpdate]:
    if not ticket_ids:
        return {}
    newest = (
        select(func.max(MajorUpdate.id)).where(MajorUpdate.ticket_id.in_(ticket_ids)).group_by(MajorUpdate.ticket_id)
    )
    rows = session.scalars(select(MajorUpdate).where(MajorUpdate.id.in_(newest)))
    return {row.ticket_id: row for row in rows}


def _concerning(person: Person, majors: Sequence[MajorIncident]) -> list[MajorIncident]:
    audiences = list_audiences([major.ticket_id for major in majors])
    kinds = {each.kind for each in audiences}
    units = _units_of(person) if kinds & {"organisation", "affected"} else set()
    affected = affected_organisations([each.ticket_id for each in audiences if each.kind == "affected"])
    groups = _groups_of(person) if "group" in kinds else set()

    def hears(audience: MajorAudience) -> bool:
        match audience.kind:
            case "organisation":
                return audience.target_id in units
            case "affected":
                return bool(affected.get(audience.ticket_id, set()) & units)
            case "group":
                return audience.target_id in groups
            case "addresses":
                return (person.email or "").lower() in audience.addresses
        return True

    heard = {audience.ticket_id for audience in audiences if hears(audience)}
    return [major for major in majors if major.ticket_id in heard]


def _units_of(person: Person) -> set[int]:
    """The person's organisation and all above it."""
    path = session.scalar(select(Organisation.path).where(Organisation.id == person.organisation_id))
    return {int(each) for each in (path or "").split("/") if each}


def _groups_of(person: Person) -> set[int]:
    return set(session.scalars(select(GroupMember.group_id).where(GroupMember.person_id == person.id)))


def affected_organisations(ticket_ids: Collection[int]) -> dict[int, set[int]]:
    """Major → organisations of its requester and of those of its parts; two statements."""
    if not ticket_ids:
        return {}
    found: dict[int, set[int]] = {each: set() for each in ticket_ids}
    own = select(Ticket.id, Ticket.organisation_id).where(Ticket.id.in_(ticket_ids))
    parts = select(TicketLink.target_id, Ticket.organisation_id).join(Ticket, Ticket.id == TicketLink.source_id)
    parts = parts.where(TicketLink.target_id.in_(ticket_ids), TicketLink.relation == "child_of").distinct()
    for statement in (own, parts):
        for ticket_id, organisation_id in session.execute(statement):
            if organisation_id is not None:
                found[ticket_id].add(organisation_id)
    return found
