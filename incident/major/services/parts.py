"""Absorbing other incidents as parts of a major one, with undo. Rule: M6."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from incident.major import queries
from incident.major.policy import require_lead
from incident.models import Incident
from itsm.kernel import undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.text import _, plural
from itsm.kernel.undo import Undo
from itsm.tickets import policy
from itsm.tickets import queries as tickets_queries
from itsm.tickets import services as tickets
from itsm.tickets.models import TicketLink

ABSORB = "major.absorb"
MOST = 200


def absorb(actor: Actor, incident: Incident, ticket_ids: Sequence[int]) -> tuple[list[Incident], Undo | None]:
    """Make other open incidents parts of a major one; answers those that are new and what takes it back.

    Parts hear every update. What is part of something else, or is major itself, is left alone. Locks all of them, so the
    caller must hold none.
    """
    wanted = select(Incident).where(Incident.id.in_(ticket_ids), policy.visible(actor)).order_by(Incident.id)
    wanted = wanted.limit(MOST).execution_options(populate_existing=True)
    tickets.locked_if_exists(incident.id, *(each.id for each in session.scalars(wanted)))
    session.refresh(incident)
    require_lead(actor, queries.get_major(incident.id))
    parts = _free(session.scalars(wanted).all(), incident)
    if not parts:
        raise Invalid.field("tickets", _("Choose at least one open incident that is not part of something yet."))
    for part in parts:
        tickets.add_link(actor, part, incident, relation="child_of")
    title = plural(
        "%(num)s incident absorbed by %(major)s", "%(num)s incidents absorbed by %(major)s", len(parts),
        major=incident.number,
    )  # fmt: skip
    payload = {"major": incident.id, "parts": [part.id for part in parts]}
    step = undo.remember(actor, ABSORB, title=title, payload=payload, back=f"/incidents/{incident.number}/room")
    return parts, step


def _free(found: Sequence[Incident], incident: Incident) -> list[Incident]:
    bound = select(TicketLink.source_id).where(
        TicketLink.source_id.in_([each.id for each in found]), TicketLink.relation == "child_of"
    )
    taken = {incident.id, *session.scalars(bound)}
    return [each for each in found if each.id not in taken and not each.is_major and each.unfinished]


def take_back_absorb(actor: Actor, payload: Mapping[str, Any]) -> None:
    """Undo of `absorb`: the incidents stand alone again; raises `Conflict` when one was let go meanwhile."""
    incident = session.get_one(Incident, payload["major"])
    require_lead(actor, queries.get_major(incident.id))
    tickets.locked_if_exists(incident.id, *payload["parts"])
    for part_id in payload["parts"]:
        part = tickets_queries.get_by_id(actor, part_id)
        link = tickets_queries.find_link(part_id, incident.id, "child_of")
        if link is None:
            raise Conflict(
                _("%(number)s is no part any more, so this cannot be taken back as a whole.", number=part.number)
            )
        session.delete(link)
        session.flush()
        tickets.write_journal(actor, part, "change", changes={"link.child_of": [incident.number, None]})
        tickets.write_journal(actor, incident, "change", changes={"linked.child_of": [part.number, None]})
