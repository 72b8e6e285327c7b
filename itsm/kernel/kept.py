"""What is made of rows that change seldom, kept in each process; a stamp in the settings says when it is old."""

import secrets
from collections.abc import Callable
from typing import Generic, TypeVar

from itsm.kernel import preferences
from itsm.kernel.actor import SYSTEM, Actor

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The value that `read` makes of rows. Whoever changes one of them calls `renew` afterwards, in the same transaction.

    `nothing` stands in until the first `renew`, so that what nobody uses costs no statement.
    """

    def __init__(self, stamp: str, read: Callable[[], Value], nothing: Value) -> None:
        self._stamp = stamp
        self._read = read
        self._nothing = nothing
        self._held = ("", nothing)

    def get(self) -> Value:
        """The value in force, at most a few seconds old."""
        held = self._held
        if held[0] != preferences.get(self._stamp, ""):
            held = self._held = self._read_stamped()
        return held[1]

    def _read_stamped(self) -> tuple[str, Value]:
        """The stamp is read beside the rows and before them, so that no rows are kept under a later stamp than theirs."""
        stamp: str = preferences.read(self._stamp, "")
        return stamp, self._read() if stamp else self._nothing

    def renew(self, actor: Actor = SYSTEM) -> None:
        """Make every process read again: this one once it commits, the others within seconds."""
        preferences.put(actor, self._stamp, secrets.token_hex(8))
