"""Rows that change seldom, kept in each process so that no page reads them; a stamp in the settings says when they are old."""

import secrets
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from itsm.kernel import preferences
from itsm.kernel.actor import SYSTEM

Item = TypeVar("Item")


class Kept(Generic[Item]):
    """All rows of one sort as plain values; `read` reads them, whoever changes one calls `renew` in the same transaction."""

    def __init__(self, stamp: str, read: Callable[[], Sequence[Item]]) -> None:
        self._stamp = stamp
        self._read = read
        self._held: tuple[str, Sequence[Item]] = ("", ())

    def all(self) -> Sequence[Item]:
        """The rows in force, in order; at most a few seconds old."""
        stamp: str = preferences.get(self._stamp, "")
        if self._held[0] != stamp:
            self._held = (stamp, tuple(self._read()) if stamp else ())
        return self._held[1]

    def renew(self) -> None:
        """Make every process read the rows again."""
        preferences.put(SYSTEM, self._stamp, secrets.token_hex(8))
