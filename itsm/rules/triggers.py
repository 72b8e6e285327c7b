"""When rules are looked at: events of tickets as occasions, and what a trigger's options ask of one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import Message, _
from itsm.tickets.events import (
    TicketAnswered,
    TicketAssigned,
    TicketChanged,
    TicketEvent,
    TicketMoved,
    TicketOpened,
    TicketTargetSpent,
)

TRIGGERS: Mapping[str, Message] = {
    "opened": _("A ticket is recorded"),
    "changed": _("A ticket is changed or assigned"),
    "moved": _("A ticket comes into another state"),
    "requester_replied": _("The requester writes"),
    "staff_replied": _("Staff writes to the requester"),
    "target_spent": _("A share of a target is spent"),
    "schedule": _("At certain times"),
}
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "changed": ("fields",),
    "moved": ("states",),
    "target_spent": ("metric", "percent"),
    "schedule": ("every_minutes", "at", "weekdays"),
}
CHANGEABLE: Mapping[str, Message] = {
    "title": _("Title"),
    "description": _("Description"),
    "priority": _("Priority"),
    "impact": _("Impact"),
    "urgency": _("Urgency"),
    "category_id": _("Category"),
    "requester_id": _("Requester"),
    "organisation_id": _("Organisation"),
    "group_id": _("Group"),
    "assignee_id": _("Assignee"),
}
METRICS: Mapping[str, Message] = {
    "response": _("Response"),
    "acceptance": _("Acceptance"),
    "update": _("Update"),
    "resolution": _("Resolution"),
}
SHORTEST_MINUTES, LONGEST_MINUTES = 5, 7 * 24 * 60


@dataclass(frozen=True)
class Occasion:
    """Something that happened to a ticket, as triggers see it."""

    trigger: str
    ticket_id: int
    kind: str
    fields: frozenset[str] = frozenset()
    state: str = ""
    metric: str = ""
    percent: int = 0


def _changed(event: TicketChanged) -> Occasion:
    return Occasion("changed", event.ticket_id, event.kind, fields=event.fields)


def _assigned(event: TicketAssigned) -> Occasion:
    fields = {"assignee_id", "group_id"} if event.regrouped else {"assignee_id"}
    return Occasion("changed", event.ticket_id, event.kind, fields=frozenset(fields))


def _moved(event: TicketMoved) -> Occasion:
    return Occasion("moved", event.ticket_id, event.kind, state=event.after)


def _answered(event: TicketAnswered) -> Occasion | None:
    """Public entries that somebody wrote; automatic ones could answer one another for ever."""
    if event.entry_kind != "public" or event.automatic:
        return None
    return Occasion("requester_replied" if event.by_requester else "staff_replied", event.ticket_id, event.kind)


def _spent(event: TicketTargetSpent) -> Occasion:
    return Occasion("target_spent", event.ticket_id, event.kind, metric=event.metric, percent=event.percent)


def _opened(event: TicketOpened) -> Occasion:
    return Occasion("opened", event.ticket_id, event.kind)


READERS: Mapping[type[TicketEvent], Callable[[Any], Occasion | None]] = {
    TicketOpened: _opened,
    TicketChanged: _changed,
    TicketAssigned: _assigned,
    TicketMoved: _moved,
    TicketAnswered: _answered,
    TicketTargetSpent: _spent,
}


def occasion_of(event: TicketEvent) -> Occasion | None:
    """The occasion that an event is, or None when no trigger is for it."""
    return READERS[type(event)](event)


def fits(trigger: str, options: Mapping[str, Any], occasion: Occasion) -> bool:
    """Whether a trigger with these options is for the occasion; an option that is not set asks nothing."""
    if trigger != occasion.trigger:
        return False
    if options.get("fields") and not occasion.fields & set(options["fields"]):
        return False
    if options.get("states") and occasion.state not in options["states"]:
        return False
    if options.get("metric") and occasion.metric != options["metric"]:
        return False
    return not options.get("percent") or occasion.percent == options["percent"]


def checked_options(trigger: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the trigger has, without empty ones; raises `Invalid`."""
    if trigger not in TRIGGERS:
        raise Invalid.field("trigger", _("Choose one of: %(names)s.", names=", ".join(TRIGGERS)))
    options = {name: given[name] for name in OPTIONS.get(trigger, ()) if given.get(name)}
    if trigger == "schedule":
        _check_schedule(options)
    return options


def _check_schedule(options: dict[str, Any]) -> None:
    if ("every_minutes" in options) == ("at" in options):
        raise Invalid.field("every_minutes", _("Say either every how many minutes or at what time of the day."))
    if "at" not in options:
        options.pop("weekdays", None)


def next_run(options: Mapping[str, Any], after: datetime) -> datetime:
    """When a schedule looks again after an instant: so many minutes later, or at the next time of day of the site."""
    if "at" not in options:
        return after + timedelta(minutes=options["every_minutes"])
    zone = ZoneInfo(settings().timezone)
    hour, minute = (int(part) for part in options["at"].split(":"))
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(9))
    wanted = [day for day in days if not options.get("weekdays") or day.weekday() in options["weekdays"]]
    instants = (datetime.combine(day, time(hour, minute), zone).astimezone(UTC) for day in wanted)
    return next(instant for instant in instants if instant > after)


def runs_between(options: Mapping[str, Any], from_at: datetime, to_at: datetime) -> list[datetime]:
    """The instants of a schedule after `from_at` up to `to_at`."""
    found, at = list[datetime](), from_at
    while (at := next_run(options, at)) <= to_at:
        found.append(at)
    return found
