"""Every write to the CMDB."""

from cmdb.services.classes import create_class, edit_class, seed
from cmdb.services.facts import record_facts
from cmdb.services.keys import Match, bind_keys, find_by_keys
from cmdb.services.records import change_state, create_ci, edit_ci
from cmdb.services.relations import relate, unrelate
from cmdb.services.tickets import attach_ci, attach_cis, detach_ci, inherit_cis

__all__ = [
    "Match",
    "attach_ci",
    "attach_cis",
    "bind_keys",
    "change_state",
    "create_ci",
    "create_class",
    "detach_ci",
    "edit_ci",
    "edit_class",
    "find_by_keys",
    "inherit_cis",
    "record_facts",
    "relate",
    "seed",
    "unrelate",
]
