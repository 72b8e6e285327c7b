"""What the clocks offer to reports."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, null, or_, select

from itsm.identity.models import Group, Organisation
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from sla.models import Agreement, SlaClock

FIELDS = (
    DataField("clock_id", _("Clock"), "count"),
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("kind", _("Kind")),
    DataField("title", _("Title")),
    DataField("metric", _("Target"), counted=True),
    DataField("priority", _("Priority"), "priority", counted=True),
    DataField("group_id", _("Group"), "count"),
    DataField("group", _("Group"), counted=True),
    DataField("organisation", _("Organisation")),
    DataField("agreement_id", _("Agreement"), "count"),
    DataField("agreement", _("Agreement"), counted=True),
    DataField("clock_kind", _("Kind"), counted=True),
    DataField("owner_id", _("Owner"), "count"),
    DataField("generation", _("Number"), "count"),
    DataField("target_seconds", _("Target time"), "seconds"),
    DataField("elapsed_seconds", _("Elapsed"), "seconds"),
    DataField("ended_seconds", _("Elapsed when it ended"), "seconds"),
    DataField("started_at", _("Started"), "instant"),
    DataField("due_at", _("Due"), "instant"),
    DataField("ended_at", _("Ended"), "instant"),
    DataField("breached_at", _("Missed since"), "instant"),
    DataField("reason", _("Reason noted")),
    DataField("outcome", _("Outcome"), counted=True),
    DataField("bucket", _("Part of the period"), "count"),
)


def _has_ended(selection: Selection) -> ColumnElement[bool]:
    return and_(SlaClock.ended_at.is_not(None), SlaClock.ended_at < selection.to_at)


def outcome_of(selection: Selection) -> ColumnElement[str]:
    """How a clock counts in a period, looked at from the period's end. Rule: R1.

    Counted: `met`, `breached` (both ended in the period), `overdue` (open, its due instant lies in the period; counts as
    breached). Listed apart: `cancelled`, `earlier` (open, overdue since before the period), `paused`, `running`.
    """
    ended = _has_ended(selection)
    fell_due_at = func.coalesce(SlaClock.breached_at, SlaClock.due_at)
    return case(
        (and_(ended, SlaClock.state == "cancelled"), "cancelled"),
        (and_(ended, SlaClock.breached_at.is_not(None)), "breached"),
        (ended, "met"),
        (and_(fell_due_at < selection.to_at, fell_due_at >= selection.from_at), "overdue"),
        (fell_due_at < selection.from_at, "earlier"),
        (SlaClock.state == "paused", "paused"),
        else_="running",
    )


def _counted_at(selection: Selection) -> ColumnElement[Any]:
    return case((_has_ended(selection), SlaClock.ended_at), else_=func.coalesce(SlaClock.breached_at, SlaClock.due_at))


def _bucket(selection: Selection) -> ColumnElement[Any]:
    if len(selection.buckets) < 2:
        return case((SlaClock.id > 0, 0), else_=0)
    at = _counted_at(selection)
    numbered = list(enumerate(selection.buckets))
    return case(*((at >= start, number) for number, start in reversed(numbered)), else_=0)


def _columns(selection: Selection) -> Mapping[str, SQLColumnExpression[Any]]:
    tables = (SlaClock, Ticket)
    found: dict[str, SQLColumnExpression[Any]] = {}
    for field in FIELDS:
        for table in tables:
            if hasattr(table, field.name):
                found.setdefault(field.name, getattr(table, field.name))
    return found | {
        "clock_id": SlaClock.id,
        "ticket_id": SlaClock.ticket_id,
        "kind": Ticket.kind,
        "priority": SlaClock.priority,
        "clock_kind": SlaClock.kind,
        "group": func.coalesce(Group.name, ""),
        "organisation": func.coalesce(Organisation.name, ""),
        "agreement": func.coalesce(Agreement.name, ""),
        "outcome": outcome_of(selection),
        "ended_seconds": case((_has_ended(selection), SlaClock.elapsed_seconds), else_=0),
        "bucket": _bucket(selection),
    }


def _conditions(
    actor: Actor, selection: Selection, columns: Mapping[str, SQLColumnExpression[Any]]
) -> list[ColumnElement[bool]]:
    conditions = [
        policy.visible(actor),
        SlaClock.started_at < selection.to_at,
        or_(SlaClock.ended_at.is_(None), SlaClock.ended_at >= selection.from_at),
        SlaClock.state != "not_started",
    ]
    if selection.organisation_ids is not None:
        conditions.append(SlaClock.organisation_id.in_(selection.organisation_ids))
    for name, value in selection.filters:
        column = columns[name]
        several = isinstance(value, list | tuple | frozenset)
        conditions.append(column.in_(value) if several else column.is_(null()) if value is None else column == value)
    return conditions


def _joined(statement: Select[Any], names: frozenset[str]) -> Select[Any]:
    statement = statement.select_from(SlaClock).join(Ticket, Ticket.id == SlaClock.ticket_id)
    if "group" in names:
        statement = statement.outerjoin(Group, Group.id == SlaClock.group_id)
    if "organisation" in names:
        statement = statement.outerjoin(Organisation, Organisation.id == SlaClock.organisation_id)
    if "agreement" in names:
        statement = statement.outerjoin(Agreement, Agreement.id == SlaClock.agreement_id)
    return statement


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    known = _columns(selection)
    names = frozenset(columns) | {name for name, _value in selection.filters}
    statement = _joined(select(*(known[name] for name in columns)), names)
    statement = statement.where(*_conditions(actor, selection, known)).order_by(SlaClock.id).limit(selection.limit)
    return (tuple(row) for row in session.execute(statement, execution_options={"yield_per": 5000}))


SLA_CLOCKS = DataSet("sla_clocks", _("Service level clocks"), "tickets.read", FIELDS, _rows)
DATA_SETS = (SLA_CLOCKS,)
