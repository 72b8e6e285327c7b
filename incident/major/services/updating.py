"""Updates: posted once, told to parts and audiences by a task, and the reminder when the next one is due. Rules: M4, M5."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import select, update

from incident.major import queries
from incident.major.events import MajorUpdated
from incident.major.models import MajorAudience, MajorIncident, MajorTold, MajorUpdate
from incident.major.phases import FIGHTING, PHASES, RESOLVED
from incident.major.policy import require_lead
from incident.major.services.declaring import move, next_update
from incident.models import Incident
from itsm.identity import queries as identity
from itsm.identity.actors import actor_of
from itsm.identity.models import GroupMember, Person
from itsm.kernel import clock, jobs, outbox
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.events import emit
from itsm.kernel.jobs import Progress
from itsm.kernel.outbox import Outgoing
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, language
from itsm.notifications import services as notifications
from itsm.notifications.compose import render_text
from itsm.notifications.delivery import ADDRESS_FAILED
from itsm.notifications.threads import short_digest
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket, TicketLink

TELL = "major.tell"
LONGEST = 20_000
CHUNK = 500


def post_update(actor: Actor, incident: Incident, *, body: str, phase: str = "") -> MajorUpdate:
    """Tell everyone how things stand, in another phase if one is named. Rule: M4.

    The text is a public entry of the incident; a task brings it to the parts and to the audiences.
    """
    row = queries.get_major(incident.id, lock=True)
    require_lead(actor, row)
    if row.phase not in {*FIGHTING, RESOLVED}:
        raise Conflict(_("%(number)s is no major incident any more.", number=incident.number))
    if phase and phase not in FIGHTING:
        raise Invalid.field("phase", _("Resolve the incident itself; the major incident follows it."))
    text = body.strip()
    if not 0 < len(text) <= LONGEST:
        raise Invalid.field("body", _("Write 1 to 20,000 characters."))
    move(actor, incident, row, phase or row.phase)
    told = MajorUpdate(
        ticket_id=incident.id, author_id=actor.person_id, author_name=actor.name, phase=row.phase, body=text
    )
    session.add(told)
    row.next_update_at, row.reminded_at = (next_update(row) if row.phase in FIGHTING else None), None
    tickets.write_entry(actor, incident, kind="public", body=text)
    session.flush()
    title = str(_("Update of %(number)s", number=incident.number))
    jobs.enqueue(TELL, {"update_id": told.id}, title=title, requested_by_id=actor.person_id)
    emit(MajorUpdated(incident.id, incident.kind, update_id=told.id, phase=told.phase))
    return told


def tell(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Bring an update to the open parts and by mail to the audiences; may be repeated, nobody hears it twice. Rule: M5."""
    update_id = int(payload["update_id"])
    with unit_of_work():
        parts = _parts_of(update_id)
    told = jobs.each(parts, lambda part: _tell_part(update_id, part), job=TELL)
    progress.step(50)
    mailed = 0
    with unit_of_work():
        row, people = session.get_one(MajorUpdate, update_id), list(_listeners(update_id))
        addresses = _free_addresses(row.ticket_id)
    for start in range(0, len(people), CHUNK):
        with unit_of_work():
            mailed += _mail_people(update_id, people[start : start + CHUNK])
    with unit_of_work():
        mailed += _mail_addresses(update_id, addresses)
        session.execute(update(MajorUpdate).where(MajorUpdate.id == update_id).values(mailed=mailed))
    return {"parts": told.done, "failed": told.failed, "mailed": mailed}


def _parts_of(update_id: int) -> Sequence[int]:
    row = session.get_one(MajorUpdate, update_id)
    statement = select(Ticket.id).join(TicketLink, TicketLink.source_id == Ticket.id)
    statement = statement.where(TicketLink.target_id == row.ticket_id, TicketLink.relation == "child_of")
    return session.scalars(statement.where(Ticket.unfinished == 1).order_by(Ticket.id)).all()


def _tell_part(update_id: int, ticket_id: int) -> None:
    """A public entry on the part, in the name of who posted the update; its requester gets it like any answer."""
    tickets.locked_if_exists(ticket_id)
    row = session.get_one(MajorUpdate, update_id)
    ticket = session.get_one(Ticket, ticket_id)
    if session.get(MajorTold, (update_id, ticket_id)) is not None:
        return
    session.add(MajorTold(update_id=update_id, ticket_id=ticket_id))
    tickets.write_entry(_author(row), ticket, kind="public", body=row.body)


def _author(row: MajorUpdate) -> Actor:
    person = session.get(Person, row.author_id) if row.author_id else None
    return actor_of(person, channel="system") if person is not None else SYSTEM


def _listeners(update_id: int) -> Iterator[int]:
    """Ids of the people whom audiences name for mail, but those who read it on a ticket of their own."""
    row = session.get_one(MajorUpdate, update_id)
    audiences = [each for each in queries.list_audiences([row.ticket_id]) if each.by_mail]
    found: set[int] = set()
    for audience in audiences:
        found |= _people_of(audience)
    return iter(sorted(found - _requesters(row.ticket_id)))


def _people_of(audience: MajorAudience) -> set[int]:
    people = select(Person.id).where(Person.active, Person.email.is_not(None))
    if audience.kind == "everybody":
        return set(session.scalars(people))
    if audience.kind == "group":
        members = select(GroupMember.person_id).where(GroupMember.group_id == audience.target_id)
        return set(session.scalars(people.where(Person.id.in_(members))))
    if audience.kind == "organisation":
        units: Collection[int] = identity.organisation_subtree(audience.target_id or 0)
    elif audience.kind == "affected":
        units = queries.affected_organisations([audience.ticket_id])[audience.ticket_id]
    else:
        return set()
    return set(session.scalars(people.where(Person.organisation_id.in_(units))))


def _requesters(ticket_id: int) -> set[int]:
    parts = select(Ticket.requester_id).join(TicketLink, TicketLink.source_id == Ticket.id)
    parts = parts.where(TicketLink.target_id == ticket_id, TicketLink.relation == "child_of", Ticket.unfinished == 1)
    own = select(Ticket.requester_id).where(Ticket.id == ticket_id)
    return {each for each in (*session.scalars(parts), *session.scalars(own)) if each is not None}


def _free_addresses(ticket_id: int) -> list[str]:
    audiences = [each for each in queries.list_audiences([ticket_id]) if each.by_mail and each.kind == "addresses"]
    return sorted({address for audience in audiences for address in audience.addresses})


def _mail_people(update_id: int, person_ids: Sequence[int]) -> int:
    people = session.scalars(select(Person).where(Person.id.in_(person_ids))).all()
    by_language: dict[str, list[Person]] = {}
    for person in people:
        by_language.setdefault(person.language or settings().language, []).append(person)
    messages = []
    for code, readers in by_language.items():
        payload = _payload(update_id, code)
        for person in readers:
            held = ADDRESS_FAILED if person.mail_failed_at else ""
            messages.append(_message(update_id, person.email or "", payload, held))
    return _queue(messages)


def _mail_addresses(update_id: int, addresses: Sequence[str]) -> int:
    payload = _payload(update_id, settings().language) if addresses else {}
    return _queue([_message(update_id, address, payload, "") for address in addresses])


def _queue(messages: Sequence[Outgoing]) -> int:
    if notifications.is_silent():
        return 0
    outbox.queue_many("mail", messages)
    return len(messages)


def _message(update_id: int, address: str, payload: dict[str, Any], held: str) -> Outgoing:
    return Outgoing(address.lower(), f"major:{update_id}:{short_digest(address.lower())}", payload, held)


def _payload(update_id: int, code: str) -> dict[str, Any]:
    row = session.get_one(MajorUpdate, update_id)
    major = session.get_one(MajorIncident, row.ticket_id)
    with language(code):
        phase = str(PHASES[row.phase].title)
        values = {
            "headline": major.headline,
            "phase": phase,
            "body": row.body,
            "link": settings().public_url + "/portal",
        }
        return outbox.mail_payload(subject=f"{major.headline} – {phase}", text=render_text("outage", values))


def remind_communicator(ticket_id: int) -> None:
    """Tell who speaks (else the incident manager) that the next update is due; once for each time. Rule: M4."""
    row = queries.get_major(ticket_id, lock=True)
    now = clock.now()
    if row.phase not in FIGHTING or row.next_update_at is None or row.next_update_at > now or row.reminded_at:
        return
    row.reminded_at = now
    session.flush()
    person = session.get(Person, row.communicator_id or row.manager_id or 0)
    if person is None or not person.email or not person.active or notifications.is_silent():
        return
    number = session.get_one(Incident, ticket_id).number
    values = {"name": person.name, "number": number, "headline": row.headline}
    values["link"] = f"{settings().public_url}/incidents/{number}/room"
    with language(person.language or settings().language):
        subject = str(_("%(number)s: the next update is due", number=number))
        text = render_text("update_due", values)
    key = f"major-due:{ticket_id}:{row.next_update_at.isoformat()}"
    held = ADDRESS_FAILED if person.mail_failed_at else ""
    outbox.queue_mail(to=person.email, subject=subject, text=text, event_key=key, held_because=held)
