"""Every read of where holidays come from and what is proposed."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.records import get
from itsm.kernel.text import Message, _, current_language, from_data
from sla.calendars.holidays_by_country import holidays_of, place_title
from sla.calendars.models import CalendarSource, HolidayProposal
from sla.models import BusinessHours


def list_sources(calendar_id: int) -> Sequence[CalendarSource]:
    """Sources of a calendar, oldest first."""
    statement = select(CalendarSource).where(CalendarSource.calendar_id == calendar_id)
    return session.scalars(statement.order_by(CalendarSource.id)).all()


def get_source(calendar: BusinessHours, source_id: int) -> CalendarSource:
    """A source of a calendar; raises `NotFound`."""
    source = get(CalendarSource, source_id)
    if source.calendar_id != calendar.id:
        raise NotFound(_("There is no such record, or you may not see it."))
    return source


def list_proposals(calendar_id: int, *, state: str = "open") -> Sequence[HolidayProposal]:
    """Proposals to a calendar in a state, by date, as they are now."""
    statement = select(HolidayProposal).where(
        HolidayProposal.calendar_id == calendar_id, HolidayProposal.state == state
    )
    statement = statement.execution_options(populate_existing=True)
    return session.scalars(statement.order_by(HolidayProposal.falls_on, HolidayProposal.id)).all()


def count_open() -> dict[int, int]:
    """Number of open proposals by calendar, those without any left out; one statement."""
    statement = select(HolidayProposal.calendar_id, func.count()).where(HolidayProposal.state == "open")
    return {row[0]: int(row[1]) for row in session.execute(statement.group_by(HolidayProposal.calendar_id))}


def source_title(source: CalendarSource, language: str) -> str:
    """What a source is called: a place in a language, else the name that it was given."""
    return place_title(source.code, language) if source.kind == "country" else source.name


def origin(source: CalendarSource) -> str:
    """How the holidays of a calendar name the source that they came from."""
    return f"{source.kind}:{source.code if source.kind == 'country' else source.name}"


def fault_of(source: CalendarSource) -> Message:
    """What was wrong when a feed was last tried, or an empty text."""
    return from_data(json.loads(source.fault)) if source.fault else ""


def proposal_name(proposal: HolidayProposal, source: CalendarSource, language: str) -> str:
    """What a proposed day is called: of a country in a language where that is known, else as its source calls it."""
    if source.kind != "country":
        return proposal.name
    return holidays_of(source.code, proposal.falls_on.year, language).get(proposal.falls_on, proposal.name)


def list_feeds_to_read(before: datetime) -> Sequence[int]:
    """Ids of feeds that were not tried since an instant, in order."""
    due = or_(CalendarSource.tried_at.is_(None), CalendarSource.tried_at < before)
    statement = select(CalendarSource.id).where(CalendarSource.kind == "feed", due)
    return session.scalars(statement.order_by(CalendarSource.id)).all()


def list_countries_to_ask(year: int) -> Sequence[int]:
    """Ids of countries that were not asked for a year yet, in order."""
    behind = or_(CalendarSource.proposed_to.is_(None), CalendarSource.proposed_to < year)
    statement = select(CalendarSource.id).where(CalendarSource.kind == "country", behind)
    return session.scalars(statement.order_by(CalendarSource.id)).all()


def list_recurring() -> list[int]:
    """Ids of calendars that have recurring days."""
    rows = session.execute(select(BusinessHours.id, BusinessHours.details).order_by(BusinessHours.id))
    return [row.id for row in rows if (row.details or {}).get("recurring")]


def origin_title(origin_text: str) -> Message:
    """Where a holiday came from, in words."""
    kind, _colon, name = origin_text.partition(":")
    if kind == "country":
        return place_title(name, current_language())
    if kind == "feed":
        return _("feed “%(name)s”", name=name)
    return _("file “%(name)s”", name=name) if kind == "file" else _("entered by hand")
