"""Commands for mail: the door for an MTA's pipe, and the reader alone."""

import json
import sys

import click
from sqlalchemy.exc import SQLAlchemyError

from itsm.channels.mail import intake, queries
from itsm.channels.mail.parse_command import MOST_BYTES, parse
from itsm.kernel.db import reading, unit_of_work
from itsm.kernel.errors import ItsmError

TRY_AGAIN_LATER = 75  # EX_TEMPFAIL: the mail server keeps the message


@click.group()
def mail() -> None:
    """Mail."""


@mail.command("receive")
@click.option("--mailbox", metavar="NAME", help="Name or address of the mailbox that the message came to.")
def receive(mailbox: str | None) -> None:
    """Take in one raw message from standard input; prints what became of it as one JSON object.

    Exit status 75 when it could not be stored: the mail server must keep it and try again.
    """
    raw = sys.stdin.buffer.read(MOST_BYTES)
    try:
        outcome = intake.take_in(raw, _mailbox_id(mailbox))
    except (intake.NotStored, ItsmError, SQLAlchemyError, OSError) as error:
        click.echo(f"itsm mail receive: not stored, try again later: {error}"[:1000], err=True)
        sys.exit(TRY_AGAIN_LATER)
    click.echo(json.dumps(vars(outcome), ensure_ascii=False))


def _mailbox_id(name: str | None) -> int | None:
    if name is None:
        return None
    with reading(), unit_of_work():
        return queries.get_mailbox_by_name(name).id


mail.add_command(parse)

COMMANDS = (mail,)
