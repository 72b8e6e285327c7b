"""What rules and macros can do. A kind of action is data and one function; another package adds its own with `register`."""

from itsm.rules.actions import facts, own, words, tasks, beyond  # isort: skip  (in the order in which forms offer them)
from itsm.rules.actions.base import ACTIONS, Action, Input, Run, Values, register
from itsm.rules.actions.reading import checked, effects_of, perform

__all__ = [
    "ACTIONS",
    "Action",
    "Input",
    "Run",
    "Values",
    "beyond",
    "checked",
    "effects_of",
    "facts",
    "own",
    "perform",
    "register",
    "tasks",
    "words",
]
