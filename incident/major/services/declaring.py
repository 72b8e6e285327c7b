"""Declaring a major incident, its phases, and taking it back. Rules: M2, M3."""

from datetime import timedelta
from typing import Any

from incident.major import queries
from incident.major.events import MajorDeclared
from incident.major.models import MajorAudience, MajorIncident
from incident.major.phases import FIGHTING, INVESTIGATING, PHASES, RESOLVED, WITHDRAWN, step_to
from incident.major.plan import plan
from incident.major.policy import DECLARE, require_lead
from incident.major.services.candidates import decide
from incident.models import Incident
from itsm.identity.models import Group
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, IllegalTransition, Invalid
from itsm.kernel.events import emit
from itsm.kernel.records import get, require
from itsm.kernel.text import _
from itsm.tickets import services as tickets


def declare(
    actor: Actor, incident: Incident, *, reason: str, headline: str = "", candidate_id: int | None = None
) -> MajorIncident:
    """Declare an incident that the caller has locked a major one. Rule: M3.

    `headline` is what people outside read (without one the title); `candidate_id` is the burst that led to it. An incident
    of a restricted group is told to nobody until somebody in its room decides so.
    """
    require(actor, DECLARE)
    if not reason.strip():
        raise Invalid.field("reason", _("Say why this is a major incident."))
    if not incident.unfinished:
        raise Conflict(_("%(number)s has ended.", number=incident.number))
    if incident.is_major:
        raise Conflict(_("%(number)s is a major incident already.", number=incident.number))
    row = _row(actor, incident, reason.strip(), " ".join(headline.split()) or incident.title)
    incident.is_major = True
    incident.version += 1
    if candidate_id is not None:
        decide(actor, candidate_id, "declared")
    session.flush()
    tickets.write_journal(actor, incident, "change", body=row.reason, changes={"major": [None, row.phase]})
    emit(MajorDeclared(incident.id, incident.kind, actor_id=actor.person_id))
    return row


def _row(actor: Actor, incident: Incident, reason: str, headline: str) -> MajorIncident:
    now, decided = clock.now(), plan()
    row, known = session.get(MajorIncident, incident.id), True
    if row is None:
        row, known = MajorIncident(ticket_id=incident.id, cadence_minutes=decided.cadence_minutes), False
        row.manager_id = actor.person_id
    row.phase, row.phase_since, row.reason, row.headline = INVESTIGATING, now, reason, headline[:255]
    row.declared_at, row.declared_by_id, row.declared_by_name = now, actor.person_id, actor.name
    row.resolved_at, row.reminded_at = None, None
    row.next_update_at = next_update(row)
    session.add(row)
    session.flush()
    if not known and _is_restricted(incident):
        row.on_portal = False
    elif not known:
        session.add(MajorAudience(ticket_id=incident.id, kind="everybody"))
    return row


def _is_restricted(incident: Incident) -> bool:
    return incident.group_id is not None and get(Group, incident.group_id).restricted


def next_update(row: MajorIncident) -> Any:
    """When the next update is due, counted from now; None when it has no cadence."""
    return clock.now() + timedelta(minutes=row.cadence_minutes) if row.cadence_minutes else None


def move(actor: Actor, incident: Incident, row: MajorIncident, phase: str, *, note: str = "") -> None:
    """Enter another phase by a step of `PHASES`; raises `IllegalTransition` when none leads there."""
    if phase == row.phase:
        return
    if step_to(row.phase, phase) is None:
        before, after = PHASES[row.phase].title, PHASES[phase].title if phase in PHASES.states else phase
        raise IllegalTransition(_("No step leads from “%(before)s” to “%(after)s”.", before=before, after=after))
    changes = {"major": [row.phase, phase]}
    row.phase, row.phase_since = phase, clock.now()
    row.resolved_at = clock.now() if phase == RESOLVED else row.resolved_at if phase not in FIGHTING else None
    row.next_update_at, row.reminded_at = (next_update(row) if phase in FIGHTING else None), None
    row.version += 1
    session.flush()
    tickets.write_journal(actor, incident, "change", body=note, changes=changes)


def withdraw(actor: Actor, incident: Incident, *, reason: str) -> MajorIncident:
    """Say that it is no major incident after all; its parts stay linked to it."""
    row = queries.get_major(incident.id, lock=True)
    require_lead(actor, row)
    if not reason.strip():
        raise Invalid.field("reason", _("Say why this is no major incident."))
    move(actor, incident, row, WITHDRAWN, note=reason.strip())
    incident.is_major = False
    incident.version += 1
    session.flush()
    return row


def follow_incident(actor: Actor, incident: Incident) -> None:
    """Follow the life cycle of the incident: solved with it, fought again when it is reopened. Rule: M2."""
    row = session.get(MajorIncident, incident.id)
    if row is None or row.phase == WITHDRAWN:
        return
    if not incident.unfinished and row.phase in FIGHTING:
        move(actor, incident, row, RESOLVED)
    elif incident.unfinished and row.phase == RESOLVED:
        move(actor, incident, row, INVESTIGATING)
