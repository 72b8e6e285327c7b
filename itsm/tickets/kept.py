"""Rows that change seldom, kept in each process so that no page reads them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from itsm.kernel import kept

Item = TypeVar("Item")


class Kept(kept.Kept[Sequence[Item]]):
    """All rows of one sort as plain values; `read` reads them, whoever changes one calls `renew` in the same transaction."""

    def __init__(self, stamp: str, read: Callable[[], Sequence[Item]]) -> None:
        super().__init__(stamp, lambda: tuple(read()), ())

    def all(self) -> Sequence[Item]:
        """The rows in force, in order; at most a few seconds old."""
        return self.get()
