"""Tables of business hours, agreements with their targets and steps, and the clocks kept for tickets."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, JsonData, LongText, Timestamps

KINDS = ("sla", "ola", "uc")
METRICS = ("response", "acceptance", "update", "resolution")
# What an agreement of each kind may promise: of a supplier only the time that the ticket waits for it is known.
METRICS_OF = {"sla": METRICS, "ola": METRICS, "uc": ("resolution",)}
STATES = ("running", "paused", "met", "breached", "cancelled", "not_started")
TARGET_CHANGES = ("retroactive", "from_change", "anew")
ACTIONS = ("notify_assignee", "notify_group", "call_rota", "notify_manager", "raise_level", "notify_requester")
# What needs to be told more: whom, where to, how urgent, what, at which address.
MORE_ACTIONS = ("notify_people", "assign", "set_priority", "task", "webhook")


class BusinessHours(Base, Timestamps):
    """A business calendar; `definition` has the members `weekly`, `holidays` and `date_hours`, the zone stands beside.

    `details` is what an administrator wrote where that is more than `definition` says: names of days, recurring days. The
    dates of recurring days stand in `definition` too, so that whoever counts reads nothing else.
    """

    __tablename__ = "sla_calendar"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str] = mapped_column(default="UTC")
    definition: Mapped[dict[str, Any]]
    details: Mapped[dict[str, Any] | None] = mapped_column(JsonData)
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

    `kind` is one of `KINDS`: an SLA is agreed with a customer, an OLA with the group `group_id` (None: with any group),
    a UC with the supplier `supplier_id`, an organisation. `organisation_id` limits it to that organisation and those
    below, `service_id` to tickets about that service (a CI); `order` decides among equally specific ones, lower first.
    `target_change` is one of `TARGET_CHANGES`: how a new priority is measured. `terms_id` names the terms in force; it is
    another one after every change. Rules: C5, C7, SLA-choice.
    """

    __tablename__ = "sla_agreement"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default="sla")
    active: Mapped[bool] = mapped_column(default=True)
    order: Mapped[int] = mapped_column("position", default=100)
    condition: Mapped[str] = mapped_column(LongText, default="")
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    supplier_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    service_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ci.id"))
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
    """What happens when a share of the target is spent, or business minutes before or after the due instant. Rule: E1.

    Exactly one of `percent` and `minutes` (negative before, positive after the due instant) is set. `actions` are names
    of `ACTIONS`, or `{"do": name, …}` for one of `MORE_ACTIONS`. People are told of an `urgent` one at any hour (E4).
    Steps with a `group_id` replace, for tickets of that group, those of the same metric without one. Rule: E6.
    """

    __tablename__ = "sla_step"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_agreement.id", ondelete="CASCADE"), index=True)
    metric: Mapped[str]
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id", ondelete="CASCADE"), index=True)
    percent: Mapped[int | None]
    minutes: Mapped[int | None]
    actions: Mapped[list[Any]]
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())


class Terms(Base):
    """An agreement as it stood at one time: name, calendar, targets, steps. Written once and never changed.

    `number` counts the versions of an agreement from 1; `made_by` names who made this one.

    Clocks name the terms they are measured by, so that a later change of the agreement leaves ended ones alone. The id
    is a random one, so that a process may keep terms by their id for good. Rule: C8.
    """

    __tablename__ = "sla_terms"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid.uuid4().hex)
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_agreement.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(default=1, server_default="1")
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    made_by: Mapped[str] = mapped_column(default="", server_default="")
    content: Mapped[dict[str, Any]]


class OwnMetric(Base, Timestamps):
    """A metric of the site's own, defined by conditions in the query language on the ticket as it stood. Rule: C2.

    The clock starts when `start` first holds, is paused from when `pause` holds until `resume` does (without `resume`:
    until `pause` holds no more), ends when `stop` holds, begins anew each time `reset` comes to hold, and does not count
    any more when `cancel` holds. Every condition but `start` and `stop` may be empty.
    """

    __tablename__ = "sla_metric"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    start: Mapped[str] = mapped_column(LongText, default="")
    pause: Mapped[str] = mapped_column(LongText, default="")
    resume: Mapped[str] = mapped_column(LongText, default="")
    stop: Mapped[str] = mapped_column(LongText, default="")
    reset: Mapped[str] = mapped_column(LongText, default="")
    cancel: Mapped[str] = mapped_column(LongText, default="")
    version: Mapped[int] = mapped_column(default=1)


class SlaClock(Base):
    """One generation of one metric of one ticket under one agreement, as last computed from the ticket's journal.

    `kind` is the agreement's; `owner_id` is the group of an OLA's clock and the supplier of a UC's, 0 for an SLA. A clock
    that is breached may still run: what has ended has `ended_at`. `group_id` and `organisation_id` are the
    ticket's, those of the end once it ended. `elapsed_seconds` and `remaining_seconds` are open seconds as of the last
    computation. `next_step_at` is when the clock must be looked at again. `terms` lists [instant, terms id] of what has
    applied, the present ones last. `reason` is what somebody noted about a breach. `customer_seconds` and
    `supplier_seconds` are the open seconds, as of the last computation, that the clock was paused because the ticket
    waited for its customer or for a supplier.
    """

    __tablename__ = "sla_clock"
    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "owner_id", "metric", "generation"),
        Index("ix_sla_clock_next_step_at", "next_step_at"),
        Index("ix_sla_clock_ended_at", "ended_at", "agreement_id"),
        Index("ix_sla_clock_agreement_due_at", "agreement_id", "due_at"),
        Index("ix_sla_clock_open_due", "ended_at", "due_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    agreement_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_agreement.id"))
    kind: Mapped[str] = mapped_column(String(3), default="sla", server_default="sla")
    owner_id: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
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
    customer_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    supplier_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    next_step_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    terms: Mapped[list[Any]] = mapped_column(default=list)


class FiredStep(Base):
    """An escalation step that has fired, once for each clock and generation; `place` is `Step.place`. Rules: E1, E2.

    `fell_at` is its instant, `fired_at` when it was acted on: what lies between them is its lateness.
    """

    __tablename__ = "sla_fired_step"
    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "owner_id", "metric", "generation", "place"),
        Index("ix_sla_fired_step_fired_at", "fired_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(3), default="sla", server_default="sla")
    owner_id: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    metric: Mapped[str]
    generation: Mapped[int]
    place: Mapped[str] = mapped_column(String(12))
    step_id: Mapped[int | None] = mapped_column(BigId)
    fell_at: Mapped[datetime | None]
    fired_at: Mapped[datetime] = mapped_column(default=clock.now)
