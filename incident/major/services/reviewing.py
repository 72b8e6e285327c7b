"""The review after a major incident, and what is to be done. Rule: M7."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from incident.major import queries
from incident.major.events import MajorActionAsked
from incident.major.models import BECOMES, MajorAction, MajorReview
from incident.major.phases import RESOLVED, REVIEWED
from incident.major.policy import require_lead
from incident.major.services.declaring import move
from incident.models import Incident
from itsm.identity.models import Person
from itsm.identity.services.checks import check_exists
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.events import emit
from itsm.kernel.records import apply_changes, check_version, get
from itsm.kernel.text import _
from itsm.tickets import services as tickets

TEXTS = ("what_happened", "causes", "lessons")


def write_review(actor: Actor, incident: Incident, *, version: int | None, changes: Mapping[str, str]) -> MajorReview:
    """Write down what happened, why, and what was learned, once the major incident is over."""
    row = _review(actor, incident)
    check_version(row, version)
    facts = {name: changes[name].strip() for name in TEXTS if name in changes}
    _apply(actor, row, facts)
    return row


def _review(actor: Actor, incident: Incident) -> MajorReview:
    major = queries.get_major(incident.id, lock=True)
    require_lead(actor, major)
    if major.phase not in {RESOLVED, REVIEWED}:
        raise Conflict(_("The review comes after the major incident is resolved."))
    row = queries.find_review(incident.id)
    if row is None:
        row = MajorReview(ticket_id=incident.id, what_happened="", causes="", lessons="", version=1)
        session.add(row)
        session.flush()
    if row.finished_at is not None:
        raise Conflict(_("This review is finished."))
    return row


def _apply(actor: Actor, row: MajorReview, facts: Mapping[str, Any]) -> None:
    row_changes = {name: value for name, value in facts.items() if getattr(row, name) != value}
    if row_changes:
        for name, value in row_changes.items():
            setattr(row, name, value)
        row.version += 1
        session.flush()
        incident = session.get_one(Incident, row.ticket_id)
        tickets.write_journal(actor, incident, "change", changes={"major.review": [None, sorted(row_changes)]})


def add_action(
    actor: Actor,
    incident: Incident,
    *,
    title: str,
    owner_id: int | None = None,
    due_on: date | None = None,
    becomes: str = "",
) -> MajorAction:
    """Note something to do, who sees to it and until when; a problem or a change may carry it."""
    _review(actor, incident)
    if not title.strip():
        raise Invalid.field("title", _("Say what is to be done."))
    if becomes not in BECOMES:
        raise Invalid.field("becomes", _("Choose one of the list."))
    check_exists("owner_id", Person, owner_id)
    row = MajorAction(
        ticket_id=incident.id, title=title.strip()[:255], owner_id=owner_id, due_on=due_on, becomes=becomes
    )
    session.add(row)
    session.flush()
    tickets.write_journal(actor, incident, "change", changes={"major.action": [None, row.title]})
    if becomes:
        emit(MajorActionAsked(incident.id, incident.kind, action_id=row.id, becomes=becomes, title=row.title))
    return row


def finish_action(actor: Actor, incident: Incident, action_id: int) -> MajorAction:
    """Say that something was done; its owner may say so, too."""
    row = get(MajorAction, action_id)
    if row.ticket_id != incident.id:
        raise Invalid.field("action", _("This belongs to another major incident."))
    if actor.person_id is None or row.owner_id != actor.person_id:
        require_lead(actor, queries.get_major(incident.id))
    apply_changes(actor, row, {"done_at": clock.now()} if row.done_at is None else {}, kind="major_action")
    return row


def finish_review(actor: Actor, incident: Incident) -> MajorReview:
    """Close the review; from now on it only is read."""
    row = _review(actor, incident)
    missing = [name for name in ("what_happened", "causes") if not getattr(row, name)]
    if missing:
        errors = {name: [_("Write something first.")] for name in missing}
        raise Invalid(_("Say what happened and why before you finish the review."), errors=errors)
    row.finished_at, row.finished_by_name = clock.now(), actor.name
    move(actor, incident, queries.get_major(incident.id), REVIEWED)
    return row
