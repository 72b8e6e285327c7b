"""What an agreement would promise for a ticket that is not recorded yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from itsm.kernel import clock
from itsm.tickets.models import Ticket
from sla.agreements.choice import choose_terms
from sla.agreements.terms import AgreedTerms
from sla.calendars.calendar import NeverOpen


@dataclass(frozen=True)
class Promise:
    """One target: its metric and the instant at which it would be due."""

    metric: str
    due_at: datetime


def promised(draft: Ticket) -> tuple[str, Sequence[Promise]]:
    """The name of the agreement that would apply to a draft recorded now, and its targets; empty without one."""
    terms = choose_terms(draft)
    if terms is None:
        return "", ()
    due = {metric: _due(terms, metric, draft.priority) for metric in terms.targets if metric not in terms.own}
    return terms.agreement_name, [Promise(metric, at) for metric, at in due.items() if at is not None]


def _due(terms: AgreedTerms, metric: str, priority: int) -> datetime | None:
    seconds = terms.targets[metric].seconds.get(priority)
    try:
        return terms.calendar.add(clock.now(), seconds) if seconds is not None else None
    except NeverOpen:
        return None
