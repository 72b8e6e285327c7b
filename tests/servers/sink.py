"""An SMTP server on a loopback port that keeps what it gets, or refuses it as a test wishes."""

import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.servers.mail import free_port


@dataclass(frozen=True)
class Taken:
    """One mail with its envelope."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Sink:
    """`answers` maps a recipient to the answer at RCPT; `delay_seconds` makes every mail slow."""

    def __init__(self, *, delay_seconds: float = 0.0) -> None:
        self.mails: list[Taken] = []
        self.answers: dict[str, str] = {}
        self.content_answer = "250 OK"
        self.connections = 0
        self.delay_seconds = delay_seconds
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        """The address for the setting `smtp_url`."""
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._controller.start()
        self.connections = 0
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        if self.content_answer.startswith("250"):
            self.mails.append(
                Taken((envelope.mail_from or "").strip("<>"), envelope.rcpt_tos[0], bytes(envelope.content))
            )
        return self.content_answer

    def counts(self) -> dict[str, int]:
        """Message-ID → how often it came."""
        found: dict[str, int] = {}
        for mail in self.mails:
            match = re.search(rb"^Message-ID: (\S+)", mail.content, re.MULTILINE)
            name = match[1].decode() if match else "none"
            found[name] = found.get(name, 0) + 1
        return found
