"""The people, groups and suppliers that escalation steps are about, each read once for many tickets."""

from collections.abc import Iterable, Sequence

from itsm.identity import queries as identity
from itsm.identity.models import Group, Organisation, Person
from itsm.kernel import clock
from itsm.kernel.db import session
from itsm.staffing import queries as staffing
from itsm.staffing.queries import OnCall
from sla.standing import ClockKey


class People:
    """People and groups of one batch, each read once."""

    def __init__(self) -> None:
        self._groups: dict[int, tuple[Group | None, Sequence[Person]]] = {}
        self._on_call: dict[int, Sequence[OnCall]] = {}

    def person(self, person_id: int | None) -> list[Person]:
        """The person, as a list of one or none."""
        return self.people([person_id] if person_id is not None else [])

    def people(self, person_ids: Iterable[int]) -> list[Person]:
        """People by id; those who are gone are left out."""
        found = (session.get(Person, person_id) for person_id in person_ids)
        return [person for person in found if person is not None]

    def group(self, group_id: int | None) -> tuple[Group | None, Sequence[Person]]:
        """A group and everyone who works in it."""
        if group_id is None:
            return None, ()
        if group_id not in self._groups:
            self._groups[group_id] = session.get(Group, group_id), identity.list_members(group_id)
        return self._groups[group_id]

    def on_call(self, group_id: int | None) -> Sequence[OnCall]:
        """Who is on call for a group now, in each of its rotas."""
        if group_id is None:
            return ()
        if group_id not in self._on_call:
            self._on_call[group_id] = staffing.on_call(group_id, clock.now())
        return self._on_call[group_id]


def owner_name(key: ClockKey) -> str:
    """The group or supplier that answers for a clock; empty for one that was promised to the customer."""
    if key.kind == "sla":
        return ""
    if key.kind == "ola":
        group = session.get(Group, key.owner_id)
        return group.name if group is not None else ""
    supplier = session.get(Organisation, key.owner_id)
    return supplier.name if supplier is not None else ""
