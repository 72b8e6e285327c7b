"""`itsm sla rebuild` over many tickets with progress: of clocks that all drifted, and of clocks that are right."""

import os
import pty
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.bench.measure import Figure

MOST_SECONDS = 120.0
SECRET = "test-secret-key-of-enough-length"
PERCENT = re.compile(rb"(\d+)%")


def run_rebuild(kind: str, url: str, folder: Path, size: int) -> list[Figure]:
    """The command twice, in a process and a terminal of its own: load data hold made-up times, then everything is right."""
    return [
        _rebuild(name, kind, (url, folder), size) for name in ("sla rebuild, all differ", "sla rebuild, none differs")
    ]


def command_environment(url: str, folder: Path) -> dict[str, str]:
    """What a command of the product needs to find the database of a benchmark."""
    return os.environ | {"ITSM_DATABASE_URL": url, "ITSM_DATA_DIR": str(folder), "ITSM_SECRET_KEY": SECRET}


def _rebuild(name: str, kind: str, place: tuple[str, Path], size: int) -> Figure:
    terminal, end = pty.openpty()
    shown = bytearray()
    reader = threading.Thread(target=_read, args=(terminal, shown))
    reader.start()
    started = time.perf_counter()
    before = os.times()
    output = place[1] / "rebuild.txt"
    with output.open("wb") as told:
        command = [sys.executable, "-m", "itsm.cli", "sla", "rebuild"]
        subprocess.run(command, env=command_environment(*place), stdout=told, stderr=end, check=True)
    os.close(end)
    reader.join()
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    figure = Figure(name, size, kind, round(cpu * 1000), 0, round(wall * 1000), 0)
    figure.extra |= {"progress": len(set(PERCENT.findall(bytes(shown)))), "told": _last_line(output)}
    figure.budget, figure.met = f"under {MOST_SECONDS:g} s, with progress", wall < MOST_SECONDS
    return figure


def _read(terminal: int, shown: bytearray) -> None:
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            return
        if not part:
            return
        shown += part


def _last_line(output: Path) -> str:
    with output.open("rb") as told:
        told.seek(max(0, output.stat().st_size - 200))
        return told.read().decode(errors="replace").splitlines()[-1]
