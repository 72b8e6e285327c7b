"""People, organisations, groups and the audit log as JSON. No password or hash is ever among the fields."""

from collections.abc import Sequence
from typing import Any

from flask_smorest import Blueprint

from itsm.identity import filters, queries, references, services
from itsm.identity.models import Group, Organisation, Person
from itsm.identity.schemas import (
    AuditArguments,
    AuditOutput,
    GroupChanges,
    GroupOutput,
    NewGroup,
    NewOrganisation,
    NewPerson,
    OrganisationChanges,
    OrganisationOutput,
    PersonChanges,
    PersonOutput,
)
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.text import _
from itsm.web import api, audit_log
from itsm.web.access import current_actor, requires
from itsm.web.audit_log import AuditFilter

blueprint = Blueprint("identity-api", __name__, description="People, organisations, groups, audit log")

INSIDE = ("can_sign_in", "roles", "groups")


def _check_sort(arguments: dict[str, Any], name: str) -> None:
    if arguments.get("sort", name) != name:
        raise Invalid.field("sort", _("Sort by one of: %(names)s.", names=name))


def present_people(actor: Actor, people: Sequence[Person]) -> list[dict[str, Any]]:
    """People as their schema wants them; three statements whatever their number."""
    managers = queries.emails_of({person.manager_id for person in people if person.manager_id})
    inside = actor.has("people.edit")
    groups = queries.groups_of_people([person.id for person in people]) if inside and people else {}
    rows = []
    for person in people:
        row = {name: getattr(person, name, None) for name in PersonOutput().fields if name not in INSIDE}
        row["organisation"] = person.organisation.name if person.organisation else None
        row["site"] = person.site.name if person.site else None
        row["manager"] = managers.get(person.manager_id or 0)
        if inside:
            row["can_sign_in"] = bool(person.password) and person.active
            row["roles"] = sorted(role.name for role in person.roles)
            row["groups"] = [name for _group_id, name in groups.get(person.id, [])]
        rows.append(row)
    return rows


def _person_values(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    values = dict(data)
    if "roles" in values and not actor.has("roles.grant"):
        raise Forbidden(_("Only an administrator may give roles."))
    if "organisation" in values:
        values["organisation_id"] = references.organisation_id("organisation", values.pop("organisation"))
    if "site" in values:
        values["site_id"] = references.site_id("site", values.pop("site"))
    if "manager" in values:
        values["manager_id"] = references.person_id("manager", values.pop("manager"))
    if "groups" in values:
        values["group_ids"] = [references.group_id("groups", name) for name in values.pop("groups")]
    return values


def _one_person(actor: Actor, person_id: int) -> dict[str, Any]:
    person = queries.get_person(actor, person_id)
    api.set_etag(person.version)
    return present_people(actor, [person])[0]


@blueprint.get("/people")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(PersonOutput))
@requires("people.read")
def list_people(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of people by name."""
    actor = current_actor()
    _check_sort(arguments, "name")
    page = queries.list_people(
        actor,
        conditions=filters.conditions(actor, arguments.get("q", "")),
        limit=arguments.get("limit"),
        cursor=arguments.get("cursor"),
    )
    return {"items": present_people(actor, page.items), "next": page.next}


@blueprint.get("/people/<int:person_id>")
@blueprint.response(200, PersonOutput)
@requires("people.read")
def read_person(person_id: int) -> dict[str, Any]:
    """One person; the ETag is what a PATCH sends as If-Match."""
    return _one_person(current_actor(), person_id)


@blueprint.post("/people")
@blueprint.arguments(NewPerson)
@blueprint.response(201, PersonOutput)
@requires("people.edit")
def create_person(data: dict[str, Any]) -> Any:
    """Record a person, who signs in after choosing a password by mail."""
    actor = current_actor()
    values = _person_values(actor, data)
    group_ids = values.pop("group_ids", None)
    person = services.create_person(actor, **values)
    if group_ids:
        services.set_groups_of_person(actor, person.id, group_ids)
    return api.created(_one_person(actor, person.id), ".read_person", person_id=person.id)


@blueprint.patch("/people/<int:person_id>")
@blueprint.arguments(PersonChanges)
@blueprint.response(200, PersonOutput)
@requires("people.edit")
def change_person(data: dict[str, Any], person_id: int) -> dict[str, Any]:
    """Change a person; needs If-Match. `active: false` ends sessions and tokens at once."""
    actor = current_actor()
    version = api.check_match(queries.get_person(actor, person_id))
    services.edit_person(actor, person_id, version=version, changes=_person_values(actor, data))
    return _one_person(actor, person_id)


def _organisation_row(row: Organisation, names: dict[int, str]) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in OrganisationOutput().fields if name != "parent"}
    return known | {"parent": names.get(row.parent_id or 0)}


def _one_organisation(row: Organisation) -> dict[str, Any]:
    api.set_etag(row.version)
    return _organisation_row(row, queries.organisation_names({row.parent_id} if row.parent_id else set()))


def _organisation_values(data: dict[str, Any]) -> dict[str, Any]:
    values = dict(data)
    if "parent" in values:
        values["parent_id"] = references.organisation_id("parent", values.pop("parent"))
    return values


@blueprint.get("/organisations")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(OrganisationOutput))
@requires("people.read")
def list_organisations(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of organisations in tree order; `q` is part of a name."""
    _check_sort(arguments, "path")
    page = queries.page_of_organisations(
        current_actor(), words=arguments.get("q", ""), limit=arguments.get("limit"), cursor=arguments.get("cursor")
    )
    names = queries.organisation_names({row.parent_id for row in page.items if row.parent_id})
    return {"items": [_organisation_row(row, names) for row in page.items], "next": page.next}


@blueprint.get("/organisations/<int:organisation_id>")
@blueprint.response(200, OrganisationOutput)
@requires("people.read")
def read_organisation(organisation_id: int) -> dict[str, Any]:
    """One organisation."""
    return _one_organisation(queries.get_organisation(current_actor(), organisation_id))


@blueprint.post("/organisations")
@blueprint.arguments(NewOrganisation)
@blueprint.response(201, OrganisationOutput)
@requires("people.edit")
def create_organisation(data: dict[str, Any]) -> Any:
    """Record an organisation."""
    row = services.create_organisation(current_actor(), **_organisation_values(data))
    return api.created(_one_organisation(row), ".read_organisation", organisation_id=row.id)


@blueprint.patch("/organisations/<int:organisation_id>")
@blueprint.arguments(OrganisationChanges)
@blueprint.response(200, OrganisationOutput)
@requires("people.edit")
def change_organisation(data: dict[str, Any], organisation_id: int) -> dict[str, Any]:
    """Rename or move an organisation; needs If-Match."""
    actor = current_actor()
    version = api.check_match(queries.get_organisation(actor, organisation_id))
    changes = _organisation_values(data)
    return _one_organisation(services.edit_organisation(actor, organisation_id, version=version, changes=changes))


def _group_rows(rows: Sequence[Group]) -> list[dict[str, Any]]:
    """Groups as their schema wants them; three statements whatever their number."""
    members = queries.members_of_groups([row.id for row in rows]) if rows else {}
    people = {each for ids in members.values() for each in ids} | {row.manager_id for row in rows if row.manager_id}
    emails = queries.emails_of(people)
    names = {group.id: group.name for group in queries.list_groups(active_only=False)}
    plain = ("id", "name", "level", "email", "restricted", "active", "created_at", "updated_at", "version")
    return [
        {name: getattr(row, name) for name in plain}
        | {
            "manager": emails.get(row.manager_id or 0),
            "escalates_to": names.get(row.escalates_to_id or 0),
            "members": sorted(emails[each] for each in members.get(row.id, [])),
        }
        for row in rows
    ]


def _one_group(row: Group) -> dict[str, Any]:
    api.set_etag(row.version)
    return _group_rows([row])[0]


def _group_values(data: dict[str, Any]) -> dict[str, Any]:
    values = dict(data)
    if "manager" in values:
        values["manager_id"] = references.person_id("manager", values.pop("manager"))
    if "escalates_to" in values:
        values["escalates_to_id"] = references.group_id("escalates_to", values.pop("escalates_to"))
    if "members" in values:
        values["member_ids"] = references.person_ids("members", values.pop("members"))
    return values


@blueprint.get("/groups")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(GroupOutput))
@requires("people.read")
def list_groups(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of groups by level and name; `q` is part of a name."""
    _check_sort(arguments, "level")
    page = queries.page_of_groups(
        words=arguments.get("q", ""), limit=arguments.get("limit"), cursor=arguments.get("cursor")
    )
    return {"items": _group_rows(page.items), "next": page.next}


@blueprint.get("/groups/<int:group_id>")
@blueprint.response(200, GroupOutput)
@requires("people.read")
def read_group(group_id: int) -> dict[str, Any]:
    """One group."""
    return _one_group(queries.get_group(group_id))


@blueprint.post("/groups")
@blueprint.arguments(NewGroup)
@blueprint.response(201, GroupOutput)
@requires("groups.edit")
def create_group(data: dict[str, Any]) -> Any:
    """Record a group."""
    row = services.create_group(current_actor(), **_group_values(data))
    return api.created(_one_group(row), ".read_group", group_id=row.id)


@blueprint.patch("/groups/<int:group_id>")
@blueprint.arguments(GroupChanges)
@blueprint.response(200, GroupOutput)
@requires("groups.edit")
def change_group(data: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Change a group and its members; needs If-Match."""
    version = api.check_match(queries.get_group(group_id))
    return _one_group(services.edit_group(current_actor(), group_id, version=version, changes=_group_values(data)))


@blueprint.get("/audit")
@blueprint.arguments(AuditArguments, location="query")
@blueprint.response(200, api.page_schema(AuditOutput))
@requires("admin.open")
def list_audit(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of the audit log, newest first."""
    wanted = AuditFilter(**{name: arguments[name] for name in ("subject_kind", "subject_id", "actor", "action")})
    page = audit_log.list_entries(current_actor(), wanted, limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    return api.page_body(page)
