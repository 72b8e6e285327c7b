"""Every write that all kinds of tickets share. A kind's own services call these and add what is particular to it."""

from itsm.tickets.services.facts import assign, change_facts, escalate, escalate_to_manager, override_priority, set_due
from itsm.tickets.services.journal import (
    LONGEST_BODY,
    Upload,
    attach,
    locked_if_exists,
    write_changes,
    write_entry,
    write_journal,
)
from itsm.tickets.services.links import add_link, link, unlink, unwatch, watch
from itsm.tickets.services.opening import open_ticket
from itsm.tickets.services.steps import HOLD_REASONS, is_possible, lifecycle_of, steps_for, take_step

__all__ = [
    "HOLD_REASONS",
    "LONGEST_BODY",
    "Upload",
    "add_link",
    "assign",
    "attach",
    "change_facts",
    "escalate",
    "escalate_to_manager",
    "is_possible",
    "lifecycle_of",
    "link",
    "locked_if_exists",
    "open_ticket",
    "override_priority",
    "set_due",
    "steps_for",
    "take_step",
    "unlink",
    "unwatch",
    "watch",
    "write_changes",
    "write_entry",
    "write_journal",
]
