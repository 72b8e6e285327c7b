"""What a what-if asks: a period, and an agreement, a calendar or the matrix of priorities in place of what applied."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import jdatetime

from config.priorities import MATRIX
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.tickets.priority import check_matrix
from sla.agreements import queries as agreement_queries
from sla.agreements import services as agreement_services
from sla.agreements.terms import AgreedTerms, read_content
from sla.calendars.calendar import BusinessCalendar, parse_calendar
from sla.models import Agreement, BusinessHours
from sla.what_if import queries as what_if_queries
from sla.what_if.priority import MatrixRows

LONGEST_DAYS = 731
DRAFT = "draft"

Replacement = Callable[[AgreedTerms], AgreedTerms]
Row = TypeVar("Row", Agreement, BusinessHours)


@dataclass(frozen=True)
class Scenario:
    """Days [first, end) in a zone, looked at as of `asked_at`, and what is to be replaced; at least one thing is.

    Agreement `agreement_id` gets the terms of `instead_id` (None: its own), with `targets` ((metric, priority) → seconds)
    and the calendar `hours_id` in their place where given. Whatever counts in calendar `calendar_id` counts in
    `calendar_instead_id`. `matrix` gives the priorities from impact and urgency.
    """

    first: date
    end: date
    timezone: str
    asked_at: datetime
    agreement_id: int | None = None
    instead_id: int | None = None
    targets: tuple[tuple[str, int, int], ...] = ()
    hours_id: int | None = None
    calendar_id: int | None = None
    calendar_instead_id: int | None = None
    matrix: tuple[tuple[int, ...], ...] | None = None

    @property
    def from_at(self) -> datetime:
        """The instant at which the period begins."""
        return _day_start(self.first, self.timezone)

    @property
    def to_at(self) -> datetime:
        """The instant before which the period ends."""
        return _day_start(self.end, self.timezone)

    def as_payload(self) -> dict[str, Any]:
        """The scenario as JSON."""
        return {
            **vars(self),
            "first": self.first.isoformat(),
            "end": self.end.isoformat(),
            "asked_at": self.asked_at.isoformat(),
        }


def from_payload(values: Mapping[str, Any]) -> Scenario:
    """The scenario that `as_payload` wrote."""
    matrix = values["matrix"]
    return Scenario(
        **{name: values[name] for name in ("timezone", "agreement_id", "instead_id", "hours_id")},
        **{name: values[name] for name in ("calendar_id", "calendar_instead_id")},
        first=date.fromisoformat(values["first"]),
        end=date.fromisoformat(values["end"]),
        asked_at=datetime.fromisoformat(values["asked_at"]),
        targets=tuple((metric, priority, seconds) for metric, priority, seconds in values["targets"]),
        matrix=None if matrix is None else tuple(tuple(row) for row in matrix),
    )


def _day_start(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def last_quarter(today: date, *, jalali: bool) -> tuple[date, date]:
    """First day of the last whole quarter before the present one, and the day before which it ends."""
    end = _quarter_start(today, jalali=jalali)
    return _quarter_start(end - timedelta(days=1), jalali=jalali), end


def _quarter_start(day: date, *, jalali: bool) -> date:
    if not jalali:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    there = jdatetime.date.fromgregorian(date=day)
    start: date = jdatetime.date(there.year, (there.month - 1) // 3 * 3 + 1, 1).togregorian()
    return start


def checked(scenario: Scenario) -> Scenario:
    """The scenario, looked through; the shipped matrix counts as none. Raises `Invalid` that names the field."""
    _check_period(scenario)
    found = replace(scenario, matrix=_checked_matrix(scenario.matrix))
    _check_agreement(found)
    _check_calendar(found)
    if found.agreement_id is None and found.calendar_id is None and found.matrix is None:
        raise Invalid.field("agreement", _("Choose what to replace: an agreement, a calendar or the matrix."))
    replacement_of(found)
    return found


def _check_period(scenario: Scenario) -> None:
    if scenario.end <= scenario.first:
        raise Invalid.field("to", _("The last day must lie after the first; the period ends before this day."))
    if (scenario.end - scenario.first).days > LONGEST_DAYS:
        raise Invalid.field("from", _("Choose a period of two years at most."))
    if not scenario.first.year > 1900 or not scenario.end.year < 2400:
        raise Invalid.field("from", _("Choose a period that lies in the past."))
    if scenario.from_at >= scenario.asked_at:
        raise Invalid.field("from", _("Choose a period that lies in the past."))


def _check_agreement(scenario: Scenario) -> None:
    extra = scenario.instead_id is not None or scenario.targets or scenario.hours_id is not None
    if scenario.agreement_id is None:
        if extra:
            raise Invalid.field("agreement", _("Choose which agreement these terms are to replace."))
        return
    if not extra:
        raise Invalid.field("instead", _("Choose another agreement, another calendar or other targets for it."))
    agreement = _existing(Agreement, scenario.agreement_id, "agreement")
    if scenario.hours_id is not None:
        _existing(BusinessHours, scenario.hours_id, "hours")
    if scenario.instead_id is None:
        return
    if _existing(Agreement, scenario.instead_id, "instead").kind != agreement.kind:
        raise Invalid.field("instead", _("Choose an agreement of the same kind: with a customer, group or supplier."))


def _existing(table: type[Row], row_id: int, field: str) -> Row:
    found = session.get(table, row_id)
    if found is None:
        raise Invalid.field(field, _("There is no such agreement any more, or no such calendar. Choose another one."))
    return found


def _check_calendar(scenario: Scenario) -> None:
    replaced, instead = scenario.calendar_id, scenario.calendar_instead_id
    if replaced is None and instead is None:
        return
    if replaced is None or instead is None:
        missing = "calendar" if replaced is None else "calendar_instead"
        raise Invalid.field(missing, _("Choose both calendars: the one to replace and the one in its place."))
    if replaced == instead:
        raise Invalid.field("calendar_instead", _("Choose another calendar than the one it replaces."))
    _existing(BusinessHours, replaced, "calendar")
    _existing(BusinessHours, instead, "calendar_instead")


def _checked_matrix(matrix: MatrixRows | None) -> tuple[tuple[int, ...], ...] | None:
    if matrix is None:
        return None
    rows = dict(enumerate(matrix, start=1))
    if check_matrix(rows):
        raise Invalid.field(
            "matrix",
            _("A greater impact or urgency must never give a less urgent priority. Look through rows and columns."),
        )
    found = tuple(tuple(row) for row in matrix)
    return None if found == tuple(tuple(MATRIX[impact]) for impact in sorted(MATRIX)) else found


def replacement_of(scenario: Scenario) -> Replacement:
    """What turns the terms that applied into those of the scenario; terms that it does not touch come back themselves."""
    draft = None if scenario.agreement_id is None else _draft(scenario)
    names, hours = _calendar_parts(scenario)
    made: dict[str, AgreedTerms] = {}

    def replaced(terms: AgreedTerms) -> AgreedTerms:
        if terms.id not in made:
            found = draft if draft is not None and terms.agreement_id == scenario.agreement_id else terms
            made[terms.id] = found if hours is None or found.calendar_name not in names else _counted_in(found, hours)
        return made[terms.id]

    return replaced


def _draft(scenario: Scenario) -> AgreedTerms:
    """The terms that take the place of the agreement's own; they stay under its name."""
    source_id = scenario.instead_id or scenario.agreement_id
    content = agreement_services.content_now(get(Agreement, source_id))
    targets = {metric: dict(seconds) for metric, seconds in content["targets"].items()}
    for metric, priority, seconds in scenario.targets:
        targets.setdefault(metric, {})[str(priority)] = seconds
    given = {(metric, int(priority)): each for metric, seconds in targets.items() for priority, each in seconds.items()}
    agreement_services.check_parts(content["kind"], given, ())
    content |= {"targets": targets, "steps": []}
    if scenario.hours_id is not None:
        row = get(BusinessHours, scenario.hours_id)
        content["calendar"] = {"name": row.name, "tz": row.timezone, **row.definition}
    return read_content(DRAFT, scenario.agreement_id or 0, content)


def _calendar_parts(scenario: Scenario) -> tuple[Collection[str], tuple[str, BusinessCalendar] | None]:
    """The names under which terms know the calendar that is replaced, and name and hours of the one in its place."""
    if scenario.calendar_id is None:
        return (), None
    replaced = get(BusinessHours, scenario.calendar_id)
    instead = get(BusinessHours, scenario.calendar_instead_id)
    hours = parse_calendar({"tz": instead.timezone, **instead.definition})
    return _names_of(replaced), (instead.name, hours)


def _names_of(row: BusinessHours) -> set[str]:
    """The calendar's name, and those that agreements in its hours had for it before it was renamed."""
    present = {each.name for each in agreement_queries.list_calendars()}
    earlier = what_if_queries.calendar_names_in_terms([each.id for each in agreement_queries.agreements_using(row.id)])
    return {row.name, *(earlier - present)}


def _counted_in(terms: AgreedTerms, hours: tuple[str, BusinessCalendar]) -> AgreedTerms:
    name, calendar = hours
    targets = {metric: replace(target, calendar=calendar) for metric, target in terms.targets.items()}
    return replace(terms, calendar_name=name, calendar=calendar, targets=targets)
