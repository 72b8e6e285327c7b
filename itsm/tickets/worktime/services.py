"""Every write to activity types, work done and timers. Rules: K6, K7."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.services.journal import lock, require_work, write_entry
from itsm.tickets.worktime import queries
from itsm.tickets.worktime.models import ActivityType, Timer

LARGEST_RATE = 100_000_000
LONGEST_RUN_MINUTES = 10_000
_CURRENCY = re.compile(r"[A-Z]{3}")


def start_timer(actor: Actor, ticket: Ticket, *, activity_id: int | None = None) -> Timer:
    """Measure work on a ticket from now on; a timer that runs on another ticket stops and its work is recorded. Rule: K7.

    Locks the ticket and the other one, so the caller must hold neither.
    """
    require_work(actor, ticket)
    person_id = _person(actor)
    running = _locked(person_id, ticket)
    if running is not None and running.ticket_id == ticket.id:
        return running
    if running is not None:
        _end(actor, running)
    if activity_id is not None:
        get(ActivityType, activity_id)
    row = Timer(person_id=person_id, ticket_id=ticket.id, activity_id=activity_id, started_at=clock.now())
    session.add(row)
    session.flush()
    return row


def stop_timer(actor: Actor, *, body: str = "", keep: bool = True) -> JournalEntry | None:
    """Stop the actor's timer and record its minutes, begun ones count whole; without `keep` nothing is recorded.

    Answers the entry, or None where no timer ran or nothing is kept. Work on a ticket that the actor may not work any more
    is not recorded. Locks the ticket, so the caller must hold none.
    """
    timer = _locked(_person(actor))
    return _end(actor, timer, body=body, keep=keep) if timer is not None else None


def _locked(person_id: int, *wanted: Ticket) -> Timer | None:
    """The person's timer, locked after these tickets and those that its work belongs to."""
    running_on = session.scalar(select(Timer.ticket_id).where(Timer.person_id == person_id))
    measured = [session.get_one(Ticket, running_on)] if running_on is not None else []
    lock(*wanted, *measured, *map(tickets.living, measured))
    timer = session.get(Timer, person_id, with_for_update=True, populate_existing=True)
    if timer is not None and timer.ticket_id not in {each.id for each in (*wanted, *measured)}:
        raise Conflict(_("This was changed meanwhile. Look at the present values and save again."))
    return timer


def _end(actor: Actor, timer: Timer, *, body: str = "", keep: bool = True) -> JournalEntry | None:
    ticket = _workable(actor, timer.ticket_id)
    minutes, activity_id = minutes_of(timer), timer.activity_id
    session.delete(timer)
    session.flush()
    if not keep or ticket is None:
        return None
    return write_entry(actor, ticket, kind="work", body=body, minutes=minutes, activity_id=activity_id)


def _workable(actor: Actor, ticket_id: int) -> Ticket | None:
    """The ticket, if the actor may still record work there: a timer outlives rights, and must always be able to stop."""
    try:
        ticket = tickets.get_by_id(actor, ticket_id)
        require_work(actor, tickets.living(ticket))
    except (Forbidden, NotFound):
        return None
    return ticket


def minutes_of(timer: Timer) -> int:
    """Minutes that a timer has run, begun ones counted whole, at most what an entry may tell of."""
    seconds = max(1, int((clock.now() - timer.started_at).total_seconds()))
    return min(-(-seconds // 60), LONGEST_RUN_MINUTES)


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise Forbidden(_("Only people have a timer."))
    return actor.person_id


def create_activity(actor: Actor, values: Mapping[str, Any]) -> ActivityType:
    """Record an activity type: name, hour_minor (minor units), currency, order, active."""
    require(actor, "worktime.edit")
    row = create(actor, ActivityType(**_checked(values)), kind="activity_type")
    queries.activities.renew()
    return row


def edit_activity(actor: Actor, activity_id: int, *, version: int | None, values: Mapping[str, Any]) -> ActivityType:
    """Change an activity type; work recorded earlier keeps its cost. Rule: K6."""
    require(actor, "worktime.edit")
    row = get(ActivityType, activity_id)
    check_version(row, version)
    before = {name: getattr(row, name) for name in ("name", "hour_minor", "currency", "order", "active")}
    facts = _checked({**before, **values})
    taken = any(each.name == facts["name"] and each.id != row.id for each in queries.list_activities())
    if taken:
        raise Invalid.field("name", _("“%(name)s” exists already.", name=facts["name"]))
    apply_changes(actor, row, facts, kind="activity_type")
    queries.activities.renew()
    return row


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    name = " ".join(str(values.get("name") or "").split())
    currency = str(values.get("currency") or "").strip().upper()
    rate = int(values.get("hour_minor") or 0)
    if not name or len(name) > 255:
        raise Invalid.field("name", _("This is needed."))
    if not _CURRENCY.fullmatch(currency):
        raise Invalid.field("currency", _("Write the three letters of the currency, such as EUR."))
    if not 0 <= rate <= LARGEST_RATE:
        raise Invalid.field("hour_minor", _("This is not an amount that an hour may cost."))
    return {
        "name": name,
        "hour_minor": rate,
        "currency": currency,
        "order": int(values.get("order") or 0),
        "active": bool(values.get("active", True)),
    }
