"""What the query language asks of the clocks of a ticket: `sla.resolution.due < now() + 2h`, `sla.response.state = breached`."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from itsm.kernel.actor import Actor
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldType
from itsm.query.filters import column_field, names_like
from itsm.query.relations import Relation
from itsm.tickets.models import Ticket
from sla.metrics.held import own_names
from sla.models import METRICS_OF, Agreement, SlaClock

TITLES: dict[tuple[str, str], Message] = {
    ("sla", "response"): _("Response"),
    ("sla", "acceptance"): _("Acceptance"),
    ("sla", "update"): _("Update"),
    ("sla", "resolution"): _("Resolution"),
    ("ola", "response"): _("Response of a group"),
    ("ola", "acceptance"): _("Acceptance by a group"),
    ("ola", "update"): _("Update by a group"),
    ("ola", "resolution"): _("Resolution by a group"),
    ("uc", "resolution"): _("Time with a supplier"),
}
STATES: dict[str, Message] = {
    "running": _("Running"),
    "paused": _("Paused"),
    "met": _("Met"),
    "breached": _("Breached"),
    "cancelled": _("Cancelled"),
    "not_started": _("Not started"),
}


def fields_for(actor: Actor) -> list[Field]:
    """What an actor may ask of the present clocks of a ticket; clocks are for staff."""
    if not actor.has("sla.read"):
        return []
    named = own_names()
    titles = {**TITLES, **{("sla", key): name for key, name in named.items()}}
    known = [(kind, metric) for kind, metrics in METRICS_OF.items() for metric in metrics]
    own = [("sla", key) for key in named if ("sla", key) not in known]
    return [field for each in (*known, *own) for field in _of_metric(*each, titles[each])]


def _of_metric(kind: str, metric: str, title: Message) -> list[Field]:
    relation = _present_clock(kind, metric, title)
    columns = (
        column_field("due", FieldType.INSTANT, _("Due"), SlaClock.due_at),
        column_field("state", FieldType.CHOICE, _("State"), SlaClock.state, choices=STATES),
        column_field("breached", FieldType.INSTANT, _("Breached"), SlaClock.breached_at),
        column_field("ended", FieldType.INSTANT, _("Ended"), SlaClock.ended_at),
        column_field("target", FieldType.DURATION, _("Target"), SlaClock.target_seconds),
        column_field("elapsed", FieldType.DURATION, _("Time used"), SlaClock.elapsed_seconds),
        column_field("agreement", FieldType.TEXT, _("Agreement"), Agreement.name, suggest=names_like(Agreement.name)),
    )
    return [relation.field(column) for column in columns]


def _present_clock(kind: str, metric: str, title: Message) -> Relation:
    """The clock of a metric that counts now: an earlier one ended when the ticket was opened again.

    A ticket has one of each metric for its customer, and one for each group and supplier.
    """
    later = aliased(SlaClock)
    is_earlier = select(later.id).where(
        later.ticket_id == SlaClock.ticket_id,
        later.kind == kind,
        later.owner_id == SlaClock.owner_id,
        later.metric == metric,
        later.generation > SlaClock.generation,
    )
    rows = select().select_from(SlaClock).join(Agreement, Agreement.id == SlaClock.agreement_id)
    return Relation(
        name=f"{kind}.{metric}",
        title=title,
        near=Ticket.id,
        far=SlaClock.ticket_id,
        rows=rows.where(SlaClock.kind == kind, SlaClock.metric == metric, ~is_earlier.exists()),
        single=kind == "sla",
    )
