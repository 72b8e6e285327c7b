"""A ticket on paper: the printable page and the PDF, with or without what only staff read."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets.models import JournalEntry, Ticket
from itsm.web.access import current_actor, requires

blueprint = Blueprint("printing", __name__, template_folder="templates")

MOST_ENTRIES = 500
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
    entries = tickets.list_journal(actor, ticket, limit=MOST_ENTRIES, kinds=kinds)
    items, loose_files = pages.told(actor, ticket, oldest_first(entries))
    return context | {"internal": internal, "story": items, "loose_files": loose_files}


def oldest_first(entries: list[JournalEntry]) -> list[JournalEntry]:
    """Paper is read from the top."""
    return sorted(entries, key=lambda entry: entry.id)
