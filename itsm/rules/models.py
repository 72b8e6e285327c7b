"""Tables of rules, what they did, which tickets a scheduled one has seen, and macros."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, MessageList, Timestamps
from itsm.kernel.text import Message


class Rule(Base, Timestamps):
    """When `trigger` happens to a ticket of one of `kinds` (none: any) and `condition` holds, then `actions`, in `order`.

    `options` narrow the trigger (see `triggers`); `actions` are [{do: name, …}] (see `actions`). After one with `stop`
    no later rule runs for the same event. `next_at` is when a scheduled rule looks again.
    """

    __tablename__ = "rule"
    __table_args__ = (Index("ix_rule_next_at", "next_at"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(LongText, default="")
    kinds: Mapped[list[str]] = mapped_column(default=list)
    trigger: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    condition: Mapped[str] = mapped_column(LongText, default="")
    actions: Mapped[list[Any]] = mapped_column(default=list)
    order: Mapped[int] = mapped_column("position", default=0)
    stop: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)


class RuleFiring(Base):
    """One run of a rule on one ticket, and why: the trigger and the condition as they stood then.

    `outcome` is `done`, `failed` (nothing of it was kept; `done` then says why) or `held` (it would have gone round in
    circles). `caused_by_id` is the rule whose change led here. The rule may be gone; its name stays.
    """

    __tablename__ = "rule_firing"
    __table_args__ = (
        Index("ix_rule_firing_rule_id_id", "rule_id", "id"),
        Index("ix_rule_firing_ticket_id_id", "ticket_id", "id"),
        Index("ix_rule_firing_at", "at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule_id: Mapped[int] = mapped_column(BigId)
    rule_name: Mapped[str]
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    trigger: Mapped[str]
    condition: Mapped[str] = mapped_column(LongText, default="")
    outcome: Mapped[str] = mapped_column(default="done")
    done: Mapped[list[Message]] = mapped_column(MessageList, default=list)
    caused_by_id: Mapped[int | None] = mapped_column(BigId)


class RuleMatch(Base):
    """A scheduled rule has run for a ticket, and does not again until the ticket has stopped matching."""

    __tablename__ = "rule_match"

    rule_id: Mapped[int] = mapped_column(BigId, ForeignKey("rule.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True, index=True)


class Macro(Base, Timestamps):
    """Actions that a person runs on tickets in one step. `scope`: `own` (the owner's), `group` (its members'), `all`."""

    __tablename__ = "macro"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(default="own")
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    kinds: Mapped[list[str]] = mapped_column(default=list)
    actions: Mapped[list[Any]] = mapped_column(default=list)
    order: Mapped[int] = mapped_column("position", default=0)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
