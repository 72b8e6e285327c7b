"""Events: what happened, told to whoever subscribed, at once and in the same transaction.

An event is a frozen dataclass with ids and plain values. Subscribers only write rows: one that raises fails the
request, so that state, clocks and journal never drift apart. What leaves the process goes through the outbox.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Handler = Callable[[Any], None]

_handlers: dict[type, list[Handler]] = defaultdict(list)


@dataclass(frozen=True)
class Event:
    """Base of all events; each subclass says in its docstring when it is emitted."""


@dataclass(frozen=True)
class Subscription:
    """One handler for one kind of event, as a module declares it."""

    event: type[Event]
    handler: Handler


def install(subscriptions: Iterable[Subscription]) -> None:
    """Replace all subscriptions by these; called once when the application is built."""
    _handlers.clear()
    for subscription in subscriptions:
        _handlers[subscription.event].append(subscription.handler)


def emit(event: Event) -> None:
    """Tell every subscriber of the event's class, in the order in which modules were registered."""
    for handler in tuple(_handlers.get(type(event), ())):
        handler(event)


def catalogue() -> dict[str, list[str]]:
    """Event name → names of its handlers, for the administrator and the architecture test."""
    return {kind.__name__: [handler.__qualname__ for handler in handlers] for kind, handlers in _handlers.items()}
