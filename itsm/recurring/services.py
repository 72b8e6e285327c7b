"""Every write to recurring tickets. Rules: Q1 to Q3."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from cmdb.models import Ci
from itsm.identity.models import Group, Person
from itsm.identity.services.checks import check_all_exist, check_exists, check_free_name, check_place_in_time
from itsm.kernel import audit, clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.records import apply_changes, check_version, create, get, locked, require
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, language
from itsm.recurring.kinds import KINDS
from itsm.recurring.models import Recurrence, RecurrenceRun
from itsm.recurring.rule import MOVE, SKIP, IsWorkday, Schedule, checked, every_day
from itsm.tickets import services as tickets
from itsm.tickets.models import Category, Ticket
from sla.calendars.calendar import BusinessCalendar, parse_calendar
from sla.models import BusinessHours

EDIT = "recurring.edit"
PREVIEWED = 5


def create_recurrence(actor: Actor, **facts: Any) -> Recurrence:
    """Record a recurring ticket; `facts` are columns of `Recurrence`."""
    require(actor, EDIT)
    row = Recurrence(**_checked(facts))
    row.next_at = _next(row, clock.now())
    create(actor, row, kind="recurrence")
    return row


def edit_recurrence(actor: Actor, recurrence_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Recurrence:
    """Change a recurring ticket; what is due is reckoned anew from now on."""
    require(actor, EDIT)
    row = locked(Recurrence, recurrence_id)
    check_version(row, version)
    known = {
        name: getattr(row, name)
        for name in ("kind", "rule", "starts_on", "minute", "timezone", "off_days", "calendar_id")
    }
    facts = _checked(known | {"title": row.title} | dict(changes))
    check_free_name(Recurrence, facts, ignore_id=row.id)
    apply_changes(actor, row, facts, kind="recurrence")
    row.next_at = _next(row, clock.now())
    session.flush()
    return row


def delete_recurrence(actor: Actor, recurrence_id: int) -> None:
    """Forget a recurring ticket; the tickets that it opened stay."""
    require(actor, EDIT)
    row = get(Recurrence, recurrence_id)
    session.delete(row)
    session.flush()
    audit.record(
        actor,
        "recurrence.deleted",
        subject_kind="recurrence",
        subject_id=recurrence_id,
        changes={"name": [row.name, None]},
    )


def preview(facts: Mapping[str, Any]) -> list[datetime]:
    """The next five instants of a recurring ticket as these facts describe it; raises `Invalid`."""
    row = Recurrence(**_checked(facts))
    return schedule_of(row).next_instants(clock.now(), PREVIEWED)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    facts = dict(given)
    check_place_in_time(facts)
    if facts.get("kind", "incident") not in KINDS:
        raise Invalid.field("kind", _("Choose one of: %(names)s.", names=", ".join(KINDS)))
    facts["rule"] = checked(facts["rule"])
    for name in ("name", "title"):
        if name in facts:
            facts[name] = _text(name, facts[name])
    _check_references(facts)
    if facts.get("off_days") in {SKIP, MOVE} and facts.get("calendar_id") is None:
        raise Invalid.field("calendar_id", _("Choose the calendar that knows the days off."))
    return facts


def _text(name: str, given: str) -> str:
    if not given.strip():
        raise Invalid.field(name, _("Write something first."))
    return given.strip()


def _check_references(facts: Mapping[str, Any]) -> None:
    for name, table in (
        ("requester_id", Person),
        ("category_id", Category),
        ("group_id", Group),
        ("calendar_id", BusinessHours),
    ):
        check_exists(name, table, facts.get(name))
    check_all_exist("ci_ids", Ci, set(facts.get("ci_ids") or ()))


def schedule_of(row: Recurrence) -> Schedule:
    """When a recurring ticket is due."""
    calendar = session.get(BusinessHours, row.calendar_id) if row.calendar_id and row.off_days else None
    zone = ZoneInfo(row.timezone)
    return Schedule(row.rule, row.starts_on, row.minute, zone, row.off_days or "", _workdays(calendar, zone))


def _workdays(hours: BusinessHours | None, zone: ZoneInfo) -> IsWorkday:
    """A day on which the calendar opens at all, by the clocks of the recurrence. Rule: Q2."""
    if hours is None:
        return every_day
    calendar: BusinessCalendar = parse_calendar({"tz": hours.timezone, **hours.definition})

    def is_workday(day: date) -> bool:
        begin = datetime.combine(day, time(), zone)
        return calendar.between(begin, datetime.combine(day + timedelta(days=1), time(), zone)) > 0

    return is_workday


def _next(row: Recurrence, after: datetime) -> datetime | None:
    return next(schedule_of(row).instants(after), None)


def run_due(recurrence_id: int) -> None:
    """Open the ticket of a recurrence that is due; of several times that passed the last one counts. Rule: Q3."""
    row = session.get_one(Recurrence, recurrence_id, with_for_update=True)
    now = clock.now()
    if not row.active or row.next_at is None or row.next_at > now:
        return  # another process was first, or somebody changed it
    later = schedule_of(row).instants(row.next_at)
    passed = [row.next_at, *takewhile(lambda at: at <= now, later)]
    due_at = passed[-1]
    run = RecurrenceRun(recurrence_id=row.id, due_at=due_at, at=now, outcome="opened", passed_over=len(passed) - 1)
    session.add(run)
    session.flush()  # the key refuses a second ticket for the same instant
    _take(row, run)
    row.next_at = _next(row, now)
    session.flush()


def _take(row: Recurrence, run: RecurrenceRun) -> None:
    last = session.get(Ticket, row.last_ticket_id) if row.last_ticket_id else None
    if row.skip_if_open and last is not None and last.unfinished:
        run.outcome, run.reason = "still_open", last.number
    else:
        try:
            with session.begin_nested():
                ticket = _open(row)
        except ItsmError as error:
            with language(settings().language):
                run.outcome, run.reason = "failed", str(error)
        else:
            run.ticket_id = row.last_ticket_id = ticket.id
    changes = {"due_at": [None, run.due_at], "outcome": [None, run.outcome], "ticket_id": [None, run.ticket_id]}
    audit.record(SYSTEM, "recurrence.due", subject_kind="recurrence", subject_id=row.id, changes=changes)


def _open(row: Recurrence) -> Ticket:
    ticket = KINDS[row.kind].open(SYSTEM, row)
    tickets.write_journal(SYSTEM, ticket, "change", changes={"recurrence": [None, row.name]})
    return ticket
