"""Reads of discovery."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, func, select

from cmdb import policy as cmdb_policy
from cmdb.discovery.models import (
    DeviceRecord,
    NeighbourSighting,
    ScanRange,
    ScanResult,
    ScanRun,
    ScanTarget,
    SnmpCredential,
)
from cmdb.discovery.policy import require_manage
from cmdb.models import Ci
from itsm.kernel import records
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _

PORTS_SHOWN = 400


def active_ranges() -> Sequence[ScanRange]:
    """Ranges that may be scanned now, in the order of their names."""
    return session.scalars(select(ScanRange).where(ScanRange.active).order_by(ScanRange.name)).all()


def list_ranges(actor: Actor) -> Sequence[ScanRange]:
    """Every range by name."""
    require_manage(actor)
    return session.scalars(select(ScanRange).order_by(ScanRange.name)).all()


def get_range(actor: Actor, range_id: int) -> ScanRange:
    """A range; raises `NotFound`."""
    require_manage(actor)
    return records.get(ScanRange, range_id)


def list_credentials(actor: Actor) -> Sequence[SnmpCredential]:
    """Every credential by name; never their secrets."""
    require_manage(actor)
    return session.scalars(select(SnmpCredential).order_by(SnmpCredential.name)).all()


def get_credential(actor: Actor, credential_id: int) -> SnmpCredential:
    """A credential; raises `NotFound`."""
    require_manage(actor)
    return records.get(SnmpCredential, credential_id)


def get_credential_named(actor: Actor, name: str) -> SnmpCredential:
    """The credential with this name; raises `NotFound`."""
    require_manage(actor)
    row = session.scalar(select(SnmpCredential).where(SnmpCredential.name == name))
    if row is None:
        raise NotFound(_("There is no credential “%(name)s”.", name=name[:100]))
    return row


def credentials_by_id(ids: Sequence[int]) -> list[SnmpCredential]:
    """Credentials in the order of these ids; unknown ids are left out."""
    rows = {row.id: row for row in session.scalars(select(SnmpCredential).where(SnmpCredential.id.in_(ids)))}
    return [rows[one] for one in ids if one in rows]


def remembered(credential_ids: Sequence[int | None]) -> dict[str, int]:
    """Address → place in `credential_ids` of the credential that it accepted last."""
    places = {one: place for place, one in enumerate(credential_ids) if one is not None}
    known = select(ScanTarget.address, ScanTarget.credential_id).where(ScanTarget.credential_id.in_(places))
    return {row.address: places[row.credential_id] for row in session.execute(known)}


@dataclass(frozen=True)
class RunRow:
    """A run with its range's name and how far it is."""

    run: ScanRun
    range_name: str
    percent: int
    progress: str


def list_runs(
    actor: Actor, *, range_id: int | None = None, limit: int | None = None, cursor: str | None = None
) -> Page[RunRow]:
    """Runs, newest first, of one range or of all; one statement."""
    require_manage(actor)
    size = checked_limit(limit)
    statement = _runs()
    if range_id is not None:
        statement = statement.where(ScanRun.range_id == range_id)
    rows = session.execute(
        keyset(statement, (SortKey("id", ScanRun.id, descending=True),), limit=size, cursor=cursor)
    ).all()
    found = [_run_row(row) for row in rows]
    return page_of(found, limit=size, cursor_values=lambda each: (each.run.id,))


def get_run(actor: Actor, run_id: int) -> RunRow:
    """A run; raises `NotFound`."""
    require_manage(actor)
    row = session.execute(_runs().where(ScanRun.id == run_id)).first()
    if row is None:
        raise NotFound(_("There is no such record, or you may not see it."))
    return _run_row(row)


def _runs() -> Any:
    return (
        select(ScanRun, ScanRange.name, BackgroundTask.percent, BackgroundTask.progress)
        .outerjoin(ScanRange, ScanRange.id == ScanRun.range_id)
        .outerjoin(BackgroundTask, BackgroundTask.id == ScanRun.task_id)
    )


def _run_row(row: Row[Any]) -> RunRow:
    return RunRow(row.ScanRun, row.name or "", row.percent or 0, row.progress or "")


@dataclass(frozen=True)
class ResultRow:
    """One line of a run's log and the name of its item."""

    result: ScanResult
    ci_name: str


def list_results(actor: Actor, run_id: int, *, limit: int | None = None, cursor: str | None = None) -> Page[ResultRow]:
    """What a run did, devices before errors, silent addresses last; one statement."""
    require_manage(actor)
    size = checked_limit(limit)
    rank = case((ScanResult.outcome == "error", 1), (ScanResult.outcome == "silent", 2), else_=0)
    keys = (SortKey("rank", rank), SortKey("id", ScanResult.id))
    statement = select(ScanResult, Ci.name, rank.label("rank")).outerjoin(Ci, Ci.id == ScanResult.ci_id)
    rows = session.execute(keyset(statement.where(ScanResult.run_id == run_id), keys, limit=size, cursor=cursor)).all()
    page = page_of(rows, limit=size, cursor_values=lambda row: (row.rank, row.ScanResult.id))
    return page.map(lambda row: ResultRow(row.ScanResult, row.name or ""))


def count_devices_of_ranges() -> dict[int, int]:
    """Range id → addresses in it that answered at least once; one statement."""
    statement = select(ScanTarget.range_id, func.count()).where(ScanTarget.range_id.is_not(None))
    rows = session.execute(statement.group_by(ScanTarget.range_id))
    return {range_id: count for range_id, count in rows if range_id is not None}


@dataclass(frozen=True)
class Port:
    """A port of a device and who is behind it; `speed` is written with its unit."""

    facts: dict[str, object]
    neighbours: tuple["PortNeighbour", ...]


@dataclass(frozen=True)
class PortNeighbour:
    """Who was heard on a port; `ci_id` when it is a known item that the reader may see."""

    name: str
    port: str
    protocol: str
    ci_id: int | None


@dataclass(frozen=True)
class NetworkOf:
    """What the panel shows of a device; `hidden` counts the ports that are left out."""

    record: DeviceRecord
    ports: tuple[Port, ...]
    hidden: int


def network_of(actor: Actor, ci: Ci) -> NetworkOf | None:
    """Ports and neighbours of a device; None for what discovery never read. Two statements."""
    record = session.get(DeviceRecord, ci.id)
    if record is None or not cmdb_policy.can_read_all(actor):
        return None
    heard = _neighbours_of(ci.id)
    known = [Port(one, tuple(heard.pop(str(one.get("name")), ()))) for one in record.interfaces]
    known += [Port({"name": name, "oper": "unknown"}, tuple(found)) for name, found in heard.items()]
    ordered = sorted(known, key=lambda port: (not port.neighbours, port.facts.get("oper") != "up"))
    return NetworkOf(record, tuple(ordered[:PORTS_SHOWN]), max(0, len(ordered) - PORTS_SHOWN))


def _neighbours_of(ci_id: int) -> dict[str, list[PortNeighbour]]:
    statement = (
        select(NeighbourSighting, Ci.name)
        .outerjoin(Ci, Ci.id == NeighbourSighting.neighbour_ci_id)
        .where(NeighbourSighting.ci_id == ci_id)
        .order_by(NeighbourSighting.local_port, NeighbourSighting.id)
    )
    found: dict[str, list[PortNeighbour]] = {}
    for sighting, ci_name in session.execute(statement):
        shown = PortNeighbour(
            name=ci_name or sighting.name or sighting.chassis_id,
            port=sighting.port,
            protocol=sighting.protocol,
            ci_id=sighting.neighbour_ci_id,
        )
        found.setdefault(sighting.local_port, []).append(shown)
    return found
