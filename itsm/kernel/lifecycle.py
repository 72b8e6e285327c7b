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


FINISHED = (Category.RESOLVED, Category.CLOSED)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a life cycle: the place (`states.<name>`, `steps.<name>`, `initial`) and the words for a person."""

    place: str
    message: Message


class LifecycleError(ValueError):
    """A life cycle is wrong; raised when it is built, so that the process does not start or an edit is not taken."""

    def __init__(self, kind: str, faults: Sequence[Fault]) -> None:
        super().__init__(f"{kind}: " + "; ".join(f"{fault.place}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


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

    The permission `requester` also lets the requester take the step; with `roles` only people in one of them may take it.
    `guard(record)` answers why the step is not
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
    roles: tuple[str, ...] = ()


class Lifecycle:
    """States and transitions of one kind of record, indexed and checked."""

    def __init__(self, kind: str, states: Sequence[State], transitions: Sequence[Transition], *, initial: str) -> None:
        self.kind = kind
        self.initial = initial
        self.states = {state.name: state for state in states}
        self.transitions = tuple(transitions)
        faults = faults_of(states, self.transitions, initial)
        if faults:
            raise LifecycleError(kind, faults)

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

    def states_with(self, step: str) -> tuple[str, ...]:
        """Names of all states that a step of this name leads away from."""
        return tuple(name for name in self.states if any(each.name == step for each in self.steps_from(name)))

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


def faults_of(states: Sequence[State], transitions: Sequence[Transition], initial: str) -> list[Fault]:
    """Everything that is wrong with states and transitions; nothing when every state can be reached and left for an end."""
    names = [state.name for state in states]
    faults = [Fault(f"states.{name}", _("This state is named twice.")) for name in _twice(names)]
    if initial not in names:
        faults.append(Fault("initial", _("The first state “%(state)s” does not exist.", state=initial or "–")))
    faults += _faults_of_steps(set(names), transitions)
    return faults or _faults_of_ways(states, transitions, initial)


def _twice(names: Iterable[Any]) -> list[Any]:
    seen: set[Any] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def _faults_of_steps(names: set[str], transitions: Sequence[Transition]) -> list[Fault]:
    faults = []
    for step in transitions:
        if not step.sources:
            faults.append(Fault(f"steps.{step.name}", _("This step leads from nowhere.")))
        unknown = sorted({*step.sources, step.target} - names)
        faults += [
            Fault(f"steps.{step.name}", _("The state “%(state)s” does not exist.", state=each)) for each in unknown
        ]
    return faults + [
        Fault(f"steps.{name}", _("Two steps of this name lead from “%(state)s”.", state=source))
        for name, source in _twice((step.name, source) for step in transitions for source in step.sources)
    ]


def _faults_of_ways(states: Sequence[State], transitions: Sequence[Transition], initial: str) -> list[Fault]:
    forwards = {(source, step.target) for step in transitions for source in step.sources}
    reached = _reachable([initial], forwards)
    ends = [state.name for state in states if state.category in FINISHED]
    ending = _reachable(ends, {(target, source) for source, target in forwards})
    faults = [
        Fault(f"states.{state.name}", _("No step leads here from the first state."))
        for state in states
        if state.name not in reached
    ]
    return faults + [
        Fault(f"states.{state.name}", _("From here no way leads to a state that is resolved or closed."))
        for state in states
        if state.name in reached and state.name not in ending
    ]


def _reachable(starts: Sequence[str], ways: set[tuple[str, str]]) -> set[str]:
    found, frontier = set(starts), list(starts)
    while frontier:
        here = frontier.pop()
        for source, target in ways:
            if source == here and target not in found:
                found.add(target)
                frontier.append(target)
    return found
