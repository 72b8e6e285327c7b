"""Pages of macros, and their menu on a ticket's page."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.identity.sharing import SCOPES
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.module import PaletteEntry
from itsm.kernel.text import _
from itsm.rules import forms, live, macros, policy, queries
from itsm.rules.actions import ACTIONS
from itsm.rules.live import LiveMacro
from itsm.rules.models import Macro
from itsm.rules.schemas import MacroForm
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Ticket
from itsm.tickets.policy import can_work
from itsm.tickets.wording import PLACES
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.views import offer_undo

blueprint = Blueprint("macros", __name__, template_folder="templates")


@blueprint.get("/macros")
@requires("macros.use")
def list_all() -> str:
    """Macros that the actor may use."""
    actor = current_actor()
    rows = queries.list_macros(actor)
    return render_template(
        "rules/macros.html",
        rows=rows,
        scopes=SCOPES,
        groups={group.id: group.name for group in identity.list_groups(active_only=False)},
        actions=ACTIONS,
        may_keep=lambda row: policy.may_keep(actor, row),
    )


@blueprint.get("/macros/new")
@requires("macros.use")
def new() -> str:
    """The form of a new macro."""
    return _form_page(Form({"scope": "own", "active": True}), [], None)


@blueprint.post("/macros/new")
@requires("macros.use")
def create() -> Any:
    """Save a new macro, or change its actions."""
    return _take(None)


@blueprint.get("/macros/<int:macro_id>")
@requires("macros.use")
def edit(macro_id: int) -> str:
    """A macro."""
    row = queries.get_macro(current_actor(), macro_id)
    names = ("version", "name", "scope", "group_id", "kinds", "active")
    return _form_page(Form({name: getattr(row, name) for name in names}), forms.as_typed(row.actions), row)


@blueprint.post("/macros/<int:macro_id>")
@requires("macros.use")
def save(macro_id: int) -> Any:
    """Save a macro, or change its actions."""
    return _take(queries.get_macro(current_actor(), macro_id))


@blueprint.post("/macros/<int:macro_id>/delete")
@requires("macros.use")
def delete(macro_id: int) -> Response:
    """Remove a macro."""
    macros.delete_macro(current_actor(), macro_id)
    flash(str(_("Deleted.")), "success")
    return redirect(url_for("macros.list_all"))


def _take(row: Macro | None) -> Any:
    rest, actions = forms.split(request.form)
    form = read_form(MacroForm, source=rest)
    arranged = forms.rearranged(actions, str(form.values.get("then", "")), str(form.values.get("add", "")))
    if arranged is not None:
        form.errors = {}
        return _form_page(form, arranged, row)
    if form.ok:
        try:
            _save(row, form, actions)
        except ItsmError as error:
            session.rollback()
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("macros.list_all"))
    return _form_page(form, actions, row), 422


def _save(row: Macro | None, form: Form, actions: Sequence[dict[str, Any]]) -> None:
    names = ("name", "scope", "group_id", "kinds", "active")
    values = {name: form.data[name] for name in names} | {"actions": actions}
    if row is None:
        macros.create_macro(current_actor(), values)
    else:
        macros.edit_macro(current_actor(), row.id, version=form.data.get("version"), values=values)


def _form_page(form: Form, actions: Sequence[dict[str, Any]], row: Macro | None) -> str:
    actor = current_actor()
    scopes = SCOPES if actor.has("macros.share") else {"own": SCOPES["own"]}
    return render_template(
        "rules/macro.html",
        form=form,
        known=row,
        may_keep=row is None or policy.may_keep(actor, row),
        rows=forms.action_rows(actions),
        offered=[each for each in ACTIONS.values() if each.in_macros],
        choices=forms.choices(actor),
        kinds=forms.kinds(),
        scopes=scopes,
        places=list(PLACES),
    )


@blueprint.post("/tickets/<int:ticket_id>/macros/<int:macro_id>")
@requires("macros.use")
def run(ticket_id: int, macro_id: int) -> Any:
    """Run a macro on a ticket: all of it, or nothing and why."""
    actor = current_actor()
    ticket_services.locked_if_exists(ticket_id)
    ticket = tickets.get_by_id(actor, ticket_id)
    macro = queries.get_macro(actor, macro_id)
    try:
        result = macros.run_macro(actor, [ticket], macro)[0]
        if result.error is not None:
            raise result.error
    except ItsmError as error:
        return pages.render_record(actor, ticket, refusal=error), error.status
    done = "; ".join(str(each) for each in result.done)
    offer_undo(result.undo, _("%(name)s: %(done)s", name=macro.name, done=done))
    return redirect(pages.url_of(ticket))


def macros_for(actor: Actor, ticket: Ticket) -> list[LiveMacro]:
    """Macros that the actor may run on a ticket, in order; no statement."""
    return [
        each for each in live.macros() if policy.may_use(actor, each) and (not each.kinds or ticket.kind in each.kinds)
    ]


def menu_panel(actor: Actor, ticket: Ticket) -> str:
    """The menu of macros on a ticket's page; its first nine carry the keys 1 to 9."""
    if not can_work(actor, ticket):
        return ""
    return render_template("rules/_menu.html", ticket=ticket, macros=macros_for(actor, ticket))


def find_macros(actor: Actor, text: str, path: str) -> list[PaletteEntry]:
    """What the command palette offers on a ticket's page: its macros whose name holds all words."""
    number, words = path.split("?", maxsplit=1)[0].rsplit("/", 1)[-1].upper(), text.casefold().split()
    ticket = tickets.find_ticket(actor, number) if tickets.NUMBER.match(number) else None
    if ticket is None or not can_work(actor, ticket):
        return []
    return [
        PaletteEntry(each.name, url_for("macros.run", ticket_id=ticket.id, macro_id=each.id), icon="bolt", post=True)
        for each in macros_for(actor, ticket)
        if all(word in each.name.casefold() for word in words)
    ]
