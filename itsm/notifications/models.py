"""Which mails from outside belong to which ticket."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText


class ThreadMessage(Base):
    """One mail from outside on a ticket: its Message-ID, the mailbox it came to, and every address in its headers.

    `ticket_id` has no foreign key: tickets are a layer above.
    """

    __tablename__ = "thread_message"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, index=True)
    message_id: Mapped[str] = mapped_column(LongText)
    message_id_sha256: Mapped[str] = mapped_column(index=True)
    received_by: Mapped[str] = mapped_column(default="")
    participants: Mapped[list[str]] = mapped_column(default=list)  # lower-case addresses
    at: Mapped[datetime] = mapped_column(default=clock.now)
