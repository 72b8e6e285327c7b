"""Replies kept ready: offered while an answer is typed, and the pages where people keep them and templates of tickets."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.identity.sharing import SCOPES
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.text import _
from itsm.tickets import mentioned, pages
from itsm.tickets import queries as tickets
from itsm.tickets.live import services as live
from itsm.tickets.schemas import EntryForm
from itsm.tickets.texts import policy, queries, services
from itsm.tickets.texts.models import CannedReply, TicketTemplate
from itsm.tickets.texts.schemas import ReplyForm, TemplateForm
from itsm.tickets.wording import PLACES
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form

blueprint = Blueprint("texts", __name__, template_folder="templates")

MOST_OFFERED = 10
TABLES: Mapping[str, type[CannedReply] | type[TicketTemplate]] = {"replies": CannedReply, "templates": TicketTemplate}


@blueprint.get("/tickets/<int:ticket_id>/replies")
@requires("tickets.read")
def offer(ticket_id: int) -> str:
    """Replies whose names fit what is typed after `/`, each with its text filled in for the ticket."""
    actor = current_actor()
    ticket = tickets.get_by_id(actor, ticket_id)
    offered = queries.replies_for(actor, request.args.get("q", "")[:100])[:MOST_OFFERED]
    bodies = services.filled_all(actor, ticket, [each.id for each in offered])
    rows = [(each, bodies[each.id]) for each in offered if each.id in bodies]
    return render_template("tickets/_replies.html", rows=rows)


@blueprint.get("/tickets/<int:ticket_id>/people")
@requires("tickets.read")
def people(ticket_id: int) -> str:
    """Staff whose names fit what is typed after `@`."""
    actor = current_actor()
    ticket = tickets.get_by_id(actor, ticket_id)
    return render_template(
        "tickets/_people.html", rows=mentioned.suggest(actor, ticket, request.args.get("q", "")[:100])
    )


@blueprint.post("/tickets/<int:ticket_id>/insert")
@requires("tickets.read")
def insert(ticket_id: int) -> Any:
    """Insert a chosen reply below what is typed already, and show the page with it; for pages without scripts."""
    actor = current_actor()
    ticket = tickets.get_by_id(actor, ticket_id)
    form = read_form(EntryForm)
    try:
        form.require_ok()
        chosen = form.data.get("reply")
        text = services.filled(actor, ticket, chosen) if chosen else ""
    except ItsmError as error:
        return pages.render_record(actor, ticket, refusal=error, typed=form.values), error.status
    body = "\n\n".join(part for part in (form.data["body"].strip(), text) if part)
    kept = {name: form.data[name] for name in ("kind", "minutes", "activity_id")}
    live.save_draft(actor, ticket.id, body=body, **kept)
    return redirect(pages.url_of(ticket) + "#reply")


@blueprint.get("/texts/<sort>")
@requires("texts.use")
def list_all(sort: str) -> str:
    """Texts that the actor may use or keep."""
    actor, table = current_actor(), _table(sort)
    return render_template(
        "tickets/texts.html",
        sort=sort,
        rows=queries.list_rows(actor, table),
        scopes=SCOPES,
        groups={group.id: group.name for group in identity.list_groups(active_only=False)},
        may_keep=lambda row: policy.may_keep(actor, row),
    )


@blueprint.get("/texts/<sort>/new")
@requires("texts.use")
def new(sort: str) -> str:
    """The form of a new text."""
    _table(sort)
    return _page(sort, Form({"scope": "own", "active": True} | request.args.to_dict()), None)


@blueprint.post("/texts/<sort>/new")
@requires("texts.use")
def create(sort: str) -> Any:
    """Record a text."""
    return _saved(sort, None)


@blueprint.get("/texts/<sort>/<int:row_id>")
@requires("texts.use")
def edit(sort: str, row_id: int) -> str:
    """A text."""
    row = queries.get_row(current_actor(), _table(sort), row_id)
    values = {name: getattr(row, name) for name in ("version", "name", "scope", "group_id", "active")}
    values |= row.values if isinstance(row, TicketTemplate) else {"body": row.body}
    return _page(sort, Form({name: "" if value is None else value for name, value in values.items()}), row)


@blueprint.post("/texts/<sort>/<int:row_id>")
@requires("texts.use")
def save(sort: str, row_id: int) -> Any:
    """Change a text."""
    return _saved(sort, queries.get_row(current_actor(), _table(sort), row_id))


@blueprint.post("/texts/<sort>/<int:row_id>/delete")
@requires("texts.use")
def delete(sort: str, row_id: int) -> Response:
    """Remove a text."""
    services.delete_row(current_actor(), queries.get_row(current_actor(), _table(sort), row_id))
    flash(str(_("Deleted.")), "success")
    return redirect(url_for("texts.list_all", sort=sort))


def _table(sort: str) -> type[CannedReply] | type[TicketTemplate]:
    if sort not in TABLES:
        raise NotFound(_("There is no such page."))
    return TABLES[sort]


def _page(sort: str, form: Form, row: CannedReply | TicketTemplate | None) -> str:
    actor = current_actor()
    return render_template(
        "tickets/text.html",
        sort=sort,
        form=form,
        known=row,
        may_keep=row is None or policy.may_keep(actor, row),
        scopes=SCOPES if actor.has("texts.share") else {"own": SCOPES["own"]},
        groups=[(group.id, group.name) for group in identity.list_groups()],
        group_names=[(group.name, group.name) for group in identity.list_groups()],
        categories=tickets.category_titles(),
        places=[f"{{{{{name}}}}}" for name in PLACES],
    )


def _saved(sort: str, row: CannedReply | TicketTemplate | None) -> Any:
    table = _table(sort)
    form = read_form(ReplyForm if table is CannedReply else TemplateForm)
    if form.ok:
        try:
            _save(row, table, form.data)
        except ItsmError as error:
            session.rollback()
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("texts.list_all", sort=sort))
    return _page(sort, form, row), 422


def _save(row: Any, table: type[CannedReply] | type[TicketTemplate], data: Mapping[str, Any]) -> None:
    actor, values = current_actor(), dict(data)
    version = values.pop("version", None)
    if table is CannedReply:
        services.save_reply(actor, row, values, version=version)
        return
    values["values"] = {name: values.pop(name) for name in services.TEMPLATE_FIELDS}
    services.save_template(actor, row, values, version=version)


def opening_values(kind: str) -> dict[str, Any]:
    """What the form of a new ticket begins with when its address names a template (`?template=7`)."""
    wanted = request.args.get("template", type=int)
    offered = queries.templates_for(current_actor(), kind) if wanted else ()
    return next((dict(each.values) for each in offered if each.id == wanted), {})


def call_panel(actor: Actor, thing: object) -> str:
    """Templates that the form of a new incident offers; nothing where there are none."""
    del thing
    offered = queries.templates_for(actor, "incident")
    return render_template("tickets/_opening_templates.html", templates=offered) if offered else ""
