"""What an open page asks and sends by itself: who is here, what is new, what was typed so far."""

import hashlib
from typing import Any

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets.live import queries, services
from itsm.tickets.live.queries import Glance
from itsm.tickets.live.schemas import DraftForm, HereForm
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form

blueprint = Blueprint("live", __name__, template_folder="templates")

NOTHING_NEW = ("", 204)


@blueprint.post("/tickets/<int:ticket_id>/here")
@requires("tickets.read")
def here(ticket_id: int) -> Any:
    """Note that the actor has the page open; answers what is new since the page asked last, or 204."""
    actor, form = current_actor(), _checked(read_form(HereForm))
    seen = queries.glance(actor, ticket_id)
    services.note_presence(actor, ticket_id, seen, typing=form.data["typing"])
    crowd = crowd_of(seen)
    known = (form.data["crowd"], form.data["since"], form.data["version"])
    if known == (crowd, seen.newest_id, seen.version):
        return NOTHING_NEW
    return render_template("tickets/_live.html", **_news(form, seen), ticket_id=ticket_id, seen=seen, crowd=crowd)


def _news(form: Form, seen: Glance) -> dict[str, Any]:
    """Entries that the page does not show yet, and whether the ticket changed since it was shown."""
    shown = {"shown_version": form.data["version"], "changed": seen.version != form.data["version"]}
    if seen.newest_id <= form.data["since"]:
        return shown | {"items": [], "show": form.data["show"]}
    actor = current_actor()
    ticket = tickets.get_by_id(actor, seen.ticket_id)
    return shown | pages.timeline(actor, ticket, after_id=form.data["since"], show=form.data["show"]) | {"older": None}


def crowd_of(seen: Glance) -> str:
    """Who else is here, in a few letters."""
    told = ",".join(f"{each.person_id}:{int(each.typing)}" for each in seen.others)
    return hashlib.sha256(told.encode()).hexdigest()[:16] if told else ""


@blueprint.post("/tickets/<int:ticket_id>/draft")
@signed_in
def save_draft(ticket_id: int) -> Any:
    """Keep what the actor has typed; on every device the page then begins with it."""
    actor, form = current_actor(), _checked(read_form(DraftForm))
    ticket = tickets.get_by_id(actor, ticket_id)
    services.save_draft(actor, ticket.id, **form.data)
    return NOTHING_NEW


@blueprint.post("/tickets/<int:ticket_id>/draft/discard")
@signed_in
def discard_draft(ticket_id: int) -> Response:
    """Throw away what the actor has typed."""
    actor = current_actor()
    ticket = tickets.get_by_id(actor, ticket_id)
    services.clear_draft(actor, ticket.id)
    return redirect(pages.url_of(ticket))


@blueprint.get("/tickets/<int:ticket_id>/entries")
@signed_in
def back_to_page(ticket_id: int) -> Response:
    """Where somebody comes out who signs in again after sending: what was typed is still on the page."""
    return redirect(pages.url_of(tickets.get_by_id(current_actor(), ticket_id)))


def _checked(form: Form) -> Form:
    if not form.ok:
        raise Invalid(_("Please check what you entered"), errors=form.errors)
    return form
