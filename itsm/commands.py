"""The commands of the `itsm` command line: what operates the system, and what modules contribute."""

import json
import sys

import click
from flask import Flask

from config.settings import describe
from itsm import process
from itsm.app import MODULES, create_app
from itsm.demo import load as demo_organisation
from itsm.kernel import audit
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.runtime import settings
from itsm.seeding import seed


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.pass_context
def itsm(context: click.Context) -> None:
    """itsm: service desk and CMDB."""
    context.obj = create_app()
    context.with_resource(context.obj.app_context())


@itsm.command()
def init() -> None:
    """Migrate the database and write base data and the first administrator."""
    process.initialise()


@itsm.command()
def demo() -> None:
    """Add the demo organisation (does nothing where it is already)."""
    process.initialise()
    demo_organisation.load(click.echo)


@itsm.command()
@click.pass_obj
def serve(app: Flask) -> None:
    """Run the web server."""
    process.serve(app)


@itsm.command()
@click.pass_obj
def worker(app: Flask) -> None:
    """Run the scheduler and executor."""
    process.work(app)


@itsm.command()
@click.pass_obj
def up(app: Flask) -> None:
    """Migrate, fill an empty database, and run web server and worker in the foreground."""
    process.up(app)


@itsm.group()
def config() -> None:
    """Settings."""


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def config_show(*, as_json: bool) -> None:
    """Print every setting with its source, secrets masked."""
    rows = describe()
    if as_json:
        click.echo(json.dumps([vars(row) for row in rows], ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo(f"{row.name:24} {row.value:40} {row.source:24} {row.title}")


@itsm.group("audit")
def audit_group() -> None:
    """The audit log."""


@audit_group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audit_verify(*, as_json: bool) -> None:
    """Check the chained audit log; names the first entry that does not hold."""
    with unit_of_work():
        while audit.seal():
            session.flush()
    anchor = process.read_anchor(settings())
    verdict = audit.verify(anchored=anchor)
    process.write_anchor(settings(), audit.head()) if not verdict.reason else None
    if as_json:
        click.echo(json.dumps(vars(verdict)))
    elif verdict.reason:
        click.echo(f"entry {verdict.broken_number}: {verdict.reason} ({verdict.checked} entries before it hold)")
    else:
        click.echo(f"{verdict.checked} entries hold")
    if verdict.reason:
        sys.exit(1)


@itsm.group("job")
def job_group() -> None:
    """Scheduled jobs."""


@job_group.command("run")
@click.argument("name")
def job_run(name: str) -> None:
    """Run one scheduled job now, in this process."""
    outcome = process.run_named_job(name)
    click.echo(f"{name}: {outcome.done} done, {outcome.failed} failed")
    for error in outcome.errors:
        click.echo(error, err=True)
    if outcome.failed:
        sys.exit(1)


def _add_module_commands() -> None:
    for module in MODULES:
        for command in module.commands:
            known = itsm.commands.get(command.name or "")
            if isinstance(known, click.Group) and isinstance(command, click.Group):
                known.commands.update(command.commands)
            else:
                itsm.add_command(command)


itsm.add_command(seed)
_add_module_commands()
