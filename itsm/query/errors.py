"""What is wrong with a query, and where."""

from collections.abc import Sequence
from functools import reduce

from itsm.kernel.text import Message, _


class QueryError(ValueError):
    """A query that cannot be read or does not fit its fields.

    ``position`` counts characters from 0 and points at the offending place; ``message`` and ``suggestion`` are one
    sentence each, in the language of the moment they are shown in; the suggestion may be empty.
    """

    def __init__(self, message: Message, position: int, suggestion: Message = "") -> None:
        super().__init__(message, position, suggestion)
        self.message = message
        self.position = position
        self.suggestion = suggestion

    def __str__(self) -> str:
        return f"{self.message} {self.suggestion}".rstrip()


def alternatives(names: Sequence[Message]) -> Message:
    """The names as a list that ends in “or”; one name is itself."""
    *others, last = names
    if not others:
        return last
    listed = reduce(lambda before, name: _("%(before)s, %(name)s", before=before, name=name), others)
    return _("%(names)s or %(last)s", names=listed, last=last)
