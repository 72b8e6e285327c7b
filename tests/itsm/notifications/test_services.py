"""Limits, silence, and what an administrator does with messages that were given up."""

import pytest
from flask import Flask

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden
from itsm.kernel.paging import LARGEST_LIMIT
from itsm.notifications import queries, services, threads
from itsm.notifications.services import Notice
from tests.channels.mail.letters import outgoing
from tests.factories import Factory
from tests.statements import counted


def notice(
    number: int = 1, *, event: str = "answered", ticket_id: int = 7, to: str = "ana@example.org", **facts: bool
) -> Notice:
    return Notice(
        to=to,
        subject="Hello",
        text="Text",
        event_key=f"{event}:{ticket_id}:{number}:{to}",
        ticket_id=ticket_id,
        headers={},
        sender_name="Desk",
        sender_address="desk@desk.test",
        **facts,
    )


def states() -> list[str]:
    return [row.state for row in outgoing()]


def test_one_mail_for_one_event(app: Flask) -> None:
    services.send_notice(notice())
    services.send_notice(notice())
    assert states() == ["waiting"]


def test_r12_confirmations_are_limited_over_all_tickets(app: Flask) -> None:
    limit = app.config["ITSM"].mail_answers_per_hour
    for number in range(limit + 2):
        services.send_notice(notice(number, event="opened", ticket_id=number))
    services.send_notice(notice(event="opened", ticket_id=99, to="bo@example.org"))
    assert states() == ["waiting"] * limit + ["held"] * 2 + ["waiting"]
    assert outgoing()[-2].last_error == services.TOO_MANY_CONFIRMATIONS


def test_r16_notices_are_limited_on_one_ticket_and_answers_are_not(app: Flask) -> None:
    limit = app.config["ITSM"].mail_notices_per_hour
    for number in range(limit + 1):
        services.send_notice(notice(number))
    services.send_notice(notice(ticket_id=71))
    services.send_notice(notice(900, is_answer=True))
    assert states() == ["waiting"] * limit + ["held", "waiting", "waiting"]


def test_limits_count_what_is_sent_together(app: Flask) -> None:
    limit, most = app.config["ITSM"].mail_notices_per_hour, app.config["ITSM"].mail_answers_per_hour
    services.send_notice(notice(0))
    with services.sent_together():
        for number in range(limit + 1):  # the first one is known already
            services.send_notice(notice(number))
        services.send_notice(notice(900, ticket_id=71))
        for number in range(most + 1):
            services.send_notice(notice(event="opened", ticket_id=100 + number, to="bo@example.org"))
        assert states() == ["waiting"]
    assert states() == ["waiting"] * limit + ["held", "waiting"] + ["waiting"] * most + ["held"]


def test_what_is_sent_together_needs_two_statements(app: Flask) -> None:
    with counted() as statements, services.sent_together():
        for number in range(50):
            services.send_notice(notice(ticket_id=number, to=f"person{number % 3}@example.org"))
    assert len(statements) == 2
    assert states() == ["waiting"] * 50


def test_what_a_savepoint_takes_back_is_not_sent_together(app: Flask) -> None:
    with services.sent_together():
        savepoint = session.begin_nested()
        services.send_notice(notice(1))
        savepoint.rollback()
        services.send_notice(notice(2))
    assert [row.event_key.split(":")[2] for row in outgoing()] == ["2"]


def test_nothing_is_sent_together_when_the_work_fails(app: Flask) -> None:
    def fail() -> None:
        with services.sent_together():
            services.send_notice(notice())
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert states() == []


def test_conversations_read_together_are_those_read_one_by_one(app: Flask, make: Factory) -> None:
    ids = [make.incident(title=title).id for title in ("None", "Short", "Long")]
    for number in range(2):
        threads.note_message(ids[1], f"<short{number}@out.example>", received_by="desk@desk.test", participants=())
    for number in range(threads.REFERENCES_SHOWN + 3):
        threads.note_message(ids[2], f"<long{number}@out.example>", received_by="it@desk.test", participants=())
    alone = [threads.thread_of(ticket_id) for ticket_id in ids]
    with threads.read_together(ids), counted() as statements:
        assert [threads.thread_of(ticket_id) for ticket_id in ids] == alone
    assert statements == []
    assert [len(each.message_ids) for each in alone] == [0, 2, threads.REFERENCES_SHOWN]
    assert alone[2].message_ids[-1] == "<long12@out.example>"


def test_r18_an_address_that_failed_is_held_for_rules_only(app: Flask) -> None:
    services.send_notice(notice(1, address_failed=True))
    services.send_notice(notice(2, address_failed=True, is_answer=True))
    assert states() == ["held", "waiting"]


def test_nothing_is_queued_in_silence(app: Flask) -> None:
    with services.silenced():
        services.send_notice(notice())
    assert outgoing() == []


def test_given_up_ones_are_sent_again_on_request(app: Flask) -> None:
    for number in range(3):
        services.send_notice(notice(number))
    one, two, three = outgoing()
    one.state = two.state = "dead"
    three.state, three.attempts = "held", 4
    services.retry(SYSTEM, three.id)
    assert (three.state, three.attempts) == ("waiting", 0)
    assert services.retry_all_dead(SYSTEM) == 2
    assert queries.count_by_state(SYSTEM) == {"waiting": 3, "sending": 0, "dead": 0, "held": 0, "sent": 0}
    with pytest.raises(Conflict):
        services.retry(SYSTEM, three.id)


def test_only_administrators_see_and_send(app: Flask, make: Factory) -> None:
    agent = make.actor("agent")
    for call in (
        lambda: queries.list_messages(agent),
        lambda: queries.count_by_state(agent),
        lambda: services.retry_all_dead(agent),
    ):
        with pytest.raises(Forbidden):
            call()


def test_the_list_pages_newest_first(app: Flask) -> None:
    for number in range(5):
        services.send_notice(notice(number, ticket_id=number))
    first = queries.list_messages(SYSTEM, limit=3)
    second = queries.list_messages(SYSTEM, limit=3, cursor=first.next)
    ids = [row.id for row in (*first.items, *second.items)]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), second.next) == (5, None)
    assert queries.list_messages(SYSTEM, state="sent", limit=LARGEST_LIMIT).items == []
