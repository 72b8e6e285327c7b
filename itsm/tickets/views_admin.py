"""Administration of categories."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import fields, validate

from itsm.identity import queries as identity
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.tickets import categories, queries
from itsm.tickets.models import Category
from itsm.web.access import current_actor, requires
from itsm.web.api import StrictSchema
from itsm.web.forms import Form, read_form

blueprint = Blueprint("categories", __name__, template_folder="templates")

LONGEST_SEARCH = 200


class CategoryForm(StrictSchema):
    """The page's form of a category."""

    version = fields.Integer()
    name = fields.String(required=True, validate=validate.Length(1, 255))
    parent_id = fields.Integer(load_default=None)
    group_id = fields.Integer(load_default=None)
    active = fields.Boolean(load_default=False)


@blueprint.get("/admin/categories")
@requires("admin.open")
def list_all() -> str:
    """The tree of categories with the group that each goes to."""
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    page = queries.page_of_categories(words=words, cursor=request.args.get("cursor"))
    groups = {group.id: group.name for group in identity.list_groups(active_only=False)}
    titles = queries.category_titles() if words else {}
    return render_template(
        "tickets/admin/categories.html", rows=page.items, next=page.next, q=words, groups=groups, titles=titles
    )


def _page(form: Form, row: Category | None) -> str:
    titles = queries.category_titles()
    return render_template(
        "tickets/admin/category.html",
        form=form,
        known=row,
        others=[(key, title) for key, title in titles.items() if row is None or key != row.id],
        groups=[(group.id, f"L{group.level} {group.name}") for group in identity.list_groups()],
    )


@blueprint.get("/admin/categories/new")
@requires("admin.open")
def new() -> str:
    """The form of a new category."""
    return _page(Form({"active": True} | request.args.to_dict()), None)


@blueprint.post("/admin/categories/new")
@requires("admin.open")
def create() -> Any:
    """Record a category."""
    return _saved(None)


@blueprint.get("/admin/categories/<int:category_id>")
@requires("admin.open")
def edit(category_id: int) -> str:
    """A category's name, place and group."""
    row = get(Category, category_id)
    known = {name: getattr(row, name) for name in ("version", "name", "parent_id", "group_id", "active")}
    return _page(Form({name: "" if value is None else value for name, value in known.items()}), row)


@blueprint.post("/admin/categories/<int:category_id>")
@requires("admin.open")
def save(category_id: int) -> Any:
    """Change a category."""
    return _saved(category_id)


def _saved(category_id: int | None) -> Any:
    form, actor = read_form(CategoryForm), current_actor()
    if form.ok:
        values = dict(form.data)
        version = values.pop("version", None)
        try:
            if category_id is None:
                categories.create_category(actor, **values)
            else:
                categories.edit_category(actor, category_id, version=version, changes=values)
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("categories.list_all"))
    session.rollback()
    return _page(form, get(Category, category_id) if category_id else None), 422
