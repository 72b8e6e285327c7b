"""Tables of the CMDB: classes, configuration items, facts, identification keys, relations, CIs of tickets."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, JsonData, Timestamps


class CiClass(Base):
    """A class of CIs in a tree; CIs belong to classes that are not abstract and inherit the attributes of those above.

    `attributes` lists definitions `{name, title, type, unit, required, choices}`; types are text, number, date, boolean,
    choice, url, ip and mac. CIs of a class `shown_to_requesters` may be seen by everyone who is signed in.
    """

    __tablename__ = "ci_class"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ci_class.id"))
    abstract: Mapped[bool] = mapped_column(default=False)
    icon: Mapped[str] = mapped_column(default="box")
    attributes: Mapped[list[Any]] = mapped_column(default=list)
    shown_to_requesters: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Ci(Base, Timestamps):
    """A configuration item.

    `criticality` runs from 1 (critical) to 4 (low). `attributes` holds the values in force of the class's attributes;
    what discovery found beyond them lies under its member `discovered`. `origin` is who made the record (`hand`,
    `agent`, `snmp`, …); `last_seen_at` is the newest instant at which discovery saw it.
    """

    __tablename__ = "ci"
    __table_args__ = (
        CheckConstraint("criticality BETWEEN 1 AND 4", name="criticality"),
        Index("ix_ci_name_key_id", "name_key", "id"),
        Index("ix_ci_class_name", "class_key", "name_key", "id"),
        Index("ix_ci_state_name", "state", "name_key", "id"),
        Index("ix_ci_owner", "owner_id", "id"),
        Index("ix_ci_class", "class_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    class_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci_class.id"))
    class_key: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(default="")  # lower case, for search by prefix and for the order of lists
    state: Mapped[str] = mapped_column(default="in_operation")
    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))  # managed by
    serial: Mapped[str] = mapped_column(default="", index=True)
    criticality: Mapped[int] = mapped_column(SmallInteger, default=3)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    origin: Mapped[str] = mapped_column(default="hand")
    last_seen_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class CiFact(Base):
    """The newest value of an attribute by one source; `confidence` in per cent."""

    __tablename__ = "ci_fact"
    __table_args__ = (UniqueConstraint("ci_id", "attribute", "source"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ci_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id"))
    attribute: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(JsonData)
    at: Mapped[datetime]
    confidence: Mapped[int] = mapped_column(SmallInteger, default=90)


class CiKey(Base):
    """What identifies a CI; a strong key (serial, uuid, mac, …) belongs to one CI only, a weak one (name) to any number."""

    __tablename__ = "ci_key"
    __table_args__ = (
        UniqueConstraint("ci_id", "kind", "value"),
        Index("ix_ci_key_kind_value", "kind", "value"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ci_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id"))
    kind: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(200))
    strong_key: Mapped[str | None] = mapped_column(unique=True)  # `kind:value` of a strong key, else NULL


class RelationType(Base):
    """A kind of relation, in words for both directions.

    `impact` tells where an outage flows: `to_source` (the target supplies the source), `to_target`, `both` or `none`.
    `effect` tells what it does there: `stops`; `degrades`; `redundant` stops the consumer only when too few of its
    suppliers by this relation are left.
    """

    __tablename__ = "ci_relation_type"
    __table_args__ = (
        CheckConstraint("impact IN ('to_source', 'to_target', 'both', 'none')", name="impact"),
        CheckConstraint("effect IN ('stops', 'degrades', 'redundant')", name="effect"),
        Base.__table_args__,
    )

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    forward: Mapped[str]
    backward: Mapped[str]
    impact: Mapped[str] = mapped_column(String(20), default="none")
    effect: Mapped[str] = mapped_column(String(20), default="stops")


class Relation(Base):
    """`source` stands in a relation to `target`; discovery keeps `last_seen_at` fresh."""

    __tablename__ = "ci_relation"
    __table_args__ = (
        UniqueConstraint("source_id", "target_id", "type_key"),
        Index("ix_ci_relation_target", "target_id", "type_key", "source_id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id"))
    target_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id"))
    type_key: Mapped[str] = mapped_column(String(60), ForeignKey("ci_relation_type.key"))
    origin: Mapped[str] = mapped_column(default="hand")
    first_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)


class TicketCi(Base):
    """A ticket concerns a CI; only CIs that somebody named, never those that an outage reaches from there."""

    __tablename__ = "ticket_ci"

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    ci_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id"), primary_key=True, index=True)
    origin: Mapped[str] = mapped_column(default="hand")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
