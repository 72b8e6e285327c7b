"""The sender process: speaks SMTP for a worker, one mail after the other, and outlives it by at most one mail.

It runs as a program of its own (so it imports nothing of the house). First line on standard input: a JSON object with
`host`, `port`, `security` (none, starttls, tls), `user`, `password`, `ledger` (an inherited descriptor). Then for each mail a
JSON line with `mark`, `sender`, `recipient`, `size_bytes` and that many bytes. Each mail is answered with one JSON line:
`outcome` (sent, refused, failed, unreachable), `at` (connect, sender, recipient, content), `code`, `text`.
"""

import contextlib
import json
import os
import smtplib
import ssl
import sys
from typing import Any, BinaryIO

TIMEOUT_SECONDS = 60
TEXT_CHARACTERS = 500


class Sender:
    """One connection, kept over many mails and opened anew when the server closed it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.connection: smtplib.SMTP | None = None

    def send(self, mail: dict[str, Any], content: bytes) -> dict[str, Any]:
        """Hand one mail to the server; what it accepted is in the ledger before the answer is given."""
        try:
            connection = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return _answer("unreachable", "connect", error)
        try:
            connection.sendmail(mail["sender"], [mail["recipient"]], content)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return _refusal("recipient", code, text)
        except smtplib.SMTPSenderRefused as error:
            return _refusal("sender", error.smtp_code, error.smtp_error)
        except smtplib.SMTPResponseException as error:
            return _refusal("content", error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return _answer("failed", "content", error)
        os.write(self.settings["ledger"], f"{mail['mark']}\n".encode("ascii"))
        return {"outcome": "sent", "at": "", "code": 250, "text": ""}

    def _connected(self) -> smtplib.SMTP:
        if self.connection is not None and self._answers():
            return self.connection
        self.connection = self._connect()
        return self.connection

    def _answers(self) -> bool:
        try:
            return self.connection is not None and self.connection.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _connect(self) -> smtplib.SMTP:
        wanted = self.settings
        address = (wanted["host"], wanted["port"])
        if wanted["security"] == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                *address, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(*address, timeout=TIMEOUT_SECONDS)
        if wanted["security"] == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if wanted["user"]:
            connection.login(wanted["user"], wanted["password"])
        return connection

    def _drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def close(self) -> None:
        """Say goodbye to the server."""
        if self.connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.connection.quit()


def _refusal(at: str, code: int, text: bytes | str) -> dict[str, Any]:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    outcome = "refused" if 500 <= code < 600 else "failed"
    return {"outcome": outcome, "at": at, "code": code, "text": f"{code} {shown}"[:TEXT_CHARACTERS]}


def _answer(outcome: str, at: str, error: Exception) -> dict[str, Any]:
    return {"outcome": outcome, "at": at, "code": 0, "text": f"{type(error).__name__}: {error}"[:TEXT_CHARACTERS]}


def run(source: BinaryIO, answers: BinaryIO) -> None:
    """Send what comes in until the input ends; a worker that is gone ends it too."""
    sender = Sender(json.loads(source.readline()))
    for line in source:
        mail = json.loads(line)
        content = source.read(mail["size_bytes"])
        if len(content) < mail["size_bytes"]:
            break
        result = sender.send(mail, content)
        answers.write(json.dumps(result).encode() + b"\n")
        answers.flush()
    sender.close()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        run(sys.stdin.buffer, sys.stdout.buffer)
