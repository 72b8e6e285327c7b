"""Life cycles as data: states with closed categories, and the transitions between them, checked when built.

No action hides in a transition: effects are services and subscribers.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from itsm.kernel.errors import IllegalTransition
from itsm.kernel.text import Message, _


class Category(StrEnum):
    """What a state means to clocks, reports and lists; sites may rename states but not these."""

    OPEN = "open"
    ACTIVE = "active"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


UNFINISHED = (Category.OPEN, Category.ACTIVE, Category.WAITING)


class LifecycleError(ValueError):
    """A life cycle is wrong; raised when it is built, so that the process does not start."""


@dataclass(frozen=True)
class State:
    """One state: stored name, category, title for people; `pauses` stops SLA clocks that honour pauses."""

    name: str
    category: Category
    title: Message
    pauses: bool = False


@dataclass(frozen=True)
class Transition:
    """One step: the permission it needs, its guard, the fields it requires, and the states it leads from and to.

    The permission `requester` also lets the requester take the step. `guard(record)` answers why the step is not
    possible now, or None. `accepts` are fields that may be given besides those required. Who takes a step marked `takes`
    becomes the assignee. `automatic` steps are taken by services only and never offered as a button; `key` is the
    keyboard shortcut on the record's page.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    title: Message
    permission: str
    requires: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    guard: Callable[[Any], Message | None] | None = None
    takes: bool = False
    automatic: bool = False
    key: str = ""


class Lifecycle:
    """States and transitions of one kind of record, indexed and checked."""

    def __init__(self, kind: str, states: Sequence[State], transitions: Sequence[Transition], *, initial: str) -> None:
        self.kind = kind
        self.initial = initial
        self.states = {state.name: state for state in states}
        self.transitions = tuple(transitions)
        _check(self, states)

    def __getitem__(self, name: str) -> State:
        return self.states[name]

    def category(self, name: str) -> Category:
        """The category of a state."""
        return self.states[name].category

    def names_in(self, categories: Iterable[Category]) -> tuple[str, ...]:
        """Names of all states in these categories."""
        wanted = set(categories)
        return tuple(name for name, state in self.states.items() if state.category in wanted)

    def steps_from(self, state: str) -> tuple[Transition, ...]:
        """Every transition that leads away from a state."""
        return tuple(step for step in self.transitions if state in step.sources)

    def step(self, name: str, *, state: str) -> Transition:
        """The transition called `name` out of `state`; raises `IllegalTransition` when there is none."""
        for transition in self.steps_from(state):
            if transition.name == name:
                return transition
        possible = ", ".join(sorted({step.name for step in self.steps_from(state)})) or "-"
        raise IllegalTransition(
            _(
                "“%(step)s” is not possible from the state “%(state)s”. Possible now: %(possible)s.",
                step=name,
                state=self.states[state].title if state in self.states else state,
                possible=possible,
            )
        )


def _check(lifecycle: Lifecycle, states: Sequence[State]) -> None:
    if len(lifecycle.states) != len(states):
        raise LifecycleError(f"{lifecycle.kind}: a state is named twice")
    if lifecycle.initial not in lifecycle.states:
        raise LifecycleError(f"{lifecycle.kind}: unknown initial state {lifecycle.initial!r}")
    for step in lifecycle.transitions:
        unknown = {*step.sources, step.target} - lifecycle.states.keys()
        if unknown:
            raise LifecycleError(f"{lifecycle.kind}: {step.name} names unknown states {sorted(unknown)}")
    _check_unique_steps(lifecycle)
    unreachable = lifecycle.states.keys() - _reachable(lifecycle)
    if unreachable:
        raise LifecycleError(f"{lifecycle.kind}: unreachable states {sorted(unreachable)}")


def _check_unique_steps(lifecycle: Lifecycle) -> None:
    seen: set[tuple[str, str]] = set()
    for step in lifecycle.transitions:
        for source in step.sources:
            if (source, step.name) in seen:
                raise LifecycleError(f"{lifecycle.kind}: two steps {step.name!r} from {source!r}")
            seen.add((source, step.name))


def _reachable(lifecycle: Lifecycle) -> set[str]:
    found, frontier = {lifecycle.initial}, [lifecycle.initial]
    while frontier:
        here = frontier.pop()
        for step in lifecycle.steps_from(here):
            if step.target not in found:
                found.add(step.target)
                frontier.append(step.target)
    return found
