"""What reminders show on other pages."""

from typing import Any

from flask import render_template

from itsm.kernel.actor import Actor
from itsm.tickets.models import Ticket
from itsm.tickets.reminders import queries


def menu_item(actor: Actor, ticket: Ticket) -> str:
    """The way to a ticket's reminders, in its menu."""
    del actor
    return render_template("reminders/_menu.html", ticket=ticket)


def notices(actor: Actor, thing: Any) -> str:
    """Reminders that are due, above every page until they are done."""
    del thing
    rows = queries.list_told(actor)
    return render_template("reminders/_notices.html", rows=rows) if rows else ""
