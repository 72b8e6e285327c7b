"""Which kinds of tickets can recur, and how each is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from incident.services import open_incident
from itsm.kernel.actor import Actor
from itsm.kernel.text import Message, _
from itsm.recurring.models import Recurrence
from itsm.tickets.models import Ticket


@dataclass(frozen=True)
class RecurringKind:
    """A kind of ticket: its title, and how a recurrence opens one."""

    title: Message
    open: Callable[[Actor, Recurrence], Ticket]


def _open_incident(actor: Actor, recurrence: Recurrence) -> Ticket:
    return open_incident(
        actor,
        title=recurrence.title,
        description=recurrence.description,
        requester_id=recurrence.requester_id,
        impact=recurrence.impact,
        urgency=recurrence.urgency,
        category_id=recurrence.category_id,
        group_id=recurrence.group_id,
        ci_ids=recurrence.ci_ids,
        acknowledge=False,
    )


KINDS: Mapping[str, RecurringKind] = {"incident": RecurringKind(_("Incident"), _open_incident)}
