"""Commands: business time on its own, and clocks computed anew."""

import json
import sys
from dataclasses import asdict
from typing import Any

import click

from itsm.kernel.db import unit_of_work
from sla import queries, services
from sla.calculate_command import calculate
from sla.forecast.commands import forecast
from sla.services import Difference

BATCH = 200


@click.group()
def sla() -> None:
    """Service levels: business time and clocks."""


@sla.command()
@click.option("--dry-run", is_flag=True, help="Only print what differs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rebuild(*, dry_run: bool, as_json: bool) -> None:
    """Compute every clock anew from its ticket's journal and print what differs."""
    with unit_of_work():
        total = queries.count_tickets_with_clocks()
    differences: list[Difference] = []
    with click.progressbar(length=total, label="Tickets", file=sys.stderr, hidden=not sys.stderr.isatty()) as progress:
        after_id = 0
        while True:
            with unit_of_work():
                ids = queries.list_tickets_with_clocks(after_id=after_id, limit=BATCH)
                differences += services.rebuild(ids, dry_run=dry_run)
            if not ids:
                break
            after_id = ids[-1]
            progress.update(len(ids))
    _print(differences, total, dry_run=dry_run, as_json=as_json)


sla.add_command(calculate)
sla.add_command(forecast)


def _print(differences: list[Difference], total: int, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        rows: list[dict[str, Any]] = [asdict(each) for each in differences]
        click.echo(json.dumps({"tickets": total, "dry_run": dry_run, "differences": rows}, default=str, indent=1))
        return
    for each in differences:
        click.echo(f"{each.number} {each.metric} {each.field}: {each.stored} -> {each.computed}")
    done = "differ" if dry_run else "differed and are stored anew"
    click.echo(f"{total} tickets, {len(differences)} values {done}")
