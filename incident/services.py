"""Every write to incidents."""

from collections.abc import Mapping, Sequence
from typing import Any

from cmdb import services as cmdb
from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import require
from itsm.kernel.text import _
from itsm.tickets import queries, services
from itsm.tickets.models import Category

TITLE_LENGTH = 255


def open_incident(
    actor: Actor,
    *,
    title: str,
    description: str = "",
    requester_id: int | None = None,
    impact: int = 4,
    urgency: int = 3,
    category_id: int | None = None,
    group_id: int | None = None,
    assignee_id: int | None = None,
    channel: str | None = None,
    uploads: Sequence[services.Upload] = (),
    ci_ids: Sequence[int] = (),
    reopened_from_id: int | None = None,
    acknowledge: bool = True,
    custom: Mapping[str, Any] | None = None,
) -> Incident:
    """Record an incident that concerns the CIs `ci_ids`.

    Without `incident.edit` an actor opens incidents for itself only, assigns nobody, and names CIs that it may see. Rule: I2.
    """
    require(actor, "incident.create")
    if not actor.has("incident.edit"):
        _refuse_staff_fields(actor, requester_id=requester_id, group_id=group_id, assignee_id=assignee_id)
        requester_id = actor.person_id
    _check_category(category_id)
    if not title.strip():
        raise Invalid.field("title", _("Say in a few words what is wrong."))
    incident = Incident(
        title=title.strip()[:TITLE_LENGTH],
        description=description.strip(),
        requester_id=requester_id,
        impact=impact,
        urgency=urgency,
        category_id=category_id,
        channel=channel or actor.channel,
        reopened_from_id=reopened_from_id,
    )
    services.fill_in(actor, incident, custom)
    placed = {"group_id": group_id, "assignee_id": assignee_id}
    with services.opening(actor, incident, **placed, acknowledge=acknowledge):
        cmdb.attach_cis(actor, incident, ci_ids, opening=True)
    for upload in uploads:
        services.attach(actor, incident, upload)
    return incident


def _refuse_staff_fields(actor: Actor, **fields: int | None) -> None:
    if fields["requester_id"] not in (None, actor.person_id):
        raise Forbidden(_("You can open incidents for yourself only."))
    given = [name for name in ("group_id", "assignee_id") if fields[name] is not None]
    if given:
        raise Forbidden(_("Only the service desk assigns incidents."))


def _check_category(category_id: int | None) -> None:
    if category_id is not None and session.get(Category, category_id) is None:
        raise Invalid.field("category", _("There is no such category."))


def reply_as_requester(
    actor: Actor,
    incident: Incident,
    *,
    body: str,
    uploads: Sequence[services.Upload] = (),
    automatic: bool = False,
    acknowledge: bool = True,
) -> Incident:
    """A message from the requester's side; answers the incident that holds it. Rules: I3, I7.

    A merged incident is answered where it goes on. On a closed one it opens a new one that continues it, unless it is
    `automatic` (out-of-office). What it does to a resolved or waiting one is the subscriber's work, whichever way the
    message came.
    """
    incident = queries.living(incident)
    if incident.state_category == "closed" and not automatic:
        return continue_closed(actor, incident, body=body, uploads=uploads, acknowledge=acknowledge)
    services.write_entry(actor, incident, kind="public", body=body, uploads=uploads, automatic=automatic)
    return incident


def continue_closed(
    actor: Actor,
    closed: Incident,
    *,
    body: str,
    uploads: Sequence[services.Upload] = (),
    acknowledge: bool = True,
) -> Incident:
    """Open a new incident that continues a closed one, concerns the same CIs and is linked to it. Rule: I3."""
    fresh = Incident(
        title=closed.title,
        description=body.strip(),
        requester_id=closed.requester_id,
        impact=closed.impact,
        urgency=closed.urgency,
        category_id=closed.category_id,
        channel=actor.channel,
        reopened_from_id=closed.id,
    )
    with services.opening(actor, fresh, group_id=closed.group_id, acknowledge=acknowledge):
        cmdb.inherit_cis(fresh, closed)
    for upload in uploads:
        services.attach(actor, fresh, upload)
    services.add_link(actor, fresh, closed, relation="follows")
    return fresh
