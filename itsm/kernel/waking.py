"""Jobs that wake at the instant at which they next have work, instead of running on a schedule to look for some.

Rests are counted by a clock that the operating system never sets: when the time of day jumps, a rest is as long as before.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog

from itsm.kernel import clock
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.jobs import Job, Outcome

log = structlog.get_logger()

REST_SECONDS = 0.2  # what falls within it is handled together


class Waker(threading.Thread):
    """Runs one job whenever its `next_at` has come, as long as `may_run` says yes.

    An earlier instant that another process writes is seen after `job.every_seconds` at the latest; each look is one
    statement.
    """

    def __init__(
        self,
        context: Callable[[], AbstractContextManager[Any]],
        job: Job,
        run: Callable[[], Outcome],
        *,
        may_run: Callable[[], bool],
    ) -> None:
        super().__init__(name=f"waker {job.name}", daemon=True)
        self.context, self.job, self.run_job, self.may_run = context, job, run, may_run
        self.stopping = threading.Event()

    def run(self) -> None:
        """Look, run and rest until `stopping` is set."""
        pause = 0.0
        while not self.stopping.wait(pause):
            pause = self.look()

    def look(self) -> float:
        """Run the job if it has work by now; answers how many seconds to rest."""
        if not self.may_run():
            return self.job.every_seconds
        try:
            with self.context():
                return self._run_or_wait()
        except Exception as error:  # noqa: BLE001 (the database may be gone for a while; the next look tries again)
            log.warning("no look at the next instant", job=self.job.name, error=repr(error))
            return self.job.every_seconds

    def _run_or_wait(self) -> float:
        with reading(), unit_of_work():
            at = self.job.next_at() if self.job.next_at is not None else None
        if at is None:
            return self.job.every_seconds
        wait = (at - clock.now()).total_seconds()
        if wait > 0:
            return min(wait, self.job.every_seconds)
        outcome = self.run_job()
        session.remove()
        # Where nothing could be done, such as with what another holds, there is no hurry to look again.
        return REST_SECONDS if outcome.done else self.job.every_seconds

    def stop(self) -> None:
        """Let a run that has begun end, and begin no other."""
        self.stopping.set()
        self.join()
