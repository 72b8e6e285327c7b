"""Conditions of rules: checked when saved, and as SQL for many tickets."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from itsm.kernel.actor import SYSTEM
from itsm.kernel.errors import Invalid
from itsm.tickets import filters
from itsm.tickets.models import Ticket


def check(text: str) -> None:
    """Raise `Invalid` for the field `condition` that points at the place where it cannot be read."""
    try:
        filters.conditions(SYSTEM, text)
    except Invalid as error:
        raise Invalid.field("condition", error.errors["q"][0]) from error


def kind_conditions(kinds: Sequence[str]) -> list[ColumnElement[bool]]:
    """Tickets of these kinds; none named means any."""
    return [Ticket.kind.in_(kinds)] if kinds else []


def in_sql(kinds: Sequence[str], text: str) -> list[ColumnElement[bool]]:
    """Tickets of these kinds for which a condition holds now; raises `Invalid`."""
    return [*kind_conditions(kinds), *filters.conditions(SYSTEM, text)]
