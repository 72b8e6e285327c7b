"""The command that imports files which agents wrote."""

import json
import sys
from pathlib import Path

import click

from assets.inventory import services
from assets.inventory.jobs import in_own_unit
from assets.inventory.recording import ImportResult
from assets.inventory.wire import MAX_RAW_BYTES
from itsm.identity.login import command_actor
from itsm.kernel.text import _


@click.group()
def inventory() -> None:
    """Inventories of agents (PC audit)."""


@inventory.command("import")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_files(paths: tuple[Path, ...]) -> None:
    """Import inventories written by GLPI Agent, FusionInventory or OCS, compressed or not.

    Prints one JSON line a file. A file that is refused does not stop the others. Exit status 0 when all were taken
    (created, updated or unchanged), 1 when any was refused.
    """
    refused = False
    for path in paths:
        result = _import_file(path)
        refused = refused or result.action == "rejected"
        line = {"file": str(path), "action": result.action, "ci": result.ci, "asset": result.asset}
        click.echo(json.dumps(line | {"changes": result.changes, "reason": result.reason}, ensure_ascii=False))
    if refused:
        sys.exit(1)


def _import_file(path: Path) -> ImportResult:
    try:
        with path.open("rb") as source:
            content = source.read(MAX_RAW_BYTES + 1)
    except OSError as error:
        return ImportResult(
            "rejected", reasons=(_("It cannot be read: %(cause)s", cause=error.strerror or str(error)),)
        )
    return in_own_unit(lambda: services.import_body(command_actor(), content))


COMMANDS = (inventory,)
