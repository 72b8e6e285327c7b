"""Where holidays come from: countries, feeds and files. They only propose; whoever may edit calendars decides.

What was refused is kept and not proposed again. A day that a feed no longer has is proposed for removal where it was
accepted from it, one that it calls otherwise for its new name. Every write holds the calendar, so that people who decide
and jobs that read do so one after the other.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from itsm.kernel import audit, clock, outgoing
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import check_version, get, locked, require
from itsm.kernel.text import Message, _, current_language, to_data
from sla.agreements.previews import Preview
from sla.calendars.feed_reading import LARGEST_FEED, FeedDays, Unreadable, read_days
from sla.calendars.holidays_by_country import FIRST_YEAR, LAST_YEAR, checked_place, holidays_of, place_title
from sla.calendars.models import PROPOSAL_ACTIONS, CalendarSource, HolidayProposal
from sla.calendars.queries import list_proposals, list_sources, origin
from sla.calendars.services import change_holidays, preview_calendar, with_holidays
from sla.calendars.written import written_of
from sla.models import BusinessHours

MOST_SOURCES = 20
LONGEST_ADDRESS = 500
LONGEST_NAME = 120
LONGEST_DAY_NAME = 255
FEED_YEARS_AHEAD = 2


@dataclass(frozen=True)
class Choice:
    """Proposals of one calendar that somebody takes and that somebody refuses, by id."""

    accepted: Sequence[HolidayProposal]
    refused: Sequence[HolidayProposal]


def add_country(
    actor: Actor, calendar: BusinessHours, *, country: str, region: str = "", year: int | None = None
) -> CalendarSource:
    """Have the holidays of a country or region proposed for a year (the present one), and each October for the next.

    One that the calendar has already is asked for that year again. Raises `Invalid` for `country`, `region` or `year`.
    """
    require(actor, "sla.edit")
    place = checked_place(country, region)
    wanted = year or clock.now().year
    if not FIRST_YEAR <= wanted <= LAST_YEAR:
        raise Invalid.field("year", _("Give a year from %(first)s to %(last)s.", first=FIRST_YEAR, last=LAST_YEAR))
    locked(BusinessHours, calendar.id)
    source = _find(calendar, "country", place)
    if source is None:
        source = _add(actor, calendar, kind="country", code=place, name=place_title(place, "en"))
    propose_year(source, wanted)
    return source


def propose_year(source: CalendarSource, year: int) -> int:
    """Propose what a country or region has in a year; answers how many days are new."""
    found = holidays_of(source.code, year, current_language())
    following = clock.now().year + 1 if source.proposed_to is None else source.proposed_to + 1
    if (source.proposed_to or 0) < year <= following:
        source.proposed_to = year  # one asked for further ahead leaves those before it to be proposed in their turn
    source.read_at = source.tried_at = clock.now()
    return _propose(source, found)


def add_feed(actor: Actor, calendar: BusinessHours, *, name: str, address: str) -> CalendarSource:
    """Have a feed's whole days proposed; it is read by a job. Raises `Invalid` for `feed_name` or `address`."""
    require(actor, "sla.edit")
    checked = _checked_address(address)
    locked(BusinessHours, calendar.id)
    if _find(calendar, "feed", checked) is not None:
        raise Invalid.field("address", _("This calendar reads that feed already."))
    return _add(actor, calendar, kind="feed", code=checked, name=_checked_name("feed_name", name))


def _checked_address(address: str) -> str:
    text = address.strip()
    if text.lower().startswith("webcal://"):
        text = "https://" + text[len("webcal://") :]
    if len(text) > LONGEST_ADDRESS:
        raise Invalid.field("address", _("This text is too long (at most %(most)s characters).", most=LONGEST_ADDRESS))
    return outgoing.check_url("address", text)


def _checked_name(field: str, name: str) -> str:
    if not name.strip():
        raise Invalid.field(field, _("Give it a name."))
    return name.strip()[:LONGEST_NAME]


def take_file(actor: Actor, calendar: BusinessHours, *, name: str, content: bytes) -> CalendarSource:
    """Propose the whole days of an iCal file; a file of the same name replaces the one before. Raises `Invalid` for `file`."""
    require(actor, "sla.edit")
    found = read_file(content)
    known = _checked_name("file", name)
    locked(BusinessHours, calendar.id)
    source = _find(calendar, "file", known) or _add(actor, calendar, kind="file", code=known, name=known)
    store_days(source, found)
    return source


def read_file(content: bytes) -> FeedDays:
    """The days of an iCal file that somebody brought; raises `Invalid` for `file`."""
    if len(content) > LARGEST_FEED:
        raise Invalid.field("file", _("The file is larger than %(most)s MB.", most=LARGEST_FEED // 1024 // 1024))
    first_on, last_on = feed_range()
    try:
        return read_days(content, first_on=first_on, last_on=last_on)
    except Unreadable as error:
        raise Invalid.field(
            "file", _("This is no iCal file that can be read. Choose a file that ends in .ics.")
        ) from error


def feed_range() -> tuple[date, date]:
    """From which day to which a feed's days are proposed: the present year and the two after it."""
    year = clock.now().year
    return date(year, 1, 1), date(year + FEED_YEARS_AHEAD, 12, 31)


def _find(calendar: BusinessHours, kind: str, code: str) -> CalendarSource | None:
    statement = select(CalendarSource).where(CalendarSource.calendar_id == calendar.id, CalendarSource.kind == kind)
    return session.scalars(statement.where(CalendarSource.code == code)).first()


def _add(actor: Actor, calendar: BusinessHours, *, kind: str, code: str, name: str) -> CalendarSource:
    if len(list_sources(calendar.id)) >= MOST_SOURCES:
        raise Invalid(_("A calendar has at most %(most)s sources. Remove one first.", most=MOST_SOURCES))
    source = CalendarSource(calendar_id=calendar.id, kind=kind, code=code, name=name)
    session.add(source)
    session.flush()
    changes = {"calendar": [None, calendar.name], "kind": [None, kind], "name": [None, name]}
    audit.record(
        actor, "sla_calendar_source.added", subject_kind="sla_calendar_source", subject_id=source.id, changes=changes
    )
    return source


def remove_source(actor: Actor, source: CalendarSource) -> None:
    """No longer ask a source; what was accepted from it stays."""
    require(actor, "sla.edit")
    locked(BusinessHours, source.calendar_id)
    session.execute(delete(HolidayProposal).where(HolidayProposal.source_id == source.id))
    session.execute(delete(CalendarSource).where(CalendarSource.id == source.id))
    changes = {"name": [source.name, None]}
    audit.record(
        actor, "sla_calendar_source.removed", subject_kind="sla_calendar_source", subject_id=source.id, changes=changes
    )


def locked_source(source_id: int) -> CalendarSource:
    """A source whose calendar and itself are held until the transaction ends; raises `NotFound`."""
    locked(BusinessHours, get(CalendarSource, source_id).calendar_id)
    return locked(CalendarSource, source_id)


def store_fault(source: CalendarSource, fault: Message) -> None:
    """Keep why a feed could not be read; what it proposed before stays."""
    source.tried_at = clock.now()
    source.fault = json.dumps(to_data(fault), ensure_ascii=False)
    session.flush()


def store_days(source: CalendarSource, found: FeedDays) -> int:
    """Propose what a feed or file has, its new names, and the removal of what it no longer has.

    Answers how many proposals are new. Only days from today on can vanish: many feeds drop what is past.
    """
    source.read_at = source.tried_at = clock.now()
    source.fault, source.found, source.left_out = "", len(found.days), found.left_out
    taken = _taken_from(source)
    return _vanished(source, found.days, taken) + _renamed(source, found.days, taken) + _propose(source, found.days)


def _taken_from(source: CalendarSource) -> dict[str, str]:
    """Holidays that a calendar has from a source: ISO date → what the calendar calls it."""
    written = written_of(get(BusinessHours, source.calendar_id))
    ours = [day for day in written["holidays"] if written["sources"].get(day) == origin(source)]
    return {day: written["names"].get(day, "") for day in ours}


def _known(source: CalendarSource, action: str) -> dict[date, HolidayProposal]:
    statement = select(HolidayProposal).where(HolidayProposal.source_id == source.id, HolidayProposal.action == action)
    return {row.falls_on: row for row in session.scalars(statement)}


def _propose(source: CalendarSource, days: Mapping[date, str]) -> int:
    known = _known(source, "add")
    held = set(written_of(get(BusinessHours, source.calendar_id))["holidays"])
    new = 0
    for day, name in days.items():
        row = known.get(day)
        if row is not None:
            row.name = (name or row.name) if row.state == "open" else row.name
        elif day.isoformat() not in held:
            _add_proposal(source, day, name, "add")
            new += 1
    session.flush()
    return new


def _add_proposal(source: CalendarSource, day: date, name: str, action: str) -> None:
    session.add(
        HolidayProposal(
            calendar_id=source.calendar_id,
            source_id=source.id,
            falls_on=day,
            name=name[:LONGEST_DAY_NAME],
            action=action,
        )
    )


def _vanished(source: CalendarSource, days: Mapping[date, str], taken: Mapping[str, str]) -> int:
    """Withdraw open proposals that the source no longer makes, and propose to take off what was accepted from it."""
    today = clock.now().date()
    removals = _known(source, "remove")
    new = 0
    for day, row in _known(source, "add").items():
        if day in days or day < today:
            continue
        if row.state == "open":
            session.delete(row)
        elif row.state == "accepted" and day.isoformat() in taken and day not in removals:
            _add_proposal(source, day, row.name, "remove")
            new += 1
    for day, row in removals.items():
        if day in days and row.state == "open":
            session.delete(row)
    session.flush()
    return new


def _renamed(source: CalendarSource, days: Mapping[date, str], taken: Mapping[str, str]) -> int:
    """Propose the new names of accepted days; a name that somebody wrote by hand stands until the source's own changes."""
    renames = _known(source, "rename")
    new = 0
    for day, row in _known(source, "add").items():
        if row.state == "accepted" and day.isoformat() in taken:
            present, wanted = taken[day.isoformat()], days.get(day, "")[:LONGEST_DAY_NAME]
            new += _propose_name(source, row, renames.get(day), present=present, wanted=wanted)
    session.flush()
    return new


def _propose_name(
    source: CalendarSource, added: HolidayProposal, rename: HolidayProposal | None, *, present: str, wanted: str
) -> int:
    """Propose what a source now calls a day, or withdraw that; 1 when there is something new to decide."""
    if wanted in {"", present}:
        if rename is not None and rename.state == "open":
            session.delete(rename)
        return 0
    if wanted == (rename or added).name:
        return 0  # it waits, or was decided
    if rename is None:
        _add_proposal(source, added.falls_on, wanted, "rename")
        return 1
    again = rename.state != "open"
    session.delete(rename)  # whoever looks at the name before must not accept this one unseen
    session.flush()
    _add_proposal(source, added.falls_on, wanted, "rename")
    return int(again)


def choose(calendar: BusinessHours, *, accepted: Collection[int], refused: Collection[int] = ()) -> Choice:
    """Open proposals by their ids; raises `Invalid` for one that is none or is named twice."""
    rows = {row.id: row for row in list_proposals(calendar.id)}
    unknown = (set(accepted) | set(refused)) - rows.keys()
    if unknown or set(accepted) & set(refused):
        raise Invalid.field("proposals", _("One of these proposals was decided already. Look at them again."))
    if not accepted and not refused:
        raise Invalid.field("proposals", _("Tick at least one proposal."))
    return Choice([rows[each] for each in sorted(set(accepted))], [rows[each] for each in sorted(set(refused))])


def preview_choice(actor: Actor, calendar: BusinessHours, choice: Choice) -> Preview:
    """Which open clocks would move if these proposals were accepted. Rule: C8."""
    return preview_calendar(actor, calendar, timezone=calendar.timezone, definition=with_choice(calendar, choice))


def with_choice(calendar: BusinessHours, choice: Choice) -> dict[str, Any]:
    """What would be written of a calendar if these proposals were accepted."""
    origins = {source.id: origin(source) for source in list_sources(calendar.id)}
    of_action: dict[str, list[HolidayProposal]] = {action: [] for action in PROPOSAL_ACTIONS}
    for row in choice.accepted:
        of_action[row.action].append(row)
    added = {row.falls_on.isoformat(): (row.name, origins[row.source_id]) for row in of_action["add"]}
    removed = frozenset(row.falls_on.isoformat() for row in of_action["remove"])
    renamed = {row.falls_on.isoformat(): row.name for row in of_action["rename"]}
    return with_holidays(written_of(calendar), added=added, removed=removed, renamed=renamed)


def decide(actor: Actor, calendar: BusinessHours, choice: Choice, *, version: int | None = None) -> None:
    """Accept and refuse proposals; open clocks are computed anew by a background task where that moves them. Rule: C8.

    Of two people who decide at once the second is told: raises `Invalid` for `proposals` when one of them was decided or
    withdrawn meanwhile, `Conflict` when the calendar is no longer of the version.
    """
    require(actor, "sla.edit")
    session.flush()
    calendar = locked(BusinessHours, calendar.id)
    check_version(calendar, version)
    accepted, refused = ([row.id for row in rows] for rows in (choice.accepted, choice.refused))
    choice = choose(calendar, accepted=accepted, refused=refused)
    if choice.accepted:
        change_holidays(actor, calendar, with_choice(calendar, choice))
    for row in choice.accepted:
        _settle(actor, row, "accepted")
    for row in choice.refused:
        _settle(actor, row, "refused")
    for row in choice.accepted:
        _settle_others(row)
    session.flush()
    _record(actor, calendar, choice)


def _settle(actor: Actor, row: HolidayProposal, state: str) -> None:
    row.state, row.decided_at, row.decided_by_id = state, clock.now(), actor.person_id
    session.flush()


def _settle_others(row: HolidayProposal) -> None:
    """Drop what an accepted proposal makes pointless: the same day from other sources, or all of a day that was taken off.

    A day that was taken off may be proposed again should it come back. A new name makes nothing pointless.
    """
    if row.action == "rename":
        return
    pointless = delete(HolidayProposal).where(HolidayProposal.falls_on == row.falls_on)
    if row.action == "remove":
        pointless = pointless.where(HolidayProposal.source_id == row.source_id)
    else:
        pointless = pointless.where(HolidayProposal.calendar_id == row.calendar_id, HolidayProposal.state == "open")
        pointless = pointless.where(HolidayProposal.action == "add")
    session.execute(pointless)


def _record(actor: Actor, calendar: BusinessHours, choice: Choice) -> None:
    if choice.refused:
        refused = [f"{row.falls_on} {row.name}" for row in choice.refused]
        audit.record(
            actor,
            "sla_calendar.refused",
            subject_kind="sla_calendar",
            subject_id=calendar.id,
            changes={"proposals": [refused, []]},
        )
