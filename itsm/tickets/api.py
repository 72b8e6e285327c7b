"""API routes that every kind of ticket has: `add_routes` puts them on a kind's blueprint."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema

from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.tickets import filters, queries, services
from itsm.tickets.models import Category, Ticket
from itsm.tickets.present import present, present_entries, present_one
from itsm.tickets.schemas import (
    EntryInput,
    EntryOutput,
    LinkInput,
    MergedOutput,
    MergeInput,
    SplitInput,
    StepInput,
    TicketChanges,
)
from itsm.web import api
from itsm.web.access import current_actor, requires, signed_in

SORTS = tuple(queries.ORDERS)


Apply = Callable[[Actor, Any, Mapping[str, Any]], None]


def add_routes(
    blueprint: Blueprint,
    kind: type[Ticket],
    output: type[Schema],
    *,
    changes: type[TicketChanges] = TicketChanges,
    apply: Apply | None = None,
) -> None:
    """List, read, change, step, write to the journal and link tickets of a kind.

    A kind with `own_facts` gives the schema of its PATCH; one whose facts have rules of their own gives the function that
    applies them too (and leaves the rest to `apply_changes`).
    """
    _add_collection(blueprint, kind, output)
    _add_changes(blueprint, kind, output, changes, apply or apply_changes)
    _add_journal(blueprint, kind)
    _add_links(blueprint, kind, output)
    if kind.conversational:
        _add_merging(blueprint, kind)


def _add_collection(blueprint: Blueprint, kind: type[Ticket], output: type[Schema]) -> None:
    @blueprint.get(f"/{kind.path}")
    @blueprint.arguments(api.CollectionArguments, location="query")
    @blueprint.response(200, api.page_schema(output))
    @signed_in
    def list_all(arguments: dict[str, Any]) -> dict[str, Any]:
        """A page of tickets, newest first unless `sort` says otherwise."""
        actor = current_actor()
        order = _checked_order(arguments.get("sort", "-created_at"))
        conditions = filters.conditions(actor, arguments.get("q", ""))
        page = queries.list_tickets(
            actor,
            kind,
            conditions=conditions,
            order=order,
            limit=arguments.get("limit"),
            cursor=arguments.get("cursor"),
        )
        return {"items": present(actor, page.items), "next": page.next}

    @blueprint.get(f"/{kind.path}/<string:number>")
    @blueprint.response(200, output)
    @signed_in
    def read_one(number: str) -> dict[str, Any]:
        """One ticket; the ETag is what a PATCH sends as If-Match."""
        ticket = queries.get_ticket(current_actor(), kind, number)
        api.set_etag(ticket.version)
        return present_one(current_actor(), ticket)


def answer_created(actor: Actor, ticket: Ticket) -> Any:
    """The answer to the POST that opened a ticket, on the blueprint that has its routes."""
    return api.created(present_one(actor, ticket), ".read_one", version=ticket.version, number=ticket.number)


def _checked_order(sort: str) -> str:
    if sort not in queries.ORDERS:
        raise Invalid.field("sort", _("Sort by one of: %(names)s.", names=", ".join(SORTS)))
    return sort


def _add_changes(
    blueprint: Blueprint, kind: type[Ticket], output: type[Schema], schema: type[TicketChanges], apply: Apply
) -> None:
    @blueprint.patch(f"/{kind.path}/<string:number>")
    @blueprint.arguments(schema)
    @blueprint.response(200, output)
    @requires(f"{kind.__mapper__.polymorphic_identity}.edit")
    def change(changes: dict[str, Any], number: str) -> dict[str, Any]:
        """Change facts, group, assignee or priority; needs If-Match."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number, lock=True)
        api.check_match(ticket)
        apply(actor, ticket, changes)
        api.set_etag(ticket.version)
        return present_one(actor, ticket)

    @blueprint.post(f"/{kind.path}/<string:number>/transitions")
    @blueprint.arguments(StepInput)
    @blueprint.response(200, output)
    @signed_in
    def take_step(step: dict[str, Any], number: str) -> dict[str, Any]:
        """Take a step of the life cycle with the fields that it requires."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number, lock=True)
        fields = _parsed_fields(step["fields_"])
        services.take_step(actor, ticket, step["name"], fields=fields, despite_tasks=step["despite_tasks"])
        api.set_etag(ticket.version)
        return present_one(actor, ticket)


def _parsed_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    if values.get("wake_at"):
        values["wake_at"] = filters.parse_instant("wake_at", values["wake_at"])
    for name, value in values.items():
        if isinstance(value, dict | list):
            raise Invalid.field(f"fields.{name}", _("This must be a single value."))
    return values


def apply_changes(actor: Actor, ticket: Ticket, changes: Mapping[str, Any]) -> None:
    """Apply a PATCH: facts (those of the kind among them), then group and person, then priority."""
    facts: dict[str, Any] = {
        name: changes[name] for name in ("title", "description", "impact", "urgency") if name in changes
    }
    own = {name: changes[name] for name in changes if name in type(ticket).own_facts}
    facts |= {name: value.strip() if isinstance(value, str) else value for name, value in own.items()}
    if "category" in changes:
        facts["category_id"] = category_id(changes["category"])
    if "requester" in changes:
        facts["requester_id"] = person_id("requester", changes["requester"])
    if facts:
        services.change_facts(actor, ticket, version=None, changes=facts)
    if "group" in changes or "assignee" in changes:
        group = group_id(changes["group"]) if "group" in changes else ticket.group_id
        assignee = person_id("assignee", changes["assignee"]) if "assignee" in changes else None
        services.assign(actor, ticket, group_id=group, assignee_id=assignee)
    if "custom" in changes:
        services.change_custom(actor, ticket, changes["custom"])
    if "priority" in changes:
        services.override_priority(
            actor, ticket, priority=changes["priority"], reason=changes.get("priority_reason", "")
        )


def opening_values(data: Mapping[str, Any], plain: Collection[str]) -> dict[str, Any]:
    """What every service takes that opens a ticket: `plain` members as they came, category and group as ids."""
    values = {name: data[name] for name in plain if name in data}
    return values | {"category_id": category_id(data.get("category")), "group_id": group_id(data.get("group"))}


def category_id(reference: str | None) -> int | None:
    """The category that an id, a name or a full name stands for; raises `Invalid` when there is none."""
    if not reference:
        return None
    if reference.isdecimal() and session.get(Category, int(reference)) is not None:
        return int(reference)
    categories = queries.list_categories()
    wanted = reference.strip().lower()
    full = {title.lower(): each for each, title in queries.titled(categories).items()}
    plain = {category.name.lower(): category.id for category in categories}
    found = full.get(wanted) or full.get(wanted.replace(">", "›")) or plain.get(wanted)
    if found is None:
        raise Invalid.field("category", _("There is no category “%(name)s”.", name=reference))
    return found


def group_id(reference: str | None) -> int | None:
    """The group with this name (or id)."""
    if not reference:
        return None
    for group in identity.list_groups():
        if reference in (group.name, str(group.id)):
            return int(group.id)
    raise Invalid.field("group", _("There is no group “%(name)s”.", name=reference))


def person_id(field: str, email: str | None) -> int | None:
    """The person with this address."""
    if not email:
        return None
    person = identity.find_by_email(email)
    if person is None:
        raise Invalid.field(field, _("Nobody has the address %(email)s.", email=email))
    return int(person.id)


def _add_journal(blueprint: Blueprint, kind: type[Ticket]) -> None:
    @blueprint.post(f"/{kind.path}/<string:number>/journal")
    @blueprint.arguments(EntryInput)
    @blueprint.response(201, EntryOutput)
    @signed_in
    def write(entry: dict[str, Any], number: str) -> Any:
        """Write a public reply, an internal note, or work done."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number, lock=True)
        return services.write_entry(actor, ticket, **entry)

    @blueprint.get(f"/{kind.path}/<string:number>/journal")
    @blueprint.arguments(api.CollectionArguments, location="query")
    @blueprint.response(200, api.page_schema(EntryOutput))
    @signed_in
    def read(arguments: dict[str, Any], number: str) -> dict[str, Any]:
        """The journal, newest first."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number)
        limit = arguments.get("limit") or queries.JOURNAL_SHOWN
        cursor = arguments.get("cursor", "")
        if cursor and not cursor.isdecimal():
            raise Invalid.field("cursor", _("This page marker is not valid here; start from the first page."))
        entries = queries.list_journal(actor, ticket, limit=limit + 1, before_id=int(cursor) if cursor else None)
        older = str(entries[limit - 1].id) if len(entries) > limit else None
        return {"items": present_entries(actor, entries[:limit]), "next": older}


def _add_links(blueprint: Blueprint, kind: type[Ticket], output: type[Schema]) -> None:
    @blueprint.post(f"/{kind.path}/<string:number>/links")
    @blueprint.arguments(LinkInput)
    @blueprint.response(200, output)
    @requires(f"{kind.__mapper__.polymorphic_identity}.edit")
    def link(wanted: dict[str, Any], number: str) -> dict[str, Any]:
        """Link this ticket to another one."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number)
        target = queries.find_ticket(actor, wanted["target"])
        if target is None:
            raise Invalid.field("target", _("There is no %(number)s, or you may not see it.", number=wanted["target"]))
        services.lock(ticket, target)
        services.link(actor, ticket, target, relation=wanted["relation"])
        return present_one(actor, ticket)

    @blueprint.get(f"/{kind.path}/<string:number>/links")
    @blueprint.response(200)
    @signed_in
    def links(number: str) -> Any:
        """Links of this ticket."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number)
        return {
            "items": [
                {
                    "id": each.link_id,
                    "relation": each.relation,
                    "outgoing": each.outgoing,
                    "number": each.ticket.number,
                    "title": each.ticket.title,
                }
                for each in queries.list_links(actor, ticket)
            ],
            "next": None,
        }


def _add_merging(blueprint: Blueprint, kind: type[Ticket]) -> None:
    @blueprint.post(f"/{kind.path}/<string:number>/merge")
    @blueprint.arguments(MergeInput)
    @blueprint.response(200, MergedOutput)
    @requires(f"{kind.__mapper__.polymorphic_identity}.edit")
    def merge(wanted: dict[str, Any], number: str) -> dict[str, Any]:
        """Let this ticket go on in another one; `undo` takes it back for a day."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number)
        into = queries.get_ticket(actor, kind, wanted["into"])
        step = services.merge(actor, ticket, into)
        return {"number": queries.living(ticket).number, "undo": step.id if step else None}

    @blueprint.post(f"/{kind.path}/<string:number>/split")
    @blueprint.arguments(SplitInput)
    @blueprint.response(201, MergedOutput)
    @requires(f"{kind.__mapper__.polymorphic_identity}.edit")
    def split(wanted: dict[str, Any], number: str) -> dict[str, Any]:
        """Open a second ticket about some entries of this one; `undo` takes it back for a day."""
        actor = current_actor()
        ticket = queries.get_ticket(actor, kind, number, lock=True)
        fresh, step = services.split(actor, ticket, entry_ids=wanted["entries"], title=wanted["title"])
        return {"number": fresh.number, "undo": step.id if step else None}
