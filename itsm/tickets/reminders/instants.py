"""Instants that people name in words: in two hours, tomorrow at nine, when I am at work again."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _
from itsm.tickets.working_hours import next_at_work

MORNING = time(9)


def _morning(actor: Actor, now: datetime, days: int) -> datetime:
    zone = ZoneInfo(actor.timezone)
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def _monday(actor: Actor, now: datetime) -> datetime:
    today = now.astimezone(ZoneInfo(actor.timezone)).weekday()
    return _morning(actor, now, 7 - today)


def _at_work(actor: Actor, now: datetime) -> datetime:
    """The next beginning of the person's working hours: when at work now, that of the day after."""
    found = next_at_work(actor.person_id, now)
    return (
        found if found > now else next_at_work(actor.person_id, _morning(actor, now, 1) - timedelta(hours=MORNING.hour))
    )


CHOICES: Mapping[str, tuple[Message, Callable[[Actor, datetime], datetime]]] = {
    "1h": (_("in 1 hour"), lambda _actor, now: now + timedelta(hours=1)),
    "2h": (_("in 2 hours"), lambda _actor, now: now + timedelta(hours=2)),
    "tomorrow": (_("tomorrow at 9"), lambda actor, now: _morning(actor, now, 1)),
    "monday": (_("on Monday at 9"), _monday),
    "work": (_("when I am next at work"), _at_work),
}


def instant_of(actor: Actor, name: str, now: datetime) -> datetime:
    """The instant that a choice means for a person now; raises `Invalid` for the field `when`."""
    if name not in CHOICES:
        raise Invalid.field("when", _("Choose when."))
    return CHOICES[name][1](actor, now)
