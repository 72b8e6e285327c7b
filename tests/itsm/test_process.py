"""`itsm up`: web server and job worker of one command, forked from one process."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.databases import fresh_database
from tests.servers.web import WebProcesses

pytestmark = pytest.mark.journey

PATIENCE_SECONDS = 30
PROCESSES = 3  # a job worker and, by default, two web workers; the first of these may answer before the second is there


def children_of(pid: int) -> set[int]:
    """Process ids of what a process has forked and what still runs."""
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def started_at(pid: int) -> int:
    """When a process began, in ticks since the machine did; process ids begin again from the lowest now and then."""
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true in time."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        if true():
            return True
        time.sleep(0.1)
    return False


def is_ready(server: WebProcesses) -> bool:
    """Whether the pages are served and a job worker holds the lease."""
    try:
        with urlopen(f"{server.address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_up_is_web_workers_and_a_job_worker_that_outlives_them_and_ends_with_the_command(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url, WebProcesses(url, tmp_path, together=True) as server:
        master = server.running["up"].pid
        assert eventually(lambda: is_ready(server) and len(children_of(master)) == PROCESSES)
        before = children_of(master)
        job_worker = min(before, key=started_at)  # forked before the web workers

        for web_worker in before - {job_worker}:
            os.kill(web_worker, signal.SIGTERM)
        assert eventually(lambda: len(children_of(master) - before) == len(before) - 1)
        assert job_worker in children_of(master)
        assert eventually(lambda: is_ready(server))

        server.running["up"].terminate()
        assert server.running["up"].wait(PATIENCE_SECONDS) == 0
        assert not server.pids()
