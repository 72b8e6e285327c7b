"""Taking macros back as a whole, also those on many tickets, and setting fields of the site's own. Rules: U1, U7, U9."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.fields import services as fields
from itsm.kernel import undo
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.module import registry
from itsm.kernel.outbox import OutboxMessage
from itsm.portal import queries as portal
from itsm.rules import conflicts
from itsm.rules.macros import create_macro, run_macro
from itsm.rules.models import Macro
from itsm.tickets import services
from itsm.tickets.desk import bulk
from itsm.tickets.models import Ticket, TicketLink, Watcher
from itsm.tickets.services.restoring import picture
from itsm.tickets.tasks.models import Task
from sla.models import SlaClock
from tests.factories import Factory
from tests.itsm.rules.conftest import MakeRule, done, firings, journal
from tests.itsm.web.browser import post

HOLD = {"do": "step", "step": "hold", "hold_reason": "customer"}


def everything(*tickets: Ticket) -> dict[str, Any]:
    """All that a macro may touch, apart from what is written."""
    clocks = select(SlaClock.ticket_id, SlaClock.metric, SlaClock.due_at, SlaClock.ended_at, SlaClock.state)
    return {
        "facts": [picture(ticket) | {"due": [ticket.due_at, ticket.due_state]} for ticket in tickets],
        "around": [session.scalars(select(table)).all() for table in (Watcher, TicketLink, Task)],
        "clocks": sorted(map(tuple, session.execute(clocks))),
        "mails": session.scalars(select(OutboxMessage.event_key)).all(),
    }


def take_back(actor: Actor, step: undo.Undo | None) -> undo.Undo:
    assert step is not None
    return undo.take_back(actor, step.id, registry().undos)


def public(ticket: Ticket) -> list[str]:
    return [message.body for message in portal.conversation(ticket).messages if message.ours and message.body]


@pytest.fixture
def agent(make: Factory) -> Actor:
    return make.actor("agent")


@pytest.fixture
def busy(make: Factory, agent: Actor) -> Macro:
    """A macro that does a bit of everything."""
    other = make.incident()
    actions = [
        {"do": "reply", "text": "We look at it."},
        {"do": "note", "text": "Looks like the switch"},
        {"do": "set_urgency", "urgency": 1},
        {"do": "watch", "person_id": make.person(roles=("agent",)).id},
        {"do": "link", "relation": "relates_to", "target": other.number},
        {"do": "task", "title": "Look"},
        {
            "do": "notify",
            "to": "person",
            "person_id": make.person(email="x@example.org").id,
            "subject": "s",
            "text": "t",
        },
        HOLD,
    ]
    return create_macro(agent, {"name": "Busy", "actions": actions})


def test_one_undo_takes_a_whole_macro_back(app: Flask, make: Factory, agent: Actor, busy: Macro) -> None:
    ticket = make.incident(requester_id=make.person(email="elena@example.org").id)
    before = everything(ticket)
    result = run_macro(agent, [ticket], busy)[0]
    assert result.error is None
    assert public(ticket) == ["We look at it."]
    assert take_back(agent, result.undo).stays == ""
    assert everything(ticket) == before
    assert public(ticket) == []
    assert {entry.kind for entry in journal(ticket) if entry.retracted} == {"public", "internal", "change"}


def test_a_reply_that_has_left_stays_and_the_person_is_told(make: Factory, agent: Actor, busy: Macro) -> None:
    ticket = make.incident(requester_id=make.person(email="elena@example.org").id)
    result = run_macro(agent, [ticket], busy)[0]
    reply = select(OutboxMessage).where(OutboxMessage.event_key.startswith("reply:"))
    for mail in session.scalars(reply):
        mail.state = "sent"
    session.flush()
    assert "1 message had left" in take_back(agent, result.undo).stays
    assert public(ticket) == ["We look at it."]
    assert (ticket.state, ticket.urgency) == ("new", 3)
    assert ticket.responded_at is not None
    assert (
        session.scalars(select(OutboxMessage.recipient).where(OutboxMessage.event_key.startswith("rule:"))).all() == []
    )


def test_a_task_that_was_worked_on_is_not_taken_away(make: Factory, agent: Actor, busy: Macro) -> None:
    ticket = make.incident()
    result = run_macro(agent, [ticket], busy)[0]
    task = session.scalars(select(Task)).one()
    task.done = True
    session.flush()
    with pytest.raises(Conflict, match="Look"):
        take_back(agent, result.undo)


def test_a_macro_that_nothing_came_of_leaves_nothing_to_take_back(make: Factory, agent: Actor) -> None:
    macro = create_macro(agent, {"name": "Hold", "actions": [{"do": "note", "text": "x"}, HOLD]})
    ticket = make.incident()
    services.take_step(agent, ticket, "hold", fields={"hold_reason": "customer"})
    assert run_macro(agent, [ticket], macro)[0].undo is None


def test_the_preview_of_a_macro_on_many_tickets_is_what_happens(make: Factory, agent: Actor, busy: Macro) -> None:
    first, second, change = make.incident(), make.incident(urgency=2), make.change()
    services.take_step(agent, second, "hold", fields={"hold_reason": "customer"})
    ids, wanted = [first.id, second.id, change.id], {"macro_id": busy.id}
    before = everything(first, second, change)
    bulk.check(agent, wanted, count=len(ids))
    plan = bulk.plan(agent, ids, wanted)
    assert everything(first, second, change) == before
    result = bulk.change_all(agent, ids, wanted, title="Bulk", back="/desk")
    assert [each.ticket.number for each in plan if each.lines] == [first.number]
    assert "reply written" in str(plan[0].lines[-1].after)
    assert [(each.ticket.number, str(each.refusal)) for each in plan if each.refusal] == result.refused
    assert (result.done, len(result.refused), first.state) == (1, 2, "on_hold")
    take_back(agent, result.undo)
    assert everything(first, second, change) == before


def test_a_bulk_takes_only_macros_that_are_ones_own(make: Factory, agent: Actor, busy: Macro) -> None:
    with pytest.raises(Invalid):
        bulk.check(make.actor("agent"), {"macro_id": busy.id})
    with pytest.raises(Invalid, match="at most"):
        bulk.check(agent, {"macro_id": busy.id}, count=bulk.MOST_ACTED + 1)


def test_the_bulk_page_runs_a_macro(client: FlaskClient, make: Factory) -> None:
    person = make.person(roles=("agent",))
    macro = create_macro(make.actor_of(person), {"name": "Calm down", "actions": [{"do": "set_urgency", "urgency": 4}]})
    ticket = make.incident()
    session.commit()
    browser = make.sign_in(client, person)
    assert "Calm down" in browser.get(f"/desk/bulk?ids={ticket.id}").text
    fields_ = {"chosen": str(ticket.id), "macro_id": str(macro.id), "back": "/desk"}
    assert "urgency: " in post(browser, "/desk/bulk/preview", **fields_).text
    assert ticket.urgency == 3
    answer = post(browser, "/desk/bulk", **fields_)
    session.refresh(ticket)
    assert (answer.status_code, ticket.urgency) == (302, 4)


def test_an_own_field_is_set_by_macros_and_taken_back(app: Flask, make: Factory, agent: Actor) -> None:
    choices = [{"key": "n", "titles": {"en": "North"}}, {"key": "s", "titles": {"en": "South"}}]
    fields.create_definition(
        SYSTEM, kind="incident", key="wing", type="choice", titles={"en": "Wing"}, options={"choices": choices}
    )
    action = {"do": "set_field", "field": "wing", "value": "North"}
    with pytest.raises(Invalid) as refusal:
        create_macro(agent, {"name": "Wrong", "actions": [action | {"value": "West"}]})
    assert set(refusal.value.errors) == {"actions.0.value"}
    macro = create_macro(agent, {"name": "Wing", "actions": [action]})
    ticket, problem = make.incident(), make.problem()
    fine, refused = run_macro(agent, [ticket, problem], macro)
    assert ([str(each) for each in fine.done], ticket.custom) == (["Wing: North"], {"wing": "n"})
    assert isinstance(refused.error, Invalid)
    take_back(agent, fine.undo)
    assert ticket.custom == {}


def test_rules_fill_own_fields_from_the_ticket_and_their_conflicts_are_found(
    app: Flask, make: Factory, rule: MakeRule
) -> None:
    fields.create_definition(SYSTEM, kind="incident", key="subject", type="text", titles={"en": "Subject"}, options={})
    row = rule({"do": "set_field", "field": "subject", "value": "About {{ticket.title}}"})
    ticket = make.incident(title="Printer")
    assert ticket.custom == {"subject": "About Printer"}
    assert done(firings(row)[0]) == ["Subject: About Printer"]
    one = rule({"do": "set_field", "field": "subject", "value": "a"})
    two = rule({"do": "set_field", "field": "subject", "value": "b"})
    (found,) = conflicts.findings([one, two])
    assert (found.kind, "Subject" in str(found.text)) == ("conflict", True)
