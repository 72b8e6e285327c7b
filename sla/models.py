"""Tables of business hours, agreements with their targets and steps, and the clocks kept for tickets."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, Timestamps

METRICS = ("response", "resolution")
STATES = ("running", "paused", "met", "breached", "cancelled", "not_started")
TARGET_CHANGES = ("retroactive", "from_change", "anew")
ACTIONS = ("notify_assignee", "notify_group", "call_rota", "notify_manager", "raise_level", "notify_requester")


class BusinessHours(Base, Timestamps):
    """A business calendar; `definition` has the members `weekly`, `holidays` and `date_hours`, the zone stands beside."""

    __tablename__ = "sla_calendar"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str] = mapped_column(default="UTC")
    definition: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)


class PersonHours(Base):
    """A person works in the hours of this calendar. Rule: E4."""

    __tablename__ = "sla_person_hours"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    calendar_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_calendar.id"), index=True)


class GroupHours(Base):
    """A group works in the hours of this calendar, unless one of its people has other hours. Rule: E4."""

    __tablename__ = "sla_group_hours"

    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("support_group.id", ondelete="CASCADE"), primary_key=True)
    calendar_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_calendar.id"), index=True)


class Agreement(Base, Timestamps):
    """What was agreed: for which tickets (`condition`, in the query language), whose, in which business hours.

    `organisation_id` limits it to that organisation and those below; `order` decides among equally near ones, lower
    first. `target_change` is one of `TARGET_CHANGES`: how a new priority is measured. `terms_id` names the terms in
    force; it is another one after every change.
    """

    __tablename__ = "sla_agreement"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default="sla")
    active: Mapped[bool] = mapped_column(default=True)
    order: Mapped[int] = mapped_column("position", default=100)
    condition: Mapped[str] = mapped_column(LongText, default="")
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    calendar_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_calendar.id"), index=True)
    pause_response: Mapped[bool] = mapped_column(default=False)
    reopen_counts: Mapped[bool] = mapped_column(default=False)
    target_change: Mapped[str] = mapped_column(default="retroactive")
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    terms_id: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class AgreementTarget(Base):
    """Open seconds that a metric may take at a priority."""

    __tablename__ = "sla_target"
    __table_args__ = (
        UniqueConstraint("agreement_id", "metric", "priority"),
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
        CheckConstraint("seconds > 0", name="seconds"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_agreement.id", ondelete="CASCADE"))
    metric: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    seconds: Mapped[int]


class EscalationStep(Base):
    """What happens when a share of the target is spent; `actions` are names of `ACTIONS`. Rule: E1.

    People are told of an `urgent` one at any hour. Rule: E4.
    """

    __tablename__ = "sla_step"
    __table_args__ = (UniqueConstraint("agreement_id", "metric", "percent"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_agreement.id", ondelete="CASCADE"))
    metric: Mapped[str]
    percent: Mapped[int]
    actions: Mapped[list[str]]
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())


class Terms(Base):
    """An agreement as it stood at one time: name, calendar, targets, steps. Written once and never changed.

    Clocks name the terms they are measured by, so that a later change of the agreement leaves ended ones alone. The id
    is a random one, so that a process may keep terms by their id for good. Rule: C8.
    """

    __tablename__ = "sla_terms"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_agreement.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    content: Mapped[dict[str, Any]]


class SlaClock(Base):
    """One metric of one ticket, as last computed from the ticket's journal.

    A clock that is breached may still run: what has ended has `ended_at`. `group_id` and `organisation_id` are the
    ticket's, those of the end once it ended. `elapsed_seconds` and `remaining_seconds` are open seconds as of the last
    computation. `next_step_at` is when the clock must be looked at again. `terms` lists [instant, terms id] of what has
    applied, the present ones last. `reason` is what somebody noted about a breach.
    """

    __tablename__ = "sla_clock"
    __table_args__ = (
        UniqueConstraint("ticket_id", "metric", "generation"),
        Index("ix_sla_clock_next_step_at", "next_step_at"),
        Index("ix_sla_clock_ended_at", "ended_at", "agreement_id"),
        Index("ix_sla_clock_agreement_due_at", "agreement_id", "due_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_agreement.id"))
    metric: Mapped[str]
    generation: Mapped[int] = mapped_column(default=1)
    priority: Mapped[int] = mapped_column(SmallInteger)
    organisation_id: Mapped[int | None] = mapped_column(BigId)
    group_id: Mapped[int | None] = mapped_column(BigId)
    target_seconds: Mapped[int | None]
    state: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    elapsed_seconds: Mapped[int] = mapped_column(default=0)
    remaining_seconds: Mapped[int | None]
    next_step_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    terms: Mapped[list[Any]] = mapped_column(default=list)


class FiredStep(Base):
    """An escalation step that has fired, once for each clock and generation. Rules: E1, E2."""

    __tablename__ = "sla_fired_step"
    __table_args__ = (UniqueConstraint("ticket_id", "metric", "generation", "percent"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    metric: Mapped[str]
    generation: Mapped[int]
    percent: Mapped[int]
    step_id: Mapped[int | None] = mapped_column(BigId)
    fired_at: Mapped[datetime] = mapped_column(default=clock.now)
