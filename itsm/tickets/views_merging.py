"""Pages to merge and split tickets, and to solve the parts with the whole."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _, plural
from itsm.tickets import pages, queries, services
from itsm.tickets.models import Ticket
from itsm.tickets.schemas import MergeForm, SplitForm, step_form
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.rates import limited
from itsm.web.views import offer_undo

blueprint = Blueprint("merging", __name__, template_folder="templates")


def _ticket(ticket_id: int) -> Ticket:
    services.locked_if_exists(ticket_id)
    return queries.get_by_id(current_actor(), ticket_id)


@blueprint.get("/tickets/suggest")
@requires("tickets.read")
@limited("search_rate")
def suggest() -> str:
    """Tickets whose number or words begin like what is typed, as options of a field."""
    rows = queries.suggest(
        current_actor(), request.args.get("target", ""), without_id=request.args.get("not", type=int)
    )
    return render_template("tickets/_suggestions.html", rows=rows)


@blueprint.get("/tickets/<int:ticket_id>/merge")
@requires("tickets.read")
def choose_merge(ticket_id: int) -> str:
    """Tickets that this one may go on in: those of the same requester first, then those with the same words."""
    return _merge_page(_ticket(ticket_id), Form())


def _merge_page(ticket: Ticket, form: Form) -> str:
    actor, words = current_actor(), request.args.get("q", "")
    rows = queries.suggest(actor, words or ticket.title, without_id=ticket.id, kind=ticket.kind, unfinished=True)
    known = {row.id for row in rows}
    theirs = queries.list_open_of(actor, ticket.requester_id) if ticket.requester_id and not words else []
    return render_template(
        "tickets/merge.html",
        ticket=ticket,
        form=form,
        q=words,
        rows=rows,
        theirs=[each for each in theirs if each.id not in known | {ticket.id} and each.kind == ticket.kind],
    )


@blueprint.post("/tickets/<int:ticket_id>/merge")
@requires("tickets.read")
def merge(ticket_id: int) -> Any:
    """Let the ticket go on in another one."""
    actor, form = current_actor(), read_form(MergeForm)
    ticket = queries.get_by_id(actor, ticket_id)
    try:
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        target = queries.find_ticket(actor, form.data["into"])
        if target is None:
            raise Invalid.field("into", _("There is no %(number)s, or you may not see it.", number=form.data["into"]))
        step = services.merge(actor, ticket, target, version=form.data.get("version"))
    except ItsmError as error:
        form.refuse(error)
        return _merge_page(ticket, form), error.status
    into = queries.living(ticket)
    offer_undo(step, _("%(source)s goes on in %(target)s.", source=ticket.number, target=into.number))
    return redirect(pages.url_of(into))


@blueprint.get("/tickets/<int:ticket_id>/split")
@requires("tickets.read")
def choose_split(ticket_id: int) -> str:
    """The messages of a ticket, of which some shall be a ticket of their own."""
    return _split_page(_ticket(ticket_id), Form())


def _split_page(ticket: Ticket, form: Form) -> str:
    items = pages.timeline(current_actor(), ticket)["items"]
    said = [item.entry for item in items if item.entry.kind != "change" and item.entry.body]
    return render_template("tickets/split.html", ticket=ticket, form=form, entries=said)


@blueprint.post("/tickets/<int:ticket_id>/split")
@requires("tickets.read")
def split(ticket_id: int) -> Any:
    """Open a second ticket about some messages."""
    ticket, form = _ticket(ticket_id), read_form(SplitForm)
    try:
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        fresh, step = services.split(
            current_actor(),
            ticket,
            entry_ids=form.data["entries"],
            title=form.data["title"],
            version=form.data.get("version"),
        )
    except ItsmError as error:
        form.refuse(error)
        return _split_page(ticket, form), error.status
    offer_undo(step, _("%(fresh)s was split from %(source)s.", fresh=fresh.number, source=ticket.number))
    return redirect(pages.url_of(fresh))


@blueprint.post("/tickets/<int:ticket_id>/children/<name>")
@requires("tickets.read")
def step_children(ticket_id: int, name: str) -> Response:
    """Take a step with every open part that can take it."""
    parent = queries.get_by_id(current_actor(), ticket_id)  # the parts are locked, in the order of their ids
    form = read_form(step_form(type(parent).step_texts))
    if not form.ok:
        raise Invalid(_("Please check what you entered"), errors=form.errors)
    fields = {key: value for key, value in form.data.items() if key != "version"}
    done, left, step = services.step_children(current_actor(), parent, name, fields=fields)
    words = str(plural("%(num)s part is solved.", "%(num)s parts are solved.", len(done)))
    if left:
        words += " " + str(_("Still open: %(numbers)s.", numbers=", ".join(each.number for each in left)))
    offer_undo(step, words)
    return redirect(pages.url_of(parent))
