"""Scheduled work on calendars: proposing next year's holidays, reading feeds, extending recurring days."""

from datetime import date, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from itsm.kernel import clock, outgoing
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import NotFound
from itsm.kernel.jobs import Job, Outcome, Progress, each
from itsm.kernel.records import get
from itsm.kernel.runtime import settings
from itsm.kernel.text import Message, _, language
from sla.calendars import queries as calendar_queries
from sla.calendars import services as calendar_services
from sla.calendars import sources as calendar_sources
from sla.calendars.feed_reading import LARGEST_FEED, FeedDays, Unreadable, read_days
from sla.calendars.models import CalendarSource

log = structlog.get_logger()

READ_FEED_TASK = "sla.read_feed"
HOUR = 3600.0
PROPOSED_FROM_MONTH = 10  # next year's holidays are proposed from 1 October
FEED_EVERY = timedelta(hours=12)


def propose_holidays() -> Outcome:
    """Ask each country that calendars follow for the present year, and from October for the next."""
    now = clock.now()
    year = now.year + (1 if now.month >= PROPOSED_FROM_MONTH else 0)
    with unit_of_work():
        ids = list(calendar_queries.list_countries_to_ask(year))
    return each(ids, lambda source_id: _ask_country(source_id, year), job="sla.holidays")


def _ask_country(source_id: int, year: int) -> None:
    with language(settings().language):
        source = calendar_sources.locked_source(source_id)
        for each_year in range(max(source.proposed_to or 0, clock.now().year - 1) + 1, year + 1):
            calendar_sources.propose_year(source, each_year)


def read_feeds() -> Outcome:
    """Read every feed that was not tried for 12 hours: fetched outside of any transaction, stored after."""
    with unit_of_work():
        ids = list(calendar_queries.list_feeds_to_read(clock.now() - FEED_EVERY))
    outcome = Outcome()
    for source_id in ids:
        fault = _read_guarded(source_id)
        outcome.done += int(not fault)
        outcome.failed += int(bool(fault))
        outcome.errors += [str(fault)] if fault else []
    return outcome


def _read_guarded(source_id: int) -> Message:
    """Read one feed; one that cannot be stored is told and keeps no other from being read."""
    try:
        return read_feed(source_id)
    except NotFound:
        return ""  # taken off meanwhile
    except SQLAlchemyError as error:
        log.warning("a feed could not be stored", source=source_id, error=repr(error))
    fault = _("What the address holds cannot be stored. Ask whoever keeps the calendar there.")
    with unit_of_work():
        source = session.get(CalendarSource, source_id)
        if source is not None:
            calendar_sources.store_fault(source, fault)
    return fault


def read_feed(source_id: int) -> Message:
    """Read one feed now; answers what is wrong with it, or an empty text. No transaction may be open."""
    with unit_of_work():
        address = get(CalendarSource, source_id).code
        first_on, last_on = calendar_sources.feed_range()
    found, fault = _fetched(address, first_on, last_on)
    with unit_of_work():
        source = calendar_sources.locked_source(source_id)
        if found is None:
            calendar_sources.store_fault(source, fault)
        else:
            calendar_sources.store_days(source, found)
    return fault


def _fetched(address: str, first_on: date, last_on: date) -> tuple[FeedDays | None, Message]:
    try:
        status, content = outgoing.fetch(address, most_octets=LARGEST_FEED)
    except outgoing.Refused:
        return None, _("The address lies inside and is not reached from here. Ask whoever runs this site to allow it.")
    except outgoing.Unreachable:
        return None, _("Nobody answers at the address. Check it, or wait: it is tried again.")
    fault = _answer_fault(status, content)
    if fault:
        return None, fault
    try:
        return read_days(content, first_on=first_on, last_on=last_on), ""
    except Unreadable:
        return None, _("What the address holds is no iCal calendar that can be read. Check the address.")


def _answer_fault(status: int, content: bytes) -> Message:
    if 300 <= status < 400:
        return _("The address leads elsewhere (answer %(status)s). Enter the address it leads to.", status=status)
    if status != 200:
        return _("The address answers with %(status)s instead of a calendar. Check it.", status=status)
    if len(content) > LARGEST_FEED:
        return _("The feed is larger than %(most)s MB. Use a smaller one.", most=LARGEST_FEED // 1024 // 1024)
    return ""


def extend_recurring_days() -> Outcome:
    """Compute recurring days for the 20 years around the present one, where a new year has begun."""
    with unit_of_work():
        ids = calendar_queries.list_recurring()
    extended: list[int] = []

    def extend(calendar_id: int) -> None:
        if calendar_services.extend_recurring_days(calendar_id):
            extended.append(calendar_id)

    outcome = each(ids, extend, job="sla.recurring_days")
    outcome.done = len(extended)
    return outcome


CALENDAR_JOBS = (
    Job("sla.holidays", _("Propose the holidays of the coming year"), propose_holidays, every_seconds=6 * HOUR),
    Job("sla.feeds", _("Read calendar feeds"), read_feeds, every_seconds=HOUR / 4),
    Job("sla.recurring_days", _("Extend recurring days of calendars"), extend_recurring_days, every_seconds=12 * HOUR),
)


def read_feed_task(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Read one feed because somebody asked for it."""
    del progress
    return {"fault": str(read_feed(int(payload["source_id"])))}


CALENDAR_TASKS = {READ_FEED_TASK: read_feed_task}
