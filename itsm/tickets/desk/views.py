"""What the desk's pages ask for and send: counts, columns, favourites, files, moves on the board."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.text import _
from itsm.tickets import queries
from itsm.tickets import services as ticket_services
from itsm.tickets.desk import board, export, listing, pages, queues, services
from itsm.tickets.desk.schemas import ColumnsForm, FavouriteForm
from itsm.tickets.pages import address_of
from itsm.web import lists, security_log
from itsm.web.access import current_actor, requires
from itsm.web.files import send_list
from itsm.web.forms import own_path, read_form
from itsm.web.rates import limited
from itsm.web.views import offer_undo

blueprint = Blueprint("desk", __name__, template_folder="../templates")


@blueprint.get("/desk/counts")
@requires("tickets.read")
def counts() -> BaseResponse:
    """How many tickets each queue of the desk holds, as people read it; 304 when that is as it was."""
    actor = current_actor()
    known = queues.on_desk(actor)
    found = queries.count_up_to_limit(actor, known)
    answer = jsonify({name: lists.limited_count(number) for name, number in found.items()})
    answer.add_etag()
    return answer.make_conditional(request)


@blueprint.post("/desk/columns")
@requires("tickets.read")
def choose_columns() -> BaseResponse:
    """Keep which columns the actor sees of a queue."""
    form = read_form(ColumnsForm)
    form.require_ok()
    keys = [] if form.data["everyone"] else form.data["columns"]
    services.choose_columns(current_actor(), form.data["view"], keys)
    return redirect(own_path(request.args.get("back")))


@blueprint.post("/desk/favourites")
@requires("tickets.read")
def set_favourite() -> BaseResponse:
    """Put a queue among the favourites, take it away, or move it up."""
    actor, form = current_actor(), read_form(FavouriteForm)
    form.require_ok()
    name, known = form.data["view"], queues.on_desk(actor)
    names = [queue.name for queue in queues.favourites(known, queues.choices_of(actor))]
    services.set_favourites(actor, _rearranged(names, name, form.data["do"]))
    return redirect(own_path(request.args.get("back")))


def _rearranged(names: list[str], name: str, do: str) -> list[str]:
    others = [each for each in names if each != name]
    if do == "remove":
        return others
    place = max(0, names.index(name) - 1) if do == "up" and name in names else len(others)
    return [*others[:place], name, *others[place:]]


@blueprint.get("/desk/export/<form>")
@requires("tickets.read")
@limited("export_rate")
def export_list(form: str) -> Response:
    """The list that is seen, all its pages, as a file."""
    actor = current_actor()
    if form not in export.MOST_ROWS:
        raise NotFound(_("There is no such form of file."))
    asked = listing.read_asked(actor, request.args)
    columns, most = pages.columns_of(actor, asked.queue), export.MOST_ROWS[form]
    security_log.note_export("tickets", rows=min(listing.count_all(actor, asked), most), file_format=form)
    titles, lines = [column.title for column in columns], export.rows(actor, asked, columns, most=most)
    return send_list(form, name="tickets", title=_("Tickets"), titles=titles, lines=lines)


@blueprint.post("/desk/board/<int:ticket_id>/<step>")
@requires("tickets.read")
def move(ticket_id: int, step: str) -> Any:
    """Take the step that moves a card; one that asks for something leads to the ticket's page."""
    actor, back = current_actor(), own_path(request.args.get("back"))
    ticket_services.locked_if_exists(ticket_id)
    ticket = queries.get_by_id(actor, ticket_id)
    try:
        undo = board.take_move(actor, ticket, step, back=back)
    except ItsmError as error:
        if error.errors:
            return redirect(f"{address_of(ticket.kind, ticket.id)}#step-{step}")
        raise
    offer_undo(undo, _("%(number)s is moved.", number=ticket.number))
    return redirect(back if back != "/" else url_for("tickets.desk", layout="board"))
