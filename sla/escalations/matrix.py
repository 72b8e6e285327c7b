"""The escalation matrix: what happens at which step, by agreement, target and group. Rule: E6."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from itsm.identity.models import Group
from itsm.kernel.db import session
from itsm.kernel.text import Message, _
from sla.agreements import queries as agreement_queries
from sla.escalations.actions import Names
from sla.models import Agreement, EscalationStep


@dataclass(frozen=True)
class Level:
    """One level: where its step falls, what it does in words, whether at any hour."""

    number: int
    place: Message
    actions: Sequence[Message]
    urgent: bool


@dataclass(frozen=True)
class MatrixRow:
    """The levels of one target for the tickets of a group; `group` is empty for any group."""

    agreement: Agreement
    metric: str
    group: str
    levels: Sequence[Level]


def matrix() -> list[MatrixRow]:
    """All agreements in use in the order in which they are tried, their targets, any group before single ones; six statements."""
    shown = [each for each in agreement_queries.list_agreements() if each.row.active]
    steps = [step for each in shown for step in each.steps]
    names, groups = Names(action for step in steps for action in step.actions), _groups(steps)
    return [row for each in shown for row in _rows(each.row, each.steps, names, groups)]


def _groups(steps: Iterable[EscalationStep]) -> dict[int, str]:
    ids = {step.group_id for step in steps if step.group_id is not None}
    return {row.id: row.name for row in session.execute(select(Group.id, Group.name).where(Group.id.in_(ids)))}


def _rows(
    agreement: Agreement, steps: Sequence[EscalationStep], names: Names, groups: Mapping[int, str]
) -> Iterable[MatrixRow]:
    for metric in dict.fromkeys(step.metric for step in steps):
        for group_id in sorted({step.group_id or 0 for step in steps if step.metric == metric}):
            own = [step for step in steps if step.metric == metric and (step.group_id or 0) == group_id]
            own.sort(key=_place)
            levels = [
                Level(number, place_words(step.percent, step.minutes), [*map(names.words, step.actions)], step.urgent)
                for number, step in enumerate(own, 1)
            ]
            yield MatrixRow(agreement, metric, groups.get(group_id, ""), levels)


def _place(step: EscalationStep) -> tuple[float, int]:
    """Shares of the target by size, with minutes before due just before it and those after it just behind."""
    if step.percent is not None:
        return step.percent, 0
    minutes = step.minutes or 0
    return 100 + (0.5 if minutes > 0 else -0.5 if minutes < 0 else 0), minutes


def place_words(percent: int | None, minutes: int | None) -> Message:
    """Where a step falls, in words."""
    if percent is not None:
        return _("%(percent)s %%", percent=percent)
    if not minutes:
        return _("when due")
    if minutes < 0:
        return _("%(minutes)s min before due", minutes=-minutes)
    return _("%(minutes)s min after due", minutes=minutes)


def place_of(key: str) -> Message:
    """`place_words` of the key that a fired step keeps: `75%`, `-30m`."""
    if key.endswith("%"):
        return place_words(int(key[:-1]), None)
    return place_words(None, int(key[:-1]))
