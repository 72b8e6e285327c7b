"""`make bench`: runs every benchmark on PostgreSQL and SQLite and prints a table; the figures go to `bench-results/`."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from itsm.app import create_app
from itsm.kernel import migrate
from itsm.kernel.db import db, session
from itsm.kernel.module import registry
from itsm.process import settle_memory
from tests.bench.crowd import run_crowd
from tests.bench.data import grow_to, within_days
from tests.bench.due_steps import run_due_steps
from tests.bench.escalation import run_escalation
from tests.bench.measure import Figure
from tests.bench.pages import run_pages
from tests.bench.rebuild import run_rebuild
from tests.bench.report import DAYS, run_report
from tests.bench.system import run_system
from tests.bench.throughput import run_throughput
from tests.conftest import ROOT, settings_for
from tests.databases import DATABASES

SIZES = (10_000, 100_000, 1_000_000)
A_MONTH = 100_000  # tickets, whose clocks are computed anew and reported on
PARTS = ("pages", "crowd", "escalation", "month", "throughput", "system")


@contextmanager
def fresh_app(kind: str) -> Iterator[tuple[Flask, str, Path]]:
    """An application on an empty, migrated database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        server = None
        if kind == "postgresql":
            server = create_engine(DATABASES[kind], isolation_level="AUTOCOMMIT")
            name = f"itsm_bench_{os.getpid()}"
            with server.connect() as connection:
                connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
                connection.execute(text(f"CREATE DATABASE {name}"))
            url = make_url(DATABASES[kind]).set(database=name).render_as_string(hide_password=False)
        app = create_app(settings_for(url, Path(folder)))
        with app.app_context():
            migrate.to_head()
            for module in registry().modules:
                if module.seed is not None:
                    module.seed()
            session.commit()
        settle_memory()
        yield app, url, Path(folder)
        with app.app_context():
            session.remove()
            db.engine.dispose()
        if server is not None:
            with server.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def table(figures: list[Figure]) -> str:
    """The figures as people read them."""
    head = (
        f"{'work':38}{'size':>9} {'database':11}{'cpu ms':>9}{'sql':>7}{'p50 ms':>9}{'p95 ms':>9}{'bytes':>9}  budget"
    )
    lines = [head]
    for one in figures:
        verdict = "" if one.met is None else ("  met" if one.met else "  MISSED")
        extra = "  ".join(f"{name} {value}" for name, value in one.extra.items())
        lines.append(
            f"{one.name:38}{one.size:>9} {one.database:11}{one.cpu_ms:>9}{one.statements:>7}{one.p50_ms:>9}{one.p95_ms:>9}"
            f"{one.size_bytes:>9}  {one.budget}{verdict}  {extra}"
        )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(
        description="Measure what the application costs; budgets stand beside the figures."
    )
    parser.add_argument("--sizes", type=lambda text: [int(each) for each in words(text)], default=list(SIZES))
    parser.add_argument("--databases", type=words, default=["sqlite", "postgresql"])
    parser.add_argument(
        "--only", type=words, default=list(PARTS), help=f"parts, with commas between: {', '.join(PARTS)}"
    )
    return parser.parse_args()


def _on_database(kind: str, parts: list[str], sizes: list[int]) -> list[Figure]:
    figures: list[Figure] = []
    if "escalation" in parts:
        with fresh_app(kind) as (app, _url, _folder):
            figures += run_escalation(app)
        with fresh_app(kind) as (app, _url, _folder):
            figures += run_due_steps(app)
    if "month" in parts:
        with fresh_app(kind) as (app, url, folder):
            within_days(app, A_MONTH, DAYS - 1)
            figures += run_rebuild(kind, url, folder, A_MONTH)
            figures += run_report(app, kind, url, folder, A_MONTH)
    with fresh_app(kind) as (app, url, folder):
        if "throughput" in parts:
            figures += run_throughput(app, url, folder)
        if "pages" in parts:
            figures += run_pages(app, sizes)
        if "crowd" in parts:
            grow_to(app, sizes[-1])
            figures += run_crowd(app, url, folder, sizes[-1])
    return figures


def main() -> int:
    """Run, print, keep."""
    chosen = _arguments()
    figures: list[Figure] = []
    for kind in chosen.databases:
        figures += _on_database(kind, chosen.only, chosen.sizes)
    if "system" in chosen.only:
        figures += run_system()
    sys.stdout.write(table(figures) + "\n")
    results = ROOT / "bench-results"
    results.mkdir(exist_ok=True)
    (results / "latest.json").write_text(json.dumps([asdict(one) for one in figures], indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
