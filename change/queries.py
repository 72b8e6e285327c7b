"""Every read of changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from change.models import Change, ChangeModel
from change.policy import VOTE
from itsm.identity.models import Person, Role, person_role
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.module import registry
from itsm.kernel.paging import Page
from itsm.kernel.text import _
from itsm.tickets import policy, queries
from itsm.tickets.models import Ticket
from itsm.tickets.queries import View

CALENDAR_SHOWN = 500
LARGEST_ID = 2**62
LEFT = ("rejected", "cancelled")


def get_change(actor: Actor, number: str, *, lock: bool = False) -> Change:
    """The change with this number (`CHG0000123`)."""
    return queries.get_ticket(actor, Change, number, lock=lock)


def views(actor: Actor) -> list[View]:
    """The ready-made lists of changes."""
    change = Ticket.kind == "change"
    unfinished = change & (Ticket.unfinished == 1)
    emergency = Ticket.id.in_(select(Change.ticket_id).where(Change.change_type == "emergency"))
    return [
        View("open", _("Open changes"), unfinished),
        View("mine", _("Assigned to me"), unfinished & (Ticket.assignee_id == actor.person_id)),
        View("assessed", _("Wait for approval"), change & (Ticket.state == "assessed")),
        View("scheduled", _("Scheduled"), change & (Ticket.state == "scheduled")),
        View("review", _("Wait for review"), change & (Ticket.state == "review")),
        View("emergency", _("Emergency changes"), unfinished & emergency),
        View("finished", _("Finished"), change & (Ticket.unfinished == 0)),
        View("everything", _("All changes"), change),
    ]


def list_rows(
    actor: Actor, *, conditions: Sequence[ColumnElement[bool]], order: str, cursor: str | None = None
) -> tuple[Page[Row[Any]], dict[int, Any]]:
    """One page of changes as rows with names, and by id what is particular to changes; two statements."""
    page = queries.list_rows(actor, conditions=conditions, order=order, cursor=cursor)
    return page, _own_columns([row.id for row in page.items])


def _own_columns(ids: Collection[int]) -> dict[int, Any]:
    if not ids:
        return {}
    columns = Change.__table__.c
    statement = select(
        columns.ticket_id,
        columns.change_type,
        columns.risk_level,
        columns.planned_start_at,
        columns.planned_end_at,
        columns.outage_expected,
    )
    rows = session.execute(statement.where(columns.ticket_id.in_(ids))).all()
    return {row.ticket_id: row for row in rows}


def list_between(actor: Actor, start: datetime, end: datetime, *, limit: int = CALENDAR_SHOWN) -> Sequence[Any]:
    """Changes whose window touches a span, by start; one statement. Rejected and cancelled ones are left out."""
    statement = (
        select(
            Change.id,
            Change.kind,
            Change.title,
            Change.state,
            Change.state_category,
            Change.change_type,
            Change.risk_level,
            Change.planned_start_at,
            Change.planned_end_at,
        )
        .where(
            Change.planned_start_at < end,
            Change.planned_end_at > start,
            Change.state.not_in(LEFT),
            policy.visible(actor),
        )
        .order_by(Change.planned_start_at, Change.id)
        .limit(limit)
    )
    return session.execute(statement).all()


def list_possible_approvers() -> Sequence[Person]:
    """Active people who may vote on changes, by name."""
    roles = registry().permissions[VOTE].roles
    voters = select(person_role.c.person_id).join(Role, Role.id == person_role.c.role_id).where(Role.name.in_(roles))
    return session.scalars(select(Person).where(Person.active, Person.id.in_(voters)).order_by(Person.name_key)).all()


def list_models(*, approved_only: bool = False) -> Sequence[ChangeModel]:
    """Models for standard changes, by name."""
    statement = select(ChangeModel).order_by(ChangeModel.name)
    return session.scalars(statement.where(ChangeModel.approved) if approved_only else statement).all()


def find_model(reference: str | None) -> ChangeModel | None:
    """The model with this id or name, None for an empty reference; raises `Invalid` when there is none."""
    if not reference:
        return None
    if reference.isdecimal() and int(reference) < LARGEST_ID:
        by_id = session.get(ChangeModel, int(reference))
        if by_id is not None:
            return by_id
    named = session.scalars(select(ChangeModel).where(ChangeModel.name == reference)).first()
    if named is None:
        raise Invalid.field("model", _("There is no model “%(name)s”.", name=reference[:100]))
    return named
