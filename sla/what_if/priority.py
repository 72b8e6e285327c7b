"""A ticket's journal as it would read if another matrix had given the priorities. Pure. Rules: P1, C1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

READ = frozenset({"priority", "priority_reason", "impact", "urgency"})
MatrixRows = Sequence[Sequence[int]]  # four rows by impact 1 to 4, each the priorities for urgency 1 to 4


@dataclass(frozen=True)
class Rewritten:
    """A journal entry with other changes; whatever reads journals reads it like a stored one."""

    at: datetime
    kind: str
    changes: Mapping[str, Any]
    by_requester: bool
    automatic: bool
    retracted: bool = False


def under_matrix(journal: Sequence[Any], matrix: MatrixRows, *, reason_now: str) -> list[Any]:
    """The entries of a whole journal with the priorities that a matrix would have given from impact and urgency.

    A priority that somebody set against the matrix, with a reason, stays as long as the reason stands. `reason_now` is the
    reason that the ticket holds today: it also stood before the first entry that names one. Entries that say nothing of
    priorities are answered as they are.
    """
    reading = _Reading(matrix, _first_reason(journal, reason_now))
    return [reading.entry(each) for each in journal]


def _first_reason(journal: Sequence[Any], reason_now: str) -> str:
    named = (entry.changes["priority_reason"] for entry in journal if "priority_reason" in entry.changes)
    return str(next(named, (reason_now, None))[0] or "")


class _Reading:
    """Goes through entries in order; knows what each field holds, and the priority before and after the change."""

    def __init__(self, matrix: MatrixRows, reason: str) -> None:
        self._matrix = matrix
        self._facts: dict[str, Any] = {"priority_reason": reason}
        self._given: int | None = None  # the priority that this reading gave last

    def entry(self, entry: Any) -> Any:
        """The entry as it would read."""
        if entry.kind not in ("created", "change") or not READ & entry.changes.keys():
            return entry
        self._facts |= {name: entry.changes[name][1] for name in READ & entry.changes.keys()}
        before, self._given = self._given, self._priority()
        changes = {name: pair for name, pair in entry.changes.items() if name != "priority"}
        if self._given != before:
            changes["priority"] = [before, self._given]
        return Rewritten(entry.at, entry.kind, changes, entry.by_requester, entry.automatic)

    def _priority(self) -> int | None:
        impact, urgency = self._facts.get("impact"), self._facts.get("urgency")
        if self._facts["priority_reason"] or impact is None or urgency is None:
            recorded: int | None = self._facts.get("priority")
            return recorded
        return self._matrix[int(impact) - 1][int(urgency) - 1]
