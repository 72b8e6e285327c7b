"""What the command palette offers of tickets: tickets themselves, queues, and what can be done with the one on the page."""

from flask import url_for

from itsm.kernel.actor import Actor
from itsm.kernel.lifecycle import UNFINISHED
from itsm.kernel.module import PaletteEntry
from itsm.kernel.text import _
from itsm.tickets import pages, policy, queries, services
from itsm.tickets.desk import queues
from itsm.tickets.models import Ticket
from itsm.tickets.queries import NUMBER

MOST_TICKETS = 6
LOOKED_AT = 30
MOST_VIEWS = 5


def find_tickets(actor: Actor, text: str, _path: str) -> list[PaletteEntry]:
    """The ticket with this number, else those with these words, open ones first."""
    if not text:
        return []
    best = queries.suggest(actor, text, limit=LOOKED_AT)
    rows = sorted(best, key=lambda row: row.state_category not in UNFINISHED)[:MOST_TICKETS]
    return [
        PaletteEntry(
            row.title,
            pages.address_of(row.kind, row.id),
            hint=pages.number_of(row.kind, row.id),
            icon="inbox" if row.state_category in UNFINISHED else "check",
        )
        for row in rows
    ]


def find_views(actor: Actor, text: str, _path: str) -> list[PaletteEntry]:
    """Queues whose title holds all words."""
    words = text.casefold().split()
    known = queues.on_desk(actor) if words else []
    found = [queue for queue in known if all(word in str(queue.title).casefold() for word in words)]
    return [
        PaletteEntry(queue.title, url_for("tickets.desk", view=queue.name), icon="list") for queue in found[:MOST_VIEWS]
    ]


def find_actions(actor: Actor, text: str, path: str) -> list[PaletteEntry]:
    """What can be done now with the ticket whose page is open: its steps, taking it, replying, merging."""
    ticket, words = ticket_at(actor, path), text.casefold().split()
    offered = _actions(actor, ticket) if ticket is not None else []
    return [each for each in offered if all(word in str(each.title).casefold() for word in words)]


def ticket_at(actor: Actor, path: str) -> Ticket | None:
    """The ticket whose page is at a path, if the actor may read it."""
    number = path.split("?", maxsplit=1)[0].rsplit("/", 1)[-1].upper()
    ticket = queries.find_ticket(actor, number) if NUMBER.match(number) else None
    return ticket if ticket is not None and path.startswith(f"/{type(ticket).path}/") else None


def _actions(actor: Actor, ticket: Ticket) -> list[PaletteEntry]:
    page = pages.url_of(ticket)
    entries = [
        PaletteEntry(step.title, f"{page}#step-{step.name}", icon="player-play", hint=step.key)
        if step.requires or step.accepts
        else PaletteEntry(
            step.title,
            url_for("tickets.take_step", ticket_id=ticket.id, name=step.name),
            icon="player-play",
            hint=step.key,
            post=True,
        )
        for step in services.steps_for(actor, ticket)
    ]
    if policy.can_reply(actor, ticket):
        entries.append(PaletteEntry(_("Reply"), f"{page}#reply-body", icon="message-circle", hint="r"))
    if policy.can_work(actor, ticket):
        take = url_for("tickets.take", ticket_id=ticket.id)
        entries.append(PaletteEntry(_("Assign to me"), take, icon="user", hint="a", post=True))
        if ticket.unfinished and ticket.conversational:
            merge = url_for("merging.choose_merge", ticket_id=ticket.id)
            entries.append(PaletteEntry(_("Merge…"), merge, icon="arrows-exchange"))
    return entries
