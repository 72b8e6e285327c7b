"""The delivery ledger: an append-only file of what an SMTP server accepted, written before the database knows.

A line is written right after the server's 250, by a process of its own that survives the worker. A worker that is killed
between sending and committing therefore never sends twice: its successor finds the line. What remains is the moment
between the server's acceptance and the line, and only when the sender process itself is killed in it (microseconds to the
length of the server's answer; SMTP knows no cure, RFC 1047). The file's lock tells whether some sender is still alive.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.runtime import settings

FILE = "outbox-delivered.log"
LONGEST_BYTES = 1_000_000


class Ledger:
    """The open, locked ledger file."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def delivered(self) -> set[str]:
        """Marks of all mails that a server accepted."""
        size = os.fstat(self.descriptor).st_size
        return set(os.pread(self.descriptor, size, 0).decode("ascii", "replace").splitlines())

    def shorten(self) -> None:
        """Begin anew once it is long; only while no row is left in `sending`."""
        if os.fstat(self.descriptor).st_size > LONGEST_BYTES:
            os.ftruncate(self.descriptor, 0)


def mark_of(row: OutboxMessage) -> str:
    """What stands in the ledger for a row."""
    return f"{row.id}:{hashlib.sha256(row.event_key.encode()).hexdigest()[:24]}"


@contextmanager
def open_ledger() -> Iterator[Ledger | None]:
    """The ledger, or None while another worker or a sender that outlived its worker still holds it."""
    folder = Path(settings().data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield Ledger(descriptor)
    finally:
        os.close(descriptor)
