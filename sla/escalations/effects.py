"""What escalation steps do to tickets, many tickets at a time. Rules: E1, E5, E7.

Everything happens in the transaction in which the steps are noted as fired; what leaves the house goes through the outbox
under a key that names clock, generation and step.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest
from typing import Any, TypeVar
from urllib.parse import urlsplit

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import Message, _
from itsm.notifications import webhooks
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.present import as_message
from itsm.tickets.services.escalating import NO_HIGHER_LEVEL, NO_MANAGER
from itsm.tickets.tasks import services as tasks
from sla.escalations.actions import HIGHER, name_of, values_of
from sla.escalations.notices import FallenStep, Notices, can_be_told
from sla.escalations.people import People

# People of the group that missed the target are told before the ticket leaves it.
LEAVING = frozenset({"raise_level", "assign"})
HIGHEST_PRIORITY = 1

Done = TypeVar("Done")


@dataclass(frozen=True)
class Deed:
    """One action of one step that has fallen, for one ticket; who is to be told of it is added to `notices`."""

    fallen: FallenStep
    values: Mapping[str, Any]
    notices: Notices

    @property
    def ticket(self) -> Ticket:
        """The ticket whose step has fallen."""
        return self.notices.ticket


Effect = Callable[[Sequence[Deed], People], None]


def act_on_all(fallen: Sequence[tuple[Notices, Sequence[FallenStep]]]) -> None:
    """Do what the steps of many tickets ask for, those of each ticket in order; mails are only noted."""
    people = People()
    for wave in zip_longest(*(list(_deeds(notices, steps)) for notices, steps in fallen)):
        together: dict[str, list[Deed]] = {}
        for each in wave:
            if each is not None:
                together.setdefault(each[0], []).append(each[1])
        for name, deeds in together.items():
            EFFECTS[name](deeds, people)


def _deeds(notices: Notices, steps: Sequence[FallenStep]) -> Iterator[tuple[str, Deed]]:
    for fallen in steps:
        for action in sorted(fallen.step.actions, key=lambda action: name_of(action) in LEAVING):
            if name_of(action) in EFFECTS:
                yield name_of(action), Deed(fallen, values_of(action), notices)


def _tell_assignee(deeds: Sequence[Deed], people: People) -> None:
    for deed in deeds:
        assignee_id, group_id = deed.ticket.assignee_id, deed.ticket.group_id
        assignee = people.person(assignee_id)
        if any(map(can_be_told, assignee)):
            deed.notices.add(deed.fallen, assignee, group_id=group_id)
        else:
            # Where nobody is assigned, or no mail reaches whoever is, the group is told, so that somebody hears of it.
            deed.notices.add_group(deed.fallen, *people.group(group_id))


def _tell_group(deeds: Sequence[Deed], people: People) -> None:
    for deed in deeds:
        deed.notices.add_group(deed.fallen, *people.group(deed.ticket.group_id))


def _tell_requester(deeds: Sequence[Deed], people: People) -> None:
    for deed in deeds:
        deed.notices.add(deed.fallen, people.person(deed.ticket.requester_id))


def _tell_people(deeds: Sequence[Deed], people: People) -> None:
    for deed in deeds:
        named = people.people(deed.values.get("person_ids", ()))
        groups = [people.group(group_id) for group_id in deed.values.get("group_ids", ())]
        reached = any(map(can_be_told, named)) or any(
            group is not None and (group.email or any(map(can_be_told, members))) for group, members in groups
        )
        deed.notices.add(deed.fallen, named, group_id=deed.ticket.group_id)
        for group, members in groups:
            if group is not None:
                deed.notices.add_group(deed.fallen, group, members)
        if not reached:
            _note(deed.ticket, _("No mail reaches the people whom an escalation step is to tell."))


def _tell_manager(deeds: Sequence[Deed], people: People, *, why: Message = "") -> None:
    del people
    managers = tickets.escalate_many_to_managers(SYSTEM, [deed.ticket for deed in deeds])
    for deed in deeds:
        manager = managers.get(deed.ticket.id)
        if manager is not None and not can_be_told(manager):
            _note(deed.ticket, _("No mail reaches the people whom an escalation step is to tell."))
        elif manager is not None:
            deed.notices.add(deed.fallen, [manager], group_id=deed.ticket.group_id, why=why)
        else:
            _note(deed.ticket, NO_MANAGER)


def _raise_level(deeds: Sequence[Deed], people: People) -> None:
    del people
    passed = tickets.escalate_many(SYSTEM, [deed.ticket for deed in deeds])
    for deed in deeds:
        if deed.ticket.id not in passed:
            _note(deed.ticket, NO_HIGHER_LEVEL)


def _call_rota(deeds: Sequence[Deed], people: People) -> None:
    """Tell whoever is on call for the group, at any hour, or else its manager; the ticket says whom and why. Rule: E5."""
    for deed in deeds:
        shifts = people.on_call(deed.ticket.group_id)
        on_call = [(person, shift.rota.name) for shift in shifts for person in people.person(shift.person_id)]
        called = [(person, rota) for person, rota in on_call if can_be_told(person)]
        if called:
            names = ", ".join(f"{person.name} ({rota})" for person, rota in called)
            tickets.write_changes(SYSTEM, [(deed.ticket, {"sla.on_call": [None, names]})])
        for person, rota in called:
            why = _("You are on call: %(rota)s.", rota=rota)
            deed.notices.add(deed.fallen, [person], group_id=deed.ticket.group_id, why=why)
        if not called:
            _call_manager(deed, people, [person.name for person, _rota in on_call])


def _call_manager(deed: Deed, people: People, names: Sequence[str]) -> None:
    """The way out where no call can be made; `names` are people on call whom no mail reaches."""
    why: Message = _("Nobody is on call for the group of this ticket now, so its manager is told instead.")
    if names:
        why = _("No mail reaches who is on call (%(names)s), so the manager is told instead.", names=", ".join(names))
    _note(deed.ticket, why)
    _tell_manager([deed], people, why=why)


def _assign(deeds: Sequence[Deed], people: People) -> None:
    del people
    for deed in deeds:
        given = {"group_id": deed.values.get("group_id"), "assignee_id": deed.values.get("assignee_id")}
        _attempt(deed.ticket, _assigning(deed.ticket, given))


def _assigning(ticket: Ticket, given: Mapping[str, int | None]) -> Callable[[], None]:
    return lambda: tickets.assign(SYSTEM, ticket, **given, reason="escalation", escalated=True)


def _set_priority(deeds: Sequence[Deed], people: People) -> None:
    """Make tickets more urgent, never less; the reason stays on the ticket."""
    del people
    for deed in deeds:
        ticket, wanted = deed.ticket, deed.values["priority"]
        priority = max(HIGHEST_PRIORITY, ticket.priority - 1 if wanted == HIGHER else wanted)
        if priority < ticket.priority:
            _attempt(ticket, _raising(ticket, priority, str(_("Escalation: %(step)s", step=deed.fallen.words))))


def _raising(ticket: Ticket, priority: int, reason: str) -> Callable[[], None]:
    return lambda: tickets.override_priority(SYSTEM, ticket, priority=priority, reason=reason)


def _add_task(deeds: Sequence[Deed], people: People) -> None:
    del people
    for deed in deeds:
        hours = deed.values.get("due_hours")
        facts = {
            "title": deed.values["title"],
            "group_id": deed.values.get("group_id"),
            "owner_id": deed.values.get("owner_id"),
            "due_at": clock.now() + timedelta(hours=hours) if hours else None,
        }
        _attempt(deed.ticket, _adding(deed.ticket, facts))


def _adding(ticket: Ticket, facts: Mapping[str, Any]) -> Callable[[], object]:
    return lambda: tasks.add_task(SYSTEM, ticket, **facts)


def _call_webhook(deeds: Sequence[Deed], people: People) -> None:
    """Post the ticket and the step to another system; the receiver knows a second delivery by its id."""
    del people
    for deed in deeds:
        fallen, url = deed.fallen, deed.values["url"]
        body = {"step": _step_for_others(fallen)} | as_message(SYSTEM, deed.ticket)
        digest = hashlib.sha256(url.encode()).hexdigest()[:16]
        webhooks.queue_webhook(
            url=url,
            body=body,
            event_key=f"sla:{fallen.name(deed.ticket.id)}:webhook:{digest}",
            sealed_secret=deed.values.get("secret", ""),
        )
        host = urlsplit(url).hostname  # the rest of an address may be its secret
        tickets.write_changes(SYSTEM, [(deed.ticket, {"sla.webhook": [None, host]})])


def _step_for_others(fallen: FallenStep) -> dict[str, Any]:
    standing, step = fallen.standing, fallen.step
    due_at = standing.clock.due_at
    return {
        "agreement": standing.terms.agreement_name if standing.terms else None,
        "kind": standing.key.kind,
        "owner": fallen.owner or None,
        "target": standing.key.metric,
        "generation": standing.clock.generation,
        "percent": step.percent,
        "minutes": step.minutes,
        "fell_at": fallen.at.isoformat(),
        "due_at": due_at.isoformat() if due_at else None,
    }


def _attempt(ticket: Ticket, effect: Callable[[], Done]) -> Done | None:
    """An effect that may be impossible (a person who left the group): then an internal note says so."""
    try:
        return effect()
    except ItsmError as error:
        told = [text for texts in error.errors.values() for text in texts] or [error.message]
        _note(ticket, " ".join(map(str, told)))
        return None


def _note(ticket: Ticket, text: Message) -> None:
    tickets.write_journal(SYSTEM, ticket, "internal", body=str(text), automatic=True)


EFFECTS: Mapping[str, Effect] = {
    "notify_assignee": _tell_assignee,
    "notify_group": _tell_group,
    "call_rota": _call_rota,
    "notify_manager": _tell_manager,
    "raise_level": _raise_level,
    "notify_requester": _tell_requester,
    "notify_people": _tell_people,
    "assign": _assign,
    "set_priority": _set_priority,
    "task": _add_task,
    "webhook": _call_webhook,
}
