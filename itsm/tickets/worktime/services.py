"""Every write to activity types, work done and timers. Rules: K6, K7."""

import re
from collections.abc import Mapping
from typing import Any

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.services.journal import require_work, write_entry
from itsm.tickets.worktime import queries
from itsm.tickets.worktime.models import ActivityType, Timer

LARGEST_RATE = 100_000_000
LONGEST_RUN_MINUTES = 10_000
_CURRENCY = re.compile(r"[A-Z]{3}")


def start_timer(actor: Actor, ticket: Ticket, *, activity_id: int | None = None) -> Timer:
    """Measure work on a ticket from now on; a timer that runs on another ticket stops and its work is recorded. Rule: K7."""
    require_work(actor, ticket)
    person_id = _person(actor)
    running = session.get(Timer, person_id, with_for_update=True)
    if running is not None and running.ticket_id == ticket.id:
        return running
    if running is not None:
        stop_timer(actor)
    if activity_id is not None:
        get(ActivityType, activity_id)
    row = Timer(person_id=person_id, ticket_id=ticket.id, activity_id=activity_id, started_at=clock.now())
    session.add(row)
    session.flush()
    return row


def stop_timer(actor: Actor, *, body: str = "", keep: bool = True) -> JournalEntry | None:
    """Stop the actor's timer and record its minutes, begun ones count whole; without `keep` nothing is recorded.

    Answers the entry, or None where no timer ran or nothing is kept.
    """
    timer = session.get(Timer, _person(actor), with_for_update=True)
    if timer is None:
        return None
    ticket = tickets.get_by_id(actor, timer.ticket_id)
    minutes, activity_id = minutes_of(timer), timer.activity_id
    session.delete(timer)
    session.flush()
    if not keep:
        return None
    return write_entry(actor, ticket, kind="work", body=body, minutes=minutes, activity_id=activity_id)


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
