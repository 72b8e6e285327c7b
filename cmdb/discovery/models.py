"""Tables of discovery: what may be scanned and how, runs and their results, and what devices said last."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, JsonData, LongText, Timestamps


class SnmpCredential(Base, Timestamps):
    """A community or SNMP v3 user; `sealed` is its encrypted secret, which no page, API or log ever shows."""

    __tablename__ = "snmp_credential"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    snmp_version: Mapped[str]  # v1, v2c, v3
    user: Mapped[str] = mapped_column(default="")
    auth_protocol: Mapped[str] = mapped_column(default="")
    priv_protocol: Mapped[str] = mapped_column(default="")
    context: Mapped[str] = mapped_column(default="")
    sealed: Mapped[str] = mapped_column(LongText)
    version: Mapped[int] = mapped_column(default=1)


class ScanRange(Base, Timestamps):
    """Addresses that an administrator allowed to be scanned; `every_hours` 0 means only by hand.

    `network` and `exclusions` are addresses, ranges and networks, one a line. `current_run_id` is set while a run of
    this range waits or works, so that there is at most one.
    """

    __tablename__ = "scan_range"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    network: Mapped[str] = mapped_column(LongText)
    exclusions: Mapped[str] = mapped_column(LongText, default="")
    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    credential_ids: Mapped[list[int]] = mapped_column(default=list)  # in the order in which they are tried
    port: Mapped[int] = mapped_column(default=161)
    packets_per_second: Mapped[int] = mapped_column(default=1000)
    every_hours: Mapped[int] = mapped_column(default=24)
    allow_public: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    last_run_at: Mapped[datetime | None]
    current_run_id: Mapped[int | None] = mapped_column(BigId)
    version: Mapped[int] = mapped_column(default=1)


class ScanRun(Base):
    """One run over a range, or over targets that an operator named (`range_id` is None)."""

    __tablename__ = "scan_run"
    __table_args__ = (Index("ix_scan_run_state", "state", "id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    range_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("scan_range.id", ondelete="SET NULL"), index=True)
    targets: Mapped[str] = mapped_column(LongText)
    port: Mapped[int] = mapped_column(default=161)
    dry_run: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="queued")  # queued, running, done, failed, cancelled
    task_id: Mapped[int | None] = mapped_column(BigId)  # the background task, None for a command
    requested_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    requested_by_name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    scanned: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(LongText, default="")


class ScanResult(Base):
    """What a run did with one address; `outcome` is created, updated, unchanged, found (dry run), silent or error."""

    __tablename__ = "scan_result"
    __table_args__ = (Index("ix_scan_result_run_id", "run_id", "id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("scan_run.id", ondelete="CASCADE"))
    address: Mapped[str]
    outcome: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")
    ci_id: Mapped[int | None] = mapped_column(BigId)
    facts: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # vendor, model, serial, interfaces, neighbours (counts)
    text: Mapped[str] = mapped_column(LongText, default="")  # errors and hints


class ScanTarget(Base):
    """An address that answered at least once, with the credential that it accepted last."""

    __tablename__ = "scan_target"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)
    range_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("scan_range.id", ondelete="SET NULL"))
    credential_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("snmp_credential.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(default="ok")  # ok, silent, error
    last_ok_at: Mapped[datetime | None]
    fail_count: Mapped[int] = mapped_column(default=0)


class DeviceRecord(Base):
    """What a device said last, beside its configuration item: how it is known again, and its ports.

    `weak_key` stands for address, name and object identifier together; it identifies only devices without any serial
    number or chassis address.
    """

    __tablename__ = "device_record"

    ci_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str]
    name: Mapped[str] = mapped_column(default="", index=True)
    chassis_id: Mapped[str | None] = mapped_column(index=True)
    weak_key: Mapped[str | None] = mapped_column(unique=True)
    interfaces: Mapped[list[Any]] = mapped_column(JsonData, default=list)
    seen_at: Mapped[datetime]


class NeighbourSighting(Base):
    """A device heard another one on a port (lldp, cdp), or learnt an end station's address there (bridge).

    `missed` counts the runs in a row in which the device was read without it.
    """

    __tablename__ = "neighbour_sighting"
    __table_args__ = (UniqueConstraint("ci_id", "digest"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ci_id: Mapped[int] = mapped_column(BigId, ForeignKey("ci.id", ondelete="CASCADE"))
    neighbour_ci_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ci.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str]  # SHA-256 of protocol, local port, chassis identifier and remote port
    protocol: Mapped[str]
    local_port: Mapped[str]
    chassis_id: Mapped[str] = mapped_column(default="", index=True)
    port: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(LongText, default="")
    missed: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime]
