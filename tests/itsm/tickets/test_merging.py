"""Merge, split, parts: both stories told, replies reach the living ticket, and taking back restores all. Rules: I7–I9, U1."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from sqlalchemy import select

from cmdb import services as cmdb
from cmdb.models import TicketCi
from incident import services as incidents
from itsm.kernel import clock, undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.module import registry
from itsm.tickets import queries, services
from itsm.tickets.models import SharedEntry, Ticket, Watcher
from itsm.tickets.services.restoring import picture
from sla.models import SlaClock
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.properties import examples
from tests.statements import counted

FIXED = {"resolution_code": "fixed", "resolution": "New cable."}


def take_back(actor: Actor, step: undo.Undo | None) -> None:
    assert step is not None
    undo.take_back(actor, step.id, registry().undos)


def told(actor: Actor, ticket: Ticket) -> list[str]:
    return [entry.body for entry in reversed(queries.list_journal(actor, ticket)) if entry.body]


def everything(*tickets: Ticket) -> dict[str, Any]:
    """All that a merge or a split may touch of some tickets."""
    ids = [ticket.id for ticket in tickets]
    clocks = select(SlaClock.ticket_id, SlaClock.metric, SlaClock.due_at, SlaClock.ended_at, SlaClock.state)
    return {
        "facts": [picture(ticket) | {"due": [ticket.due_at, ticket.due_state]} for ticket in tickets],
        "watchers": sorted(map(tuple, session.execute(select(Watcher.ticket_id, Watcher.person_id)))),
        "shared": sorted(map(tuple, session.execute(select(SharedEntry.ticket_id, SharedEntry.entry_id)))),
        "cis": sorted(map(tuple, session.execute(select(TicketCi.ticket_id, TicketCi.ci_id, TicketCi.origin)))),
        "clocks": sorted(map(tuple, session.execute(clocks.where(SlaClock.ticket_id.in_(ids))))),
    }


def test_a_merged_ticket_ends_and_the_living_one_tells_both_stories(app: Flask, make: Factory) -> None:
    agent, caller = make.actor(), make.person()
    first = make.incident(agent, title="Mail is down", description="No mail since nine", requester_id=caller.id)
    second = make.incident(agent, title="Outlook", description="Outlook says disconnected")
    services.write_entry(agent, first, kind="internal", body="Looks like the same fault")
    services.merge(agent, first, second)
    assert (first.state, first.unfinished, first.merged_into_id) == ("cancelled", 0, second.id)
    assert {"No mail since nine", "Looks like the same fault", "Outlook says disconnected"} <= set(told(agent, second))
    written_in = {entry.body: entry.ticket_id for entry in queries.list_journal(agent, second)}
    assert written_in["No mail since nine"] == first.id
    assert caller.id in {person.id for person in queries.list_watchers(second.id)}


def test_what_is_written_to_a_merged_ticket_reaches_the_living_one(app: Flask, make: Factory) -> None:
    agent, caller = make.actor(), make.person()
    chain = [make.incident(agent, requester_id=caller.id) for _number in range(3)]
    services.merge(agent, chain[0], chain[1])
    services.merge(agent, chain[1], chain[2])
    held = incidents.reply_as_requester(make.actor_of(caller), chain[0], body="Still broken")
    assert held.id == chain[2].id
    assert "Still broken" in told(agent, chain[2])
    services.write_entry(agent, chain[0], kind="internal", body="Noted on the old one")
    assert "Noted on the old one" in told(agent, chain[2])


def test_merging_into_a_merged_ticket_means_the_living_one_and_never_a_circle(app: Flask, make: Factory) -> None:
    agent = make.actor()
    first, second, third = (make.incident(agent) for _number in range(3))
    services.merge(agent, first, second)
    services.merge(agent, third, first)
    assert third.merged_into_id == second.id
    with pytest.raises(Invalid):
        services.merge(agent, second, third)
    with pytest.raises(Invalid):
        services.merge(agent, second, second)


def test_only_open_tickets_of_one_kind_are_merged_and_only_by_staff(app: Flask, make: Factory) -> None:
    agent, caller = make.actor(), make.person()
    ended, other = make.incident(agent, requester_id=caller.id), make.incident(agent)
    services.take_step(agent, ended, "resolve", fields=FIXED)
    for source, target in ((ended, other), (other, make.problem())):
        with pytest.raises(Invalid) as refusal:
            services.merge(agent, source, target)
        assert "into" in refusal.value.errors
    with pytest.raises(Forbidden):
        services.merge(make.actor_of(caller), other, make.incident(agent))


def test_entries_of_a_ticket_that_one_may_not_read_stay_untold(app: Flask, make: Factory) -> None:
    agent, caller, stranger = make.actor(), make.person(), make.person()
    theirs = make.incident(agent, description="My salary slip is wrong", requester_id=caller.id)
    living = make.incident(agent, description="Printer", requester_id=stranger.id)
    services.merge(agent, theirs, living)
    assert told(make.actor_of(stranger), living) == ["Printer"]
    assert "My salary slip is wrong" in told(agent, living)


@given(
    steps=st.lists(st.sampled_from(["hold", "start", "note", "reply", "facts", "ci", "watch"]), max_size=5),
    priority=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
@checked(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_taking_a_merge_or_a_split_back_restores_everything(
    app: Flask, make: Factory, steps: list[str], priority: tuple[int, int]
) -> None:
    agent = make.actor("agent", "cmdb_editor")
    source = make.incident(agent, requester_id=make.person().id, impact=priority[0], urgency=priority[1])
    target = make.incident(agent, requester_id=make.person().id)
    for name in steps:
        _do(agent, make, source, name)
    before = everything(source, target)
    with clock.frozen(NOW + timedelta(seconds=1)):
        step = services.merge(agent, source, target)
    with clock.frozen(NOW + timedelta(seconds=3)):
        take_back(agent, step)
    assert everything(source, target) == before
    entry = queries.list_journal(agent, source)[-1]
    with clock.frozen(NOW + timedelta(seconds=4)):
        step = services.split(agent, source, entry_ids=[entry.id], title="Another matter")[1]
    with clock.frozen(NOW + timedelta(seconds=5)):
        take_back(agent, step)
    assert everything(source, target)["facts"] == before["facts"]
    assert everything(source, target)["clocks"] == before["clocks"]


def _do(agent: Actor, make: Factory, ticket: Ticket, name: str) -> None:
    if name in {"hold", "start"}:
        if services.is_possible(ticket, name):
            services.take_step(agent, ticket, name, fields={"hold_reason": "customer"} if name == "hold" else {})
    elif name in {"note", "reply"}:
        services.write_entry(agent, ticket, kind="internal" if name == "note" else "public", body="Something")
    elif name == "facts":
        services.change_facts(agent, ticket, version=None, changes={"impact": 1})
    elif name == "ci":
        cmdb.attach_cis(agent, ticket, [make.ci().id])
    else:
        services.watch(agent, ticket, person_id=make.person().id)


def test_what_changed_since_is_named_instead_of_being_overwritten(app: Flask, make: Factory) -> None:
    agent = make.actor()
    source, target = make.incident(agent), make.incident(agent)
    step = services.merge(agent, source, target)
    source.merged_into_id = None
    session.flush()
    with pytest.raises(Conflict) as refusal:
        take_back(agent, step)
    assert source.number in str(refusal.value.message)
    assert "merged_into_id" in str(refusal.value.message)
    assert source.state == "cancelled"


def test_a_merge_can_be_taken_back_after_more_was_written(app: Flask, make: Factory) -> None:
    agent = make.actor()
    source, target = make.incident(agent, description="One"), make.incident(agent, description="Two")
    step = services.merge(agent, source, target)
    services.write_entry(agent, source, kind="internal", body="Said meanwhile")
    take_back(agent, step)
    assert source.state == "new"
    assert told(agent, target) == ["Two", "Said meanwhile"]


def test_a_split_gives_the_new_ticket_its_messages_and_its_author(app: Flask, make: Factory) -> None:
    agent, caller = make.actor(), make.person()
    ticket = make.incident(agent, description="Screen flickers", requester_id=make.person().id)
    services.watch(agent, ticket, person_id=caller.id)
    entry = services.write_entry(make.actor_of(caller), ticket, kind="public", body="And my mouse is dead")
    fresh, _step = services.split(agent, ticket, entry_ids=[entry.id], title="Dead mouse")
    assert (fresh.title, fresh.description, fresh.requester_id) == ("Dead mouse", "And my mouse is dead", caller.id)
    assert "And my mouse is dead" in told(agent, ticket)
    assert "Screen flickers" not in told(agent, fresh)
    assert [(link.relation, link.ticket.id) for link in queries.list_links(agent, fresh)] == [("split_from", ticket.id)]


def test_taking_a_split_back_loses_nothing_that_was_written_since(app: Flask, make: Factory) -> None:
    agent = make.actor()
    ticket = make.incident(agent, description="Screen")
    entry = services.write_entry(agent, ticket, kind="internal", body="Also the mouse")
    fresh, step = services.split(agent, ticket, entry_ids=[entry.id], title="Mouse")
    services.write_entry(agent, fresh, kind="internal", body="Mouse ordered")
    take_back(agent, step)
    assert fresh.merged_into_id == ticket.id
    assert "Mouse ordered" in told(agent, ticket)
    assert told(agent, ticket).count("Also the mouse") == 1


def test_nothing_ticked_and_foreign_entries_are_refused(app: Flask, make: Factory) -> None:
    agent = make.actor()
    ticket, other = make.incident(agent), make.incident(agent, description="Elsewhere")
    foreign = queries.list_journal(agent, other)[0]
    for chosen in ([], [foreign.id]):
        with pytest.raises(Invalid) as refusal:
            services.split(agent, ticket, entry_ids=chosen)
        assert "entries" in refusal.value.errors


def test_solving_the_parts_with_the_whole_and_back(app: Flask, make: Factory) -> None:
    agent = make.actor()
    parent, *parts = (make.incident(agent) for _number in range(4))
    for part in parts:
        services.link(agent, part, parent, relation="child_of")
    services.take_step(agent, parts[2], "resolve", fields=FIXED)
    before = everything(*parts)["facts"]
    done, left, step = services.step_children(agent, parent, "resolve", fields=FIXED)
    assert ([each.id for each in done], left) == ([each.id for each in parts[:2]], [])
    assert {part.state for part in parts} == {"resolved"}
    take_back(agent, step)
    assert everything(*parts)["facts"] == before


def test_pages_and_api_merge_split_and_take_back(client: Any, make: Factory) -> None:
    person = make.person(roles=("agent",))
    agent = make.actor_of(person)
    first = make.incident(agent, title="Mail is <b>down</b>", requester_id=person.id)
    second = make.incident(agent, title="Mail is slow", requester_id=person.id)
    make.sign_in(client, person)
    page = client.get(f"/tickets/{first.id}/merge").text
    assert second.number in page
    assert "<b>down</b>" not in page
    assert post(client, f"/tickets/{first.id}/merge", into="INC9999999").status_code == 422
    assert post(client, f"/tickets/{first.id}/merge", into=second.number).status_code == 302
    living = client.get(f"/incidents/{second.number}").text
    assert "/undo/" in living
    assert second.number in client.get(f"/incidents/{first.number}").text
    headers = {"Authorization": f"Bearer {make.token(person)}"}
    (last,) = client.get("/api/v1/undo", headers=headers).json["items"]
    assert client.post(f"/api/v1/undo/{last['id']}", headers=headers).status_code == 200
    assert client.post(f"/api/v1/undo/{last['id']}", headers=headers).status_code == 409
    merged = client.post(f"/api/v1/incidents/{first.number}/merge", headers=headers, json={"into": second.number})
    assert (merged.status_code, merged.json["number"]) == (200, second.number)
    entry = queries.list_journal(agent, second)[-1]
    fresh = client.post(f"/api/v1/incidents/{second.number}/split", headers=headers, json={"entries": [entry.id]})
    assert fresh.status_code == 201
    assert client.get(f"/tickets/{second.id}/split").status_code == 200
    assert f'value="{second.number}"' in client.get(f"/tickets/suggest?target={second.number}").text


def test_an_internal_note_that_is_split_off_stays_inside(app: Flask, make: Factory) -> None:
    agent, caller = make.actor(), make.person()
    ticket = make.incident(agent, description="Two things", requester_id=caller.id)
    note = services.write_entry(agent, ticket, kind="internal", body="Her manager suspects fraud")
    reply = services.write_entry(agent, ticket, kind="public", body="And the printer?")
    inside, _step = services.split(agent, ticket, entry_ids=[note.id])
    mixed, _step = services.split(agent, ticket, entry_ids=[note.id, reply.id])
    assert (inside.requester_id, inside.description) == (caller.id, "")
    assert mixed.description == "And the printer?"
    assert "Her manager suspects fraud" in told(agent, inside)
    assert "Her manager suspects fraud" not in told(make.actor_of(caller), inside)


def test_files_of_a_merged_ticket_are_for_those_who_may_read_it(app: Flask, make: Factory) -> None:
    council = make.group("Works council", restricted=True)
    member, agent = make.actor(groups=(council,)), make.actor()
    secret = make.incident(member, description="Please keep this to yourselves", group_id=council.id)
    upload = services.Upload("letter of notice.txt", b"words", "text/plain")
    services.write_entry(member, secret, kind="public", body="See the letter", uploads=[upload])
    living = make.incident(agent)
    services.merge(member, secret, living)
    assert [each.name for each in queries.list_attachments(member, living)] == ["letter of notice.txt"]
    assert queries.list_attachments(agent, living) == []


def test_a_merge_is_not_taken_back_from_under_another_one(app: Flask, make: Factory) -> None:
    agent = make.actor()
    first, second, third = (make.incident(agent, description=f"Story {number}") for number in range(3))
    before = everything(first, second, third)["shared"]
    inner, outer = services.merge(agent, first, second), services.merge(agent, second, third)
    with pytest.raises(Conflict, match=second.number):
        take_back(agent, inner)
    assert (first.merged_into_id, "Story 0" in told(agent, third)) == (second.id, True)
    take_back(agent, outer)
    take_back(agent, inner)
    assert everything(first, second, third)["shared"] == before


def test_nothing_is_taken_back_on_a_ticket_that_one_may_no_longer_read(app: Flask, make: Factory) -> None:
    council = make.group("Works council", restricted=True)
    agent, member = make.actor(), make.actor(groups=(council,))
    ticket = make.incident(agent, title="Old words")
    with services.undoable(agent, [ticket], title="Title", back="/") as step:
        services.change_facts(agent, ticket, version=None, changes={"title": "New words"})
    services.assign(member, ticket, group_id=council.id)
    with pytest.raises(Conflict) as refused:
        take_back(agent, step.undo)
    assert ticket.number not in str(refused.value)
    session.rollback()


def test_giving_a_ticket_away_to_a_restricted_group_can_be_taken_back(app: Flask, make: Factory) -> None:
    group, council = make.group(), make.group("Works council", restricted=True)
    agent = make.actor(groups=(group,))
    ticket = make.incident(agent, group_id=group.id)
    with services.undoable(agent, [ticket], title="Given away", back="/") as step:
        services.assign(agent, ticket, group_id=council.id)
    take_back(agent, step.undo)
    assert ticket.group_id == group.id


def test_a_part_that_refuses_its_step_keeps_nothing_of_it(
    app: Flask, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = make.actor()
    parent, part = make.incident(agent), make.incident(agent)
    services.link(agent, part, parent, relation="child_of")
    session.commit()

    def refuses(*_given: Any, **_named: Any) -> None:
        raise Conflict("not now")

    monkeypatch.setattr("itsm.tickets.services.steps.emit", refuses)
    done, left, step = services.step_children(agent, parent, "resolve", fields=FIXED)
    assert (done, [each.id for each in left], step) == ([], [part.id], None)
    session.refresh(part)
    assert (part.state, part.resolution) == ("new", "")


def test_watchers_come_along_with_as_many_statements_as_one(app: Flask, make: Factory) -> None:
    agent = make.actor()

    def statements(watchers: int) -> int:
        made = make.incident(agent), make.incident(agent)
        people = [make.person() for _number in range(watchers)]
        for person in people:
            services.watch(agent, made[0], person_id=person.id)
        ids = {person.id for person in people}
        session.commit()
        session.expunge_all()
        source, target = (session.get_one(Ticket, each.id) for each in made)
        with counted() as seen:
            services.merge(agent, source, target)
        assert {person.id for person in queries.list_watchers(target.id)} == ids
        return sum(statement.startswith("SELECT") for statement in seen)

    assert statements(6) == statements(1)
