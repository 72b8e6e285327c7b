"""Storing what a run brought back: device by device, each in a unit of work of its own, then their connections."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from cmdb.discovery import queries, ranges, recording, topology
from cmdb.discovery.client.base import NO_ANSWER
from cmdb.discovery.facts import DeviceFacts
from cmdb.discovery.identification import RecordedMeanwhile, identify
from cmdb.discovery.models import ScanResult, ScanTarget
from cmdb.discovery.run import DeviceError
from cmdb.discovery.scans import Finished, Report, Scan, Stored
from cmdb.models import Ci
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.text import _

log = structlog.get_logger()

ATTEMPTS: Final = 3
ERRORS_AT_ONCE: Final = 500
REPORTED_EVERY: Final = 20
Answer = TypeVar("Answer")


def store(scan: Scan, finished: Finished, report: Report) -> None:
    """Store every device, then connect them, so that none needs a placeholder for another of the same run."""
    devices = finished.result.devices
    at = clock.now()
    for number, facts in enumerate(devices):
        if number % REPORTED_EVERY == 0:
            report(80 + 10 * number // len(devices), str(_("%(done)s devices stored", done=number)))
        _store_one(scan, finished, facts, at)
    for number, facts in enumerate(devices):
        if number % REPORTED_EVERY == 0:
            report(90 + 10 * number // len(devices), str(_("%(done)s devices connected", done=number)))
        _connect_one(scan, finished, facts, at)
    for start in range(0, len(finished.result.errors), ERRORS_AT_ONCE):
        with unit_of_work():
            for error in finished.result.errors[start : start + ERRORS_AT_ONCE]:
                _store_error(scan, error)


def _store_one(scan: Scan, finished: Finished, facts: DeviceFacts, at: datetime) -> None:
    """Store one device; what goes wrong costs only this device."""
    credential_index = finished.result.credentials_used.get(facts.address)
    try:
        stored = _retried(lambda: _stored(scan, facts, credential_index, at))
    except Exception as error:  # the boundary between devices: logged, and recorded with the run
        log.exception("device not stored", address=facts.address)
        with unit_of_work():
            _store_error(scan, DeviceError(facts.address, f"not stored ({type(error).__name__}); see the log"))
        return
    finished.stored[facts.address] = stored


def _retried(work: Callable[[], Answer]) -> Answer:
    """Work in a unit of work, and again where another run has written the same rows at the same moment."""
    for _attempt in range(1, ATTEMPTS):
        try:
            with unit_of_work():
                return work()
        except (IntegrityError, OperationalError, RecordedMeanwhile) as error:
            log.info("device stored again", error=repr(error))
    with unit_of_work():
        return work()


def _stored(scan: Scan, facts: DeviceFacts, credential_index: int | None, at: datetime) -> Stored:
    stored = _recorded(scan, facts, at)
    _remember(scan, facts.address, credential_index, at)
    session.add(_result_row(scan, facts, stored))
    session.flush()
    return stored


def _recorded(scan: Scan, facts: DeviceFacts, at: datetime) -> Stored:
    """Store a device as the system (who asked stands with the run), or only look which item it is."""
    if scan.dry_run:
        known = identify(facts).ci
        return Stored(facts.address, "found", known.id if known else None, known.name if known else "")
    place = ranges.holding(queries.active_ranges(), facts.address)
    done = recording.record_device(SYSTEM, facts, at=at, site_id=place.site_id if place else None)
    return Stored(facts.address, done.action, done.ci.id, done.ci.name, done.notes, connectable=not done.left_alone)


def _connect_one(scan: Scan, finished: Finished, facts: DeviceFacts, at: datetime) -> None:
    """Settle the neighbours of a stored device; one that cannot be connected stays stored."""
    stored = finished.stored.get(facts.address)
    if stored is None or not stored.connectable:
        return
    try:
        finished.stored[facts.address] = _retried(lambda: _connected(scan, stored, facts, at))
    except Exception as error:  # the boundary between devices: logged, and recorded with the run
        log.exception("device not connected", address=facts.address)
        with unit_of_work():
            _store_error(
                scan, DeviceError(facts.address, f"neighbours not stored ({type(error).__name__}); see the log")
            )


def _connected(scan: Scan, stored: Stored, facts: DeviceFacts, at: datetime) -> Stored:
    is_changed = topology.store(SYSTEM, session.get_one(Ci, stored.ci_id), facts, at=at)
    if not is_changed or stored.action != "unchanged":
        return stored
    own = (ScanResult.run_id == scan.run_id) & (ScanResult.address == stored.address)
    session.execute(update(ScanResult).where(own, ScanResult.outcome == "unchanged").values(outcome="updated"))
    return replace(stored, action="updated")


def _remember(scan: Scan, address: str, credential_index: int | None, at: datetime) -> None:
    if scan.dry_run or credential_index is None:
        return
    target = session.scalar(select(ScanTarget).where(ScanTarget.address == address))
    if target is None:
        target = ScanTarget(address=address)
        session.add(target)
    target.range_id, target.credential_id = scan.range_id or target.range_id, scan.credential_ids[credential_index]
    target.state, target.last_ok_at, target.fail_count = "ok", at, 0


def _result_row(scan: Scan, facts: DeviceFacts, stored: Stored) -> ScanResult:
    told = [*(f"{one.table}: {one.text}" for one in facts.errors), *stored.notes]
    return ScanResult(
        run_id=scan.run_id,
        address=facts.address,
        outcome=stored.action,
        name=facts.name[:255],
        kind=facts.kind,
        ci_id=stored.ci_id,
        facts=_shown(facts),
        text="\n".join(told)[:4000],
    )


def _shown(facts: DeviceFacts) -> dict[str, Any]:
    shown = {name: getattr(facts, name) for name in ("vendor", "model", "serial", "location")}
    return shown | {"interfaces": len(facts.interfaces), "neighbours": len(facts.neighbours)}


def _store_error(scan: Scan, error: DeviceError) -> None:
    outcome = "silent" if error.text == NO_ANSWER else "error"
    session.add(ScanResult(run_id=scan.run_id, address=error.address, outcome=outcome, text=error.text[:4000]))
    target = session.scalar(select(ScanTarget).where(ScanTarget.address == error.address))
    if target is not None and not scan.dry_run:
        target.state = outcome
        target.fail_count += 1
    session.flush()
