"""Administration of organisations, sites and groups."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import Schema

from itsm.identity import queries, references, services
from itsm.identity.models import Group, Organisation, Site
from itsm.identity.schemas import GroupForm, OrganisationForm, SiteForm
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form

blueprint = Blueprint("places", __name__, template_folder="templates")

LONGEST_SEARCH = 200


def _words() -> str:
    return request.args.get("q", "").strip()[:LONGEST_SEARCH]


def _saved(schema: type[Schema], write: Callable[[Form], None], *, back: str, page: Callable[[Form], str]) -> Any:
    """Read the form and write it; answers the way back, or the page with what was typed and what is wrong."""
    form = read_form(schema)
    if form.ok:
        try:
            write(form)
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for(back))
    session.rollback()
    return page(form), 422


@blueprint.get("/admin/organisations")
@requires("admin.open")
def list_organisations() -> str:
    """The tree of organisations."""
    words = _words()
    page = queries.page_of_organisations(current_actor(), words=words, cursor=request.args.get("cursor"))
    parents = queries.organisation_names({row.parent_id for row in page.items if row.parent_id})
    return render_template(
        "identity/admin/organisations.html", rows=page.items, next=page.next, q=words, parents=parents
    )


def _organisation_page(form: Form, row: Organisation | None) -> str:
    others = [
        (each.id, each.name) for each in queries.list_organisations(current_actor()) if row is None or each.id != row.id
    ]
    return render_template("identity/admin/organisation.html", form=form, known=row, others=others)


@blueprint.get("/admin/organisations/new")
@requires("admin.open")
def new_organisation() -> str:
    """The form of a new organisation."""
    return _organisation_page(Form(request.args.to_dict()), None)


@blueprint.post("/admin/organisations/new")
@requires("admin.open")
def create_organisation() -> Any:
    """Record an organisation."""

    def write(form: Form) -> None:
        services.create_organisation(current_actor(), name=form.data["name"], parent_id=form.data["parent_id"])

    return _saved(
        OrganisationForm, write, back="places.list_organisations", page=lambda form: _organisation_page(form, None)
    )


@blueprint.get("/admin/organisations/<int:organisation_id>")
@requires("admin.open")
def edit_organisation(organisation_id: int) -> str:
    """An organisation's name and place in the tree."""
    row = queries.get_organisation(current_actor(), organisation_id)
    return _organisation_page(Form({"name": row.name, "parent_id": row.parent_id or "", "version": row.version}), row)


@blueprint.post("/admin/organisations/<int:organisation_id>")
@requires("admin.open")
def save_organisation(organisation_id: int) -> Any:
    """Rename or move an organisation."""

    def write(form: Form) -> None:
        changes = dict(form.data)
        version = changes.pop("version", None)
        services.edit_organisation(current_actor(), organisation_id, version=version, changes=changes)

    def page(form: Form) -> str:
        return _organisation_page(form, queries.get_organisation(current_actor(), organisation_id))

    return _saved(OrganisationForm, write, back="places.list_organisations", page=page)


@blueprint.get("/admin/sites")
@requires("admin.open")
def list_sites() -> str:
    """Sites by name."""
    words = _words()
    page = queries.page_of_sites(words=words, cursor=request.args.get("cursor"))
    return render_template("identity/admin/sites.html", rows=page.items, next=page.next, q=words)


def _site_page(form: Form, row: Site | None) -> str:
    return render_template("identity/admin/site.html", form=form, known=row)


@blueprint.get("/admin/sites/new")
@requires("admin.open")
def new_site() -> str:
    """The form of a new site."""
    return _site_page(Form({"timezone": settings().timezone}), None)


@blueprint.post("/admin/sites/new")
@requires("admin.open")
def create_site() -> Any:
    """Record a site."""

    def write(form: Form) -> None:
        services.create_site(current_actor(), **form.data)

    return _saved(SiteForm, write, back="places.list_sites", page=lambda form: _site_page(form, None))


@blueprint.get("/admin/sites/<int:site_id>")
@requires("admin.open")
def edit_site(site_id: int) -> str:
    """A site's facts."""
    row = queries.get_site(site_id)
    return _site_page(Form({name: getattr(row, name) for name in SiteForm().fields}), row)


@blueprint.post("/admin/sites/<int:site_id>")
@requires("admin.open")
def save_site(site_id: int) -> Any:
    """Change a site."""

    def write(form: Form) -> None:
        services.edit_site(current_actor(), site_id, changes=form.data)

    return _saved(
        SiteForm, write, back="places.list_sites", page=lambda form: _site_page(form, queries.get_site(site_id))
    )


@blueprint.get("/admin/groups")
@requires("admin.open")
def list_groups() -> str:
    """Groups by level and name."""
    words = _words()
    page = queries.page_of_groups(words=words, cursor=request.args.get("cursor"))
    names = queries.person_names({row.manager_id for row in page.items if row.manager_id})
    groups = {row.id: row.name for row in queries.list_groups(active_only=False)}
    return render_template(
        "identity/admin/groups.html",
        rows=page.items,
        next=page.next,
        q=words,
        names=names,
        groups=groups,
        sizes=queries.group_sizes(),
    )


def _group_page(form: Form, row: Group | None) -> str:
    others = [each for each in queries.list_groups(active_only=False) if row is None or each.id != row.id]
    return render_template(
        "identity/admin/group.html",
        form=form,
        known=row,
        others=[(each.id, f"L{each.level} {each.name}") for each in others],
        staff=queries.list_staff(),
    )


@blueprint.get("/admin/groups/new")
@requires("admin.open")
def new_group() -> str:
    """The form of a new group."""
    return _group_page(Form({"level": 1, "active": True}), None)


def _group_values(form: Form) -> dict[str, Any]:
    values = dict(form.data)
    values.pop("version", None)
    values["manager_id"] = references.person_id("manager", values.pop("manager"))
    more = values.pop("more").replace(",", " ").replace(";", " ").split()
    values["member_ids"] = {*values["member_ids"], *references.person_ids("more", more)}
    return values


@blueprint.post("/admin/groups/new")
@requires("admin.open")
def create_group() -> Any:
    """Record a group."""

    def write(form: Form) -> None:
        services.create_group(current_actor(), **_group_values(form))

    return _saved(GroupForm, write, back="places.list_groups", page=lambda form: _group_page(form, None))


@blueprint.get("/admin/groups/<int:group_id>")
@requires("admin.open")
def edit_group(group_id: int) -> str:
    """A group: level, manager, where it escalates to, members."""
    row = queries.get_group(group_id)
    names = ("version", "name", "level", "email", "escalates_to_id", "restricted", "active")
    known = {name: "" if getattr(row, name) is None else getattr(row, name) for name in names}
    manager = queries.emails_of({row.manager_id}).get(row.manager_id, "") if row.manager_id else ""
    return _group_page(Form(known | {"manager": manager, "member_ids": list(queries.member_ids(row.id))}), row)


@blueprint.post("/admin/groups/<int:group_id>")
@requires("admin.open")
def save_group(group_id: int) -> Any:
    """Change a group and its members."""

    def write(form: Form) -> None:
        values = _group_values(form)
        services.edit_group(current_actor(), group_id, version=form.data.get("version"), changes=values)

    return _saved(
        GroupForm, write, back="places.list_groups", page=lambda form: _group_page(form, queries.get_group(group_id))
    )
