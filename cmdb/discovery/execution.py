"""A run from its first packet to its last row: fetch first, outside of any transaction, then store device by device."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete

from cmdb.discovery import queries, ranges
from cmdb.discovery.client import Credential
from cmdb.discovery.client.base import NO_ANSWER
from cmdb.discovery.credentials import open_credential
from cmdb.discovery.models import ScanRange, ScanResult, ScanRun
from cmdb.discovery.run import DiscoveryResult, Progress, discover
from cmdb.discovery.scans import Finished, Report, Scan
from cmdb.discovery.services import close_run
from cmdb.discovery.storing import store
from cmdb.discovery.targets import Guard
from itsm.kernel import clock, records
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import TaskCancelled
from itsm.kernel.runtime import settings
from itsm.kernel.text import _

BEAT_SECONDS: Final = 2.0
NO_CREDENTIAL: Final = "This range has no credential. Choose one at the range."


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
        store(scan, finished, report)
        with unit_of_work():
            _count(records.get(ScanRun, run_id), finished)
    except BaseException as error:
        _give_up(run_id, error)
        raise
    return finished


def _give_up(run_id: int, error: BaseException) -> None:
    """Close a run that was cancelled, interrupted or broken."""
    is_failure = isinstance(error, Exception) and not isinstance(error, TaskCancelled)
    with unit_of_work():
        run = records.get(ScanRun, run_id)
        close_run(run, state="failed" if is_failure else "cancelled", error=str(error)[:2000] if is_failure else "")


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


def _count(run: ScanRun, finished: Finished) -> None:
    run.scanned, run.answered = finished.result.scanned, finished.result.answered
    for action in ("created", "updated", "unchanged"):
        setattr(run, action, sum(one.action == action for one in finished.stored.values()))
    told = sum(error.text != NO_ANSWER for error in finished.result.errors)  # silence alone is no failure
    run.failed = told + len(finished.result.devices) - len(finished.stored)
    close_run(run, state="done")
