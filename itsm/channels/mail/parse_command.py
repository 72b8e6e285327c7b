"""`itsm mail parse`: the reader alone. It imports nothing that needs the application or its database."""

import json
import sys
from pathlib import Path

import click

from itsm.channels.mail.json_lines import parse_lines

MOST_BYTES = 256 * 1024 * 1024


@click.command("parse")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE…]")
def parse(files: tuple[Path, ...]) -> None:
    """Only read messages (from standard input when no file is named); prints one JSON line a message."""
    if not files:
        _print_parsed(None, sys.stdin.buffer.read(MOST_BYTES))
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            click.echo(json.dumps({"file": str(path), "error": str(error.strerror or error)}, ensure_ascii=False))
            continue
        _print_parsed(str(path), content)


def _print_parsed(name: str | None, content: bytes) -> None:
    for line in parse_lines([(name, content)]):
        click.echo(json.dumps(line, ensure_ascii=False))
