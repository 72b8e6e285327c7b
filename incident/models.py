"""What an incident has beyond any ticket."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId
from itsm.kernel.text import Message, _
from itsm.tickets.models import Ticket


class Incident(Ticket):
    """An incident; `reopened_from_id` names the closed incident that it continues."""

    __tablename__ = "incident"
    __table_args__: Any = Base.__table_args__

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    reopened_from_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket.id"))
    first_contact: Mapped[bool] = mapped_column(default=False)  # resolved by the one who took the call
    close_warned_at: Mapped[
        datetime | None
    ]  # the last mail before it closes by itself; an older resolution's counts not
    is_major: Mapped[bool] = mapped_column(default=False, server_default=false())

    __mapper_args__: Any = {  # noqa: RUF012 (SQLAlchemy reads this class attribute)
        "polymorphic_identity": "incident",
        "inherit_condition": ticket_id == Ticket.id,
    }

    prefix: ClassVar[str] = "INC"
    title_of_kind: ClassVar[Message] = _("Incident")
    path: ClassVar[str] = "incidents"
    read_by_colleagues: ClassVar[bool] = True
    conversational: ClassVar[bool] = True
    shown: ClassVar[tuple[str, ...]] = ("first_contact", "is_major")
