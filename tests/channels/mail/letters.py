"""Mails as people and programs write them, and what our own outgoing mails looked like."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count

from sqlalchemy import select

from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage
from itsm.notifications import compose

_numbers = count(1)
DESK = "servicedesk@localhost.localdomain"


def letter(
    text: str = "The printer on floor 2 is dead.",
    *,
    sender: str = "Ana Ruiz <ana@example.org>",
    to: str = DESK,
    subject: str = "Printer",
    message_id: str = "",
    **headers: str,
) -> bytes:
    """A plain mail; header names are written with underscores (`in_reply_to`)."""
    head = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": message_id or f"<letter-{next(_numbers)}@example.org>",
        "Date": "Wed, 18 Nov 2026 09:00:00 +0000",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n" + text.replace("\n", "\r\n")).encode()


def outgoing() -> list[OutboxMessage]:
    """Every outbox row, oldest first."""
    return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def waiting() -> list[OutboxMessage]:
    """Rows that would be sent."""
    return [row for row in outgoing() if row.state == "waiting"]


def sent_form(row: OutboxMessage) -> EmailMessage:
    """A row as the mail that goes over the wire."""
    message = message_from_bytes(compose.build(row), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def bounce_of(message_id: str, *, address: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    """A delivery report as RFC 3464 has it."""
    return f"""From: MAILER-DAEMON@mx.example.org
To: {DESK}
Subject: Undelivered Mail
Return-Path: <>
Message-ID: <dsn-{next(_numbers)}@mx.example.org>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: message/rfc822

Message-ID: {message_id}
Subject: x

--b--
""".replace("\n", "\r\n").encode()
