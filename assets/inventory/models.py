"""Tables of the PC audit: agents, the bodies that they sent, and the newest inventory of each CI."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, MessageList, Timestamps
from itsm.kernel.text import Message


class InventoryAgent(Base, Timestamps):
    """An agent that reported at least once.

    `source_id` is its own id or the device id that it goes by. `state` is `known`, `needs_full` (only parts of its
    machine arrived) or `quarantined` (waits for an administrator). `is_duplicated` marks an id that several machines
    use, as cloned images do; `document_sha256` is that of the document imported last.
    """

    __tablename__ = "inventory_agent"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # glpi, fusioninventory, ocs
    name: Mapped[str] = mapped_column(default="")  # name of the machine as it reported it
    tag: Mapped[str] = mapped_column(default="")
    agent_version: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="known")
    is_duplicated: Mapped[bool] = mapped_column(default=False)
    ci_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ci.id"), index=True)
    last_contact_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    document_sha256: Mapped[str] = mapped_column(default="", index=True)
    version: Mapped[int] = mapped_column(default=1)


class InventoryBody(Base):
    """A document as an agent sent it, without private data, kept as a file; imported by a job.

    `state` is `waiting`, `done` or `rejected`; `reasons` say why it was rejected, or what to look at.
    """

    __tablename__ = "inventory_body"
    __table_args__: Any = (
        Index("ix_inventory_body_state", "state", "id"),
        Index("ix_inventory_body_agent", "agent_id", "sha256"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agent_id: Mapped[int] = mapped_column(BigId, ForeignKey("inventory_agent.id"))
    sha256: Mapped[str]  # of the stored file, which is compressed
    header_agent_id: Mapped[str] = mapped_column(default="")  # what the agent said of itself beside the body
    state: Mapped[str] = mapped_column(default="waiting")
    reasons: Mapped[list[Message]] = mapped_column("reason", MessageList, default=list)
    attempts: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime]


class InventorySnapshot(Base):
    """The newest inventory of a CI, what changed at the last audit that changed something, and its cleaned keys."""

    __tablename__ = "inventory_snapshot"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ci_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id"), unique=True)
    data: Mapped[dict[str, Any]]  # a record of `assets.inventory.changes`
    taken_at: Mapped[datetime]
    changes: Mapped[list[Any]] = mapped_column(default=list)  # the last differences, as JSON, at most 200
    change_count: Mapped[int] = mapped_column(default=0)  # how many there were
    changed_at: Mapped[datetime | None]
    serial: Mapped[str] = mapped_column(default="")
    serial_source: Mapped[str] = mapped_column(default="")
    maker: Mapped[str] = mapped_column(default="")
    uuid: Mapped[str] = mapped_column(default="")
