"""Every read of replies kept ready and of templates of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.tickets.kept import Kept
from itsm.tickets.texts import policy
from itsm.tickets.texts.models import CannedReply, TicketTemplate

Row = TypeVar("Row", bound=CannedReply | TicketTemplate)


@dataclass(frozen=True)
class LiveReply:
    """A reply in use; its text is read when it is inserted."""

    id: int
    name: str
    scope: str
    owner_id: int | None
    group_id: int | None


@dataclass(frozen=True)
class LiveTicketTemplate:
    """A template of tickets in use."""

    id: int
    name: str
    kind: str
    values: dict[str, Any]
    scope: str
    owner_id: int | None
    group_id: int | None


def _read_replies() -> list[LiveReply]:
    rows = session.scalars(select(CannedReply).where(CannedReply.active).order_by(CannedReply.name, CannedReply.id))
    return [LiveReply(row.id, row.name, row.scope, row.owner_id, row.group_id) for row in rows]


def _read_templates() -> list[LiveTicketTemplate]:
    rows = session.scalars(select(TicketTemplate).where(TicketTemplate.active).order_by(TicketTemplate.name))
    return [
        LiveTicketTemplate(row.id, row.name, row.kind, dict(row.values), row.scope, row.owner_id, row.group_id)
        for row in rows
    ]


replies: Kept[LiveReply] = Kept("texts.replies", _read_replies)
templates: Kept[LiveTicketTemplate] = Kept("texts.templates", _read_templates)


def replies_for(actor: Actor, words: str = "") -> list[LiveReply]:
    """Replies that the actor may insert, whose name holds every one of the words; no statement."""
    wanted = words.lower().split()
    offered = (each for each in replies.all() if policy.may_use(actor, each))
    return [each for each in offered if all(word in each.name.lower() for word in wanted)]


def templates_for(actor: Actor, kind: str) -> list[LiveTicketTemplate]:
    """Templates of a kind of ticket that the actor may begin with; no statement."""
    return [each for each in templates.all() if each.kind == kind and policy.may_use(actor, each)]


def list_rows(actor: Actor, table: type[Row]) -> Sequence[Row]:
    """Texts that the actor may use or keep, by name."""
    return session.scalars(select(table).where(policy.visible(actor, table)).order_by(table.name, table.id)).all()


def list_by_ids(actor: Actor, table: type[Row], row_ids: Sequence[int]) -> Sequence[Row]:
    """Those of some texts that the actor may use or keep."""
    return session.scalars(select(table).where(table.id.in_(row_ids), policy.visible(actor, table))).all()


def get_row(actor: Actor, table: type[Row], row_id: int) -> Row:
    """One text; raises `NotFound`."""
    row = session.scalars(select(table).where(table.id == row_id, policy.visible(actor, table))).first()
    if row is None:
        raise NotFound(_("There is no such text, or it is not yours to use."))
    return row
