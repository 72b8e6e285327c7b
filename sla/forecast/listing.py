"""The running clocks that are likeliest to be missed, each with why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.records import require
from itsm.kernel.text import Message, _, plural
from sla.agreements.terms import AgreedTerms, terms_by_id
from sla.forecast import queries as forecast_queries
from sla.forecast.estimate import Case, Chance, chance
from sla.standing import NO_TERMS

MOST_LOOKED_AT = 1000
MOST_SHOWN = 100

ALIKE: Mapping[str, Message] = {
    "category_priority_group": _("same category, priority and group"),
    "category_priority": _("same category and priority"),
    "priority_group": _("same priority and group"),
    "priority": _("same priority"),
    "all": _("any category and priority"),
}


@dataclass(frozen=True)
class Likely:
    """A running clock with its forecast: open seconds counted so far and left, and the chance that it is missed."""

    row: Row[Any]
    elapsed: int
    left: int
    chance: Chance

    @property
    def percent(self) -> int:
        """The chance in per cent; only what never happened is 0, only what always did is 100."""
        rounded = round(100 * self.chance.share)
        return min(max(rounded, 1 if self.chance.late else 0), 100 if self.chance.late == self.chance.of else 99)

    @property
    def why(self) -> Message:
        """The chance in one sentence."""
        return plural(
            "%(late)s of %(num)s similar ticket (%(alike)s) that had taken as long as this one took longer than its target.",
            "%(late)s of %(num)s similar tickets (%(alike)s) that had taken as long as this one took longer than its target.",
            self.chance.of,
            late=self.chance.late,
            alike=ALIKE[self.chance.level],
        )


@dataclass(frozen=True)
class Forecast:
    """The likeliest clocks first. Of `looked_at` running ones `unknown` have no forecast; `more` may run beyond those."""

    likely: Sequence[Likely]
    looked_at: int
    unknown: int
    more: bool
    learned_at: datetime | None


def forecast(actor: Actor, *, group_id: int | None = None) -> Forecast:
    """The forecast for what the actor may read, of a group or of all: four statements, whatever the number of tickets."""
    require(actor, "sla.read")
    now = clock.now()
    rows = forecast_queries.running_clocks(actor, now, group_id=group_id, limit=MOST_LOOKED_AT + 1)
    looked_at = rows[:MOST_LOOKED_AT]
    terms = terms_by_id({row.terms[-1][1] for row in looked_at if row.terms} - {NO_TERMS})
    kept = forecast_queries.kept_seconds({key for row in looked_at for key in _case(row).sorts()})
    found = [each for row in looked_at if (each := _likely(row, terms, kept, now)) is not None]
    found.sort(key=lambda each: (-each.chance.share, each.row.due_at, each.row.id))
    unknown = len(looked_at) - len(found)
    return Forecast(
        found[:MOST_SHOWN], len(looked_at), unknown, len(rows) > MOST_LOOKED_AT, forecast_queries.learned_at()
    )


def _case(row: Row[Any]) -> Case:
    return Case(row.metric, row.category_id, row.priority, row.group_id)


def _likely(
    row: Row[Any], terms: Mapping[str, AgreedTerms], kept: Mapping[str, Sequence[int]], now: datetime
) -> Likely | None:
    applied = terms.get(row.terms[-1][1]) if row.terms else None
    target = applied.targets.get(row.metric) if applied is not None else None
    if target is None or not row.target_seconds:
        return None
    left = target.calendar.between(now, row.due_at)
    elapsed = max(row.target_seconds - left, 0)
    found = chance(kept, _case(row), elapsed=elapsed, target=row.target_seconds)
    return Likely(row, elapsed, left, found) if found is not None else None
