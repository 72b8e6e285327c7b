"""Webhooks: events posted to other systems, signed, with the outbox's retries. The form is that of Standard Webhooks.

The receiver computes HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>` with the shared secret and compares it with
the base64 after `v1,` in `webhook-signature`; an old timestamp or a known id is a replay.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from itsm.kernel import clock, outbox, outgoing, secrets
from itsm.kernel.db import compact_json, reading, session, unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.text import _
from itsm.notifications.delivery import ATTEMPTS, wait_seconds

CHANNEL = "webhook"
PURPOSE = "webhook"
BATCH = 20
LONGEST_ERROR = 1000


def seal(secret: str) -> str:
    """A receiver's secret as it is stored."""
    return secrets.encrypt(PURPOSE, secret)


def queue_webhook(*, url: str, body: Mapping[str, Any], event_key: str, sealed_secret: str = "") -> None:
    """Queue one message to a receiver; `sealed_secret` (of `seal`) signs it when it leaves."""
    payload = {"url": url, "body": dict(body), "secret": sealed_secret}
    outbox.queue(CHANNEL, recipient=url, event_key=event_key, payload=payload)


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def deliver() -> Outcome:
    """Post what is due, at most one batch; each row is claimed and settled in a transaction of its own."""
    with reading(), unit_of_work():
        if not session.scalar(select(OutboxMessage.id).where(_open()).limit(1)):
            return Outcome()
    outcome = Outcome()
    rows = _claim()
    for row_id, event_key, payload in rows:
        state, error = _send(event_key, payload)
        _settle(row_id, state, error)
        outcome.done += int(state == "sent")
        outcome.failed += int(state != "sent")
        outcome.errors += [f"{payload['url']}: {error}"] if error else []
    outcome.more = len(rows) == BATCH
    return outcome


def _open() -> Any:
    # One worker delivers at a time: a row that is being sent was left by one that died.
    due = (OutboxMessage.state == "waiting") & (OutboxMessage.next_at <= clock.now())
    return (OutboxMessage.channel == CHANNEL) & (due | (OutboxMessage.state == "sending"))


def _claim() -> list[tuple[int, str, dict[str, Any]]]:
    with unit_of_work():
        statement = select(OutboxMessage).where(_open()).order_by(OutboxMessage.next_at, OutboxMessage.id)
        rows = session.scalars(statement.limit(BATCH).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.state, row.attempts = "sending", row.attempts + 1
        return [(row.id, row.event_key, dict(row.payload)) for row in rows]


def _send(event_key: str, payload: Mapping[str, Any]) -> tuple[str, str]:
    """What becomes of a row (`sent`, `waiting` for another try, or `dead`) and why."""
    body = compact_json(payload["body"]).encode()
    try:
        answer = outgoing.post(payload["url"], body=body, headers=_headers(event_key, payload["secret"], body))
    except (outgoing.Refused, secrets.SecretUnreadable) as error:
        return "dead", str(error)
    except outgoing.Unreachable as error:
        return "waiting", str(error)
    if 200 <= answer.status < 300:
        return "sent", ""
    return "dead" if answer.status == 410 else "waiting", f"{answer.status} {answer.text}"


def _headers(event_key: str, sealed: str, body: bytes) -> dict[str, str]:
    message_id = "msg_" + hashlib.sha256(event_key.encode()).hexdigest()[:32]
    timestamp = int(clock.now().timestamp())
    headers = {"Content-Type": "application/json", "User-Agent": "itsm", "webhook-id": message_id}
    headers["webhook-timestamp"] = str(timestamp)
    if sealed:
        secret = secrets.decrypt(PURPOSE, sealed)
        headers["webhook-signature"] = signature(secret, message_id=message_id, timestamp=timestamp, body=body)
    return headers


def _settle(row_id: int, state: str, error: str) -> None:
    with unit_of_work():
        row = session.get_one(OutboxMessage, row_id)
        given_up = state == "waiting" and row.attempts >= ATTEMPTS
        values: dict[str, Any] = {"state": "dead" if given_up else state, "last_error": error[:LONGEST_ERROR]}
        if state == "sent":
            values["sent_at"] = clock.now()
        elif state == "waiting":
            values["next_at"] = clock.now() + timedelta(seconds=wait_seconds(row.attempts))
        session.execute(update(OutboxMessage).where(OutboxMessage.id == row_id).values(values))


JOBS = (Job("notifications.webhooks", _("Send waiting webhooks"), deliver, every_seconds=2),)
