"""When resolved tickets close by themselves, and when their requesters are warned: for all, and for some categories. Rule: Q6."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_

from itsm.kernel import clock, preferences
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.records import get, require
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.tickets import queries
from itsm.tickets.models import Category, Ticket

KEY = "tickets.closing"
EDIT = "categories.edit"
MOST_DAYS = 365


@dataclass(frozen=True)
class Period:
    """A ticket closes `days` after its resolution (0: never); its requester is warned `warn_days` before that (0: not)."""

    days: int
    warn_days: int = 0


def periods() -> dict[int | None, Period]:
    """The periods that somebody set: category id → period, and under None that of all others."""
    kept: Mapping[str, Mapping[str, int]] = preferences.get(KEY, {})
    found = {int(key) if key else None: Period(**value) for key, value in kept.items()}
    return {None: Period(settings().close_after_days)} | found


def period_of(category_id: int | None) -> Period:
    """The period of a category: its own, that of the nearest above which has one, or that of all."""
    known = periods()
    line = reversed(queries.category_line(category_id)) if len(known) > 1 else ()
    return next((known[each] for each in line if each in known), known[None])


def set_period(actor: Actor, category_id: int | None, period: Period | None) -> None:
    """Give a category a period of its own (None: it follows the one above), or without a category all others."""
    require(actor, EDIT)
    if category_id is not None:
        get(Category, category_id)
    if period is not None:
        _check(period)
    given = {} if period is None else {str(category_id or ""): asdict(period)}
    preferences.change(actor, KEY, lambda kept: _without(kept, category_id) | given, {})


def _without(kept: Mapping[str, Any], category_id: int | None) -> dict[str, Any]:
    return {key: value for key, value in kept.items() if key != str(category_id or "")}


def _check(period: Period) -> None:
    if not 0 <= period.days <= MOST_DAYS:
        raise Invalid.field("days", _("Enter a number from %(least)s to %(most)s.", least=0, most=MOST_DAYS))
    if period.warn_days and not 0 < period.warn_days < period.days:
        raise Invalid.field("warn_days", _("The warning must come before the closing."))


def resolved_long_enough(after_days: Callable[[Period], int | None]) -> ColumnElement[bool]:
    """The condition for tickets that were resolved so many days ago as their period says (None: never)."""
    by_category = _by_category()
    own = [_since(after_days(period), Ticket.category_id.in_(ids)) for period, ids in by_category.items()]
    named = [each for ids in by_category.values() for each in ids]
    others = or_(Ticket.category_id.is_(None), Ticket.category_id.not_in(named))
    return or_(*own, _since(after_days(periods()[None]), others))


def _since(days: int | None, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    if days is None:
        return false()
    return and_(Ticket.resolved_at < clock.now() - timedelta(days=days), condition)


def _by_category() -> dict[Period, list[int]]:
    """Periods with the categories that follow them, those of all others left out."""
    known, found = periods(), dict[Period, list[int]]()
    if len(known) == 1:
        return found
    for category in queries.list_categories(active_only=False):
        line = [int(part) for part in category.path.split("/") if part]
        period = next((known[each] for each in reversed(line) if each in known), None)
        if period is not None:
            found.setdefault(period, []).append(category.id)
    return found


def closes_after(period: Period) -> int | None:
    """Days until a ticket of the period closes."""
    return period.days or None


def warns_after(period: Period) -> int | None:
    """Days until a requester of the period is warned."""
    return period.days - period.warn_days if period.days and period.warn_days else None
