"""How a figure is taken: process CPU plus the database's CPU, statements, bytes, wall time."""

import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, text

from itsm.kernel.db import db

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Figure:
    """One measured piece of work; `cpu_ms` holds web and database together, a request."""

    name: str
    size: int
    database: str
    cpu_ms: float
    statements: float
    p50_ms: float
    p95_ms: float
    size_bytes: int = 0
    budget: str = ""
    met: bool | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """What a piece of work may cost a request; None where nobody promised anything."""

    cpu_ms: float | None = None
    statements: float | None = None
    p95_ms: float | None = None

    def judge(self, figure: Figure) -> Figure:
        """Write the budget beside what was measured, and whether it is kept."""
        limits = (
            (self.cpu_ms, figure.cpu_ms, "ms cpu"),
            (self.statements, figure.statements, "sql"),
            (self.p95_ms, figure.p95_ms, "ms p95"),
        )
        promised = [(limit, measured, unit) for limit, measured, unit in limits if limit is not None]
        figure.budget = ", ".join(f"≤ {limit:g} {unit}" for limit, _measured, unit in promised)
        figure.met = all(measured <= limit for limit, measured, _unit in promised)
        return figure


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Every statement that the application's engine runs inside the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def database_cpu_seconds(app: Flask) -> float:
    """CPU that PostgreSQL's processes for this database have used so far; nothing for SQLite, which runs in this process."""
    if not app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        return 0.0
    with app.app_context(), db.engine.connect() as connection:
        pids = connection.execute(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")).scalars()
        return sum(_process_cpu(pid) for pid in list(pids))


def _process_cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def own_cpu_seconds() -> float:
    """CPU of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(app: Flask, name: str, size: int, work: Callable[[], int], *, runs: int = 40, warm: int = 5) -> Figure:
    """Run `work` (answers the bytes of its answer) often enough to trust the median.

    The median counts statements as well: now and then a request fills anew what is held for some seconds.
    """
    for _each in range(warm):
        work()
    walls, ran, size_bytes = [], [], 0
    with counted_statements() as statements:
        before = own_cpu_seconds() + database_cpu_seconds(app)
        for _each in range(runs):
            statements.clear()
            start = time.perf_counter()
            size_bytes = work()
            walls.append((time.perf_counter() - start) * 1000)
            ran.append(len([each for each in statements if not each.startswith("BEGIN")]))
        cpu = own_cpu_seconds() + database_cpu_seconds(app) - before
    walls.sort()
    return Figure(
        name=name,
        size=size,
        database=app.config["SQLALCHEMY_DATABASE_URI"].split(":")[0].split("+")[0],
        cpu_ms=round(cpu * 1000 / runs, 2),
        statements=statistics.median(ran),
        p50_ms=round(statistics.median(walls), 2),
        p95_ms=round(walls[int(len(walls) * 0.95) - 1], 2),
        size_bytes=size_bytes,
    )
