"""Runs the whole suite: everything but journeys in parallel on all three databases, then the journeys one by one."""

import os
import subprocess
import sys

WORKERS = str(min(4, (os.cpu_count() or 2) + 1))  # one more than cores: much of a test is waiting for a server
PHASES = (
    (
        "on SQLite, PostgreSQL and MariaDB",
        ["-n", WORKERS, "--dist", "loadgroup", "--databases=all", "-m", "not journey"],
    ),
    ("journeys in a real browser, with real servers", ["-m", "journey"]),
)


def main() -> int:
    """Run the phases; the first failure decides the exit status, but every phase runs."""
    worst = 0
    for title, arguments in PHASES:
        sys.stdout.write(f"\n== {title}\n")
        sys.stdout.flush()
        status = subprocess.call([sys.executable, "-m", "pytest", "-q", *arguments, *sys.argv[1:]])
        worst = worst or status
    return worst


if __name__ == "__main__":
    sys.exit(main())
