"""The command that takes over incidents of another system."""

import json
import sys
from collections.abc import Callable
from typing import TextIO
from zoneinfo import available_timezones

import click

from incident.audit_rows import WrongField
from incident.importing import Result, import_audit_log
from itsm.identity.login import command_actor
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import _

SHOWN_FAULTS = 50


@click.group("import")
def import_group() -> None:
    """Take over records from files."""


@import_group.command("incidents")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--mapping", type=click.Choice(["servicenow-audit"]), default="servicenow-audit", show_default=True)
@click.option("--timezone", help="Zone of the file's instants; by default the site's.")
@click.option("--dry-run", is_flag=True, help="Only read and check.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_incidents(file: TextIO, mapping: str, timezone: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Take over incidents with their history from FILE; running it again changes nothing."""
    del mapping
    zone = timezone or settings().timezone
    if zone not in available_timezones():
        raise Invalid.field("timezone", _("There is no time zone of this name; write it like Europe/Stockholm."))
    try:
        with click.progressbar(length=1, label="incidents", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            result = import_audit_log(command_actor(), file, timezone=zone, dry_run=dry_run, progress=_shown_on(bar))
    except (WrongField, UnicodeDecodeError) as error:
        raise Invalid.field(getattr(error, "field", "file"), str(error)) from error
    _print(result, dry_run=dry_run, as_json=as_json)
    if result.faults or result.failed:
        sys.exit(1)


def _shown_on(bar: "click._termui_impl.ProgressBar[int]") -> Callable[[int, int], None]:
    def show(done: int, whole: int) -> None:
        bar.length = whole
        bar.update(done - bar.pos)

    return show


def _print(result: Result, *, dry_run: bool, as_json: bool) -> None:
    faults = [str(fault) for fault in result.faults]
    if as_json:
        click.echo(json.dumps(vars(result) | {"faults": faults, "dry_run": dry_run}, ensure_ascii=False))
        return
    words = "would be created" if dry_run else "created"
    click.echo(
        f"{result.rows} rows: {result.created} incidents {words}, {result.unchanged} known before, {result.failed} failed"
    )
    click.echo(f"{len(faults)} wrong rows")
    for line in [*faults, *result.errors][:SHOWN_FAULTS]:
        click.echo(line, err=True)


COMMANDS = (import_group,)
