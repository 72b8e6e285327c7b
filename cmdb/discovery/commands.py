"""The command `itsm discover`."""

import json
import sys
from collections.abc import Callable

import click

from cmdb.discovery import execution, queries, ranges
from cmdb.discovery.client import Credential, InvalidCredential, V2Credential
from cmdb.discovery.credentials import open_credential
from cmdb.discovery.scans import as_json
from cmdb.discovery.services import open_run
from cmdb.discovery.targets import InvalidTarget, parse_targets
from itsm.identity.login import command_actor
from itsm.kernel.actor import Actor
from itsm.kernel.db import unit_of_work

DEFAULT_COMMUNITY = "public"
Chosen = list[tuple[int | None, Credential]]


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--community", help="SNMP v2c community; without any credential those of the targets' ranges are tried.")
@click.option("--credential", "credential_name", metavar="NAME", help="Name of a stored credential.")
@click.option("--port", type=click.IntRange(1, 65535), default=161, show_default=True)
@click.option("--dry-run", is_flag=True, help="Read the devices but store none of them.")
def discover(
    targets: tuple[str, ...], community: str | None, credential_name: str | None, *, port: int, dry_run: bool
) -> None:
    """Sweep addresses, ranges and networks once by SNMP and print what was found as JSON.

    TARGET is an address (10.1.2.3), a range (10.1.2.3-40) or a network (10.1.2.0/24). Only what lies in a range that an
    administrator allowed is contacted; in demo mode also this machine's own addresses (127.0.0.0/8).
    """
    if community is not None and credential_name is not None:
        raise click.UsageError("Give --community or --credential, not both.")
    _check_targets(targets)
    actor = command_actor()
    with unit_of_work():
        chosen = _credentials(actor, targets, community, credential_name)
        run_id = open_run(actor, list(targets), port=port, dry_run=dry_run).id
    finished = execution.work_targets(run_id, chosen, _reporter())
    click.echo(json.dumps(as_json(finished), ensure_ascii=False, indent=1))
    if finished.result.scanned == 0 and finished.result.errors:
        sys.stderr.write(
            "itsm: nothing was scanned: no target lies in a range that an administrator allowed"
            " (Administration, Network discovery).\n"
        )
        sys.exit(1)


def _check_targets(targets: tuple[str, ...]) -> None:
    try:
        parse_targets(targets)
    except InvalidTarget as error:
        raise click.BadParameter(f"{error}.", param_hint="TARGET") from error


def _credentials(actor: Actor, targets: tuple[str, ...], community: str | None, name: str | None) -> Chosen:
    if community is not None:
        return [(None, _community(community))]
    if name is not None:
        row = queries.get_credential_named(actor, name)
        return [(row.id, open_credential(row))]
    return _of_ranges(targets) or [(None, V2Credential(DEFAULT_COMMUNITY))]


def _community(community: str) -> V2Credential:
    try:
        return V2Credential(community)
    except InvalidCredential as error:
        raise click.BadParameter(f"{error}.", param_hint="--community") from error


def _of_ranges(targets: tuple[str, ...]) -> Chosen:
    """The credentials of the ranges in which the targets begin."""
    active = queries.active_ranges()
    found = [ranges.holding(active, str(next(one.hosts()))) for one in parse_targets(targets)]
    ids = [credential_id for row in found if row is not None for credential_id in row.credential_ids]
    return [(row.id, open_credential(row)) for row in queries.credentials_by_id(list(dict.fromkeys(ids)))]


def _reporter() -> Callable[[int, str], None]:
    """Write progress to a terminal; elsewhere nothing."""
    is_terminal = sys.stderr.isatty()

    def show(percent: int, text: str) -> None:
        if not is_terminal:
            return
        filled = percent // 5
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (20 - filled)}] {percent:3d} % {text[:50]:50}")
        sys.stderr.flush()

    return show


COMMANDS = (discover,)
