"""The whole application as its operators run it: web server and worker as processes of their own, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 40


def free_port() -> int:
    """A TCP port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class WebProcesses:
    """`itsm serve`, and `itsm worker` beside it, on a database that is migrated already; or `itsm up`, which is both."""

    def __init__(
        self, url: str, folder: Path, *, worker: bool = True, together: bool = False, **environment: str
    ) -> None:
        self.port = free_port()
        self.command = "up" if together else "serve"
        self.with_worker = worker and not together
        self.log = folder / f"processes-{self.port}.log"
        self.environment = os.environ | {
            "ITSM_DATABASE_URL": url,
            "ITSM_DATA_DIR": str(folder),
            "ITSM_PORT": str(self.port),
            "ITSM_SECRET_KEY": "test-secret-key-of-enough-length",
            "ITSM_API_RATE": "100000 per minute",
            "ITSM_LOGIN_RATE": "1000 per minute",
            **({"ITSM_DEMO": "false"} if together else {}),  # `itsm up` would fill an empty database
            **environment,
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.started_in_seconds = 0.0

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start `serve`, `worker` or `up`."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "itsm.cli", command],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running[command] = process
        return process

    def kill(self, command: str) -> None:
        """Kill a process and everything it forked, without warning (`kill -9`)."""
        process = self.running.pop(command)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_until_alive(self) -> None:
        """Wait for the first answer."""
        began = time.monotonic()
        while time.monotonic() - began < START_SECONDS:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        self.started_in_seconds = time.monotonic() - began
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        raise AssertionError(f"the web server did not start:\n{self.log.read_text()[-3000:]}")

    def pids(self) -> list[int]:
        """Every process that was started and what they forked."""
        groups = {process.pid for process in self.running.values()}
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    if os.getpgid(int(entry.name)) in groups:
                        found.append(int(entry.name))
                except ProcessLookupError:
                    continue
        return found

    def cpu_seconds(self) -> float:
        """CPU that all processes used so far."""
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory_mb(self) -> float:
        """Proportional set size of all processes, so that shared pages count once."""
        total = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total / 1024

    def threads(self) -> int:
        """Threads of all processes."""
        return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in self.pids())

    def __enter__(self) -> Self:
        self.start(self.command)
        self.wait_until_alive()
        if self.with_worker:
            self.start("worker")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
