"""Every write to reminders. Rule: Q4."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import clock, outbox
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, language
from itsm.notifications import services as notifications
from itsm.notifications.compose import render_text
from itsm.notifications.delivery import ADDRESS_FAILED
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from itsm.tickets.reminders import queries
from itsm.tickets.reminders.models import DONE, TOLD, WAITING, Reminder

FURTHEST = timedelta(days=5 * 366)


def remind(actor: Actor, ticket: Ticket, *, at: datetime, note: str = "") -> Reminder:
    """Let the actor hear of a ticket again at an instant."""
    if actor.person_id is None or not policy.is_staff(actor):
        raise Forbidden(_("Only staff set reminders."))
    _check_ahead(at)
    row = Reminder(person_id=actor.person_id, ticket_id=ticket.id, at=at.astimezone(UTC), note=note.strip())
    session.add(row)
    session.flush()
    return row


def _check_ahead(at: datetime) -> None:
    now = clock.now()
    if not now < at < now + FURTHEST:
        raise Invalid.field("at", _("Choose an instant that lies ahead, within five years."))


def snooze(actor: Actor, reminder_id: int, *, at: datetime) -> Reminder:
    """Hear of it again later."""
    _check_ahead(at)
    row = queries.get_own(actor, reminder_id)
    row.state, row.at, row.told_at = WAITING, at, None
    session.flush()
    return row


def finish(actor: Actor, reminder_id: int) -> Reminder:
    """Take a reminder away: done, or not wanted any more."""
    row = queries.get_own(actor, reminder_id)
    row.state = DONE
    session.flush()
    return row


def tell(reminder_id: int) -> None:
    """Tell a reminder that is due: by mail, and on the person's pages until they say that it is done. Rule: Q4.

    Who may no longer read the ticket, or works here no longer, hears nothing.
    """
    row = session.get_one(Reminder, reminder_id, with_for_update=True)
    if row.state != WAITING or row.at > clock.now():
        return
    person = session.get_one(Person, row.person_id)
    ticket = _readable(person, row.ticket_id)
    row.state, row.told_at = (TOLD, clock.now()) if ticket is not None else (DONE, None)
    session.flush()
    if ticket is not None and person.email and not notifications.is_silent():
        _mail(row, person, ticket)


def _readable(person: Person, ticket_id: int) -> Ticket | None:
    actor = actor_of(person, channel="system")
    if not person.active or not policy.is_staff(actor):
        return None
    return session.scalars(select(Ticket).where(Ticket.id == ticket_id, policy.visible(actor))).first()


def _mail(row: Reminder, person: Person, ticket: Ticket) -> None:
    link = f"{settings().public_url}/{ticket.path}/{ticket.number}"
    values = {"name": person.name, "number": ticket.number, "title": ticket.title, "note": row.note, "link": link}
    with language(person.language or settings().language):
        subject = str(_("Reminder: %(number)s %(title)s", number=ticket.number, title=ticket.title))
        text = render_text("reminder", values)
    outbox.queue_mail(
        to=person.email or "",
        subject=subject,
        text=text,
        event_key=f"reminder:{row.id}:{row.at.isoformat()}",
        held_because=ADDRESS_FAILED if person.mail_failed_at else "",
    )
