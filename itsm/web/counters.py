"""Counters that all web processes of one machine share, without a server of their own.

The processes are forked from the one that builds the application, so they share memory that it opened.
"""

import fcntl
import hashlib
import mmap
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from limits.storage import Storage

from itsm.kernel import clock

SLOT = struct.Struct("=16sdq")  # digest of the key, instant at which the count ends (seconds of the epoch), count
SLOTS_TRIED = 8
BUCKETS = 8192
BUCKET_BYTES = SLOT.size * SLOTS_TRIED
NOBODY = bytes(16)


class SharedCounters(Storage):
    """Counters of fixed windows in memory that forked processes share; 65,536 keys at a time in 2 MB.

    A key has eight places; when all are taken, the count that ends soonest gives way. The lock belongs to the process,
    so a worker that is killed while it counts blocks nobody.
    """

    STORAGE_SCHEME = ["shared"]  # noqa: RUF012 (the library reads this class attribute)

    def __init__(self, uri: str | None = None, *, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process)
        self._file.truncate(BUCKETS * BUCKET_BYTES)
        self._memory = mmap.mmap(self._file.fileno(), BUCKETS * BUCKET_BYTES)
        self._threads = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What this storage may raise."""
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a call; a window begins with its first call and lasts `expiry` seconds. Answers the count."""
        now = clock.now().timestamp()
        with self._slot(key, now) as (place, digest, ends, count):
            SLOT.pack_into(self._memory, place, digest, ends if count else now + expiry, count + amount)
            return count + amount

    def get(self, key: str) -> int:
        """The count of a key, 0 when its window is over."""
        with self._slot(key, clock.now().timestamp()) as (_place, _digest, _ends, count):
            return count

    def get_expiry(self, key: str) -> float:
        """When the window of a key ends, in seconds of the epoch."""
        now = clock.now().timestamp()
        with self._slot(key, now) as (_place, _digest, ends, count):
            return ends if count else now

    def clear(self, key: str) -> None:
        """Forget a key."""
        with self._slot(key, clock.now().timestamp()) as (place, _digest, _ends, _count):
            SLOT.pack_into(self._memory, place, NOBODY, 0.0, 0)

    def check(self) -> bool:
        """Whether the memory is there."""
        return not self._memory.closed

    def reset(self) -> int | None:
        """Forget every key."""
        with self._alone(0, BUCKETS * BUCKET_BYTES):
            self._memory[:] = bytes(BUCKETS * BUCKET_BYTES)
        return None

    @contextmanager
    def _slot(self, key: str, now: float) -> Iterator[tuple[int, bytes, float, int]]:
        """The place of a key with its digest, end and count (0 when it is new or over), locked inside the block."""
        digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
        start = int.from_bytes(digest[:4], "big") % BUCKETS * BUCKET_BYTES
        with self._alone(start, BUCKET_BYTES):
            slots = list(SLOT.iter_unpack(self._memory[start : start + BUCKET_BYTES]))
            for number, (owner, ends, count) in enumerate(slots):
                if owner == digest and ends > now:
                    yield start + number * SLOT.size, digest, ends, count
                    return
            number = min(range(SLOTS_TRIED), key=lambda each: slots[each][1])
            yield start + number * SLOT.size, digest, 0.0, 0

    @contextmanager
    def _alone(self, start: int, length: int) -> Iterator[None]:
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX, length, start)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, length, start)
