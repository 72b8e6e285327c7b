"""Tables of replies kept ready and of templates of tickets."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps


class CannedReply(Base, Timestamps):
    """A text for answers, with places to fill in. `scope`: `own` (the owner's), `group` (its members'), `all`."""

    __tablename__ = "canned_reply"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(default="own")
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    body: Mapped[str] = mapped_column(LongText, default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class TicketTemplate(Base, Timestamps):
    """What the form of a new ticket of a kind begins with: `values` are its fields by name. `scope` as of replies."""

    __tablename__ = "ticket_template"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="incident")
    scope: Mapped[str] = mapped_column(default="own")
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
