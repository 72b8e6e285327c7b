"""The rules and macros in force, kept in each process as long as their stamp does not change: no statement for an event.

The stamp is a preference, which a process reads at most every few seconds; whoever changes rules or macros writes another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import select

from itsm.kernel import preferences
from itsm.kernel.db import session
from itsm.kernel.kept import Kept
from itsm.query.errors import QueryError
from itsm.rules.models import Macro, Rule
from itsm.rules.triggers import Occasion, fits
from itsm.tickets.asking import Asking

log = structlog.get_logger()

STAMP = "rules.stamp"


@dataclass(frozen=True)
class LiveRule:
    """A rule as the engine reads it."""

    id: int
    name: str
    kinds: tuple[str, ...]
    trigger: str
    options: Mapping[str, Any]
    actions: tuple[Mapping[str, Any], ...]
    stop: bool
    condition: Asking = field(compare=False)

    def is_for(self, occasion: Occasion) -> bool:
        """Whether the rule is to be asked at all."""
        return (not self.kinds or occasion.kind in self.kinds) and fits(self.trigger, self.options, occasion)


@dataclass(frozen=True)
class LiveMacro:
    """A macro as menus read it."""

    id: int
    name: str
    scope: str
    owner_id: int | None
    group_id: int | None
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class _Live:
    rules: tuple[LiveRule, ...] = ()
    macros: tuple[LiveMacro, ...] = ()


def live_of(row: Rule) -> LiveRule:
    """A rule made ready; raises `QueryError` when its condition cannot be read."""
    return LiveRule(
        id=row.id,
        name=row.name,
        kinds=tuple(row.kinds),
        trigger=row.trigger,
        options=dict(row.options),
        actions=tuple(row.actions),
        stop=row.stop,
        condition=Asking(row.condition),
    )


def _read_rules() -> tuple[LiveRule, ...]:
    found = []
    for row in session.scalars(select(Rule).where(Rule.active).order_by(Rule.order, Rule.id)):
        try:
            found.append(live_of(row))
        except QueryError as error:
            log.warning("rule is left out", rule=row.name, error=str(error))
    return tuple(found)


def _read_macros() -> tuple[LiveMacro, ...]:
    rows = session.scalars(select(Macro).where(Macro.active).order_by(Macro.order, Macro.id))
    return tuple(LiveMacro(row.id, row.name, row.scope, row.owner_id, row.group_id, tuple(row.kinds)) for row in rows)


_kept = Kept(STAMP, lambda: _Live(_read_rules(), _read_macros()), _Live())


def rules_for(occasion: Occasion) -> list[LiveRule]:
    """Active rules that are to be asked about an occasion, in order."""
    return [rule for rule in _kept.get().rules if rule.is_for(occasion)]


def macros() -> tuple[LiveMacro, ...]:
    """Active macros of everyone, in order."""
    return _kept.get().macros


def has_rules() -> bool:
    """Whether any rule was ever made."""
    return bool(preferences.get(STAMP, ""))


def renew() -> None:
    """Make every process read rules and macros again; for the services that change them."""
    _kept.renew()
