"""The editor of life cycles."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from marshmallow import ValidationError

from itsm.identity.services import ROLES
from itsm.identity.views_admin import ROLE_TITLES
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.lifecycle import Category, Lifecycle
from itsm.kernel.lifecycles import active, built, definition_of, digest_of
from itsm.kernel.module import registry
from itsm.kernel.text import RIGHT_TO_LEFT, Message, _, current_language
from itsm.lifecycles import checks, queries, services
from itsm.lifecycles.drawing import Picture, draw
from itsm.lifecycles.schemas import Definition, definition_of_form
from itsm.web.access import current_actor, requires
from itsm.web.problems import flatten

blueprint = Blueprint("lifecycles", __name__, template_folder="templates")

PERMISSION = "lifecycles.edit"
EMPTY_ROWS = 2
CATEGORY_TITLES = {
    Category.OPEN.value: _("Open"),
    Category.ACTIVE.value: _("Active"),
    Category.WAITING.value: _("Waiting"),
    Category.RESOLVED.value: _("Resolved"),
    Category.CLOSED.value: _("Closed"),
}
NAMES = {
    "incident": _("Incident"),
    "problem": _("Problem"),
    "change.normal": _("Normal change"),
    "change.standard": _("Standard change"),
    "change.emergency": _("Emergency change"),
}
FIELD_TITLES = {
    "note": _("Note"),
    "hold_reason": _("Reason for waiting"),
    "wake_at": _("Wake up at"),
    "resolution_code": _("Resolution code"),
    "resolution": _("Resolution"),
    "root_cause": _("Root cause"),
    "review_outcome": _("Outcome of the review"),
    "review_notes": _("Notes of the review"),
}


def title_of(name: str) -> Message:
    """What a life cycle is called."""
    return NAMES.get(name, name)


@blueprint.get("/admin/lifecycles")
@requires(PERMISSION)
def list_all() -> str:
    """Every life cycle that can be edited, with its picture."""
    names = checks.editable()
    return render_template(
        "lifecycles/list.html",
        rows=[(name, title_of(name), active(name), picture(active(name))) for name in names],
        edited={name for name in names if active(name) is not registry().lifecycles[name]},
    )


def picture(lifecycle: Lifecycle) -> Picture:
    """The life cycle drawn in the direction in which the reader reads."""
    return draw(lifecycle, mirrored=current_language() in RIGHT_TO_LEFT)


@blueprint.get("/admin/lifecycles/<name>")
@requires(PERMISSION)
def edit(name: str) -> str:
    """The editor, with the life cycle in force or, with `version`, an earlier one."""
    queries.require_name(name)
    number = request.args.get("version", type=int)
    definition = queries.get_version(name, number).definition if number else definition_of(active(name))
    return _page(name, definition)


def _page(
    name: str,
    definition: Mapping[str, Any],
    *,
    errors: Mapping[str, list[Any]] | None = None,
    based_on: str | None = None,
    note: str = "",
) -> str:
    shown = _drawable(name, definition)
    return render_template(
        "lifecycles/editor.html",
        name=name,
        title=title_of(name),
        definition=definition,
        errors=errors or {},
        based_on=based_on or digest_of(definition_of(active(name))),
        note=note,
        picture=picture(shown) if shown else None,
        shipped=registry().lifecycles[name],
        is_shipped=active(name) is registry().lifecycles[name],
        versions=queries.list_versions(name),
        category_titles=CATEGORY_TITLES,
        permissions=_permissions(name),
        step_fields=[(field, FIELD_TITLES.get(field, field)) for field in checks.step_fields(name)],
        roles=[role for role in ROLES if role != "end_user"],
        role_titles=ROLE_TITLES,
        empty_rows=EMPTY_ROWS,
    )


def _drawable(name: str, definition: Mapping[str, Any]) -> Lifecycle | None:
    """The life cycle of a definition, if it can be built at all."""
    try:
        return built(registry().lifecycles[name], definition)
    except (ValueError, KeyError):
        return None


def _permissions(name: str) -> list[tuple[str, Message]]:
    shipped = [step.permission for step in registry().lifecycles[name].transitions]
    known = dict.fromkeys([*checks.permissions_for(name), *shipped])
    titles = {each: registry().permissions[each].title for each in known if each in registry().permissions}
    return [(each, titles.get(each, _("Whoever works it, and the requester"))) for each in known]


@blueprint.post("/admin/lifecycles/<name>")
@requires(PERMISSION)
def save(name: str) -> Any:
    """Show, or put in force; states that disappear with tickets in them ask first where those go."""
    queries.require_name(name)
    given = _given()
    try:
        definition = _loaded(given)
        after, definition = checks.checked(name, definition)
        if request.form.get("then") == "show":
            return _page(name, definition, based_on=request.form.get("based_on"), note=request.form.get("note", ""))
        if not request.form.get("confirmed") and (found := queries.touched(name, active(name), after)):
            return _confirmation(name, definition, after, found)
        return _put_in_force(name, definition)
    except ItsmError as error:
        session.rollback()
        errors = error.errors or {"initial": [error.message]}
        return _page(name, given, errors=errors, based_on=request.form.get("based_on")), error.status


def _given() -> dict[str, Any]:
    """What was posted: the rows of the form, or the definition that the question about tickets carries along."""
    carried = request.form.get("definition")
    return _parsed(carried) if carried else definition_of_form(request.form)


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid.field("initial", _("This is not JSON.")) from error
    return _loaded(found)


def _loaded(given: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = Definition().load(given)
    except ValidationError as error:
        faults = flatten(error.messages)
        raise Invalid(
            _("This life cycle cannot be read."),
            errors={"initial": [f"{place}: {' '.join(texts)}" for place, texts in faults.items()]},
        ) from error
    found.pop("lifecycle", None)
    return found


def _confirmation(name: str, definition: Mapping[str, Any], after: Lifecycle, found: list[queries.Touched]) -> str:
    return render_template(
        "lifecycles/confirm.html",
        name=name,
        title=title_of(name),
        definition=json.dumps(definition, ensure_ascii=False),
        found=found,
        states=after.states.values(),
        after=after,
        based_on=request.form.get("based_on", ""),
        note=request.form.get("note", ""),
        action=url_for("lifecycles.save", name=name),
    )


def _moves() -> dict[str, str]:
    return {key.removeprefix("moves."): value for key, value in request.form.items() if key.startswith("moves.")}


def _put_in_force(name: str, definition: Mapping[str, Any]) -> Any:
    row = services.put_in_force(
        current_actor(),
        name,
        definition,
        based_on=request.form.get("based_on") or None,
        moves=_moves(),
        note=request.form.get("note", ""),
    )
    flash(str(_("The life cycle is in force.") if row else _("Nothing changed.")), "success")
    return redirect(url_for("lifecycles.edit", name=name))


@blueprint.post("/admin/lifecycles/<name>/shipped")
@requires(PERMISSION)
def return_to_shipped(name: str) -> Any:
    """Put the shipped life cycle in force; asks first where tickets of states that it does not have go."""
    queries.require_name(name)
    shipped = registry().lifecycles[name]
    found = queries.touched(name, active(name), shipped)
    if any(each.gone and each.tickets for each in found) and not request.form.get("confirmed"):
        return _confirmation(name, definition_of(shipped), shipped, found)
    services.return_to_shipped(current_actor(), name, moves=_moves())
    flash(str(_("The shipped life cycle is in force.")), "success")
    return redirect(url_for("lifecycles.edit", name=name))


@blueprint.get("/admin/lifecycles/<name>/export")
@requires(PERMISSION)
def export(name: str) -> Response:
    """The life cycle in force as a JSON file."""
    queries.require_name(name)
    text = json.dumps({"lifecycle": name} | definition_of(active(name)), ensure_ascii=False, indent=2)
    response = Response(text + "\n", content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="lifecycle-{name}.json"'
    return response


@blueprint.post("/admin/lifecycles/<name>/import")
@requires(PERMISSION)
def import_file(name: str) -> Any:
    """Show what a JSON file holds in the editor; it is in force only when saved."""
    queries.require_name(name)
    file = request.files.get("file")
    try:
        definition = _parsed(file.read().decode("utf-8", "replace") if file else "")
    except ItsmError as error:
        return _page(name, definition_of(active(name)), errors=error.errors), error.status
    flash(str(_("This is what the file holds. Save to put it in force.")), "success")
    return _page(name, definition)
