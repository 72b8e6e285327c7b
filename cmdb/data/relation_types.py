"""Relation types at the start.

Impact flows from the supplier to the consumer: of "A depends on B", B is the supplier. Of two connected devices the
source is the one further from the core, which loses its way out when the target fails.
"""

from typing import NamedTuple

from itsm.kernel.text import noop


class RelationTypeSeed(NamedTuple):
    """One relation type as it is written at the start."""

    key: str
    forward: str
    backward: str
    impact: str
    effect: str = "stops"


RELATION_TYPES = (
    RelationTypeSeed("depends_on", noop("depends on"), noop("is needed by"), "to_source"),
    RelationTypeSeed("runs_on", noop("runs on"), noop("runs"), "to_source"),
    RelationTypeSeed("hosted_on", noop("is hosted on"), noop("hosts"), "to_source"),
    RelationTypeSeed("virtualised_by", noop("is virtualised by"), noop("virtualises"), "to_source"),
    RelationTypeSeed("contains", noop("contains"), noop("is part of"), "to_source"),
    RelationTypeSeed("connects_to", noop("connects to"), noop("connects"), "to_source"),
    RelationTypeSeed("member_of", noop("is a member of"), noop("has the member"), "to_target", "redundant"),
    RelationTypeSeed("uses", noop("uses"), noop("is used by"), "to_source"),
    RelationTypeSeed("stores_on", noop("stores on"), noop("stores"), "to_source"),
    RelationTypeSeed("powered_by", noop("is powered by"), noop("powers"), "to_source"),
    RelationTypeSeed("backed_up_by", noop("is backed up by"), noop("backs up"), "to_source", "degrades"),
    RelationTypeSeed("owned_by", noop("is owned by"), noop("owns"), "none"),
    RelationTypeSeed("managed_by", noop("is managed by"), noop("manages"), "none"),
    RelationTypeSeed("located_at", noop("is located at"), noop("is the place of"), "none"),
)
