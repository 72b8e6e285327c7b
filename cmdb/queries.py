"""Every read of the CMDB, always through `policy.visible`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from cmdb import classes, policy
from cmdb.models import Ci, CiClass, CiFact, Relation, RelationType, TicketCi
from itsm.kernel.actor import Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import made_once, one_of, session
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import require
from itsm.kernel.text import _
from itsm.search import queries as search
from itsm.tickets import policy as ticket_policy
from itsm.tickets.models import Ticket

FOUND_LIMIT = 10
HISTORY_SHOWN = 50
RELATIONS_SHOWN = 200
LARGEST_ID = 2**62
MOST_NAMESAKES = 1000


def get_ci(actor: Actor, ci_id: int, *, lock: bool = False) -> Ci:
    """A configuration item; raises `NotFound`. `lock` for a write in this transaction."""
    statement = select(Ci).where(Ci.id == ci_id, policy.visible(actor))
    ci = session.scalars(statement.with_for_update() if lock else statement).first() if ci_id < LARGEST_ID else None
    if ci is None:
        raise NotFound(_("There is no such CI, or you may not see it."))
    return ci


def get_cis(actor: Actor, ci_ids: Collection[int]) -> Sequence[Ci]:
    """Configuration items by name; raises `NotFound` unless the actor may see every one of them. One statement."""
    wanted = {ci_id for ci_id in ci_ids if ci_id < LARGEST_ID}
    found = session.scalars(
        select(Ci).where(Ci.id.in_(wanted), policy.visible(actor)).order_by(Ci.name_key, Ci.id)
    ).all()
    if not found or len(found) < len(set(ci_ids)):
        raise NotFound(_("There is no such CI, or you may not see it."))
    return found


def list_cis(
    actor: Actor,
    *,
    class_key: str | None = None,
    words: str = "",
    state: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    with_retired: bool = False,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> Page[Ci]:
    """CIs by name; `class_key` includes the classes below it. Retired ones only with `state` or `with_retired`."""
    size = checked_limit(limit)
    keys = (SortKey("name_key", Ci.name_key), SortKey("id", Ci.id))
    statement = select(Ci).where(policy.visible(actor), *conditions)
    statement = _filtered(actor, statement, class_key, words, state, with_retired=with_retired)
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.name_key, row.id))


def count_cis(
    actor: Actor,
    *,
    class_key: str | None = None,
    state: str | None = None,
    with_retired: bool = False,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> int:
    """How many CIs a list has."""
    statement = select(Ci.id).where(policy.visible(actor), *conditions)
    inner = _filtered(actor, statement, class_key, "", state, with_retired=with_retired)
    return int(session.scalar(select(func.count()).select_from(inner.subquery())) or 0)


def _filtered(
    actor: Actor, statement: Select[Any], class_key: str | None, words: str, state: str | None, *, with_retired: bool
) -> Select[Any]:
    if class_key:
        statement = statement.where(Ci.class_key.in_(classes.load().keys_below(class_key)))
    if words.strip():
        statement = statement.where(matching(actor, words))
    if state:
        return statement.where(Ci.state == state)
    return statement if with_retired else statement.where(Ci.state != "retired")


def matching(actor: Actor, words: str) -> ColumnElement[bool]:
    """CIs that hold all of the words or have them within a name or number; of very many that one may see, the newest ones."""
    return one_of(Ci.id, search.find_named("ci", words, readable=search.Readable(Ci.id, policy.visible(actor))))


def find_cis(actor: Actor, words: str, *, limit: int = FOUND_LIMIT) -> Sequence[Ci]:
    """The best few CIs in use for what was typed: part of a name, a serial number, an address."""
    visible = policy.visible(actor)
    ids = search.find_named("ci", words, readable=search.Readable(Ci.id, visible))
    if not ids:
        return []
    statement = select(Ci).where(visible, Ci.state != "retired", one_of(Ci.id, ids))
    # By an expression: PostgreSQL would go through the index of all names until it has met enough of these.
    return session.scalars(statement.order_by(Ci.name_key.concat(""), Ci.id).limit(limit)).all()


def find_by_reference(actor: Actor, text: str) -> Ci | None:
    """The CI with this id, or the only one with exactly this name (in any case); None when there is none.

    Raises `Invalid` for the field `ci` when several have the name.
    """
    return _found_by(actor, [text])[text]


def ids_of(actor: Actor, references: Iterable[str]) -> list[int]:
    """Ids for ids or exact names, in one statement; raises `Invalid` for the field `ci` that names the first unknown."""
    wanted = list(dict.fromkeys(references))
    if not wanted:
        return []
    found = _found_by(actor, wanted)
    ids = []
    for reference in wanted:
        ci = found[reference]
        if ci is None:
            raise Invalid.field("ci", _("There is no CI “%(name)s”, or you may not see it.", name=reference[:100]))
        ids.append(ci.id)
    return list(dict.fromkeys(ids))


def _found_by(actor: Actor, references: Sequence[str]) -> dict[str, Ci | None]:
    ids = [int(text) for text in references if text.strip().isdecimal() and int(text) < LARGEST_ID]
    keys = [_key(text) for text in references]
    statement = select(Ci).where(policy.visible(actor), or_(Ci.id.in_(ids), Ci.name_key.in_(keys)))
    rows = session.scalars(statement.order_by(Ci.id).limit(MOST_NAMESAKES)).all()
    by_id = {row.id: row for row in rows}
    return {text: _by_id(by_id, text) or _only_one(rows, text) for text in references}


def _key(text: str) -> str:
    return text.strip().lower()[:255]


def _by_id(by_id: dict[int, Ci], text: str) -> Ci | None:
    return by_id.get(int(text)) if text.strip().isdecimal() else None


def _only_one(rows: Sequence[Ci], text: str) -> Ci | None:
    named = [row for row in rows if row.name_key == _key(text)]
    in_use = [row for row in named if row.state != "retired"] or named
    if len(in_use) > 1:
        raise Invalid.field(
            "ci", _("Several CIs are called “%(name)s”. Give the id of the one you mean.", name=text[:100])
        )
    return in_use[0] if in_use else None


def cis_of_ticket(actor: Actor, ticket_id: int) -> Sequence[Ci]:
    """CIs that a ticket names, as far as the actor may see them."""
    return cis_of_tickets(actor, [ticket_id]).get(ticket_id, [])


def cis_of_tickets(actor: Actor, ticket_ids: Sequence[int]) -> dict[int, list[Ci]]:
    """Ticket id → the CIs it names; one statement."""
    if not ticket_ids:
        return {}
    found: dict[int, list[Ci]] = {}
    for ticket_id, ci in session.execute(_named_by(policy.visible(actor)), {"ticket_ids": list(ticket_ids)}):
        found.setdefault(ticket_id, []).append(ci)
    return found


@made_once
def _named_by(readable: ColumnElement[bool]) -> Select[int, Ci]:
    return (
        select(TicketCi.ticket_id, Ci)
        .join(Ci, Ci.id == TicketCi.ci_id)
        .where(TicketCi.ticket_id.in_(bindparam("ticket_ids")), readable)
        .order_by(Ci.name_key, Ci.id)
    )


def cis_of_person(actor: Actor, person_id: int, *, limit: int = 50) -> Sequence[Ci]:
    """Equipment of a person that is not retired."""
    statement = select(Ci).where(Ci.owner_id == person_id, Ci.state != "retired", policy.visible(actor))
    return session.scalars(statement.order_by(Ci.name_key, Ci.id).limit(limit)).all()


def owners_by_ci(actor: Actor, text: str) -> dict[int, str]:
    """Person id → the name of their CI in use, for CIs whose name or serial number begins with a text."""
    words = text.strip().lower()[:200]
    called = or_(Ci.name_key.startswith(words, autoescape=True), Ci.serial.startswith(text.strip(), autoescape=True))
    statement = select(Ci.owner_id, Ci.name).where(called, Ci.owner_id.is_not(None), Ci.state != "retired")
    statement = statement.where(policy.visible(actor)).order_by(Ci.name_key, Ci.id).limit(FOUND_LIMIT)
    return {row.owner_id: row.name for row in session.execute(statement)}


def open_tickets_of(actor: Actor, ci_ids: Sequence[int], *, limit: int = 50) -> Sequence[Ticket]:
    """Unfinished tickets of any kind that name one of these CIs, newest first."""
    if not ci_ids:
        return []
    named = select(TicketCi.ticket_id).where(TicketCi.ci_id.in_(ci_ids))
    statement = select(Ticket).where(Ticket.id.in_(named), Ticket.unfinished == 1, ticket_policy.visible(actor))
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(limit)).all()


def history(actor: Actor, ci: Ci, *, limit: int = HISTORY_SHOWN, before_id: int | None = None) -> Sequence[AuditEntry]:
    """What happened to a CI, newest first; for staff only."""
    if not policy.can_read_all(actor):
        return []
    statement = select(AuditEntry).where(AuditEntry.subject_kind == "ci", AuditEntry.subject_id == ci.id)
    if before_id:
        statement = statement.where(AuditEntry.id < before_id)
    return session.scalars(statement.order_by(AuditEntry.id.desc()).limit(limit)).all()


def facts_of(ci_id: int) -> Sequence[CiFact]:
    """Every source's newest fact about a CI."""
    return session.scalars(select(CiFact).where(CiFact.ci_id == ci_id).order_by(CiFact.attribute, CiFact.source)).all()


@dataclass(frozen=True)
class RelatedCi:
    """The CI at the other end of a relation, and whether this CI is the relation's source."""

    relation_id: int
    type_key: str
    outgoing: bool
    origin: str
    ci: Ci


def relations_of(actor: Actor, ci_id: int, *, limit: int = RELATIONS_SHOWN) -> list[RelatedCi]:
    """Relations of a CI both ways with the CIs at the other end; one statement for each way."""
    return [*_one_way(actor, ci_id, outgoing=True, limit=limit), *_one_way(actor, ci_id, outgoing=False, limit=limit)]


def _one_way(actor: Actor, ci_id: int, *, outgoing: bool, limit: int) -> list[RelatedCi]:
    near, far = (Relation.source_id, Relation.target_id) if outgoing else (Relation.target_id, Relation.source_id)
    statement = (
        select(Relation.id, Relation.type_key, Relation.origin, Ci)
        .join(Ci, Ci.id == far)
        .where(near == ci_id, policy.visible(actor))
        .order_by(Relation.type_key, Ci.name_key, Relation.id)
        .limit(limit)
    )
    return [RelatedCi(row.id, row.type_key, outgoing, row.origin, row.Ci) for row in session.execute(statement)]


def relation_types() -> dict[str, RelationType]:
    """Every relation type by key."""
    return {row.key: row for row in session.scalars(select(RelationType).order_by(RelationType.key))}


def get_relation(actor: Actor, relation_id: int) -> Relation:
    """A relation whose ends the actor may see; raises `NotFound`."""
    relation = session.get(Relation, relation_id) if relation_id < LARGEST_ID else None
    if relation is None or not policy.can_read_all(actor):
        raise NotFound(_("There is no such relation, or you may not see it."))
    return relation


SourceCi = aliased(Ci, name="source_ci")
TargetCi = aliased(Ci, name="target_ci")


@dataclass(frozen=True)
class NamedRelation:
    """A relation with the names of both ends."""

    relation: Relation
    source: str
    target: str


def list_relations(
    actor: Actor, *, ci_id: int | None = None, limit: int | None = None, cursor: str | None = None
) -> Page[NamedRelation]:
    """Relations in the order they were made, of one CI or of all; one statement. Needs `cmdb.read`."""
    require(actor, "cmdb.read")
    size = checked_limit(limit)
    statement = _named_relations()
    if ci_id is not None:
        statement = statement.where(or_(Relation.source_id == ci_id, Relation.target_id == ci_id))
    rows = session.execute(keyset(statement, (SortKey("id", Relation.id),), limit=size, cursor=cursor)).all()
    found = [NamedRelation(row.Relation, row.source, row.target) for row in rows]
    return page_of(found, limit=size, cursor_values=lambda each: (each.relation.id,))


def get_named_relation(actor: Actor, relation_id: int) -> NamedRelation:
    """A relation with the names of its ends; raises `NotFound`."""
    relation = get_relation(actor, relation_id)
    row = session.execute(_named_relations().where(Relation.id == relation.id)).one()
    return NamedRelation(row.Relation, row.source, row.target)


def _named_relations() -> Select[Any]:
    return (
        select(Relation)
        .add_columns(SourceCi.name.label("source"), TargetCi.name.label("target"))
        .join(SourceCi, SourceCi.id == Relation.source_id)
        .join(TargetCi, TargetCi.id == Relation.target_id)
    )


def get_class(reference: str) -> CiClass:
    """A class by key or id; raises `NotFound`."""
    tree = classes.load()
    row = tree.find(reference) or (tree.find(int(reference)) if reference.isdecimal() else None)
    if row is None:
        raise NotFound(_("There is no class “%(name)s”.", name=reference[:100]))
    return row


def count_by_class(actor: Actor) -> dict[str, int]:
    """Class key → number of CIs that are not retired."""
    statement = select(Ci.class_key, func.count()).where(policy.visible(actor), Ci.state != "retired")
    return {row[0]: row[1] for row in session.execute(statement.group_by(Ci.class_key))}


def find_with_serial(actor: Actor, serials: Iterable[str]) -> Sequence[Ci]:
    """Devices with one of these serial numbers, as a person or an import may have written them down; one statement."""
    below = classes.load().keys_below("device")
    wanted = {form for serial in serials for form in (serial, serial.upper(), serial.lower()) if form}
    statement = select(Ci).where(Ci.serial.in_(wanted), Ci.class_key.in_(below), policy.visible(actor))
    return session.scalars(statement.order_by(Ci.id)).all() if wanted else []


def list_by_ids(actor: Actor, ci_ids: Iterable[int]) -> Sequence[Ci]:
    """CIs by id, as far as the actor may see them; one statement."""
    wanted = set(ci_ids)
    return session.scalars(select(Ci).where(Ci.id.in_(wanted), policy.visible(actor))).all() if wanted else []
