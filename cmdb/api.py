"""The CMDB as JSON."""

from typing import Any

import orjson
from flask import Response, current_app
from flask_smorest import Blueprint

from cmdb import classes, filters, queries, schemas, services
from cmdb.impact import impact_of
from cmdb.present import present, present_class, present_impact, present_one, present_relation
from cmdb.references import ci_from, from_input
from itsm.kernel.errors import Invalid
from itsm.kernel.paging import Page
from itsm.kernel.text import _
from itsm.web import api
from itsm.web.access import current_actor, requires, signed_in

blueprint = Blueprint("cmdb-api", __name__, description="Configuration items, their classes and relations")


@blueprint.get("/cis")
@blueprint.arguments(schemas.CiArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.CiOutput))
@signed_in
def list_cis(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of CIs by name; retired ones only when asked for by `state`."""
    actor = current_actor()
    if arguments.get("sort", "name") != "name":
        raise Invalid.field("sort", _("Sort by one of: %(names)s.", names="name"))
    page = queries.list_cis(
        actor,
        class_key=arguments.get("class_"),
        words=arguments.get("words", ""),
        state=arguments.get("state"),
        conditions=filters.conditions(actor, arguments.get("q", "")),
        limit=arguments.get("limit"),
        cursor=arguments.get("cursor"),
    )
    return {"items": present(page.items), "next": page.next}


@blueprint.post("/cis")
@blueprint.arguments(schemas.CiInput)
@blueprint.response(201, schemas.CiOutput)
@requires("cmdb.edit")
def create_ci(data: dict[str, Any]) -> Any:
    """Record a CI."""
    facts = {name: value for name, value in from_input(data).items() if value is not None}
    ci = services.create_ci(current_actor(), state=data.get("state", "in_operation"), **facts)
    return api.created(present_one(ci), ".read_ci", version=ci.version, ci_id=ci.id)


@blueprint.get("/cis/<int:ci_id>")
@blueprint.response(200, schemas.CiOutput)
@signed_in
def read_ci(ci_id: int) -> dict[str, Any]:
    """One CI; the ETag is what a PATCH sends as If-Match."""
    ci = queries.get_ci(current_actor(), ci_id)
    api.set_etag(ci.version)
    return present_one(ci)


@blueprint.patch("/cis/<int:ci_id>")
@blueprint.arguments(schemas.CiChanges)
@blueprint.response(200, schemas.CiOutput)
@requires("cmdb.edit")
def change_ci(data: dict[str, Any], ci_id: int) -> dict[str, Any]:
    """Change facts, class or state; needs If-Match. An attribute set to null goes back to what discovery says."""
    actor = current_actor()
    ci = queries.get_ci(actor, ci_id, lock=True)
    api.check_match(ci)
    services.edit_ci(actor, ci, version=None, changes=from_input(data))
    if "state" in data:
        services.change_state(actor, ci, data["state"])
    api.set_etag(ci.version)
    return present_one(ci)


@blueprint.get("/cis/<int:ci_id>/impact")
@blueprint.arguments(schemas.ImpactQuestion, location="query")
@blueprint.response(200, schemas.ImpactOutput)
@requires("cmdb.read")
def impact(question: dict[str, Any], ci_id: int) -> Response:
    """What an outage of this CI reaches (`down`) or what it needs (`up`), with the way to each."""
    found = impact_of(current_actor(), ci_id, **question)
    body = present_impact(found, question["direction"])
    return current_app.response_class(orjson.dumps(body), mimetype="application/json")


@blueprint.get("/ci-classes")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.ClassOutput))
@signed_in
def list_classes(arguments: dict[str, Any]) -> dict[str, Any]:
    """Every class; there are few, so that one page holds them all."""
    del arguments
    tree = classes.load()
    return api.page_body(Page([present_class(tree, row) for row in tree.by_key.values()]))


@blueprint.post("/ci-classes")
@blueprint.arguments(schemas.ClassInput)
@blueprint.response(201, schemas.ClassOutput)
@requires("cmdb.edit")
def create_class(data: dict[str, Any]) -> Any:
    """Add a class below another one."""
    row = services.create_class(current_actor(), **data)
    return api.created(present_class(classes.load(), row), ".read_class", version=row.version, key=row.key)


@blueprint.get("/ci-classes/<string:key>")
@blueprint.response(200, schemas.ClassOutput)
@signed_in
def read_class(key: str) -> dict[str, Any]:
    """One class by key or id."""
    row = queries.get_class(key)
    api.set_etag(row.version)
    return present_class(classes.load(), row)


@blueprint.patch("/ci-classes/<string:key>")
@blueprint.arguments(schemas.ClassChanges)
@blueprint.response(200, schemas.ClassOutput)
@requires("cmdb.edit")
def change_class(data: dict[str, Any], key: str) -> dict[str, Any]:
    """Change a class; needs If-Match."""
    row = queries.get_class(key)
    api.check_match(row)
    services.edit_class(current_actor(), row, version=None, changes=data)
    api.set_etag(row.version)
    return present_class(classes.load(), row)


@blueprint.get("/relations")
@blueprint.arguments(schemas.RelationArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.RelationOutput))
@requires("cmdb.read")
def list_relations(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of relations, of one CI (`ci`) or of all."""
    page = queries.list_relations(
        current_actor(), ci_id=arguments.get("ci"), limit=arguments.get("limit"), cursor=arguments.get("cursor")
    )
    return api.page_body(page.map(present_relation))


@blueprint.post("/relations")
@blueprint.arguments(schemas.RelationInput)
@blueprint.response(201, schemas.RelationOutput)
@requires("cmdb.edit")
def create_relation(data: dict[str, Any]) -> Any:
    """Relate two CIs; a relation that exists is answered as it is."""
    actor = current_actor()
    source, target = ci_from(actor, "source", data["source"]), ci_from(actor, "target", data["target"])
    row = services.relate(actor, source_id=source.id, target_id=target.id, type_key=data["type"])
    named = queries.NamedRelation(row, source.name, target.name)
    return api.created(present_relation(named), ".read_relation", relation_id=row.id)


@blueprint.get("/relations/<int:relation_id>")
@blueprint.response(200, schemas.RelationOutput)
@requires("cmdb.read")
def read_relation(relation_id: int) -> dict[str, Any]:
    """One relation."""
    return present_relation(queries.get_named_relation(current_actor(), relation_id))


@blueprint.delete("/relations/<int:relation_id>")
@blueprint.response(204)
@requires("cmdb.edit")
def delete_relation(relation_id: int) -> None:
    """Remove a relation."""
    actor = current_actor()
    services.unrelate(actor, queries.get_relation(actor, relation_id))
