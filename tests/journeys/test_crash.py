"""Web server and worker are killed without warning while a thousand tickets come in: nothing acknowledged is lost or doubled."""

import json
import threading
import time
import uuid
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from incident.models import Incident
from itsm.channels.mail import mailboxes
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets.models import Ticket
from tests.channels.mail.letters import letter
from tests.conftest import missing
from tests.factories import Factory
from tests.servers.mail import PASSWORD, MailServers, lacking
from tests.servers.sink import Sink
from tests.servers.web import WebProcesses

pytestmark = pytest.mark.journey

BY_API = 700
BY_MAIL = 300
THREADS = 4
BOX = "desk@desk.test"
PATIENCE_SECONDS = 240


class Reporter(threading.Thread):
    """Opens tickets by API; a request without an answer is repeated with its key until it has one."""

    def __init__(self, port: int, token: str, numbers: range) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.todo = port, token, numbers
        self.acknowledged: dict[int, str] = {}
        self.repeats = 0

    def run(self) -> None:
        for number in self.todo:
            key = str(uuid.uuid4())
            while number not in self.acknowledged:
                try:
                    self._open(number, key)
                except (OSError, HTTPException):
                    self.repeats += 1
                    time.sleep(0.1)

    def _open(self, number: int, key: str) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        body = {"title": f"By API {number}", "requester": f"caller{number}@people.test", "impact": 3, "urgency": 3}
        connection.request("POST", "/api/v1/incidents", json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status == 201:
            self.acknowledged[number] = json.loads(content)["number"]
        elif answer.status not in {409, 503}:
            raise AssertionError(f"{answer.status}: {content[:300]!r}")


def prepare_people(app: Flask, servers: MailServers) -> str:
    """An agent's token, 700 callers, one mailbox."""
    with app.app_context():
        with unit_of_work():
            token = Factory().token(Factory().person("Robot", roles=("agent",), email="robot@people.test"))
            callers = [
                {"name": f"Caller {each}", "name_key": f"caller {each}", "email": f"caller{each}@people.test"}
                for each in range(BY_API)
            ]
            session.execute(insert(Person), callers)
            mailboxes.create_mailbox(
                SYSTEM,
                name="Desk",
                address=BOX,
                password=PASSWORD,
                host="127.0.0.1",
                port=servers.imap_port,
                security="none",
            )
        session.remove()
    return token


def kill_and_restart(processes: WebProcesses, command: str, after_seconds: float) -> None:
    time.sleep(after_seconds)
    processes.kill(command)
    processes.start(command)


def counts(app: Flask) -> tuple[int, int]:
    """Tickets, and messages that are not sent yet."""
    with app.app_context():
        tickets = session.scalar(select(func.count()).select_from(Incident)) or 0
        waiting = (
            session.scalar(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.state != "sent")) or 0
        )
        session.remove()
    return tickets, waiting


def test_nothing_acknowledged_is_lost_or_doubled(separate_app: Flask, tmp_path: Path) -> None:
    if lacking():
        missing(lacking())
    url = separate_app.config["SQLALCHEMY_DATABASE_URI"]
    folder = tmp_path / "site"
    folder.mkdir()
    with (
        TemporaryDirectory(prefix="itsm-mail-") as mail_folder,
        MailServers(Path(mail_folder)) as servers,
        Sink() as sink,
    ):
        token = prepare_people(separate_app, servers)
        for number in range(BY_MAIL):
            sender = f"writer{number}@people.test"
            mail = letter(
                sender=sender, to=BOX, subject=f"By mail {number}", message_id=f"<crash-{number}@people.test>"
            )
            servers.send(mail, sender=sender, to=BOX)
        servers.wait_for(BOX, BY_MAIL, seconds=60)
        processes = WebProcesses(url, folder, worker=True, ITSM_SMTP_URL=sink.url, ITSM_MAIL_FROM=BOX)
        with processes:
            share = BY_API // THREADS
            reporters = [
                Reporter(processes.port, token, range(each * share, (each + 1) * share)) for each in range(THREADS)
            ]
            for reporter in reporters:
                reporter.start()
            for command, pause in (("serve", 2.5), ("worker", 2), ("serve", 2), ("worker", 3)):
                kill_and_restart(processes, command, pause)
            for reporter in reporters:
                reporter.join(timeout=PATIENCE_SECONDS)
            until = time.monotonic() + PATIENCE_SECONDS
            while counts(separate_app) != (BY_API + BY_MAIL, 0) and time.monotonic() < until:
                time.sleep(0.5)
        assert counts(separate_app) == (BY_API + BY_MAIL, 0)
        assert sum(reporter.repeats for reporter in reporters) > 0, "the kill came too late to matter"
    check_tickets(separate_app, reporters)
    check_mails(separate_app, sink)


def check_tickets(app: Flask, reporters: list[Reporter]) -> None:
    """Every acknowledged ticket is there once, under the number that was answered."""
    with app.app_context():
        titles = Counter(session.scalars(select(Ticket.title)))
        by_title = {ticket.title: ticket.number for ticket in session.scalars(select(Incident))}
        session.remove()
    assert [title for title, times in titles.items() if times != 1] == []
    assert {title for title in titles if title.startswith("By mail")} == {f"By mail {each}" for each in range(BY_MAIL)}
    acknowledged = {
        f"By API {number}": answer for reporter in reporters for number, answer in reporter.acknowledged.items()
    }
    assert len(acknowledged) == BY_API
    assert {title: by_title[title] for title in acknowledged} == acknowledged


def check_mails(app: Flask, sink: Sink) -> None:
    """Every queued message arrived once."""
    with app.app_context():
        queued = session.scalar(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.channel == "mail"))
        session.remove()
    ids = Counter(str(taken.message["Message-ID"]) for taken in sink.mails)
    assert [each for each, times in ids.items() if times != 1] == []
    assert len(ids) == queued
    confirmed = {taken.recipient for taken in sink.mails}
    assert {f"caller{each}@people.test" for each in range(BY_API)} <= confirmed
    assert {f"writer{each}@people.test" for each in range(BY_MAIL)} <= confirmed
