"""What the processes do: prepare the database, serve pages, run jobs, or all of it in one."""

import gc
import json
import os
import secrets
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from gunicorn.app.base import BaseApplication
from sqlalchemy import func, select

from config.settings import Settings
from itsm.demo import load as demo
from itsm.identity import services as identity
from itsm.identity.models import Person
from itsm.kernel import clock, jobs, migrate, preferences
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session, unit_of_work
from itsm.kernel.module import Module, registry
from itsm.kernel.runtime import settings
from itsm.kernel.waking import Waker

log = structlog.get_logger()

ADMIN_EMAIL = "admin@example.org"
ADMIN_FILE = "initial-admin.txt"
ANCHOR_FILE = "audit-head.json"
SCHEDULER_THREADS = 6
STOP_SECONDS = 20  # how long jobs may take to end
CLOCK_LOOK_SECONDS = 5  # how often the time of day is compared with a clock that is never set
YOUNG_OBJECTS = 10_000  # allocations between collections: the rows of a large answer are not scanned over and over


def initialise() -> None:
    """Bring the database up to date, write base data, and make the first administrator."""
    Path(settings().data_dir).mkdir(parents=True, exist_ok=True)
    migrate.to_head()
    with unit_of_work():
        for module in registry().modules:
            if module.seed is not None:
                module.seed()
    _make_first_administrator()


def _make_first_administrator() -> None:
    with unit_of_work():
        if session.scalar(select(func.count()).select_from(Person)):
            return
        password = secrets.token_urlsafe(12)
        identity.create_person(SYSTEM, name="Administrator", email=ADMIN_EMAIL, password=password, roles=["admin"])
    path = Path(settings().data_dir) / ADMIN_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        target.write(f"{ADMIN_EMAIL}\n{password}\n")
    sys.stdout.write(f"First administrator: {ADMIN_EMAIL}  password: {password}  (also in {path})\n")
    sys.stdout.flush()


def _database_is_empty() -> bool:
    with unit_of_work():
        people = session.scalar(select(func.count()).select_from(Person)) or 0
        return people <= 1 and not preferences.get(demo.LOADED)


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with the application that is already built; workers are forked from it and share its memory."""

    def __init__(self, app: Flask, configured: Settings) -> None:
        self.app, self.configured = app, configured
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self.configured.host}:{self.configured.port}",
            "workers": self.configured.web_workers,
            "threads": self.configured.web_threads,
            "worker_class": "gthread",
            "preload_app": True,
            "timeout": 120,
            "graceful_timeout": 15,
            "keepalive": 30,
            "limit_request_line": 8190,
            "loglevel": "warning",
            "proc_name": "itsm-web",
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 (memory, for heartbeats)
            "post_fork": _drop_inherited_connections,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings and value is not None:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app


def _drop_inherited_connections(server: Any, web_worker: Any) -> None:
    del server
    with web_worker.app.app.app_context():
        db.engine.dispose(close=False)


def settle_memory() -> None:
    """Spare what exists from the collector: before a fork, so that workers neither scan nor copy it."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def serve(app: Flask) -> None:
    """Run the web server until it is told to stop."""
    settle_memory()
    WebServer(app, settings()).run()


def work(app: Flask) -> None:
    """Run the scheduler until it is told to stop; it works while it holds the lease."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(SCHEDULER_THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
        timezone="UTC",
    )
    waking = []
    for module in registry().modules:
        for job in module.jobs:
            if job.next_at is not None:
                waking.append((module, job))
                continue
            scheduler.add_job(_in_context, "interval", seconds=job.every_seconds, args=(app, module, job), id=job.name)
    scheduler.add_job(_run_tasks, "interval", seconds=1, args=(app,), id="background tasks", max_instances=2)
    scheduler.start(paused=True)
    keeper = jobs.LeaseKeeper(app.app_context, on_gain=scheduler.resume, on_loss=scheduler.pause)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_arguments: stop.set())
    wakers = [
        Waker(app.app_context, job, partial(_run_all, module, job), may_run=lambda: keeper.holds)
        for module, job in waking
    ]
    keeper.start()
    for waker in wakers:
        waker.start()
    _wait_until(stop, scheduler)
    for waker in wakers:
        waker.stop()
    scheduler.shutdown(wait=True)
    keeper.stop()


def _wait_until(stop: threading.Event, scheduler: BackgroundScheduler) -> None:
    """Wait for the end; when the time of day is set back, let every job run now rather than when it is that late again."""
    ahead = clock.now().timestamp() - time.monotonic()
    while not stop.wait(CLOCK_LOOK_SECONDS):
        before, ahead = ahead, clock.now().timestamp() - time.monotonic()
        if ahead < before - CLOCK_LOOK_SECONDS:
            log.warning("the time of day was set back", seconds=round(before - ahead))
            for each in scheduler.get_jobs():
                each.modify(next_run_time=clock.now())


def _in_context(app: Flask, module: Module, job: jobs.Job) -> None:
    with app.app_context():
        _run_all(module, job)
        session.remove()


def _run_all(module: Module, job: jobs.Job) -> jobs.Outcome:
    """Run a job until nothing more waits, if its module is switched on."""
    outcome = jobs.Outcome(more=not module.switchable or preferences.is_on(module.name))
    while outcome.more:
        outcome = jobs.run_job(job)
    return outcome


def _run_tasks(app: Flask) -> None:
    with app.app_context():
        while jobs.run_tasks(registry().tasks).more:
            pass


def run_named_job(name: str) -> jobs.Outcome:
    """Run one job now; raises `KeyError` for a name that no module declares."""
    return jobs.run_job(registry().jobs[name][1])


def up(app: Flask) -> None:
    """Prepare the database, then run the worker beside the web server until one is told to stop."""
    configured = settings()
    initialise()
    if configured.demo and _database_is_empty():
        demo.load(_tell)
    _announce(configured)
    worker_pid = _fork_worker(app)
    own_pid = os.getpid()
    try:
        serve(app)
    finally:
        if os.getpid() == own_pid:  # a web worker that ends comes by here too
            _stop_worker(worker_pid)


def _fork_worker(app: Flask) -> int:
    """The job worker's process id. A fork shares the memory of the code that both have loaded."""
    session.remove()
    with app.app_context():
        db.engine.dispose()
    settle_memory()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            work(app)
        except BaseException:
            log.exception("worker_failed")
        finally:
            os._exit(0)
    return pid


def _stop_worker(pid: int) -> None:
    """Ask the job worker to end, and wait for the jobs that it runs."""
    for tenth in range(STOP_SECONDS * 10):
        try:
            ended, _status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # the web server, which looks after all its children, has seen it end
            return
        if ended:
            return
        if tenth == 0:
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.1)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _announce(configured: Settings) -> None:
    credentials = Path(configured.data_dir) / ADMIN_FILE
    sys.stdout.write(f"\nitsm runs at {configured.public_url}\n")
    if credentials.exists():
        sys.stdout.write(f"First administrator: see {credentials}\n")
    if (Path(configured.data_dir) / demo.LOGINS_FILE).exists():
        sys.stdout.write(f"People of the demo to sign in as: see {Path(configured.data_dir) / demo.LOGINS_FILE}\n")
    sys.stdout.write("Stop with Ctrl-C.\n\n")
    sys.stdout.flush()


def read_anchor(configured: Settings) -> tuple[int, str] | None:
    """The audit log's head as it was last seen, kept outside of the database."""
    path = Path(configured.data_dir) / ANCHOR_FILE
    if not path.exists():
        return None
    stored = json.loads(path.read_text("utf-8"))
    return int(stored["number"]), str(stored["chain"])


def write_anchor(configured: Settings, head: tuple[int, str]) -> None:
    """Keep the audit log's head outside of the database."""
    path = Path(configured.data_dir) / ANCHOR_FILE
    path.write_text(json.dumps({"number": head[0], "chain": head[1]}), "utf-8")
