"""The errors that services and queries raise. One handler at the edge turns them into a page or a problem document."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from itsm.kernel.text import Message, _


class ItsmError(Exception):
    """Base of all errors meant for the person: `message` is translatable and says what to do next.

    `errors` maps a field name to its texts; `status` is the HTTP status that the edge answers with.
    """

    status: ClassVar[int] = 400
    title: ClassVar[Message] = _("That did not work")

    def __init__(self, message: Message, *, errors: Mapping[str, Sequence[Message]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.errors = {name: list(texts) for name, texts in (errors or {}).items()}

    def __str__(self) -> str:
        return str(self.message)


class NotFound(ItsmError):
    """The record does not exist, or the actor may not know that it does."""

    status = 404
    title = _("Not found")


class Forbidden(ItsmError):
    """The actor may see the record but not do this."""

    status = 403
    title = _("Not allowed")


class Invalid(ItsmError):
    """Input breaks a rule; `errors` names the fields."""

    status = 422
    title = _("Please check what you entered")

    @classmethod
    def field(cls, name: str, message: Message) -> "Invalid":
        """One wrong field."""
        return cls(message, errors={name: [message]})


class Conflict(ItsmError):
    """The record changed since the actor read it; `current` holds the values that stand now."""

    status = 409
    title = _("Someone else changed this meanwhile")

    def __init__(self, message: Message, *, current: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.current = dict(current or {})


class Stale(Conflict):
    """A conditional write was based on an old version."""

    status = 412


class IllegalTransition(Conflict):
    """The life cycle has no such step from the present state."""

    title = _("This step is not possible now")
