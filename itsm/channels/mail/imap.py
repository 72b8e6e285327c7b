"""Reading a mailbox by IMAP: new messages by UID, marked only after they are stored. Rule: R28."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from itsm.channels.mail.credentials import decrypt
from itsm.channels.mail.models import Mailbox
from itsm.channels.mail.parse import MailLimits
from itsm.channels.mail.services import BEGINNING_BYTES

CONNECT_SECONDS = 10
READ_SECONDS = 60
FAULTS = (OSError, IMAPClientError)


@dataclass(frozen=True)
class Connection:
    """Where and how a mailbox is read."""

    mailbox_id: int
    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    archive_folder: str = ""


def connection_of(mailbox: Mailbox) -> Connection:
    """The connection of a mailbox; raises `Invalid` when its password cannot be read."""
    return Connection(
        mailbox.id,
        mailbox.host,
        mailbox.port,
        mailbox.security,
        mailbox.user or mailbox.address,
        decrypt(mailbox.password_encrypted),
        mailbox.folder,
        mailbox.archive_folder,
    )


class Folder:
    """An open folder."""

    def __init__(self, client: Any, connection: Connection) -> None:
        self.client, self.connection = client, connection

    def list_new(self) -> Sequence[int]:
        """UIDs of messages not seen yet, oldest first."""
        return sorted(int(uid) for uid in self.client.search(["UNSEEN"]))

    def fetch(self, uid: int) -> bytes:
        """The raw message, without marking it; of one beyond the limit its beginning. Raises `KeyError` when it is gone."""
        size = int(self.client.fetch([uid], ["RFC822.SIZE"])[uid][b"RFC822.SIZE"])
        part = "BODY.PEEK[]" if size <= MailLimits().raw_bytes else f"BODY.PEEK[]<0.{BEGINNING_BYTES}>"
        answer = self.client.fetch([uid], [part])[uid]
        return next(bytes(value) for name, value in answer.items() if name.startswith(b"BODY[]"))

    def finish(self, uid: int) -> None:
        """Mark a stored message as seen, and move it where the mailbox has an archive folder."""
        self.client.add_flags([uid], [SEEN], silent=True)
        if self.connection.archive_folder and self.client.has_capability("MOVE"):
            self.client.move([uid], self.connection.archive_folder)


@contextmanager
def open_folder(connection: Connection) -> Iterator[Folder]:
    """The mailbox's folder, with limits on every wait; raises one of `FAULTS`."""
    context = ssl.create_default_context()
    client = IMAPClient(
        connection.host,
        port=connection.port,
        ssl=connection.security == "ssl",
        ssl_context=context if connection.security == "ssl" else None,
        timeout=SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
    )
    try:
        if connection.security == "starttls":
            client.starttls(context)
        client.login(connection.user, connection.password)
        client.select_folder(connection.folder)
        yield Folder(client, connection)
    finally:
        with suppress(*FAULTS):
            client.logout()
