"""The ticket and what hangs on it: journal, links, watchers, attachments, categories."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText
from itsm.kernel.text import Message

NO_DUE = datetime.max.replace(year=9000, microsecond=0, tzinfo=UTC)
NUMBER_DIGITS = 7


class Category(Base):
    """A node of the category tree; tickets of it go to `group_id` (its own or the nearest above). `path` as in organisations."""

    __tablename__ = "ticket_category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket_category.id"))
    path: Mapped[str] = mapped_column(default="/", index=True)
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Ticket(Base):
    """What every ticket has. `category` of its state is kept beside the state, so that lists need no life cycle.

    Instants: `created_at` … `closed_at`; `due_at` is the next due instant of its clocks (a far future one when none runs),
    `due_from_at` where that clock's bar begins, `due_left_seconds` what was left when it paused.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint("impact BETWEEN 1 AND 4", name="impact"),
        CheckConstraint("urgency BETWEEN 1 AND 4", name="urgency"),
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
        Index("ix_ticket_open_due", "unfinished", "due_at", "id"),
        Index("ix_ticket_open_group_due", "unfinished", "group_id", "due_at", "id"),
        Index("ix_ticket_open_assignee_due", "unfinished", "assignee_id", "due_at", "id"),
        Index("ix_ticket_open_priority_due", "unfinished", "priority", "due_at", "id"),
        Index("ix_ticket_open_updated", "unfinished", "updated_at", "id"),
        Index("ix_ticket_kind_created", "kind", "created_at", "id"),
        Index("ix_ticket_requester", "requester_id", "id"),
        Index("ix_ticket_organisation", "organisation_id", "id"),
        Index("ix_ticket_wake", "unfinished", "wake_at"),
        # The desk counts its views from these alone, without reading a ticket.
        Index("ix_ticket_open_level", "unfinished", "level"),
        Index("ix_ticket_open_category", "unfinished", "state_category"),
        Index("ix_ticket_open_due_state", "unfinished", "due_state"),
        Index("ix_ticket_state_resolved", "state_category", "resolved_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(LongText, default="")
    state: Mapped[str]
    state_category: Mapped[str]
    unfinished: Mapped[int] = mapped_column(SmallInteger, default=1)  # 1 while open, active or waiting, else 0
    impact: Mapped[int] = mapped_column(SmallInteger, default=3)
    urgency: Mapped[int] = mapped_column(SmallInteger, default=3)
    priority: Mapped[int] = mapped_column(SmallInteger, default=3)
    priority_reason: Mapped[str] = mapped_column(default="")  # set when a person overrode the matrix
    channel: Mapped[str] = mapped_column(default="web")
    requester_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    opened_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    category_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket_category.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    assignee_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    level: Mapped[int] = mapped_column(SmallInteger, default=1)
    assignment_reason: Mapped[str] = mapped_column(default="")
    hold_reason: Mapped[str] = mapped_column(default="")  # customer, supplier, change, problem, planned
    wake_at: Mapped[datetime | None]
    resolution_code: Mapped[str] = mapped_column(default="")
    resolution: Mapped[str] = mapped_column(LongText, default="")
    reassignments: Mapped[int] = mapped_column(Integer, default=0)
    reopenings: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    responded_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    due_at: Mapped[datetime] = mapped_column(default=NO_DUE)
    due_from_at: Mapped[datetime | None]
    due_left_seconds: Mapped[int | None]
    due_target_seconds: Mapped[int | None]
    custom: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default=text("('{}')")
    )  # own fields: key → value
    due_state: Mapped[str] = mapped_column(default="")  # running, paused, breached, met or empty
    merged_into_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__: Any = {  # noqa: RUF012 (SQLAlchemy reads this class attribute)
        "polymorphic_on": "kind",
        "polymorphic_identity": "ticket",
    }

    prefix: ClassVar[str] = "TIC"
    title_of_kind: ClassVar[Message] = ""
    path: ClassVar[str] = "tickets"  # first part of the addresses of the kind's pages and API
    read_by_colleagues: ClassVar[bool] = False  # whether who sees colleagues' tickets sees those of the kind
    shown: ClassVar[tuple[str, ...]] = ()  # columns of the kind that its JSON form adds
    inside: ClassVar[frozenset[str]] = frozenset()  # of those, the ones that only staff read
    conversational: ClassVar[bool] = False  # a talk with a requester, which may be merged with another and split
    own_facts: ClassVar[frozenset[str]] = frozenset()  # columns of the kind that staff may change freely
    lifecycle_column: ClassVar[str] = ""  # of a kind with several life cycles, the column that names the ticket's own
    step_texts: ClassVar[tuple[str, ...]] = ()  # columns of the kind that steps of its life cycle take
    step_choices: ClassVar[Mapping[str, Collection[str]]] = {}  # of those, the ones that have a fixed set of values

    @property
    def lifecycle_name(self) -> str:
        """Which life cycle governs the ticket; a kind with several overrides this."""
        return self.kind

    @property
    def number(self) -> str:
        """The number people use, made of the id (`INC0000123`)."""
        return f"{type(self).prefix}{self.id:0{NUMBER_DIGITS}d}"

    @property
    def has_due(self) -> bool:
        """Whether some clock of the ticket has a due instant."""
        return self.due_at < NO_DUE


class JournalEntry(Base):
    """One entry of a ticket's history.

    Kinds: `created`, `change` (facts, state, assignment), `public` (seen by the requester), `internal`, `work` (with
    minutes), `bounce`. `changes` maps a field to [before, after]. `by_requester` tells the requester's side. A `retracted`
    entry tells of a step that was taken back: people still see it, clocks and reports pass over it.
    """

    __tablename__ = "ticket_journal"
    __table_args__ = (
        Index("ix_ticket_journal_ticket_id_id", "ticket_id", "id"),
        Index("ix_ticket_journal_at", "at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str]
    channel: Mapped[str]
    kind: Mapped[str]
    body: Mapped[str] = mapped_column(LongText, default="")
    minutes: Mapped[int] = mapped_column(default=0)
    by_requester: Mapped[bool] = mapped_column(default=False)
    automatic: Mapped[bool] = mapped_column(default=False)
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    retracted: Mapped[bool] = mapped_column(default=False, server_default=false())


class SharedEntry(Base):
    """An entry of one ticket that also belongs to another's story, after a merge or a split; it stays where it was written."""

    __tablename__ = "ticket_shared_entry"

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket_journal.id"), primary_key=True, index=True)


class TicketLink(Base):
    """`source` relates to `target` (`caused_by`, `duplicate_of`, …)."""

    __tablename__ = "ticket_link"
    __table_args__ = (UniqueConstraint("source_id", "target_id", "relation"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    target_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), index=True)
    relation: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Watcher(Base):
    """A person who wants to hear of a ticket, and may read it."""

    __tablename__ = "ticket_watcher"

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True, index=True)


class Attachment(Base):
    """A file on a ticket; `journal_id` is the entry it came with. Only `public` ones are shown to the requester's side.

    `text_state` says how far its text is: `waiting` to be read, `read`, `none` (such files have no text), `unreadable`.
    """

    __tablename__ = "ticket_attachment"
    __table_args__ = (
        Index("ix_ticket_attachment_person_created", "added_by_id", "created_at"),
        Index("ix_ticket_attachment_text", "text_state", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), index=True)
    journal_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket_journal.id"))
    name: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigId)
    sha256: Mapped[str]
    inline: Mapped[bool] = mapped_column(default=False)
    content_id: Mapped[str] = mapped_column(default="")
    public: Mapped[bool] = mapped_column(default=True)
    text_state: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    added_by_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
