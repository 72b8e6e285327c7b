"""Known trouble that a caller may be calling about: open incidents on their equipment and what it needs, or around them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select

from cmdb import impact
from cmdb import queries as cmdb
from cmdb.models import TicketCi
from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.tickets import policy
from itsm.tickets.models import TicketLink

SHOWN = 5
MANY_REPORTS = 3
WIDE_IMPACT = 2
EQUIPMENT_LOOKED_AT, NEEDED_DEPTH, NEEDED_CIS = 12, 4, 200


@dataclass(frozen=True)
class Outage:
    """An open incident that may be what the caller feels; how many further reports it has."""

    incident: Incident
    reports: int


def list_outages(actor: Actor, person: Person) -> list[Outage]:
    """Open incidents of others that probably hit a person, most urgent first.

    Those that name the person's equipment or what it depends on; at the same site, wide ones and those with many
    reports; in the same organisation, those that hit all of it. Major incidents have a part of the page of their own.
    """
    reports = (
        select(func.count(TicketLink.id))
        .where(TicketLink.target_id == Incident.id, TicketLink.relation == "child_of")
        .scalar_subquery()
    )
    near = _around(person, reports)
    if ci_ids := _needed_cis(actor, person):
        near.append(Incident.id.in_(select(TicketCi.ticket_id).where(TicketCi.ci_id.in_(ci_ids))))
    statement = (
        select(Incident, reports)
        .outerjoin(Person, Person.id == Incident.requester_id)
        .where(Incident.unfinished == 1, ~Incident.is_major, policy.visible(actor), or_(*near))
        .where(or_(Incident.requester_id.is_(None), Incident.requester_id != person.id))
        .order_by(Incident.priority, Incident.id.desc())
        .limit(SHOWN)
    )
    return [Outage(row[0], row[1]) for row in session.execute(statement)] if near else []


def _around(person: Person, reports: ColumnElement[int]) -> list[ColumnElement[bool]]:
    near = []
    if person.site_id is not None:
        felt = or_(Incident.impact <= WIDE_IMPACT, reports >= MANY_REPORTS)
        near.append(and_(Person.site_id == person.site_id, felt))
    if person.organisation_id is not None:
        near.append(and_(Incident.organisation_id == person.organisation_id, Incident.impact == 1))
    return near


def _needed_cis(actor: Actor, person: Person) -> list[int]:
    """The person's equipment and what it depends on, for those who may read the CMDB."""
    if not actor.has("cmdb.read"):
        return []
    own = [ci.id for ci in cmdb.cis_of_person(actor, person.id, limit=EQUIPMENT_LOOKED_AT)]
    if not own:
        return []
    found = impact.impact_of_all(actor, own, direction="up", depth=NEEDED_DEPTH, limit=NEEDED_CIS)
    return [*own, *(node.id for node in found.nodes)]
