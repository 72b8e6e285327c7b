"""Actions that say something: on the ticket, and by mail to people."""

from collections.abc import Mapping

from itsm.identity import queries as identity
from itsm.identity.models import Group, Person
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import Message, _
from itsm.notifications import services as notifications
from itsm.notifications import threads
from itsm.notifications.services import Notice
from itsm.rules.actions.base import Action, Input, Run, Values, register
from itsm.tickets import notify, readers, services

RECIPIENTS = {
    "requester": _("The requester"),
    "assignee": _("The assignee, else the group"),
    "group": _("A group"),
    "person": _("A person"),
}
MEMBERS_TOLD = 50


def _note(run: Run, values: Values) -> Message:
    body = run.words(values["text"], for_staff=True)
    services.write_entry(run.actor, run.ticket, kind="internal", body=body, automatic=run.by_rule)
    return _("note written")


def _reply(run: Run, values: Values) -> Message:
    """A rule's reply is marked automatic: it reaches the requester, but it is not the answer that a target waits for."""
    body = run.words(values["text"])
    entry = services.write_entry(run.actor, run.ticket, kind="public", body=body, automatic=run.by_rule)
    if run.by_rule:
        notify.send_reply(run.ticket, entry)
    return _("reply written")


def _notify(run: Run, values: Values) -> Message:
    people, addresses = _recipients(run, values)
    hidden = {person.email for person in people if readers.hidden_from(person.id, [run.ticket])}
    if values["to"] == "group" and readers.is_hidden_from_group(values.get("group_id"), run.ticket):
        hidden |= addresses.keys()
    told = {person.email: person.name for person in people if person.email and person.active} | addresses
    if not told:
        raise Invalid.field("to", _("Nobody with a mail address is meant."))
    failed = {person.email for person in people if person.mail_failed_at is not None}
    for address in told:
        notifications.send_notice(_notice(run, values, address, hidden=address in hidden, failed=address in failed))
    return _("mail to %(names)s", names=", ".join(told.values()))


def _recipients(run: Run, values: Values) -> tuple[list[Person], dict[str, str]]:
    """People, and addresses of groups with their names."""
    ticket, to = run.ticket, values["to"]
    if to == "requester":
        return _people(ticket.requester_id), {}
    if to == "person":
        return _people(values.get("person_id")), {}
    if to == "assignee" and ticket.assignee_id is not None:
        return _people(ticket.assignee_id), {}
    group_id = ticket.group_id if to == "assignee" else values.get("group_id")
    group = session.get(Group, group_id) if group_id is not None else None
    if group is None:
        return [], {}
    if group.email:
        return [], {group.email.lower(): group.name}
    return list(identity.list_members(group.id))[:MEMBERS_TOLD], {}


def _people(person_id: int | None) -> list[Person]:
    row = session.get(Person, person_id) if person_id is not None else None
    return [row] if row is not None else []


def _words(run: Run, values: Values, *, hidden: bool) -> tuple[str, str]:
    """Subject and text of a mail; of a ticket that its reader may not read neither says anything."""
    if hidden:
        return str(_("A ticket that you may not read")), str(readers.said_instead()) + "\n"
    for_staff = values["to"] != "requester"
    subject = " ".join(run.words(values["subject"], for_staff=for_staff).split())
    return subject, run.words(values["text"], for_staff=for_staff).strip() + "\n"


def _notice(run: Run, values: Values, address: str, *, hidden: bool, failed: bool) -> Notice:
    ticket, (subject, text) = run.ticket, _words(run, values, hidden=hidden)
    thread = threads.Thread() if hidden else threads.thread_of(ticket.id)  # who wrote to whom is hidden as well
    key = f"rule-{run.key}-{threads.short_digest(address)}"
    return Notice(
        to=address,
        subject=f"[{ticket.number}] {subject}",
        text=text,
        event_key=f"rule:{ticket.id}:{run.key}:{address}",
        ticket_id=ticket.id,
        headers=thread.headers | {"Message-ID": threads.issue_message_id(ticket.kind, ticket.number, key)},
        sender_name=settings().organisation_name,
        sender_address=thread.received_by or settings().mail_from,
        address_failed=failed,
    )


def _whom(values: Values) -> Mapping[str, Message]:
    if values["to"] == "group" and values.get("group_id") is None:
        return {"group_id": _("Choose the group.")}
    if values["to"] == "person" and values.get("person_id") is None:
        return {"person_id": _("Choose the person.")}
    return {}


register(
    Action("note", _("Write an internal note"), (Input("text", "words", _("Text")),), _note),
    Action("reply", _("Reply to the requester"), (Input("text", "words", _("Text")),), _reply),
    Action(
        "notify",
        _("Send a mail"),
        (
            Input("to", "choice", _("To"), choices=RECIPIENTS),
            Input("group_id", "group", _("Group"), required=False),
            Input("person_id", "person", _("Person"), required=False),
            Input("subject", "line", _("Subject")),
            Input("text", "words", _("Text")),
        ),
        _notify,
        check=_whom,
    ),
)
