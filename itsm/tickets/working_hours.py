"""When people are at work, as far as modules know it (extensions of the slot `person.hours`). Rule: E4.

An extension answers person id → hours with `is_working(instant)` and `next_working(instant)`; whoever has none always works.
"""

from datetime import datetime

from itsm.kernel.actor import SYSTEM
from itsm.kernel.module import registry

SLOT = "person.hours"


def next_at_work(person_id: int | None, at: datetime) -> datetime:
    """`at` itself when the person works then, or nobody knows; else the next instant at which they do."""
    if person_id is None:
        return at
    for extension in registry().extensions(SLOT):
        hours = extension.read_many(SYSTEM, [person_id]).get(person_id)
        if hours is not None:
            found: datetime = hours.next_working(at)
            return found
    return at
