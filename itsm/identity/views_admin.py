"""Administration of people."""

import re
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import filters, login, queries, references, services
from itsm.identity.models import Person
from itsm.identity.schemas import PersonForm
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.paging import Page
from itsm.kernel.text import _
from itsm.web import audit_log, lists
from itsm.web.access import current_actor, requires
from itsm.web.audit_log import AuditFilter
from itsm.web.forms import Form, read_form
from itsm.web.lists import Column, Empty, Filter, Link, ListPage
from itsm.web.navigation import administration

blueprint = Blueprint("people", __name__, template_folder="templates")

AUDIT_SHOWN = 20
PHONE_NUMBER = re.compile(r"[+(]?[\d][\d ()/.-]{2,40}")
CELLS = "identity/admin/_people_cells.html"
COLUMNS = (
    Column("name", _("Name"), CELLS, "title-cell"),
    Column("places", _("Organisation · site"), CELLS, "wide-only"),
    Column("roles", _("Roles"), CELLS),
    Column("member_of", _("Groups"), CELLS, "wide-only"),
)
FACTS = (
    "version", "name", "email", "phone", "title", "organisation_id", "site_id", "language", "timezone", "vip",
    "sees_colleagues", "active",
)  # fmt: skip
ROLE_TITLES = {
    "end_user": _("End user"),
    "agent": _("Service desk agent"),
    "supervisor": _("Supervisor"),
    "change_manager": _("Change manager"),
    "cab_member": _("Member of the change board"),
    "asset_manager": _("Asset manager"),
    "cmdb_editor": _("CMDB editor"),
    "manager": _("Manager"),
    "admin": _("Administrator"),
}


@blueprint.get("/admin/people")
@requires("admin.open")
def list_all() -> str:
    """People by name; part of a name, an address or a phone number finds them, and so does the filter language."""
    actor, text = current_actor(), request.args.get("q", "").strip()
    page, fault = _read(actor, text)
    shown = ListPage(
        title=_("People"),
        endpoint="people.list_all",
        arguments={"q": text} if text else {},
        sections=[administration("people.list_all")],
        filter=Filter(_("Filter"), 'organisation in subtree("Madrid") and vip = true', text, kind="person"),
        columns=COLUMNS,
        rows=page.items,
        next=page.next,
        fault=fault,
        empty=Empty(_("Nobody found"), _("Try part of the name, the address or the phone number."), "users"),
        create=Link(_("New person"), "people.new", icon="user-plus"),
    )
    groups = queries.groups_of_people([person.id for person in page.items])
    return lists.render(shown, groups=groups, roles_of=_roles_of)


def _roles_of(person: Person) -> list[Any]:
    return [ROLE_TITLES.get(role.name, role.name) for role in person.roles]


def _read(actor: Actor, text: str) -> tuple[Page[Person], Any]:
    """One page, or none and why the filter cannot be read. The signs of a phone number are no filter's."""
    dialled = PHONE_NUMBER.fullmatch(text)
    try:
        where = [queries.matches(text)] if dialled else filters.conditions(actor, text)
        return queries.list_people(actor, conditions=where, cursor=request.args.get("cursor")), ""
    except Invalid as error:
        if "q" not in error.errors:
            raise
        return Page([]), error.message


@blueprint.get("/admin/people/new")
@requires("admin.open")
def new() -> str:
    """The form of a new person."""
    return _page(Form({"active": True, "roles": ["end_user"]}), None)


@blueprint.post("/admin/people/new")
@requires("admin.open")
def create() -> Any:
    """Record a person."""
    form, actor = read_form(PersonForm), current_actor()
    if form.ok:
        try:
            person = _create(actor, form)
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("%(name)s is recorded.", name=person.name)), "success")
            return redirect(url_for("people.edit", person_id=person.id))
    session.rollback()
    return _page(form, None), 422


def _create(actor: Actor, form: Form) -> Person:
    values = _values(actor, form)
    group_ids, roles = values.pop("group_ids", []), values.pop("roles", ["end_user"])
    values.pop("version", None)
    person = services.create_person(actor, roles=roles, **values)
    if group_ids:
        services.set_groups_of_person(actor, person.id, group_ids)
    return person


def _values(actor: Actor, form: Form) -> dict[str, Any]:
    """What the service takes; roles and groups only from those who may change them and so were shown them."""
    values = dict(form.data)
    values["manager_id"] = references.person_id("manager", values.pop("manager"))
    if not actor.has("roles.grant"):
        values.pop("roles")
    if not actor.has("groups.edit"):
        values.pop("group_ids")
    return values


@blueprint.get("/admin/people/<int:person_id>")
@requires("admin.open")
def edit(person_id: int) -> str:
    """A person: facts, place, roles, groups, sign-in, and what changed about them."""
    person = queries.get_person(current_actor(), person_id)
    return _page(Form(_known(person)), person)


def _known(person: Person) -> dict[str, Any]:
    known = {name: getattr(person, name) for name in FACTS}
    manager = queries.emails_of({person.manager_id}) if person.manager_id else {}
    groups = queries.groups_of_people([person.id]).get(person.id, [])
    return {name: "" if value is None else value for name, value in known.items()} | {
        "manager": manager.get(person.manager_id or 0, ""),
        "roles": [role.name for role in person.roles],
        "group_ids": [group_id for group_id, _name in groups],
    }


@blueprint.post("/admin/people/<int:person_id>")
@requires("admin.open")
def save(person_id: int) -> Any:
    """Change a person; deactivating ends every session and token at once."""
    form, actor = read_form(PersonForm), current_actor()
    if form.ok:
        try:
            values = _values(actor, form)
            version = values.pop("version", None)
            services.edit_person(actor, person_id, version=version, changes=values)
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("people.edit", person_id=person_id))
    session.rollback()
    return _page(form, queries.get_person(actor, person_id)), 422


@blueprint.post("/admin/people/<int:person_id>/reset-link")
@requires("admin.open")
def send_reset_link(person_id: int) -> Response:
    """Mail the person a link to choose a password."""
    actor = current_actor()
    login.send_reset_link(actor, queries.get_person(actor, person_id))
    flash(str(_("The link is on its way.")), "success")
    return redirect(url_for("people.edit", person_id=person_id))


@blueprint.post("/admin/people/<int:person_id>/tokens/<int:token_id>/revoke")
@requires("admin.open")
def revoke_token(person_id: int, token_id: int) -> Response:
    """End one of the person's API tokens."""
    services.revoke_token(current_actor(), token_id)
    flash(str(_("The token is revoked.")), "success")
    return redirect(url_for("people.edit", person_id=person_id))


def _page(form: Form, person: Person | None) -> str:
    actor = current_actor()
    history = AuditFilter(subject_kind="person", subject_id=person.id) if person else None
    return render_template(
        "identity/admin/person.html",
        form=form,
        known=person,
        tokens=queries.list_tokens(person.id) if person else [],
        entries=audit_log.list_entries(actor, history, limit=AUDIT_SHOWN).items if history else [],
        organisations=[(row.id, row.name) for row in queries.list_organisations(actor)],
        sites=[(row.id, row.name) for row in queries.list_sites()],
        groups=queries.list_groups(),
        role_titles=ROLE_TITLES,
    )
