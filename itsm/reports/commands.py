"""The command that writes reports to files."""

import sys
from datetime import date, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from itsm.identity.login import command_actor
from itsm.identity.models import Organisation
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import NotFound
from itsm.kernel.runtime import settings
from itsm.kernel.text import LANGUAGES, _
from itsm.reports import exports
from itsm.reports.design import PAPERS
from itsm.reports.schemas import FORMATS, question_of
from sla.models import Agreement

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("name")
@click.option("--from", "first", type=DAY, required=True, help="First day of the period.")
@click.option("--to", "end", type=DAY, required=True, help="Day before which the period ends.")
@click.option(
    "--format", "file_format", type=click.Choice(FORMATS), help="By default what the file's name ends in, else pdf."
)
@click.option("--organisation", help="Name or id of an organisation; those below it are included.")
@click.option("--agreement", help="Name or id of a service level agreement.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="By default the site's.")
@click.option("--timezone", help="Zone of the period's days; by default the site's.")
@click.option("--paper", type=click.Choice(list(PAPERS)), help="With pdf: size of the pages; by default the site's.")
@click.option("--table", default="", help="With --format csv: the table to write, such as breaches or clocks.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True),
    help="File to write; - for standard output.",
)
def report(
    *,
    name: str,
    first: datetime,
    end: datetime,
    file_format: str | None,
    organisation: str | None,
    agreement: str | None,
    language: str | None,
    timezone: str | None,
    paper: str | None,
    table: str,
    output: str,
) -> None:
    """Write the report NAME of a period to a file.

    NAME is one of: sla, ola, uc, incidents, backlog, times, quality, workload, top, satisfaction, availability, changes,
    problems, assets, licences.
    """
    days: dict[str, date] = {"from_day": first.date(), "to_day": end.date()}
    with reading(), unit_of_work():
        actor = command_actor()
        arguments = days | {
            "organisation": _find("organisation", Organisation.id, Organisation.name, organisation),
            "agreement": _find("agreement", Agreement.id, Agreement.name, agreement),
            "timezone": timezone,
            "paper": paper or "",
        }
        question = question_of(actor, arguments, language=language or settings().language)
        content = exports.make_file(actor, name, question, file_format or _format_of(output), table=table)
    if output == "-":
        sys.stdout.buffer.write(content)
    else:
        Path(output).write_bytes(content)


def _format_of(output: str) -> str:
    ending = Path(output).suffix.removeprefix(".").lower()
    return ending if ending in FORMATS else "pdf"


def _find(
    what: str, id_column: InstrumentedAttribute[int], name_column: InstrumentedAttribute[str], text: str | None
) -> int | None:
    if text is None:
        return None
    condition = id_column == int(text) if text.isdecimal() else name_column == text
    found = session.scalar(select(id_column).where(condition))
    if found is None:
        raise NotFound(_("There is no %(what)s “%(name)s”.", what=what, name=text))
    return found


COMMANDS = (report,)
