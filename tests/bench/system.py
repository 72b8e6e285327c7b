"""Cold start, memory of all processes, and the rate of an SNMP sweep."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from cmdb.discovery.client import V2Credential
from cmdb.discovery.run import discover
from cmdb.discovery.targets import Guard, parse_targets
from tests.bench.measure import Figure
from tests.servers.web import WebProcesses


def run_system() -> list[Figure]:
    """The processes as a whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/system.sqlite3"
        server = WebProcesses(url, folder)
        subprocess.run(
            [sys.executable, "-m", "itsm.cli", "init"], env=server.environment, check=True, stdout=subprocess.DEVNULL
        )
        with server:
            apart = _loaded_memory(server)
        with WebProcesses(url, folder, together=True) as together:
            memory = _loaded_memory(together)
        return [_cold(server), _memory(memory, apart), _sweep()]


def _loaded_memory(server: WebProcesses) -> float:
    time.sleep(3)
    for _each in range(60):
        with urlopen(f"{server.address}/login", timeout=5) as answer:
            answer.read()
    return server.memory_mb()


def _cold(server: WebProcesses) -> Figure:
    figure = Figure("cold start, s", 1, "sqlite", 0, 0, round(server.started_in_seconds * 1000), 0, budget="≤ 2.5 s")
    figure.met = server.started_in_seconds <= 2.5
    return figure


def _memory(megabytes: float, apart: float) -> Figure:
    figure = Figure("memory, 2 web workers and job worker", 1, "sqlite", 0, 0, 0, 0, budget="≤ 220 MB PSS")
    figure.extra["MB"], figure.met = round(megabytes, 1), megabytes <= 220
    figure.extra["MB as serve and worker"] = round(apart, 1)
    return figure


def _sweep() -> Figure:
    targets = ["127.9.0.0/20"]
    guard = Guard(parse_targets(targets), test_mode=True)
    started = time.perf_counter()
    result = discover(targets, [V2Credential("public")], guard=guard, port=16_999, packets_per_second=1000)
    seconds = time.perf_counter() - started
    figure = Figure("SNMP sweep of dead addresses", result.scanned, "", 0, 0, round(seconds * 1000), 0)
    figure.extra["addresses a second"] = round(result.scanned / seconds)
    return figure
