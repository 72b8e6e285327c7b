"""Webhooks: signed, repeated, given up, and never inside."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.kernel import clock, outgoing
from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.outgoing import Answer, Unreachable
from itsm.notifications import webhooks
from itsm.notifications.delivery import ATTEMPTS
from tests.conftest import NOW

URL = "https://chat.example.org/hook"


class Receiver:
    """Stands in for the other side; `status` is what it answers, 0 for nothing."""

    def __init__(self) -> None:
        self.status, self.calls = 200, list[tuple[str, bytes, Mapping[str, str]]]()

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.calls.append((url, body, headers))
        if not self.status:
            raise Unreachable("nobody there")
        return Answer(self.status, "said")


@pytest.fixture
def receiver(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    del app
    found = Receiver()
    monkeypatch.setattr(outgoing, "post", found.post)
    return found


def queue(url: str = URL, key: str = "event:1", secret: str = "") -> None:
    webhooks.queue_webhook(
        url=url, body={"text": "smörgås"}, event_key=key, sealed_secret=webhooks.seal(secret) if secret else ""
    )
    session.commit()


def row() -> OutboxMessage:
    return session.scalars(select(OutboxMessage).where(OutboxMessage.channel == "webhook")).one()


def test_what_is_sent_is_signed_so_that_the_receiver_can_check_it(receiver: Receiver) -> None:
    queue(secret="shared secret")
    outcome = webhooks.deliver()
    url, body, headers = receiver.calls[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"shared secret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert (url, json.loads(body)) == (URL, {"text": "smörgås"})
    assert (outcome.done, row().state) == (1, "sent")
    assert webhooks.deliver().done == 0


def test_the_same_event_is_queued_once_and_keeps_its_id(receiver: Receiver) -> None:
    queue()
    queue()
    receiver.status = 500
    webhooks.deliver()
    with clock.frozen(NOW + timedelta(hours=1)):
        webhooks.deliver()
    assert len({headers["webhook-id"] for _url, _body, headers in receiver.calls}) == 1
    assert len(receiver.calls) == 2


@pytest.mark.parametrize("status", [0, 500, 302, 404])
def test_a_failure_is_tried_again_and_given_up_in_the_end(receiver: Receiver, status: int) -> None:
    receiver.status = status
    queue()
    for number in range(ATTEMPTS):
        with clock.frozen(NOW + timedelta(days=number)):
            webhooks.deliver()
        session.commit()
    assert len(receiver.calls) == ATTEMPTS
    assert row().state == "dead"


def test_a_receiver_that_is_gone_for_good_is_not_asked_again(receiver: Receiver) -> None:
    receiver.status = 410
    queue()
    webhooks.deliver()
    assert row().state == "dead"


def test_a_row_that_a_dead_worker_left_is_sent_again(receiver: Receiver) -> None:
    queue()
    row().state = "sending"
    session.commit()
    webhooks.deliver()
    assert (row().state, len(receiver.calls)) == ("sent", 1)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "http://[::ffff:127.0.0.1]:1/", "http://2130706433/"],
)
def test_inside_addresses_are_dead_at_once(app: Flask, url: str) -> None:
    del app
    queue(url=url)
    webhooks.deliver()
    found: Any = row()
    assert (found.state, "inside" in found.last_error) == ("dead", True)
