"""What the history of incidents offers to reports: how they stood at an instant, who touched them first, who passed them on."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from incident.datasets import conditions_of
from incident.major.models import MajorIncident
from incident.major.phases import WITHDRAWN
from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets.models import JournalEntry, Ticket

FACT_FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("title", _("Title")),
    DataField("state", _("State")),
    DataField("state_category", _("State category")),
    DataField("priority", _("Priority"), "priority"),
    DataField("channel", _("Channel")),
    DataField("group_id", _("Group"), "count"),
    DataField("assignee_id", _("Assignee"), "count"),
    DataField("category_id", _("Category"), "count"),
    DataField("organisation_id", _("Organisation"), "count"),
    DataField("reopenings", _("Reopened"), "count"),
    DataField("first_contact", _("Solved by who took the call"), "yes_no"),
    DataField("created_at", _("Opened"), "instant"),
    DataField("responded_at", _("Response"), "instant"),
    DataField("resolved_at", _("Resolved"), "instant"),
)
LATER_FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("changes", _("Changes")),
)
ACTION_FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("at", _("Instant"), "instant"),
)
PASS_FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("at", _("Instant"), "instant"),
    DataField("group_before", _("Group"), "count"),
    DataField("group_after", _("Group"), "count"),
)
VERDICT_FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("at", _("Instant"), "instant"),
    DataField("category", _("State category")),
    DataField("by_requester", _("Requester"), "yes_no"),
)


def _facts(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Incidents that were open at some time of the period, and all that were ever reopened; one statement."""
    own = Incident.__table__.c
    known = {name: own[name] if name in own else getattr(Ticket, name) for name in columns if name != "ticket_id"}
    known["ticket_id"] = Ticket.id
    statement = select(*(known[name] for name in columns)).select_from(Ticket.__table__)
    if "first_contact" in columns:
        statement = statement.join(Incident.__table__, own.ticket_id == Ticket.id)
    statement = statement.where(*conditions_of(actor, selection)).order_by(Ticket.id)
    found = session.execute(statement.limit(selection.limit), execution_options={"yield_per": 5000})
    return [tuple(row) for row in found]


def _of_incidents(actor: Actor, selection: Selection, statement: Select[Any]) -> Select[Any]:
    return statement.join(Ticket.__table__, Ticket.id == JournalEntry.ticket_id).where(
        and_(*conditions_of(actor, selection)), ~JournalEntry.retracted
    )


def _later(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Every change of incidents from the end of the period on, oldest first, so that it can be taken back; one statement."""
    known: dict[str, Any] = {"ticket_id": JournalEntry.ticket_id, "changes": JournalEntry.changes}
    statement = _of_incidents(actor, selection, select(*(known[name] for name in columns)))
    statement = statement.where(JournalEntry.kind == "change", JournalEntry.at >= selection.to_at)
    return [tuple(row) for row in session.execute(statement.order_by(JournalEntry.id))]


def _first_actions(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """When somebody of the staff first did something with an incident after its opening; one statement."""
    known: dict[str, Any] = {"ticket_id": JournalEntry.ticket_id, "at": func.min(JournalEntry.at)}
    statement = _of_incidents(actor, selection, select(*(known[name] for name in columns)))
    statement = statement.where(
        JournalEntry.kind.in_(("change", "public", "internal", "work")),
        JournalEntry.actor_id.is_not(None),
        JournalEntry.by_requester.is_(False),
        JournalEntry.automatic.is_(False),
        or_(Ticket.requester_id.is_(None), JournalEntry.actor_id != Ticket.requester_id),
        JournalEntry.at < selection.to_at,
    )
    statement = statement.group_by(JournalEntry.ticket_id).order_by(JournalEntry.ticket_id)
    return [tuple(row) for row in session.execute(statement)]


def _passes(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Every move of incidents from group to group before the end of the period; one statement."""
    before, after = (JournalEntry.changes["group_id"][place].as_integer() for place in (0, 1))
    known = {
        "ticket_id": JournalEntry.ticket_id,
        "at": JournalEntry.at,
        "group_before": before,
        "group_after": after,
    }
    statement = _of_incidents(actor, selection, select(*(known[name] for name in columns)))
    statement = statement.where(
        Ticket.reassignments > 0,
        JournalEntry.kind == "change",
        JournalEntry.at < selection.to_at,
        before.is_not(None),
        after.is_not(None),
    )
    return [tuple(row) for row in session.execute(statement.order_by(JournalEntry.id))]


def _verdicts(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Every change of state category of the period's incidents before its end, and whether the requester made it."""
    category = JournalEntry.changes["state_category"][1].as_string()
    mine = or_(JournalEntry.by_requester, JournalEntry.actor_id == Ticket.requester_id)
    known = {
        "ticket_id": JournalEntry.ticket_id,
        "at": JournalEntry.at,
        "category": category,
        "by_requester": mine,
    }
    statement = _of_incidents(actor, selection, select(*(known[name] for name in columns)))
    statement = statement.where(
        JournalEntry.kind == "change",
        JournalEntry.at >= selection.from_at,
        JournalEntry.at < selection.to_at,
        category.is_not(None),
    )
    return [tuple(row) for row in session.execute(statement.order_by(JournalEntry.id))]


def _majors(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Incidents that stood declared major at the end of the period, not withdrawn by then; one statement."""
    known = {"ticket_id": Ticket.id, "at": MajorIncident.declared_at}
    statement = (
        select(*(known[name] for name in columns))
        .select_from(MajorIncident)
        .join(Ticket.__table__, Ticket.id == MajorIncident.ticket_id)
        .where(
            *conditions_of(actor, selection),
            MajorIncident.declared_at < selection.to_at,
            or_(MajorIncident.phase != WITHDRAWN, MajorIncident.phase_since >= selection.to_at),
        )
    )
    return [tuple(row) for row in session.execute(statement.order_by(Ticket.id))]


DATA_SETS = (
    DataSet("incident_facts", _("Incidents"), "tickets.read", FACT_FIELDS, _facts),
    DataSet("incident_later", _("Changes"), "tickets.read", LATER_FIELDS, _later),
    DataSet("incident_actions", _("Incidents"), "tickets.read", ACTION_FIELDS, _first_actions),
    DataSet("incident_passes", _("Incidents"), "tickets.read", PASS_FIELDS, _passes),
    DataSet("incident_verdicts", _("Incidents"), "tickets.read", VERDICT_FIELDS, _verdicts),
    DataSet("major_incidents", _("Major incidents"), "tickets.read", ACTION_FIELDS, _majors),
)
