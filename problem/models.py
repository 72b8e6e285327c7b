"""What a problem has beyond any ticket."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText
from itsm.kernel.text import Message, _
from itsm.tickets.models import Ticket


class Problem(Ticket):
    """A problem; `known_error` is true from the end of its analysis until it is resolved."""

    __tablename__ = "problem"
    __table_args__: Any = Base.__table_args__

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    root_cause: Mapped[str] = mapped_column(LongText, default="")
    workaround: Mapped[str] = mapped_column(LongText, default="")
    known_error: Mapped[bool] = mapped_column(default=False, index=True)

    __mapper_args__: Any = {  # noqa: RUF012 (SQLAlchemy reads this class attribute)
        "polymorphic_identity": "problem",
        "inherit_condition": ticket_id == Ticket.id,
    }

    prefix: ClassVar[str] = "PRB"
    title_of_kind: ClassVar[Message] = _("Problem")
    path: ClassVar[str] = "problems"
    shown: ClassVar[tuple[str, ...]] = ("root_cause", "workaround", "known_error")
    inside: ClassVar[frozenset[str]] = frozenset({"root_cause"})
    own_facts: ClassVar[frozenset[str]] = frozenset({"root_cause", "workaround"})
    step_texts: ClassVar[tuple[str, ...]] = ("root_cause",)
