"""Tables of major incidents: candidates, the major itself, audiences, updates, review and actions."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from incident.major.phases import INVESTIGATING
from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText

SUBJECTS = ("ci", "service", "category")
AUDIENCES = ("everybody", "affected", "organisation", "group", "addresses")
BECOMES = ("", "problem", "change")


class MajorCandidate(Base):
    """A burst of incidents about one CI, service or category (`subject_kind`, `subject_id`) that may be one cause.

    States: open, dismissed, declared, over. `open_key` is set until the burst is over, so that a subject has one at a time.
    """

    __tablename__ = "major_candidate"
    __table_args__ = (Index("ix_major_candidate_state", "state", "last_at"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[int] = mapped_column(BigId)
    open_key: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="open")
    ticket_ids: Mapped[list[int]] = mapped_column(default=list)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class MajorIncident(Base):
    """What an incident has as a major one; its roles are `manager_id`, `communicator_id`, `lead_id` (technical).

    `headline` is what people outside read. The next update is due at `next_update_at`, every `cadence_minutes` (0: when
    there is news); `reminded_at` is when the communicator heard that it is due.
    """

    __tablename__ = "major_incident"
    __table_args__ = (
        CheckConstraint("cadence_minutes BETWEEN 0 AND 1440", name="cadence_minutes"),
        Index("ix_major_incident_phase", "phase", "next_update_at"),
        Base.__table_args__,
    )

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True, autoincrement=False)
    phase: Mapped[str] = mapped_column(default=INVESTIGATING)
    phase_since: Mapped[datetime] = mapped_column(default=clock.now)
    headline: Mapped[str]
    reason: Mapped[str] = mapped_column(LongText)
    declared_at: Mapped[datetime] = mapped_column(default=clock.now)
    declared_by_id: Mapped[int | None] = mapped_column(BigId)
    declared_by_name: Mapped[str]
    manager_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    communicator_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    lead_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    conference_url: Mapped[str] = mapped_column(LongText, default="")
    on_portal: Mapped[bool] = mapped_column(default=True)
    cadence_minutes: Mapped[int]
    next_update_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class MajorAudience(Base):
    """Who is told: sees the outage on the portal, and with `by_mail` gets every update.

    Kinds: everybody, affected (organisations of the major and its parts), organisation and group (`target_id`), addresses.
    """

    __tablename__ = "major_audience"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("major_incident.ticket_id"), index=True)
    kind: Mapped[str]
    target_id: Mapped[int | None] = mapped_column(BigId)
    addresses: Mapped[list[str]] = mapped_column(default=list)
    by_mail: Mapped[bool] = mapped_column(default=False)


class MajorUpdate(Base):
    """One update, as it was told to the audiences; `mailed` counts the addresses."""

    __tablename__ = "major_update"
    __table_args__ = (Index("ix_major_update_ticket_id_id", "ticket_id", "id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("major_incident.ticket_id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    author_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    author_name: Mapped[str]
    phase: Mapped[str]
    body: Mapped[str] = mapped_column(LongText)
    mailed: Mapped[int] = mapped_column(default=0)


class MajorTold(Base):
    """A part heard an update."""

    __tablename__ = "major_told"

    update_id: Mapped[int] = mapped_column(BigId, ForeignKey("major_update.id"), primary_key=True, autoincrement=False)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True, autoincrement=False)


class MajorReview(Base):
    """What was learned; `finished_at` closes it."""

    __tablename__ = "major_review"

    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("major_incident.ticket_id"), primary_key=True, autoincrement=False
    )
    what_happened: Mapped[str] = mapped_column(LongText, default="")
    causes: Mapped[str] = mapped_column(LongText, default="")
    lessons: Mapped[str] = mapped_column(LongText, default="")
    finished_at: Mapped[datetime | None]
    finished_by_name: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class MajorAction(Base):
    """Something to do after a major incident; `becomes` says that a problem or a change carries it."""

    __tablename__ = "major_action"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("major_incident.ticket_id"), index=True)
    title: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    due_on: Mapped[date | None]
    becomes: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
