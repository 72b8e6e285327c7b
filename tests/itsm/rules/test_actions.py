"""Each kind of action: what it needs, what it refuses, what it does."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itsm.approvals.models import Approval
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.outbox import OutboxMessage
from itsm.notifications import threads
from itsm.rules import macros
from itsm.rules.actions import ACTIONS, Run, checked, effects_of, perform
from itsm.tickets import queries
from itsm.tickets.models import Ticket
from itsm.tickets.tasks.models import Task
from tests.conftest import NOW
from tests.factories import Factory
from tests.journal import whole_journal


def run_on(ticket: Ticket, *actions: dict[str, Any], by_rule: bool = True) -> list[str]:
    run = Run(SYSTEM, ticket, key="k1", by_rule=by_rule, source="Test")
    return [str(each) for each in perform(run, checked(actions))]


def test_facts(make: Factory) -> None:
    ticket, category = make.incident(), make.category("Printing")
    told = run_on(
        ticket,
        {"do": "set_impact", "impact": "1"},
        {"do": "set_urgency", "urgency": 1},
        {"do": "set_category", "category_id": "printing"},
    )
    assert (ticket.impact, ticket.urgency, ticket.priority, ticket.category_id) == (1, 1, 1, category.id)
    assert told[2] == "category: Printing"


def test_assigning_to_a_group_and_a_person_of_it(make: Factory) -> None:
    group = make.group("Network")
    person = make.person("Nils", groups=(group,), roles=("agent",), email="nils@example.org")
    ticket = make.incident()
    assert run_on(ticket, {"do": "assign", "group_id": "Network", "assignee_id": "nils@example.org"}) == [
        "given to Network, Nils"
    ]
    assert (ticket.group_id, ticket.assignee_id) == (group.id, person.id)


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"do": "assign"}, "group_id"),
        ({"do": "set_priority", "priority": 9, "reason": "x"}, "priority"),
        ({"do": "set_priority", "priority": 1}, "reason"),
        ({"do": "set_category", "category_id": "nowhere"}, "category_id"),
        ({"do": "note", "text": "{{ config }}"}, "text"),
        ({"do": "note", "text": "{{ ''.__class__.__mro__ }}"}, "text"),
        ({"do": "note", "text": "x" * 20_001}, "text"),
        ({"do": "note", "text": 5}, "text"),
        ({"do": "note", "text": "x", "more": 1}, "more"),
        ({"do": "step", "step": "fly"}, "step"),
        ({"do": "link", "relation": "relates_to", "target": "17"}, "target"),
        ({"do": "link", "relation": "eats", "target": "INC0000001"}, "relation"),
        ({"do": "notify", "to": "group", "subject": "s", "text": "t"}, "group_id"),
        ({"do": "notify", "to": "person", "subject": "s", "text": "t"}, "person_id"),
        ({"do": "approve", "people": ["nobody@example.org"]}, "people"),
        ({"do": "approve", "people": {"a": 1}}, "people"),
        ({"do": "webhook", "url": "ftp://example.org/"}, "url"),
        ({"do": "webhook", "url": "http://127.0.0.1:5000/"}, "url"),
        ({"do": "webhook", "url": "http://[::ffff:127.0.0.1]/"}, "url"),
        ({"do": "webhook", "url": "http://169.254.169.254/latest"}, "url"),
        ({"do": "macro", "macro_id": 999_999}, "macro_id"),
        ({"do": "format the disk"}, "do"),
        ({}, "do"),
    ],
)
def test_what_is_wrong_is_named(make: Factory, action: dict[str, Any], field: str) -> None:
    del make
    with pytest.raises(Invalid) as caught:
        checked([action])
    assert list(caught.value.errors) == [f"actions.0.{field}"]


def test_notes_and_replies_of_rules_are_automatic_and_replies_are_mailed(make: Factory) -> None:
    person = make.person(email="rita@example.org")
    ticket = make.incident(requester_id=person.id)
    run_on(
        ticket,
        {"do": "note", "text": "Look at {{ticket.link}}"},
        {"do": "reply", "text": "We know, {{requester.name}}"},
    )
    note, reply = whole_journal(ticket.id)[-2:]
    assert note.kind == "internal"
    assert note.body.endswith(f"/incidents/{ticket.number}")
    assert (reply.kind, reply.automatic, reply.body) == ("public", True, f"We know, {person.name}")
    assert ticket.responded_at is None
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.event_key.startswith("reply:"))).all()
    assert [mail.recipient for mail in mails] == ["rita@example.org"]
    assert "by_person" not in mails[0].payload


def test_watching_linking_and_steps(make: Factory) -> None:
    person, other, ticket = make.person(), make.incident(), make.incident()
    run_on(
        ticket,
        {"do": "watch", "person_id": person.id},
        {"do": "link", "relation": "relates_to", "target": other.number.lower()},
        {"do": "step", "step": "resolve", "resolution_code": "advice", "resolution": "Told {{ticket.title}}"},
    )
    assert [each.id for each in queries.list_watchers(ticket.id)] == [person.id]
    assert [each.ticket.id for each in queries.list_links(SYSTEM, ticket)] == [other.id]
    assert (ticket.state, ticket.resolution) == ("resolved", f"Told {ticket.title}")


def test_a_task_for_a_group(make: Factory) -> None:
    ticket, group = make.incident(title="New laptop"), make.group("Stores")
    run_on(ticket, {"do": "task", "title": "Pack {{ticket.title}}", "group_id": "Stores", "days": "2"})
    task = session.scalars(select(Task).where(Task.ticket_id == ticket.id)).one()
    assert (task.title, task.group_id, task.due_at) == ("Pack New laptop", group.id, NOW + timedelta(days=2))


def test_asking_for_approval(make: Factory) -> None:
    approver = make.person(roles=("cab_member",), email="cab@example.org")
    change = make.change()
    run_on(change, {"do": "approve", "people": "cab@example.org", "quorum": "1"})
    asked = session.scalars(select(Approval).where(Approval.subject_id == change.id)).one()
    assert asked.quorum == 1
    assert approver.id in checked([{"do": "approve", "people": ["cab@example.org"]}])[0]["people"]


def test_mail_to_a_group_without_an_address_reaches_its_members(make: Factory) -> None:
    group = make.group("Night shift")
    make.person(email="one@example.org", groups=(group,))
    make.person(email="two@example.org", groups=(group,))
    run_on(make.incident(), {"do": "notify", "to": "group", "group_id": group.id, "subject": "s", "text": "t"})
    rows = session.scalars(select(OutboxMessage.recipient).where(OutboxMessage.event_key.startswith("rule:"))).all()
    assert sorted(rows) == ["one@example.org", "two@example.org"]


def test_a_rules_mail_says_nothing_to_who_may_not_read_the_ticket(make: Factory) -> None:
    secret, board = make.group("Investigations", restricted=True), make.group("Board", email="board@example.org")
    insider = make.person(roles=("agent",), groups=(secret,), email="insider@example.org")
    outsider = make.person(roles=("agent",), email="outsider@example.org")
    ticket = make.incident(title="Theft", group_id=secret.id)
    threads.note_message(ticket.id, "<1@lawfirm.example>", received_by="whistle@example.org", participants=())
    words = {"do": "notify", "subject": "About {{ticket.title}}", "text": "It is {{ticket.title}}"}
    targets = ({"to": "person", "person_id": insider.id}, {"to": "person", "person_id": outsider.id})
    for key, target in enumerate((*targets, {"to": "group", "group_id": board.id})):
        perform(Run(SYSTEM, ticket, key=f"k{key}", by_rule=True, source="Board"), checked([words | target]))
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.event_key.startswith("rule:"))).all()
    mails = {row.recipient: row.payload["subject"] + row.payload["text"] for row in rows}
    assert "Theft" in mails["insider@example.org"]
    headers = {row.recipient: row.payload["headers"] | {"From": row.payload.get("sender_address")} for row in rows}
    assert "lawfirm" in str(headers["insider@example.org"])
    for address in ("outsider@example.org", "board@example.org"):
        assert "lawfirm" not in str(headers[address])
        assert "whistle" not in str(headers[address])
        assert "Theft" not in mails[address]
        assert ticket.number in mails[address]
        assert "You may not read this ticket" in mails[address]


def test_a_restricted_groups_own_address_is_told_in_full(make: Factory) -> None:
    secret = make.group("Investigations", restricted=True, email="inside@example.org")
    ticket = make.incident(title="Theft", group_id=secret.id)
    for to in ("assignee", "group"):
        target = {"to": to, "group_id": secret.id} if to == "group" else {"to": to}
        action = {"do": "notify", "subject": "{{ticket.title}}", "text": "x", **target}
        perform(Run(SYSTEM, ticket, key=to, by_rule=True, source="Board"), checked([action]))
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.event_key.startswith("rule:"))).all()
    assert [row.payload["subject"] for row in rows] == [f"[{ticket.number}] Theft"] * 2


def test_a_webhook_keeps_its_secret_sealed(make: Factory) -> None:
    ticket = make.incident(title="Smoke")
    given = {"do": "webhook", "url": "https://chat.example.org/hook", "secret": "open sesame"}
    kept = checked([given])
    assert "open sesame" not in str(kept)
    assert checked([{**given, "secret": ""}], before=kept) == kept
    other = {**given, "url": "https://evil.example.org/", "secret": ""}
    assert "secret" not in checked([other], before=kept)[0]
    told = perform(Run(SYSTEM, ticket, key="k2", by_rule=True, source="Smoke alarm"), kept)
    assert [str(each) for each in told] == ["webhook to chat.example.org"]  # staff read it; the path may be a secret
    row = session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "webhook")).one()
    assert row.payload["body"]["ticket"]["title"] == "Smoke"
    assert row.payload["body"]["rule"] == "Smoke alarm"
    assert "open sesame" not in str(row.payload)


def test_a_rule_may_run_a_macro(make: Factory) -> None:
    agent = make.actor("agent")
    macro = macros.create_macro(agent, {"name": "Calm", "actions": [{"do": "set_urgency", "urgency": 4}]})
    ticket = make.incident()
    assert run_on(ticket, {"do": "macro", "macro_id": macro.id})[0].startswith("macro “Calm”")
    assert ticket.urgency == 4
    assert effects_of([{"do": "macro", "macro_id": macro.id}]) == {"urgency": 4}


def test_macros_cannot_call_beyond() -> None:
    assert {name for name, action in ACTIONS.items() if not action.in_macros} == {"approve", "webhook", "macro"}
