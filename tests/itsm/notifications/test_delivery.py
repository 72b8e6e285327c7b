"""Delivering the outbox to a real SMTP dialogue: envelope, marks, retries, dead letters, and workers that die."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.outbox import OutboxMessage, queue_mail
from itsm.notifications import delivery
from itsm.notifications.delivery import ADDRESS_FAILED, deliver, server_of, wait_seconds
from itsm.notifications.ledger import mark_of, open_ledger
from tests.conftest import NOW, ROOT
from tests.factories import Factory
from tests.servers.mail import free_port
from tests.servers.sink import Sink
from tests.statements import counted

STATEMENTS_OF_A_DELIVERY = 1


def queue(to: str = "ana@example.org", *, key: str = "one", **facts: Any) -> OutboxMessage:
    with unit_of_work():
        queue_mail(to=to, subject=facts.pop("subject", "Hello"), text=facts.pop("text", "Text"), event_key=key, **facts)
    return row_of(key)


def row_of(key: str) -> OutboxMessage:
    session.expire_all()
    return session.query(OutboxMessage).filter_by(event_key=key).one()


def test_a_mail_is_sent_once_and_written_down(app: Flask, sink: Sink) -> None:
    queue()
    assert (deliver().done, deliver().done) == (1, 0)
    row = row_of("one")
    assert (row.state, row.attempts, row.sent_at, row.last_error) == ("sent", 1, NOW, "")
    assert [mail.recipient for mail in sink.mails] == ["ana@example.org"]


def test_without_a_server_everything_waits(app: Flask) -> None:
    queue()
    assert (deliver().done, row_of("one").state, row_of("one").attempts) == (0, "waiting", 0)


def test_r9_r11_a_rules_mail_is_marked_and_has_the_null_sender(app: Flask, sink: Sink) -> None:
    queue()
    deliver()
    (mail,) = sink.mails
    assert mail.sender == ""
    assert (mail.message["Auto-Submitted"], mail.message["X-Auto-Response-Suppress"]) == ("auto-generated", "All")


def test_r9_r11_a_persons_answer_is_not_marked(app: Flask, sink: Sink) -> None:
    queue(by_person=True)
    deliver()
    (mail,) = sink.mails
    assert mail.sender == app.config["ITSM"].mail_from
    assert (mail.message["Auto-Submitted"], mail.message["X-Auto-Response-Suppress"]) == (None, None)


def test_r11_a_bounce_address_is_used_where_it_is_set(app: Flask, sink: Sink) -> None:
    app.config["ITSM"] = replace(app.config["ITSM"], mail_bounce_address="bounces@desk.test")
    queue()
    deliver()
    assert sink.mails[0].sender == "bounces@desk.test"


def test_one_connection_carries_a_batch(app: Flask, sink: Sink) -> None:
    for number in range(30):
        queue(f"p{number}@example.org", key=str(number))
    assert deliver().done == 30
    assert (len(sink.mails), sink.connections) == (30, 1)


def test_a_run_takes_a_hundred_mails_and_says_that_more_wait(app: Flask, sink: Sink) -> None:
    with unit_of_work():
        for number in range(200):
            queue_mail(to=f"p{number}@example.org", subject="Hello", text="Text " * 200, event_key=str(number))
    with counted() as seen:
        outcome = deliver()
    assert (outcome.done, outcome.more) == (100, True)
    assert len(seen) <= 100 * STATEMENTS_OF_A_DELIVERY
    assert deliver().done == 100


def test_a_wrong_address_is_dead_at_once_and_marked(app: Flask, sink: Sink, make: Factory) -> None:
    person = make.person(email="gone@example.org")
    sink.answers["gone@example.org"] = "550 5.1.1 no such user"
    queue("gone@example.org")
    queue("ana@example.org", key="two")
    outcome = deliver()
    person = session.get_one(Person, person.id)
    assert (outcome.done, outcome.failed, row_of("one").state, row_of("two").state) == (1, 1, "dead", "sent")
    assert "550" in row_of("one").last_error
    assert person.mail_failed_at == NOW


def test_r18_further_automatic_mail_is_held_and_answers_are_not(app: Flask, sink: Sink, make: Factory) -> None:
    make.person(email="gone@example.org", mail_failed_at=NOW)
    queue("gone@example.org")
    queue("gone@example.org", key="two", by_person=True)
    deliver()
    assert (row_of("one").state, row_of("one").last_error, row_of("two").state) == ("held", ADDRESS_FAILED, "sent")


@pytest.mark.parametrize("answer", ["550 5.7.1 relaying denied", "451 4.3.0 try later"])
def test_refusals_by_policy_or_for_now_mark_nobody(app: Flask, sink: Sink, make: Factory, answer: str) -> None:
    person = make.person(email="ana@example.org")
    sink.answers["ana@example.org"] = answer
    queue()
    deliver()
    person = session.get_one(Person, person.id)
    assert person.mail_failed_at is None


def test_a_failure_for_now_is_tried_again_later_and_given_up_after_ten(app: Flask, sink: Sink) -> None:
    sink.content_answer = "451 4.3.0 try later"
    queue()
    instant = NOW
    for attempt in range(1, 11):
        with clock.frozen(instant):
            deliver()
            deliver()
        row = row_of("one")
        assert row.attempts == attempt
        instant = max(row.next_at, instant) + timedelta(seconds=1)
    assert (row_of("one").state, sink.mails) == ("dead", [])
    assert "451" in row_of("one").last_error


def test_waits_double_with_jitter_up_to_six_hours() -> None:
    for attempt in range(1, 15):
        middle = min(30 * 2 ** (attempt - 1), 6 * 3600)
        assert 0.75 * middle <= wait_seconds(attempt) <= 1.25 * middle
    assert len({wait_seconds(3) for _ in range(20)}) > 1


def test_an_unreachable_server_costs_no_attempt(app: Flask) -> None:
    app.config["ITSM"] = replace(app.config["ITSM"], smtp_url=f"smtp://127.0.0.1:{free_port()}")
    try:
        queue()
        queue(key="two")
        outcome = deliver()
    finally:
        app.config["ITSM"] = replace(app.config["ITSM"], smtp_url="")
    assert (outcome.done, outcome.failed, outcome.more) == (0, 2, False)
    for key in ("one", "two"):
        row = row_of(key)
        assert (row.state, row.attempts) == ("waiting", 0)
        assert row.next_at > NOW
        assert "refused" in row.last_error


def test_an_address_that_cannot_be_written_is_dead_and_stops_nobody(app: Flask, sink: Sink) -> None:
    queue("ana@exa mple.org")
    queue(key="two")
    deliver()
    assert (row_of("one").state, row_of("two").state) == ("dead", "sent")


def test_what_a_dead_worker_left_is_settled_by_the_ledger(app: Flask, sink: Sink) -> None:
    accepted, unsent = queue(key="accepted"), queue(key="unsent")
    with unit_of_work():
        for row in (accepted, unsent):
            session.merge(row).state = "sending"
    with open_ledger() as ledger:
        assert ledger is not None
        os.write(ledger.descriptor, f"{mark_of(accepted)}\n".encode())
    deliver()
    assert [row_of(key).state for key in ("accepted", "unsent")] == ["sent", "sent"]
    assert len(sink.mails) == 1


def test_a_living_sender_keeps_others_out(app: Flask, sink: Sink) -> None:
    queue()
    with open_ledger() as held, open_ledger() as second:
        assert held is not None
        assert second is None
        assert deliver().done == 0
    assert deliver().done == 1


def test_the_ledger_begins_anew_when_it_is_long(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsm.notifications.ledger.LONGEST_BYTES", 10)
    with open_ledger() as ledger:
        assert ledger is not None
        os.write(ledger.descriptor, b"1:abcdefghijkl\n")
        ledger.shorten()
        assert ledger.delivered() == set()


def test_a_sender_process_that_ends_leaves_nothing_lost(
    app: Flask, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue()
    monkeypatch.setattr(delivery.sender, "__file__", "/dev/null")
    with pytest.raises((RuntimeError, BrokenPipeError)):
        deliver()
    monkeypatch.undo()
    assert row_of("one").state == "sending"
    deliver()
    assert (row_of("one").state, len(sink.mails)) == ("sent", 1)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://h:2525", ("h", 2525, "none", "", "")),
        ("smtp+starttls://a%40b:c%2Fd@h", ("h", 587, "starttls", "a@b", "c/d")),
        ("smtps://h", ("h", 465, "tls", "", "")),
    ],
)
def test_addresses_of_servers(address: str, expected: tuple[Any, ...]) -> None:
    assert tuple(server_of(address).values()) == expected


@pytest.mark.parametrize("address", ["http://h", "h:25", "smtp://"])
def test_wrong_addresses_of_servers(address: str) -> None:
    with pytest.raises(ValueError, match="ITSM_SMTP_URL"):
        server_of(address)


WORKER = """
import sys
from pathlib import Path
from itsm.app import create_app
from itsm.notifications.delivery import deliver
from tests.conftest import settings_for
app = create_app(settings_for(sys.argv[1], Path(sys.argv[2]), smtp_url=sys.argv[3]))
with app.app_context():
    if sys.argv[4] == "prepare":
        from itsm.kernel.db import db, unit_of_work
        from itsm.kernel.outbox import queue_mail
        db.create_all()
        with unit_of_work():
            for number in range(200):
                queue_mail(to=f"p{number}@people.test", subject=f"Mail {number}", text="Text", event_key=str(number))
    else:
        print("ready", flush=True)
        while deliver().more:
            pass
"""


class Worker:
    """Delivers an outbox of 200 mails in a process of its own."""

    def __init__(self, folder: Path, smtp_url: str) -> None:
        self.database = f"sqlite:///{folder / 'own.sqlite3'}"
        self.arguments = [sys.executable, "-c", WORKER, self.database, str(folder), smtp_url]
        subprocess.run([*self.arguments, "prepare"], check=True, cwd=ROOT, timeout=120)

    def start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([*self.arguments, "deliver"], cwd=ROOT, stdout=subprocess.PIPE)

    def finish(self) -> None:
        for _ in range(50):
            subprocess.run([*self.arguments, "deliver"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL, timeout=120)
            if self.states() == {"sent": 200}:
                return
            time.sleep(0.2)
        raise AssertionError(self.states())

    def states(self) -> dict[str, int]:
        engine = create_engine(self.database)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT state, count(*) FROM outbox_message GROUP BY state")).all()
        engine.dispose()
        return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("kill_after", [1, 90])
def test_kill_9_in_the_middle_loses_nothing_and_repeats_nothing(tmp_path: Path, kill_after: int) -> None:
    with Sink(delay_seconds=0.005) as sink:
        worker = Worker(tmp_path, sink.url)
        process = worker.start()
        deadline = time.monotonic() + 60
        while len(sink.mails) < kill_after and time.monotonic() < deadline:
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        assert len(sink.mails) < 200
        worker.finish()
        assert sorted(mail.recipient for mail in sink.mails) == sorted(
            f"p{number}@people.test" for number in range(200)
        )
        assert set(sink.counts().values()) == {1}
