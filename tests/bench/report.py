"""The report on service levels of a month: CPU of its figures, time and memory of its PDF with all processes that make it."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from flask import Flask

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import reading, unit_of_work
from itsm.reports import catalogue
from itsm.reports.periods import Period
from itsm.reports.request import ask
from tests.bench.measure import Figure, database_cpu_seconds, own_cpu_seconds
from tests.bench.rebuild import command_environment

DAYS = 30
MOST_CPU_SECONDS, MOST_SECONDS, MOST_MEGABYTES = 3.0, 15.0, 300.0
SAMPLE_SECONDS = 0.1


def run_report(app: Flask, kind: str, url: str, folder: Path, size: int) -> list[Figure]:
    """Figures in this process, the PDF by the command."""
    now = clock.now()
    period = Period((now - timedelta(days=DAYS)).date(), (now + timedelta(days=1)).date(), "UTC")
    return [_figures(app, kind, period, size), _pdf(kind, url, folder, period, size)]


def _figures(app: Flask, kind: str, period: Period, size: int) -> Figure:
    with app.app_context(), reading(), unit_of_work():
        question = ask(period, language="en")
        before = own_cpu_seconds() + database_cpu_seconds(app), time.perf_counter()
        catalogue.build(SYSTEM, "sla", question)
        wall = time.perf_counter() - before[1]
        cpu = own_cpu_seconds() + database_cpu_seconds(app) - before[0]
    figure = Figure("sla report, figures", size, kind, round(cpu * 1000), 0, round(wall * 1000), 0)
    figure.budget, figure.met = f"under {MOST_CPU_SECONDS:g} s cpu", cpu < MOST_CPU_SECONDS
    return figure


def _pdf(kind: str, url: str, folder: Path, period: Period, size: int) -> Figure:
    target = folder / "report.pdf"
    days = ["--from", period.first.isoformat(), "--to", period.end.isoformat(), "--timezone", "UTC"]
    command = [sys.executable, "-m", "itsm.cli", "report", "sla", *days, "-o", str(target)]
    started, before, highest, largest = time.perf_counter(), os.times(), 0.0, 0.0
    with subprocess.Popen(command, env=command_environment(url, folder)) as process:
        while process.poll() is None:
            found = [_megabytes(pid) for pid in _with_children(process.pid)]
            highest, largest = max(highest, sum(found)), max(largest, *found)
            time.sleep(SAMPLE_SECONDS)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    figure = Figure("sla report, pdf", size, kind, round(cpu * 1000), 0, round(wall * 1000), 0, target.stat().st_size)
    figure.extra |= {"MB of all processes": round(highest), "MB of the largest": round(largest)}
    figure.budget = f"under {MOST_SECONDS:g} s and {MOST_MEGABYTES:g} MB PSS"
    figure.met = wall < MOST_SECONDS and highest < MOST_MEGABYTES
    return figure


def _with_children(pid: int) -> list[int]:
    """A process and those that it started."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return [pid]
    return [pid, *map(int, told.split())]


def _megabytes(pid: int) -> float:
    """The share of memory that a process holds (PSS); nothing once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
