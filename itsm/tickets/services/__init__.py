"""Every write that all kinds of tickets share. A kind's own services call these and add what is particular to it."""

from itsm.tickets.services.attachments import Upload, attach
from itsm.tickets.services.custom import change_custom, draft_of, fill_in
from itsm.tickets.services.escalating import escalate_many, escalate_many_to_managers
from itsm.tickets.services.facts import assign, change_facts, escalate, escalate_to_manager, override_priority, set_due
from itsm.tickets.services.journal import (
    LONGEST_BODY,
    lock,
    locked_if_exists,
    write_changes,
    write_entry,
    write_journal,
)
from itsm.tickets.services.links import add_link, check_link, link, unlink, unwatch, watch
from itsm.tickets.services.merging import MERGE, SPLIT, merge, split, step_children, take_back_merge, take_back_split
from itsm.tickets.services.opening import open_ticket, opening
from itsm.tickets.services.restoring import CHANGE, take_back, undoable
from itsm.tickets.services.steps import (
    HOLD_REASONS,
    is_possible,
    lifecycle_of,
    resolving,
    settle,
    steps_for,
    take_step,
    told_pause,
)

__all__ = [
    "CHANGE",
    "HOLD_REASONS",
    "LONGEST_BODY",
    "MERGE",
    "SPLIT",
    "Upload",
    "add_link",
    "assign",
    "attach",
    "change_custom",
    "change_facts",
    "check_link",
    "draft_of",
    "escalate",
    "escalate_many",
    "escalate_many_to_managers",
    "escalate_to_manager",
    "fill_in",
    "is_possible",
    "lifecycle_of",
    "link",
    "lock",
    "locked_if_exists",
    "merge",
    "open_ticket",
    "opening",
    "override_priority",
    "resolving",
    "set_due",
    "settle",
    "split",
    "step_children",
    "steps_for",
    "take_back",
    "take_back_merge",
    "take_back_split",
    "take_step",
    "told_pause",
    "undoable",
    "unlink",
    "unwatch",
    "watch",
    "write_changes",
    "write_entry",
    "write_journal",
]
