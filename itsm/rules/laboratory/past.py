"""What triggers would have seen in the journal of a ticket."""

from collections.abc import Mapping
from typing import Any

from itsm.rules.triggers import METRICS, Occasion
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.past import OWN

TOLD = frozenset({"escalated_to_manager"})  # changes that events tell of although they are no columns


def occasion_in(ticket: Ticket, entry: JournalEntry) -> Occasion | None:
    """What triggers would have seen in an entry: the counterpart of the event that was told with it."""
    if entry.kind == "created":
        return Occasion("opened", ticket.id, ticket.kind)
    if entry.kind == "public":
        if entry.automatic:
            return None
        return Occasion("requester_replied" if entry.by_requester else "staff_replied", ticket.id, ticket.kind)
    return _occasion_of_change(ticket, entry.changes) if entry.kind == "change" else None


def _occasion_of_change(ticket: Ticket, changes: Mapping[str, Any]) -> Occasion | None:
    if "step" in changes:
        return Occasion("moved", ticket.id, ticket.kind, state=changes.get("state", ("", ""))[1])
    for metric in METRICS:
        percent = changes.get(f"sla.{metric}", (None, None))[1]
        if isinstance(percent, int):
            return Occasion("target_spent", ticket.id, ticket.kind, metric=metric, percent=percent)
    columns = {column.key for column in type(ticket).__mapper__.column_attrs} | TOLD
    fields = {name for name in changes if name in columns or name.startswith(OWN)}
    if fields & {"group_id", "assignee_id"}:
        fields = {"group_id", "assignee_id"} if "group_id" in fields else {"assignee_id"}
    return Occasion("changed", ticket.id, ticket.kind, fields=frozenset(fields)) if fields else None
