"""Asking, voting and withdrawing, on changes as subjects."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from change.models import Change
from itsm.approvals import queries, services
from itsm.approvals.models import Approval
from itsm.approvals.state import State
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets import services as tickets
from tests.factories import Factory


def asked(make: Factory, *approvers: Person, change: Change | None = None, quorum: int | None = None) -> Approval:
    """A question about a draft change, whose decision moves nothing as the change is not assessed."""
    subject = change or make.change(make.actor())
    for person in approvers:
        tickets.watch(SYSTEM, subject, person_id=person.id)
    ids = [person.id for person in approvers]
    return services.ask(SYSTEM, "change", subject.id, approver_ids=ids, quorum=quorum, step="authorise")


def member(make: Factory, name: str = "", **facts: Any) -> Person:
    return make.person(name, roles=("cab_member",), **facts)


def test_a_vote_may_be_changed_until_the_decision(app: Flask, make: Factory) -> None:
    first, second = member(make), member(make)
    approval = asked(make, first, second)
    voter = make.actor_of(first)
    services.vote(voter, approval.id, vote="approve")
    services.vote(voter, approval.id, vote="approve", reason="Still good")
    fresh = queries.get_approval(approval.id)
    ballot = fresh.vote_of(first.id)
    assert ballot is not None
    assert (fresh.state, ballot.reason) == (State.PENDING, "Still good")
    assert [each.id for each in (item.approval for item in queries.list_waiting(voter))] == [approval.id]


def test_only_named_approvers_vote_whatever_their_roles(app: Flask, make: Factory) -> None:
    approval = asked(make, member(make), member(make))
    for stranger in (make.actor("admin"), make.actor("change_manager"), SYSTEM):
        with pytest.raises(Forbidden):
            services.vote(stranger, approval.id, vote="approve")
    with pytest.raises(NotFound):  # who may not even see the change hears nothing of its approval
        services.vote(make.actor("cab_member"), approval.id, vote="approve")


def test_who_asked_for_it_is_never_asked_to_decide(app: Flask, make: Factory) -> None:
    requester, opener = make.person(roles=("change_manager",)), make.person(roles=("agent", "cab_member"))
    change = make.change(make.actor_of(opener), requester_id=requester.id)
    for person in (requester, opener):
        with pytest.raises(Invalid) as refusal:
            asked(make, member(make), person, change=change)
        assert set(refusal.value.errors) == {"approvers"}


def test_a_named_approver_who_became_the_requester_does_not_vote(app: Flask, make: Factory) -> None:
    change = make.change(make.actor())
    person = member(make)
    approval = asked(make, person, member(make), change=change)
    change.requester_id = person.id
    session.flush()
    with pytest.raises(Forbidden):
        services.vote(make.actor_of(person), approval.id, vote="approve")
    assert [item.can_vote for item in queries.list_waiting(make.actor_of(person))] == [False]


def test_an_approver_who_lost_the_right_does_not_vote(app: Flask, make: Factory) -> None:
    person = member(make)
    approval = asked(make, person)
    without = replace(make.actor_of(person), permissions=frozenset({"tickets.read"}))
    with pytest.raises(Forbidden):
        services.vote(without, approval.id, vote="approve")


def test_a_refusal_needs_its_reason_and_a_vote_is_one_of_two(app: Flask, make: Factory) -> None:
    person = member(make)
    approval = asked(make, person)
    with pytest.raises(Invalid, match="Say why"):
        services.vote(make.actor_of(person), approval.id, vote="reject", reason="  ")
    with pytest.raises(Invalid) as refusal:
        services.vote(make.actor_of(person), approval.id, vote="maybe")
    assert set(refusal.value.errors) == {"vote"}


def test_a_withdrawn_question_takes_no_votes(app: Flask, make: Factory) -> None:
    person = member(make)
    approval = asked(make, person)
    assert services.withdraw(SYSTEM, "change", approval.subject_id)
    assert not services.withdraw(SYSTEM, "change", approval.subject_id)
    with pytest.raises(Conflict):
        services.vote(make.actor_of(person), approval.id, vote="approve")
    assert queries.list_waiting(make.actor_of(person)) == []


def test_asking_again_withdraws_the_question_before(app: Flask, make: Factory) -> None:
    person, change = member(make), make.change(make.actor())
    before = asked(make, person, change=change)
    after = asked(make, person, change=change)
    assert queries.get_approval(before.id).state == State.WITHDRAWN
    current = queries.find_current("change", change.id)
    assert current is not None
    assert current.id == after.id


def test_approvers_get_a_mail_each_without_line_breaks_in_its_subject(app: Flask, make: Factory) -> None:
    change = make.change(make.actor(), title="Swap disk\r\nBcc: all@example.org")
    asked(
        make, member(make, email="one@example.org"), member(make, email="two@example.org", language="fa"), change=change
    )
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.event_key.startswith("approval:"))).all()
    assert {mail.recipient for mail in mails} == {"one@example.org", "two@example.org"}
    assert all(change.number in mail.payload["subject"] and "\n" not in mail.payload["subject"] for mail in mails)
    assert all("/approvals" in mail.payload["text"] for mail in mails)


def test_a_question_needs_people_and_a_quorum_within_them(app: Flask, make: Factory) -> None:
    person = member(make)
    for approvers, quorum, field in (((), None, "approvers"), ((person,), 2, "quorum")):
        with pytest.raises(Invalid) as refusal:
            asked(make, *approvers, quorum=quorum)
        assert set(refusal.value.errors) == {field}
    with pytest.raises(Invalid):
        services.ask(SYSTEM, "invoice", 1, approver_ids=[person.id])


def test_waiting_in_sql_and_in_python_agree(app: Flask, make: Factory) -> None:
    first, second, third = member(make), member(make), member(make)
    open_one = asked(make, first, second, third, quorum=2)
    services.vote(make.actor_of(second), open_one.id, vote="reject", reason="Too early")
    assert [item.approval.id for item in queries.list_waiting(make.actor_of(first))] == [open_one.id]
    open_one.votes[2].vote = "reject"
    session.flush()
    assert open_one.state == State.REJECTED
    assert queries.list_waiting(make.actor_of(first)) == []
