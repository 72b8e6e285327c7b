"""Journal entries about tasks, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from itsm.kernel.text import Message, _

WORDS: Mapping[str, Callable[[str], Message]] = {
    "task.added": lambda title: _("task added: %(title)s", title=title),
    "task.changed": lambda title: _("task changed: %(title)s", title=title),
    "task.done": lambda title: _("task done: %(title)s", title=title),
    "task.reopened": lambda title: _("task open again: %(title)s", title=title),
    "task.removed": lambda title: _("task removed: %(title)s", title=title),
    "task.checklist": lambda title: _("checklist added: %(title)s", title=title),
    "task.left_open": lambda title: _("resolved although required tasks are open: %(title)s", title=title),
}


def task_lines(changes: Mapping[str, Any]) -> list[str]:
    """What a change says of tasks, as short sentences."""
    return [
        str(WORDS[name](str(after if after is not None else before)))
        for name, (before, after) in ((key, pair) for key, pair in changes.items() if key in WORDS)
    ]
