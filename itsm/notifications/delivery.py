"""The delivery job: claim in one transaction, send in none, write down in another. Rules: R9–R12, R18, R28."""

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import select, update

from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, noop
from itsm.notifications import compose, sender
from itsm.notifications.ledger import Ledger, mark_of, open_ledger

log = structlog.get_logger()

BATCH = 100
ATTEMPTS = 10
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 6 * 3600
UNREACHABLE_WAIT_SECONDS = 30
ADDRESS_FAILED = noop("This address failed permanently; automatic mail to it is held.")
SECURITY = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Letter:
    """One claimed row as the sender process takes it."""

    row_id: int
    mark: str
    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True)
class Result:
    """What became of a letter: `outcome` and `at` as the sender process names them."""

    letter: Letter
    outcome: str
    at: str
    code: int
    text: str


def deliver() -> Outcome:
    """Send what is due, at most one batch. Without `smtp_url` everything stays waiting."""
    if not settings().smtp_url:
        return Outcome()
    with reading(), unit_of_work():
        if not _has_work():
            return Outcome()
    with open_ledger() as ledger:
        if ledger is None:
            return Outcome()
        recover(ledger)
        letters, broken = claim()
        results = list(_sent(letters, ledger))
        settle(results)
    failed = [result for result in results if result.outcome != "sent"]
    errors = [*broken, *(f"{result.letter.recipient}: {result.text}" for result in failed)]
    is_up = not any(result.outcome == "unreachable" for result in results)
    more = is_up and len(letters) + len(broken) >= BATCH
    return Outcome(done=len(results) - len(failed), failed=len(errors), errors=errors, more=more)


def _has_work() -> bool:
    mail = OutboxMessage.channel == "mail"
    due = (OutboxMessage.state == "waiting") & (OutboxMessage.next_at <= clock.now()) & mail
    left = (OutboxMessage.state == "sending") & mail
    return any(session.scalar(select(OutboxMessage.id).where(one).limit(1)) is not None for one in (due, left))


def recover(ledger: Ledger) -> None:
    """Settle rows that a worker left in `sending` when it died: the ledger tells which of them a server accepted.

    The ledger is locked, so nobody is sending them now.
    """
    with unit_of_work():
        statement = select(OutboxMessage).where(OutboxMessage.state == "sending", OutboxMessage.channel == "mail")
        rows = session.scalars(statement).all()
        delivered = ledger.delivered() if rows else set()
        for row in rows:
            if mark_of(row) in delivered:
                row.state, row.sent_at, row.last_error = "sent", clock.now(), ""
            else:
                row.state = "waiting"
    ledger.shorten()


def claim() -> tuple[list[Letter], list[str]]:
    """Take the next batch: rows become `sending`; what cannot be written as a mail is dead at once."""
    with unit_of_work():
        statement = (
            select(OutboxMessage)
            .where(
                OutboxMessage.state == "waiting", OutboxMessage.next_at <= clock.now(), OutboxMessage.channel == "mail"
            )
            .order_by(OutboxMessage.next_at, OutboxMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        rows = session.scalars(statement).all()
        failed = _failed_addresses({row.recipient for row in rows})
        letters: list[Letter] = []
        broken: list[str] = []
        for row in rows:
            if row.recipient in failed and not row.payload.get("by_person"):
                row.state, row.last_error = "held", ADDRESS_FAILED
                continue
            letter = _letter(row, broken)
            if letter is not None:
                row.state, row.attempts = "sending", row.attempts + 1
                letters.append(letter)
    return letters, broken


def _letter(row: OutboxMessage, broken: list[str]) -> Letter | None:
    try:
        content = compose.build(row)
    except (ValueError, LookupError, OSError) as error:
        row.state, row.last_error = "dead", f"{type(error).__name__}: {error}"
        broken.append(f"{row.recipient}: {row.last_error}")
        return None
    return Letter(row.id, mark_of(row), compose.envelope_sender(row.payload), row.recipient, content)


def _failed_addresses(addresses: set[str]) -> set[str]:
    statement = select(Person.email).where(Person.email.in_(addresses), Person.mail_failed_at.is_not(None))
    return {address for address in session.scalars(statement) if address}


def _sent(letters: Iterable[Letter], ledger: Ledger) -> Iterator[Result]:
    """Send letters over one connection; once the server cannot be reached the rest is not tried."""
    waiting = list(letters)
    if not waiting:
        return
    with _sender_process(ledger) as process:
        for number, letter in enumerate(waiting):
            answer = _hand_over(process, letter)
            yield Result(letter, answer["outcome"], answer["at"], answer["code"], answer["text"])
            if answer["outcome"] == "unreachable":
                yield from (Result(rest, "unreachable", "connect", 0, answer["text"]) for rest in waiting[number + 1 :])
                return


@contextmanager
def _sender_process(ledger: Ledger) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-I", str(Path(sender.__file__))]
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and program)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(ledger.descriptor,),
        start_new_session=True,  # a signal to the worker's group must not cut a mail in two
    )
    try:
        _write(process, _line(server_of(settings().smtp_url) | {"ledger": ledger.descriptor}))
        yield process
    finally:
        cast(BinaryIO, process.stdin).close()
        process.wait(timeout=2 * sender.TIMEOUT_SECONDS)
        cast(BinaryIO, process.stdout).close()


def server_of(address: str) -> dict[str, Any]:
    """Host, port, security and credentials in an SMTP address; raises ValueError for an unknown scheme or no host."""
    parts = urlsplit(address)
    if parts.scheme not in SECURITY or not parts.hostname:
        raise ValueError("ITSM_SMTP_URL must look like smtp://host:port, smtp+starttls://… or smtps://…")
    return {
        "host": parts.hostname,
        "port": parts.port or PORTS[parts.scheme],
        "security": SECURITY[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }


def _hand_over(process: "subprocess.Popen[bytes]", letter: Letter) -> dict[str, Any]:
    head = {"mark": letter.mark, "sender": letter.sender, "recipient": letter.recipient}
    _write(process, _line(head | {"size_bytes": len(letter.content)}) + letter.content)
    answer = cast(BinaryIO, process.stdout).readline()
    if not answer:
        raise RuntimeError("the sender process ended before it answered")
    result: dict[str, Any] = json.loads(answer)
    return result


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _write(process: "subprocess.Popen[bytes]", data: bytes) -> None:
    target = cast(BinaryIO, process.stdin)
    target.write(data)
    target.flush()


def settle(results: Iterable[Result]) -> None:
    """Write down what became of a batch."""
    found = list(results)
    if not found:
        return
    with unit_of_work():
        ids = [result.letter.row_id for result in found]
        rows = {row.id: row for row in session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(ids)))}
        for result in found:
            _settle_one(rows[result.letter.row_id], result)
        refused = {result.letter.recipient for result in found if is_address_refused(result)}
        if refused:
            session.execute(update(Person).where(Person.email.in_(refused)).values(mail_failed_at=clock.now()))


def _settle_one(row: OutboxMessage, result: Result) -> None:
    row.last_error = result.text
    if result.outcome == "sent":
        row.state, row.sent_at = "sent", clock.now()
    elif result.outcome == "unreachable":  # the server's fault, not the mail's: it costs no attempt
        row.attempts -= 1
        row.state, row.next_at = "waiting", clock.now() + timedelta(seconds=_jittered(UNREACHABLE_WAIT_SECONDS))
    elif result.outcome == "refused" or row.attempts >= ATTEMPTS:
        row.state = "dead"
        log.warning("mail is dead", row=row.id, error=result.text)
    else:
        row.state, row.next_at = "waiting", clock.now() + timedelta(seconds=wait_seconds(row.attempts))


def wait_seconds(attempts: int) -> float:
    """How long to wait after so many attempts: doubling from half a minute to six hours, with a quarter of jitter."""
    return _jittered(min(FIRST_WAIT_SECONDS * 2.0 ** (attempts - 1), LONGEST_WAIT_SECONDS))


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.75, 1.25)


def is_address_refused(result: Result) -> bool:
    """Whether the server said for good that the address is wrong; refusals by policy (5.7) do not say that. Rule: R18."""
    return result.outcome == "refused" and result.at == "recipient" and " 5.7." not in result.text[:10]


JOBS = (Job("notifications.deliver", _("Send waiting mail"), deliver, every_seconds=2),)
