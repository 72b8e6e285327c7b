"""Administration of user-defined fields, and the part of a form that asks for them."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from itsm.fields import pages, queries, services
from itsm.fields.definition import AUDIENCES, Definition, definition_of
from itsm.fields.kinds import Draft
from itsm.fields.layout import asked, kind_of
from itsm.fields.models import FieldDefinition
from itsm.fields.schemas import DefinitionForm, columns_of, written_choices
from itsm.fields.types import TYPES
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.module import registry
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form
from itsm.web.rates import limited

blueprint = Blueprint("fields", __name__, template_folder="templates")

PERMISSION = "fields.edit"
AUDIENCE_TITLES = {
    "staff": _("Staff only"),
    "read": _("Requesters read it"),
    "edit": _("Requesters fill it in and read it"),
}
TYPE_WORDS = {
    "text": _("A serial number, a name, a code; with a pattern if you like."),
    "long_text": _("Several lines. It is not searched by field."),
    "number": _("Whole or with a point, with a unit and a range."),
    "yes_no": _("A question with two answers."),
    "choice": _("One of a list."),
    "choices": _("Any of a list."),
    "day": _("A date without a time."),
    "instant": _("A moment, shown in each reader's time zone."),
    "person": _("Somebody who is known here."),
    "address": _("A link to another page."),
}


@blueprint.app_template_global("custom_inputs")
def custom_inputs(kind: str, form: Form) -> str:
    """The own fields of the form of a new record, for templates."""
    return pages.render_part(
        _actor(),
        kind,
        pages.posted_draft(kind, form.values),
        address=url_for("fields.form_part", kind=kind),
        errors=form.errors,
    )


def _actor() -> Actor:
    return current_actor()


@blueprint.post("/fields/form/<kind>")
@signed_in
def form_part(kind: str) -> Any:
    """The own fields that a new record's form asks for as it stands; no content when that is what the page shows."""
    found = kind_of(kind)
    if found is None:
        abort(404)
    draft = pages.posted_draft(kind)
    if pages.signature(asked(current_actor(), found, draft)) == request.form.get(pages.SHOWN):
        return "", 204
    return pages.render_part(current_actor(), kind, draft, address=url_for("fields.form_part", kind=kind))


@blueprint.get("/fields/people")
@requires("people.read")
@limited("search_rate")
def find_people() -> str:
    """People for what was typed into a field for a person, as options."""
    words = request.args.get(request.args.get("name", ""), "")
    found = identity.find_people(current_actor(), words) if words else []
    return render_template("fields/_people.html", people=[one for one in found if one.email])


@blueprint.get("/admin/fields")
@requires(PERMISSION)
def list_all() -> str:
    """Fields by kind of record, in the order of the form."""
    rows: dict[str, list[Definition]] = {name: [] for name in registry().fielded}
    for row in queries.list_definitions():
        rows.setdefault(row.kind, []).append(definition_of(row))
    return render_template(
        "fields/list.html",
        rows=rows,
        kinds=registry().fielded,
        types=TYPES,
        audiences=AUDIENCE_TITLES,
    )


@blueprint.get("/admin/fields/preview/<kind>")
@requires(PERMISSION)
def preview(kind: str) -> str:
    """The form as staff or, with `as=requester`, as requesters see it, to try its conditions."""
    found = kind_of(kind)
    if found is None:
        abort(404)
    outside = request.args.get("as") == "requester"
    return render_template(
        "fields/preview.html",
        kind=found,
        outside=outside,
        part=_preview_part(kind, outside, pages.posted_draft(kind)),
        scopes=found.scopes(),
        chosen=request.args.get("category_id", ""),
    )


def _preview_part(kind: str, outside: bool, draft: Draft) -> str:
    actor = Actor(person_id=current_actor().person_id, name="") if outside else current_actor()
    chosen: dict[str, Any] = {"as": "requester"} if outside else {}
    address = url_for("fields.preview_part", kind=kind, **chosen)
    return pages.render_part(actor, kind, draft, address=address)


@blueprint.post("/admin/fields/preview/<kind>")
@requires(PERMISSION)
def preview_part(kind: str) -> str:
    """The previewed form after a change; nothing is kept."""
    return _preview_part(kind, request.args.get("as") == "requester", pages.posted_draft(kind))


@blueprint.get("/admin/fields/new")
@requires(PERMISSION)
def new() -> str:
    """The choice of a type, then the form of a new field of that type."""
    kind = request.args.get("kind") or next(iter(registry().fielded), "")
    known = request.args.get("type", "")
    if known not in TYPES:
        return render_template("fields/types.html", kind=kind_of(kind), types=TYPES, words=TYPE_WORDS)
    return _page(Form({"kind": kind, "type": known, "audience": "staff", "active": True, "position": 100}), None)


def _page(form: Form, row: FieldDefinition | None) -> str:
    kind = kind_of(row.kind if row else str(form.value("kind")))
    return render_template(
        "fields/field.html",
        form=form,
        known=row,
        title=definition_of(row).title if row else _("New field"),
        used=queries.count_records(row) if row else 0,
        kind=kind,
        type=TYPES[row.type if row else str(form.value("type", "text"))],
        type_name=row.type if row else str(form.value("type", "text")),
        audiences=[(name, AUDIENCE_TITLES[name]) for name in AUDIENCES],
        scopes=kind.scopes() if kind else {},
        others=_others(kind.name, row) if kind else [],
    )


def _others(kind: str, row: FieldDefinition | None) -> list[str]:
    """Names that conditions of this field may ask about."""
    found = kind_of(kind)
    facts = [field.name for field in found.facts()] if found else []
    own = [f"custom.{one.key}" for one in queries.list_definitions(kind) if one.active and one.type != "long_text"]
    return facts + [name for name in own if row is None or name != f"custom.{row.key}"]


@blueprint.post("/admin/fields/new")
@requires(PERMISSION)
def create() -> Any:
    """Add a field."""
    return _saved(None)


@blueprint.get("/admin/fields/<int:field_id>")
@requires(PERMISSION)
def edit(field_id: int) -> str:
    """A field and everything about it."""
    row = get(FieldDefinition, field_id)
    return _page(Form(_form_values(row)), row)


def _form_values(row: FieldDefinition) -> dict[str, Any]:
    names = (
        "version", "kind", "key", "type", "position", "scope_ids", "audience", "required", "unique", "in_lists", "active",
        "show_if", "require_if",
    )  # fmt: skip
    values = {name: getattr(row, name) for name in names}
    for name, texts in (("title", row.titles), ("hint", row.hints), ("section", row.section)):
        values |= {f"{name}_{code}": text for code, text in texts.items()}
    options = dict(row.options)
    if "choices" in options:
        options["choices"] = written_choices(options["choices"])
    return values | options


@blueprint.post("/admin/fields/<int:field_id>")
@requires(PERMISSION)
def save(field_id: int) -> Any:
    """Change a field."""
    return _saved(field_id)


def _saved(field_id: int | None) -> Any:
    form, actor = read_form(DefinitionForm), current_actor()
    if form.ok:
        try:
            row = _keep(actor, field_id, dict(form.data))
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("fields.list_all") + f"#field-{row.id}")
    session.rollback()
    return _page(form, get(FieldDefinition, field_id) if field_id else None), 422


def _keep(actor: Actor, field_id: int | None, data: dict[str, Any]) -> FieldDefinition:
    version = data.pop("version", None)
    if field_id is None:
        return services.create_definition(actor, **columns_of(data, data.get("type", "")))
    changes = columns_of(data, get(FieldDefinition, field_id).type)
    for name in services.FIXED:
        changes.pop(name, None)
    return services.edit_definition(actor, field_id, version=version, changes=changes)
