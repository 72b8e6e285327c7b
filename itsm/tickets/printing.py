"""A ticket on paper: the printable page and the PDF, with or without what only staff read."""

from itertools import accumulate
from typing import Any

from flask import Blueprint, Response, render_template, request

from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets.models import JournalEntry, Ticket
from itsm.web.access import current_actor, requires
from itsm.web.rates import limited

blueprint = Blueprint("printing", __name__, template_folder="templates")

MOST_ENTRIES = 500
MOST_LETTERS = 300_000  # of all entries together; a PDF of so many takes some seconds
OUTSIDE = ("created", "public")
INSIDE = ("created", "public", "internal", "work", "change")


@blueprint.get("/tickets/<int:ticket_id>/print")
@requires("tickets.read")
def show(ticket_id: int) -> str:
    """The printable page; `internal=1` adds notes, work and changes."""
    ticket = tickets.get_by_id(current_actor(), ticket_id)
    return render_template("tickets/print.html", **_context(ticket))


@blueprint.get("/tickets/<int:ticket_id>/pdf")
@requires("tickets.read")
@limited("export_rate")
def download(ticket_id: int) -> Response:
    """The same as a PDF."""
    from itsm.kernel.pdf import BUNDLED, render_pdf  # heavy: only who makes a PDF waits for it

    ticket = tickets.get_by_id(current_actor(), ticket_id)
    html = render_template("tickets/paper.html", **_context(ticket))
    style = (BUNDLED / "print.css").read_text("utf-8")
    answer = Response(render_pdf(html, stylesheets=[style]), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{ticket.number}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _context(ticket: Ticket) -> dict[str, Any]:
    actor, internal = current_actor(), request.args.get("internal") == "1"
    context = pages.record_context(actor, ticket)
    kinds = INSIDE if internal else OUTSIDE
    entries = tickets.list_journal(actor, ticket, limit=MOST_ENTRIES + 1, kinds=kinds)
    printed = newest_that_fit(entries)
    items, loose_files = pages.told(actor, ticket, oldest_first(printed))
    left_out = len(printed) < len(entries)
    return context | {"internal": internal, "story": items, "loose_files": loose_files, "left_out": left_out}


def newest_that_fit(entries: list[JournalEntry]) -> list[JournalEntry]:
    """The newest entries, given newest first, as far as paper takes them."""
    letters = accumulate(len(entry.body) for entry in entries[:MOST_ENTRIES])
    return [entry for entry, sum_so_far in zip(entries, letters, strict=False) if sum_so_far <= MOST_LETTERS]


def oldest_first(entries: list[JournalEntry]) -> list[JournalEntry]:
    """Paper is read from the top."""
    return sorted(entries, key=lambda entry: entry.id)
