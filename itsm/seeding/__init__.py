"""Deterministic load data for benchmarks: people, tickets with journal, clocks and search words, and a layered CMDB.

Rows are written in bulk, past the services; their shapes are those that the services write.
"""

import random

import click

from itsm.kernel.db import unit_of_work
from itsm.seeding.cis import add_cis
from itsm.seeding.people import add_people
from itsm.seeding.tickets import add_tickets

__all__ = ["add_cis", "add_people", "add_tickets", "seed"]


@click.command("seed")
@click.option("--tickets", type=int, default=0, show_default=True)
@click.option("--cis", type=int, default=0, show_default=True)
@click.option("--people", type=int, default=200, show_default=True)
@click.option("--seed", "seed_number", type=int, default=1, show_default=True)
def seed(tickets: int, cis: int, people: int, seed_number: int) -> None:
    """Write deterministic load data for benchmarks."""
    dice = random.Random(seed_number)
    with unit_of_work():
        add_people(people)
    if tickets:
        add_tickets(dice, tickets)
    if cis:
        add_cis(dice, cis)
    click.echo(f"{people} people, {tickets} tickets, {cis} CIs")
