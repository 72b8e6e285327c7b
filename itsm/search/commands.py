"""The command that writes the search index anew."""

from collections.abc import Callable

import click

from itsm.kernel.db import unit_of_work
from itsm.kernel.module import registry

BATCH = 200


@click.group()
def search() -> None:
    """The search index."""


@search.command()
def rebuild() -> None:
    """Write the words of every record anew, in batches, while the system runs; attached files follow in the background."""
    for _module, source in registry().searches():
        if source.index_again is not None:
            click.echo(f"{source.name}: {_rebuilt(source.index_again)} up to date")


def _rebuilt(index_again: Callable[[int, int], int]) -> int:
    """Goes through all records of a kind, one transaction a batch; answers the last id."""
    last = after = 0
    while True:
        with unit_of_work():
            last = index_again(after, BATCH)
        if not last:
            return after
        after = last


COMMANDS = (search,)
