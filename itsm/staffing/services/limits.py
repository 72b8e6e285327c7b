"""Writes to what the choice of an assignee goes by: people's limits, and the strategy of a group."""

from itsm.identity.models import Group, Person
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, get, require
from itsm.kernel.text import _
from itsm.staffing import policy
from itsm.staffing.choice import STRATEGIES
from itsm.staffing.models import Turn, WorkLimit

HIGHEST_LIMIT = 1000


def set_limit(actor: Actor, person_id: int, *, most_open: int | None) -> None:
    """Say from how many open tickets on a person gets no more by themselves; None is no limit."""
    require(actor, policy.EDIT)
    if most_open is not None and not 0 <= most_open <= HIGHEST_LIMIT:
        raise Invalid.field("most_open", _("The most lies between 0 and 1,000."))
    person = get(Person, person_id)
    row = session.get(WorkLimit, person.id)
    before = row.most_open if row is not None else None
    if row is not None and most_open is None:
        session.delete(row)
    elif row is not None and most_open is not None:
        row.most_open = most_open
    elif most_open is not None:
        session.add(WorkLimit(person_id=person.id, most_open=most_open))
    session.flush()
    if before != most_open:
        changes = {"most_open": [before, most_open]}
        audit.record(actor, "person.limit", subject_kind="person", subject_id=person.id, changes=changes)


def set_strategy(actor: Actor, group_id: int, *, strategy: str, version: int | None = None) -> Group:
    """Say how a group's new tickets find their assignee: a name of `choice.STRATEGIES`. Rule: W5."""
    require(actor, policy.EDIT)
    if strategy not in STRATEGIES:
        raise Invalid.field("strategy", _("Choose one of: %(names)s.", names=", ".join(STRATEGIES)))
    group = get(Group, group_id)
    check_version(group, version)
    if session.get(Turn, group.id) is None:
        session.add(Turn(group_id=group.id))
    apply_changes(actor, group, {"strategy": strategy}, kind="group")
    session.flush()
    return group
