"""What steps do beyond telling the people of a ticket. Rule: E7."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from incident import services as incidents
from incident.models import Incident
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.outbox import OutboxMessage
from itsm.notifications import webhooks
from itsm.tickets.models import Ticket
from itsm.tickets.tasks.models import Task
from sla.agreements.services import StepInput
from sla.agreements.terms import StepAction
from sla.escalations import actions as step_actions
from sla.escalations.actions import Names
from sla.jobs import fire_steps
from tests.factories import Factory
from tests.journal import whole_journal
from tests.sla.conftest import HOUR, Agreements, after, at
from tests.statements import counted

FOUR_HOURS = {("resolution", priority): 4 * HOUR for priority in range(1, 6)}
HOOK = "https://hooks.example.org/t/abc123"


def half_spent(make: Factory, agreements: Agreements, *actions: StepAction, **facts: Any) -> Incident:
    """An incident whose step at half of its four hours has just fired with these actions."""
    agreements.make(targets=FOUR_HOURS, steps=(StepInput("resolution", 50, actions),))
    if "group_id" not in facts:
        facts["group_id"] = make.group("Desk").id
    incident = incidents.open_incident(SYSTEM, title="Down", **facts)
    with at(2):
        assert fire_steps().failed == 0
    return session.get_one(Incident, incident.id, populate_existing=True)


def queued(channel: str) -> list[OutboxMessage]:
    statement = select(OutboxMessage).where(OutboxMessage.channel == channel, OutboxMessage.event_key.like("sla:%"))
    return list(session.scalars(statement.order_by(OutboxMessage.recipient)))


def notes(ticket: Ticket) -> list[str]:
    return [entry.body for entry in whole_journal(ticket.id) if entry.kind == "internal"]


def test_chosen_people_and_groups_are_told(app: Flask, make: Factory, agreements: Agreements) -> None:
    ann, group = make.person(email="ann@example.org"), make.group("Board", email="board@example.org")
    told = {"do": "notify_people", "person_ids": [ann.id], "group_ids": [group.id]}
    half_spent(make, agreements, told)
    assert [mail.recipient for mail in queued("mail")] == ["ann@example.org", "board@example.org"]


def test_chosen_people_whom_no_mail_reaches_are_noted(app: Flask, make: Factory, agreements: Agreements) -> None:
    gone = make.person(email="gone@example.org", active=False)
    incident = half_spent(make, agreements, {"do": "notify_people", "person_ids": [gone.id], "group_ids": []})
    assert (queued("mail"), notes(incident)) == (
        [],
        ["No mail reaches the people whom an escalation step is to tell."],
    )


def test_who_may_not_read_the_ticket_is_told_its_number_alone(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    secret, board = make.group("Investigations", restricted=True), make.group("Board", email="board@example.org")
    insider = make.person(roles=("agent",), groups=(secret,), email="insider@example.org")
    outsider = make.person(roles=("agent",), email="outsider@example.org")
    told = {"do": "notify_people", "person_ids": [insider.id, outsider.id], "group_ids": [board.id]}
    incident = half_spent(make, agreements, told, group_id=secret.id)
    mails = {mail.recipient: mail.payload for mail in queued("mail")}
    assert "Down" in mails["insider@example.org"]["subject"] + mails["insider@example.org"]["text"]
    for address in ("outsider@example.org", "board@example.org"):
        words = mails[address]["subject"] + mails[address]["text"]
        assert "Down" not in words
        assert "You may not read this ticket" in words
        assert incident.number in mails[address]["subject"]
        assert not mails[address]["subject"].endswith(":")


def test_asking_who_may_read_costs_the_same_for_one_ticket_and_many(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    board = [make.person(roles=("agent",), email=f"{number}@example.org").id for number in range(3)]
    told: StepAction = {"do": "notify_people", "person_ids": board, "group_ids": []}
    agreements.make(targets=FOUR_HOURS, steps=(StepInput("resolution", 50, (told,)),))
    desk = make.group("Desk", restricted=True)

    def cost(tickets: int) -> int:
        for _each in range(tickets):
            incidents.open_incident(SYSTEM, title="Down", group_id=desk.id)
        with counted() as seen, at(3):
            assert fire_steps().failed == 0
        return sum("FROM ticket" in each and "support_group" not in each for each in seen)

    with at(0):
        cost(1)
        one = cost(1)
        assert cost(6) <= one


def test_a_ticket_is_given_to_a_group_and_a_person_after_its_people_are_told(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    desk, board = make.group("Desk", email="desk@example.org"), make.group("Board")
    ann = make.person(roles=("agent",), groups=(board,), email="ann@example.org")
    given = {"do": "assign", "group_id": board.id, "assignee_id": ann.id}
    incident = half_spent(make, agreements, given, "notify_group", group_id=desk.id)
    assert (incident.group_id, incident.assignee_id) == (board.id, ann.id)
    assert [mail.recipient for mail in queued("mail")] == ["desk@example.org"]


def test_a_person_who_left_the_group_is_not_given_the_ticket_and_a_note_says_so(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    board, ann = make.group("Board"), make.person(email="ann@example.org")
    incident = half_spent(make, agreements, {"do": "assign", "group_id": board.id, "assignee_id": ann.id})
    assert incident.assignee_id is None
    assert notes(incident) == ["This person does not work in that group."]


@pytest.mark.parametrize(
    ("wanted", "facts", "expected"),
    [
        ("higher", {}, 3),
        (2, {}, 2),
        (5, {}, 4),  # never less urgent
        ("higher", {"impact": 1, "urgency": 1}, 1),
    ],
)
def test_the_priority_rises_and_says_why(
    make: Factory, agreements: Agreements, wanted: object, facts: dict[str, int], expected: int
) -> None:
    incident = half_spent(make, agreements, {"do": "set_priority", "priority": wanted}, **facts)
    before = 1 if facts else 4
    assert incident.priority == expected
    why = "Escalation: 50 % of the resolution target is spent"
    assert incident.priority_reason == (why if expected < before else "")


def test_a_task_is_added_with_its_owner_and_time(app: Flask, make: Factory, agreements: Agreements) -> None:
    group = make.group("Board")
    incident = half_spent(
        make, agreements, {"do": "task", "title": "Call the customer", "group_id": group.id, "due_hours": 2}
    )
    task = session.scalars(select(Task).where(Task.ticket_id == incident.id)).one()
    assert (task.title, task.group_id, task.owner_id, task.due_at) == ("Call the customer", group.id, None, after(4))


def test_a_webhook_is_queued_once_with_the_step_and_the_ticket(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    incident = half_spent(make, agreements, {"do": "webhook", "url": HOOK, "secret": webhooks.seal("s3cret")})
    (hook,) = queued("webhook")
    assert hook.payload["body"]["step"] == {
        "agreement": "Night and day",
        "kind": "sla",
        "owner": None,
        "target": "resolution",
        "generation": 1,
        "percent": 50,
        "minutes": None,
        "fell_at": after(2).isoformat(),
        "due_at": after(4).isoformat(),
    }
    assert hook.payload["body"]["ticket"]["number"] == incident.number
    assert hook.event_key.startswith(f"sla:{incident.id}:sla:0:resolution:1:50%:webhook:")
    assert "s3cret" not in json.dumps(hook.payload)
    assert whole_journal(incident.id)[-1].changes == {"sla.webhook": [None, "hooks.example.org"]}


def part(name: str) -> str:
    return f"row.{name}"


def test_actions_are_read_by_names_and_shown_by_names(app: Flask, make: Factory) -> None:
    group = make.group("Board")
    ann = make.person("Ann", roles=("agent",), groups=(group,), email="ann@example.org")
    nobody = make.person("Nobody", email=None)
    given: list[dict[str, Any]] = [
        {"do": "notify_people", "groups": ["Board"], "people": ["ann@example.org", f"#{nobody.id}"]},
        {"do": "assign", "group": "Board", "assignee": "ann@example.org"},
        {"do": "set_priority", "priority": "higher"},
        {"do": "task", "title": "Call", "group": "Board", "owner": None, "due_hours": 3},
        {"do": "webhook", "url": HOOK},
    ]
    kept = [step_actions.read(each, part) for each in given]
    assert kept[0] == {"do": "notify_people", "group_ids": [group.id], "person_ids": [ann.id, nobody.id]}
    names = Names(kept, full=True)
    assert [names.shown(each) for each in kept] == given
    assert [str(names.words(each)) for each in kept] == [
        "Tell chosen people: Board, Ann, Nobody",
        "Give it to somebody: Board, Ann",
        "Raise the priority: one higher",
        "Add a task: Call",
        "Call a webhook: hooks.example.org",
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"do": "notify_people"}, "row.people"),
        ({"do": "notify_people", "people": ["nobody@example.org"]}, "row.people"),
        ({"do": "notify_people", "groups": ["No such"]}, "row.groups"),
        ({"do": "notify_people", "people": ["#999999999"]}, "row.people"),
        ({"do": "assign"}, "row.group"),
        ({"do": "set_priority", "priority": 6}, "row.priority"),
        ({"do": "set_priority", "priority": True}, "row.priority"),
        ({"do": "task", "title": " "}, "row.title"),
        ({"do": "task", "title": "x", "due_hours": 10**9}, "row.due_hours"),
        ({"do": "webhook", "url": "ftp://example.org"}, "row.url"),
        ({"do": "webhook", "url": "http://127.0.0.1/"}, "row.url"),
        ({"do": "webhook", "url": HOOK, "secret": "x" * 501}, "row.secret"),
        ({"do": "explode"}, "row.do"),
    ],
)
def test_a_wrong_action_names_its_field(app: Flask, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        step_actions.read(given, part)
    assert set(refused.value.errors) == {field}


def test_a_webhooks_secret_is_kept_for_its_address_only_and_never_told(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    kept = step_actions.read({"do": "webhook", "url": HOOK, "secret": "s3cret"}, part)
    assert not isinstance(kept, str)
    assert step_actions.read({"do": "webhook", "url": HOOK}, part, [kept]) == kept
    other = step_actions.read({"do": "webhook", "url": f"{HOOK}4"}, part, [kept])
    assert step_actions.values_of(other)["secret"] == ""
    agreements.make(targets=FOUR_HOURS, steps=(StepInput("resolution", 50, (kept,)),))
    audit = json.dumps([entry.changes for entry in session.scalars(select(AuditEntry))], default=str)
    assert kept["secret"] not in audit
    assert "abc123" not in audit
