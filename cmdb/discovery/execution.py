"""A run from its first packet to its last row: fetch first, outside of any transaction, then store device by device."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from cmdb.discovery import queries, ranges, recording
from cmdb.discovery.client import Credential
from cmdb.discovery.credentials import open_credential
from cmdb.discovery.facts import DeviceFacts
from cmdb.discovery.identification import identify
from cmdb.discovery.models import ScanRange, ScanResult, ScanRun, ScanTarget
from cmdb.discovery.run import DeviceError, DiscoveryResult, Progress, discover, result_as_json
from cmdb.discovery.services import close_run
from cmdb.discovery.targets import Guard
from itsm.kernel import clock, records
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.runtime import settings
from itsm.kernel.text import _

log = structlog.get_logger()

BEAT_SECONDS: Final = 2.0
STORE_ATTEMPTS: Final = 3
NO_CREDENTIAL: Final = "This range has no credential. Choose one at the range."
Report = Callable[[int, str], None]


@dataclass(frozen=True)
class Scan:
    """Everything that a run needs while no transaction is open; `credential_ids` stands beside `credentials`."""

    run_id: int
    range_id: int | None
    targets: tuple[str, ...]
    guard: Guard
    credentials: tuple[Credential, ...]
    credential_ids: tuple[int | None, ...]
    port: int
    packets_per_second: int
    remembered: Mapping[str, int]
    dry_run: bool


@dataclass(frozen=True)
class Stored:
    """What became of one device; `action` is created, updated, unchanged or found (dry run)."""

    address: str
    action: str
    ci_id: int | None = None
    ci_name: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class Finished:
    """A run that has ended: what the network said and what was stored."""

    run_id: int
    result: DiscoveryResult
    stored: dict[str, Stored] = field(default_factory=dict)


def work_range(run_id: int, report: Report) -> Finished:
    """Work a run that `services.request_run` asked for."""
    return _work(run_id, lambda: scan_of_range(run_id), report)


def work_targets(run_id: int, chosen: Sequence[tuple[int | None, Credential]], report: Report) -> Finished:
    """Work a run over named targets with the credentials that an operator chose."""
    return _work(run_id, lambda: scan_of_targets(run_id, chosen), report)


def _work(run_id: int, prepare: Callable[[], Scan], report: Report) -> Finished:
    try:
        with unit_of_work():
            scan = prepare()
        finished = Finished(run_id, fetch(scan, report))
        _store(scan, finished, report)
        with unit_of_work():
            _count(records.get(ScanRun, run_id), finished)
    except BaseException as error:
        _give_up(run_id, error)
        raise
    return finished


def _give_up(run_id: int, error: BaseException) -> None:
    state = "failed" if isinstance(error, Exception) and type(error).__name__ != "TaskCancelled" else "cancelled"
    with unit_of_work():
        close_run(records.get(ScanRun, run_id), state=state, error=str(error)[:2000] if state == "failed" else "")


def scan_of_range(run_id: int) -> Scan:
    """The scan of a range as it is allowed at this moment."""
    run = _started(run_id)
    row = records.get(ScanRange, run.range_id)
    active = queries.active_ranges()
    rows = queries.credentials_by_id(row.credential_ids)
    if not rows:
        raise ValueError(NO_CREDENTIAL)
    guard = ranges.guard_of([row] if row.active else [], active=active, loopback=settings().demo)
    return _scan(run, guard, [(one.id, open_credential(one)) for one in rows], row.packets_per_second)


def scan_of_targets(run_id: int, chosen: Sequence[tuple[int | None, Credential]]) -> Scan:
    """The scan of targets that an operator named; only what lies in an active range is contacted."""
    run = _started(run_id)
    active = queries.active_ranges()
    guard = ranges.guard_of(active, active=active, loopback=settings().demo)
    return _scan(run, guard, chosen, min((one.packets_per_second for one in active), default=1000))


def _started(run_id: int) -> ScanRun:
    run = records.get(ScanRun, run_id)
    run.state, run.started_at = "running", run.started_at or clock.now()
    session.execute(delete(ScanResult).where(ScanResult.run_id == run.id))  # of an attempt whose worker died
    session.flush()
    return run


def _scan(run: ScanRun, guard: Guard, chosen: Sequence[tuple[int | None, Credential]], rate: int) -> Scan:
    ids = tuple(credential_id for credential_id, _credential in chosen)
    return Scan(
        run_id=run.id,
        range_id=run.range_id,
        targets=tuple(ranges.split(run.targets)),
        guard=guard,
        credentials=tuple(credential for _id, credential in chosen),
        credential_ids=ids,
        port=run.port,
        packets_per_second=rate,
        remembered=queries.remembered(ids),
        dry_run=run.dry_run,
    )


@dataclass
class _Latest:
    """The newest progress, written by the thread that talks to the network and read by the one that reports."""

    progress: Progress | None = None

    def note(self, progress: Progress) -> None:
        """Remember the newest progress."""
        self.progress = progress

    def told(self) -> tuple[int, str]:
        """Percent and text: the sweep is the first half, reading devices goes to 80."""
        if self.progress is None:
            return 0, ""
        share = self.progress.done / max(self.progress.total, 1)
        if self.progress.phase == "sweep":
            return int(50 * share), str(_("Looking for devices"))
        told = _("%(done)s of %(total)s devices read", done=self.progress.done, total=self.progress.total)
        return int(50 + 30 * share), str(told)


def fetch(scan: Scan, report: Report) -> DiscoveryResult:
    """Talk to the network in a thread of its own while this one reports every two seconds and notices a cancellation."""
    latest, cancelled = _Latest(), threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="discovery") as pool:
        future = pool.submit(
            discover,
            scan.targets,
            scan.credentials,
            guard=scan.guard,
            port=scan.port,
            packets_per_second=scan.packets_per_second,
            remembered=scan.remembered,
            on_progress=latest.note,
            cancelled=cancelled.is_set,
        )
        try:
            _watch(future, latest, report)
        except BaseException:
            cancelled.set()
            raise
        return future.result()


def _watch(future: "Future[DiscoveryResult]", latest: _Latest, report: Report) -> None:
    while not wait([future], timeout=BEAT_SECONDS).done:
        report(*latest.told())


def _store(scan: Scan, finished: Finished, report: Report) -> None:
    devices = finished.result.devices
    at = clock.now()
    told_at = at
    for number, facts in enumerate(devices):
        if (clock.now() - told_at).total_seconds() >= BEAT_SECONDS:
            told_at = clock.now()
            report(80 + 20 * number // len(devices), str(_("%(done)s devices stored", done=number)))
        _store_one(scan, finished, facts, at)
    for start in range(0, len(finished.result.errors), 500):
        with unit_of_work():
            for error in finished.result.errors[start : start + 500]:
                _store_error(scan, error)


def _store_one(scan: Scan, finished: Finished, facts: DeviceFacts, at: datetime) -> None:
    """Store one device in a unit of work of its own; what goes wrong costs only this device."""
    try:
        stored = _attempt(scan, finished, facts, at)
    except Exception as error:  # the boundary between devices: logged, and recorded with the run
        log.exception("device not stored", address=facts.address)
        with unit_of_work():
            _store_error(scan, DeviceError(facts.address, f"not stored ({type(error).__name__}); see the log"))
        return
    finished.stored[facts.address] = stored


def _attempt(scan: Scan, finished: Finished, facts: DeviceFacts, at: datetime) -> Stored:
    """Store, once more where another run recorded the same device at the same moment."""
    for attempt in range(1, STORE_ATTEMPTS + 1):
        try:
            with unit_of_work():
                stored = _recorded(scan, facts, at)
                _remember(scan, facts.address, finished.result.credentials_used.get(facts.address), at)
                session.add(_result_row(scan, facts, stored))
                session.flush()
                return stored
        except IntegrityError:
            if attempt == STORE_ATTEMPTS:
                raise
    raise AssertionError


def _recorded(scan: Scan, facts: DeviceFacts, at: datetime) -> Stored:
    """Store a device as the system (who asked stands with the run), or only look which item it is."""
    if scan.dry_run:
        known = identify(facts).ci
        return Stored(facts.address, "found", known.id if known else None, known.name if known else "")
    place = ranges.holding(queries.active_ranges(), facts.address)
    done = recording.store_device(SYSTEM, facts, at=at, site_id=place.site_id if place else None)
    return Stored(facts.address, done.action, done.ci.id, done.ci.name, done.notes)


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
    session.add(ScanResult(run_id=scan.run_id, address=error.address, outcome="error", text=error.text[:4000]))
    target = session.scalar(select(ScanTarget).where(ScanTarget.address == error.address))
    if target is not None and not scan.dry_run:
        target.state = "silent" if error.text == "no answer" else "error"
        target.fail_count += 1
    session.flush()


def _count(run: ScanRun, finished: Finished) -> None:
    run.scanned, run.answered = finished.result.scanned, finished.result.answered
    for action in ("created", "updated", "unchanged"):
        setattr(run, action, sum(one.action == action for one in finished.stored.values()))
    run.failed = len(finished.result.errors) + len(finished.result.devices) - len(finished.stored)
    close_run(run, state="done")


def as_json(finished: Finished) -> dict[str, Any]:
    """The whole run in the shape of `itsm discover`."""
    document = result_as_json(finished.result)
    for device in document["devices"]:
        stored = finished.stored.get(device["address"], Stored(device["address"], "failed"))
        device |= {"ci": stored.ci_id, "ci_name": stored.ci_name, "action": stored.action}
        device["notes"] = list(stored.notes)
    return document | {"run": finished.run_id}
