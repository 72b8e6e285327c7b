"""Jobs that wake when they have work."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta

from flask import Flask

from itsm.kernel import clock, jobs
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.waking import REST_SECONDS, Waker
from tests.conftest import NOW


class Work:
    """A job that is due at `at`; `done` is what a run of it handles."""

    def __init__(self, at: datetime | None, *, done: int = 1) -> None:
        self.at, self.done, self.runs, self.ran = at, done, 0, threading.Event()

    def run(self) -> Outcome:
        self.runs += 1
        self.at = None
        self.ran.set()
        return Outcome(done=self.done)

    def waker(self, *, may_run: Callable[[], bool] = lambda: True, every_seconds: float = 1.0) -> Waker:
        job = Job("test", "Test", self.run, every_seconds, next_at=lambda: self.at)
        return Waker(nullcontext, job, self.run, may_run=may_run)


def test_it_rests_until_the_next_instant_or_the_next_look(app: Flask) -> None:
    for ahead, rest in ((0.25, 0.25), (90, 1.0)):
        work = Work(NOW + timedelta(seconds=ahead))
        assert (work.waker().look(), work.runs) == (rest, 0)
    assert Work(None).waker().look() == 1.0


def test_it_runs_what_is_due_and_looks_again_soon(app: Flask) -> None:
    work = Work(NOW - timedelta(hours=3))
    assert (work.waker().look(), work.runs) == (REST_SECONDS, 1)


def test_it_does_not_hurry_where_nothing_could_be_done(app: Flask) -> None:
    work = Work(NOW, done=0)
    assert (work.waker().look(), work.runs) == (1.0, 1)


def test_it_runs_nothing_on_standby_and_outlives_a_failure(app: Flask) -> None:
    work = Work(NOW)
    assert (work.waker(may_run=lambda: False).look(), work.runs) == (1.0, 0)

    def gone() -> datetime:
        raise ConnectionError("no database")

    waker = Waker(nullcontext, Job("test", "Test", work.run, 1.0, next_at=gone), work.run, may_run=lambda: True)
    assert (waker.look(), work.runs) == (1.0, 0)


def test_an_earlier_instant_that_appears_later_is_seen(built_app: Flask) -> None:
    work = Work(clock.now() + timedelta(days=1))
    waker = work.waker(every_seconds=0.01)
    waker.context = built_app.app_context
    waker.start()
    work.at = clock.now()
    assert work.ran.wait(30)
    waker.stop()
    assert work.runs == 1


def test_a_lease_from_before_the_time_of_day_was_set_back_is_not_waited_for(app: Flask) -> None:
    with clock.frozen(NOW + timedelta(hours=1)):
        assert jobs.acquire_lease("died", name="test")
    assert jobs.acquire_lease("next", name="test")
    with clock.frozen(NOW - timedelta(seconds=30)):  # machines whose clocks differ a little still wait
        assert not jobs.acquire_lease("third", name="test")
