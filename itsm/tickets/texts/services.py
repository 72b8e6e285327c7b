"""Every write to replies kept ready and to templates of tickets, and filling a reply in."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select

from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, locked, require
from itsm.kernel.text import _
from itsm.tickets import wording
from itsm.tickets.models import Ticket
from itsm.tickets.texts import policy, queries
from itsm.tickets.texts.models import CannedReply, TicketTemplate
from itsm.tickets.wording import Scene

Row = TypeVar("Row", CannedReply, TicketTemplate)

LONGEST_NAME = 255
LONGEST_BODY = 20_000
TEMPLATE_FIELDS = ("title", "description", "category", "group", "impact", "urgency")
LONGEST_LINE = 255


def filled(actor: Actor, ticket: Ticket, reply_id: int) -> str:
    """The text of a reply for a ticket, its places filled in; raises `NotFound`."""
    row = queries.get_row(actor, CannedReply, reply_id)
    return wording.fill(row.body, Scene(ticket, actor))


def filled_all(actor: Actor, ticket: Ticket, reply_ids: Sequence[int]) -> dict[int, str]:
    """Id → the text of each of these replies that the actor may use, its places filled in; the texts are one statement."""
    scene = Scene(ticket, actor)
    return {row.id: wording.fill(row.body, scene) for row in queries.list_by_ids(actor, CannedReply, reply_ids)}


def save_reply(
    actor: Actor, row: CannedReply | None, values: Mapping[str, Any], *, version: int | None = None
) -> CannedReply:
    """Record a reply, or change one: name, scope, group_id, body, active."""
    facts = _names(actor, values) | {"body": _checked_body(values)}
    saved = _save(actor, CannedReply, row, facts, version=version)
    queries.replies.renew()
    return saved


def save_template(
    actor: Actor, row: TicketTemplate | None, values: Mapping[str, Any], *, version: int | None = None
) -> TicketTemplate:
    """Record a template of tickets, or change one: name, kind, scope, group_id, values, active."""
    facts = _names(actor, values) | {
        "kind": str(values.get("kind") or "incident"),
        "values": _checked_values(values.get("values") or {}),
    }
    saved = _save(actor, TicketTemplate, row, facts, version=version)
    queries.templates.renew()
    return saved


def delete_row(actor: Actor, row: CannedReply | TicketTemplate) -> None:
    """Remove a text."""
    policy.require_keep(actor, row)
    session.delete(row)
    session.flush()
    kind = row.__tablename__
    audit.record(actor, f"{kind}.deleted", subject_kind=kind, subject_id=row.id, changes={"name": [row.name, None]})
    (queries.replies if isinstance(row, CannedReply) else queries.templates).renew()


def _save(actor: Actor, table: type[Row], row: Row | None, facts: Mapping[str, Any], *, version: int | None) -> Row:
    require(actor, "texts.use")
    kind = table.__tablename__
    if row is not None:
        row = locked(table, row.id)
        policy.require_keep(actor, row)
        check_version(row, version)
        _check_name(table, facts, row.owner_id, ignore_id=row.id)
        apply_changes(actor, row, facts, kind=kind)
        return row
    _check_name(table, facts, actor.person_id, ignore_id=0)
    fresh = table(**facts, owner_id=actor.person_id)
    session.add(fresh)
    session.flush()
    audit.record(actor, f"{kind}.created", subject_kind=kind, subject_id=fresh.id, changes={"name": [None, fresh.name]})
    return fresh


def _check_name(table: type[Row], facts: Mapping[str, Any], owner_id: int | None, *, ignore_id: int) -> None:
    """Names differ within what one person sees as theirs, a group's or everyone's."""
    same = select(table.id).where(table.name == facts["name"], table.scope == facts["scope"], table.id != ignore_id)
    same = same.where(table.owner_id == owner_id) if facts["scope"] == "own" else same
    same = same.where(table.group_id == facts["group_id"]) if facts["scope"] == "group" else same
    if session.scalar(same.limit(1)) is not None:
        raise Invalid.field("name", _("“%(name)s” exists already.", name=facts["name"]))


def _names(actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    name = " ".join(str(values.get("name") or "").split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid.field("name", _("This is needed."))
    return {"name": name, "active": bool(values.get("active", True)), **policy.checked_scope(actor, values)}


def _checked_body(values: Mapping[str, Any]) -> str:
    body = str(values.get("body") or "").strip()
    if not body or len(body) > LONGEST_BODY:
        raise Invalid.field("body", _("Write a text of at most 20,000 characters."))
    wording.check("body", body)
    return body


def _checked_values(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: str(given[name]).strip() for name in TEMPLATE_FIELDS if given.get(name) not in (None, "")}
    if not values:
        raise Invalid.field("title", _("Fill in at least one field."))
    for name, value in values.items():
        if len(value) > (LONGEST_BODY if name == "description" else LONGEST_LINE):
            raise Invalid.field(name, _("This text is too long."))
        if name in {"impact", "urgency"} and value not in {"1", "2", "3", "4"}:
            raise Invalid.field(name, _("Choose one of the list."))
    return values
