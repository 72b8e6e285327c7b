"""One message from the door to the commit: two at once, a busy or absent database, handling that fails."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from itsm.channels.mail import intake
from itsm.channels.mail.models import IncomingMail
from itsm.channels.mail.reasons import Outcome
from itsm.kernel.db import db, session
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets.models import Ticket
from tests.channels.mail.letters import letter


def count(table: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def at_once(app: Flask, raws: list[bytes]) -> list[Outcome]:
    """Take in several messages in threads of their own."""
    outcomes: list[Outcome] = []
    gate = threading.Barrier(len(raws))

    def work(raw: bytes) -> None:
        with app.app_context():
            gate.wait()
            outcomes.append(intake.take_in(raw))
            session.remove()

    threads = [threading.Thread(target=work, args=(raw,)) for raw in raws]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_r26_the_same_message_four_times_at_once_is_one_ticket(new_desk: Callable[..., Flask]) -> None:
    app = new_desk("one")
    outcomes = at_once(app, [letter(message_id="<same@example.org>")] * 4)
    assert sorted(outcome.action for outcome in outcomes) == ["created", "duplicate", "duplicate", "duplicate"]
    assert len({outcome.ticket for outcome in outcomes}) == 1
    with app.app_context():
        assert (count(Ticket), count(OutboxMessage), count(IncomingMail)) == (1, 1, 1)
        session.remove()


def test_a_new_sender_with_four_mails_at_once_is_one_person(new_desk: Callable[..., Flask]) -> None:
    app = new_desk("one")
    outcomes = at_once(app, [letter() for _ in range(4)])
    assert [outcome.action for outcome in outcomes] == ["created"] * 4
    with app.app_context():
        assert len(set(session.scalars(select(Ticket.requester_id)))) == 1
        session.remove()


def busy(times: int) -> Callable[..., Outcome]:
    """A `receive` that finds the database busy so many times."""
    left = [times]
    receive = intake.services.receive

    def attempt(*arguments: Any) -> Outcome:
        if left[0]:
            left[0] -= 1
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        return receive(*arguments)

    return attempt


def test_a_busy_database_is_tried_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(intake.services, "receive", busy(intake.ATTEMPTS - 1))
    assert intake.take_in(letter()).action == "created"


def test_a_database_that_stays_away_means_not_stored(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(intake.services, "receive", busy(intake.ATTEMPTS))
    with pytest.raises(intake.NotStored):
        intake.take_in(letter())
    assert count(IncomingMail) == 0


def test_a_full_disk_means_not_stored(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(content: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(intake.services.files, "store", full)
    with pytest.raises(intake.NotStored, match="space"):
        intake.take_in(letter())


def test_r27_a_failure_in_handling_is_rolled_back_and_quarantined(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise RuntimeError("after the ticket was written")

    monkeypatch.setattr(intake.services, "_settle", fail)
    with pytest.raises(RuntimeError):
        intake.services.receive(letter())
    session.rollback()
    monkeypatch.undo()
    monkeypatch.setattr(intake.services.handling.joining, "add_watchers", fail)
    outcome = intake.take_in(letter())
    assert (outcome.action, count(Ticket), count(OutboxMessage)) == ("rejected", 0, 0)
    assert outcome.reason == "error: RuntimeError: after the ticket was written"
    assert db.session.scalars(select(IncomingMail.state)).all() == ["quarantined"]
