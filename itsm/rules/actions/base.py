"""What an action is: data for what it needs, and one function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.text import Message
from itsm.tickets.models import Ticket
from itsm.tickets.wording import Scene, fill

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Input:
    """One thing that an action needs.

    Kinds: `line` and `words` (texts whose places are filled in), `text`, `choice` (of `choices`), `group`, `person`,
    `people`, `category`, `macro` (kept as ids), `own_field` (a key), `ticket` (a number), `url`, `secret` (kept sealed).
    """

    name: str
    kind: str
    title: Message
    required: bool = True
    choices: Mapping[Any, Message] = field(default_factory=dict)
    hint: Message = ""


@dataclass(frozen=True)
class Run:
    """Actions on one ticket: who acts, and `key`, which no other run has. `by_rule` marks what no person does just now."""

    actor: Actor
    ticket: Ticket
    key: str
    by_rule: bool
    source: str

    def words(self, text: str, *, for_staff: bool = False) -> str:
        """A text of an action with its places filled in."""
        return fill(text, Scene(self.ticket, self.actor, for_staff))


def no_effects(values: Values) -> dict[str, Any]:
    """An action that sets no column of the ticket."""
    del values
    return {}


@dataclass(frozen=True)
class Action:
    """One kind of action.

    `run` does it and answers in words what was done. `effects` are the columns of the ticket that it sets, with their
    values: the laboratory and the search for conflicts read them. `check` says what is wrong with several values together.
    """

    name: str
    title: Message
    inputs: tuple[Input, ...]
    run: Callable[[Run, Values], Message]
    effects: Callable[[Values], dict[str, Any]] = no_effects
    check: Callable[[Values], Mapping[str, Message]] | None = None
    in_macros: bool = True
    in_rules: bool = True

    def input(self, name: str) -> Input | None:
        """The input of this name."""
        return next((each for each in self.inputs if each.name == name), None)


ACTIONS: dict[str, Action] = {}


def register(*actions: Action) -> None:
    """Make kinds of actions known; a name is taken once."""
    for action in actions:
        if action.name in ACTIONS:
            raise ValueError(f"the action {action.name} is registered twice")
        ACTIONS[action.name] = action
