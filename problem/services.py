"""Every write to problems."""

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import require
from itsm.kernel.text import _
from itsm.tickets import policy, services
from itsm.tickets.models import Ticket
from problem.models import Problem
from problem.queries import CAUSED_BY, INCIDENT

TITLE_LENGTH = 255


def open_problem(
    actor: Actor,
    *,
    title: str,
    description: str = "",
    impact: int = 3,
    urgency: int = 3,
    requester_id: int | None = None,
    category_id: int | None = None,
    group_id: int | None = None,
    root_cause: str = "",
    workaround: str = "",
    incident: Ticket | None = None,
) -> Problem:
    """Record a problem, and link the incident that showed it. Rule: B2."""
    require(actor, "problem.create")
    if not title.strip():
        raise Invalid.field("title", _("Say in a few words what goes wrong."))
    problem = Problem(
        title=title.strip()[:TITLE_LENGTH],
        description=description.strip(),
        impact=impact,
        urgency=urgency,
        requester_id=requester_id,
        category_id=category_id,
        root_cause=root_cause.strip(),
        workaround=workaround.strip(),
        channel=actor.channel,
    )
    services.open_ticket(actor, problem, group_id=group_id)
    if incident is not None:
        link_incident(actor, problem, incident)
    return problem


def link_incident(actor: Actor, problem: Problem, incident: Ticket) -> None:
    """Say that a problem caused an incident."""
    if incident.kind != INCIDENT:
        raise Invalid.field("incident", _("%(number)s is not an incident.", number=incident.number))
    if not policy.can_work(actor, incident) and not policy.can_work(actor, problem):
        raise Forbidden(_("You may read this ticket but not change it."))
    services.add_link(actor, incident, problem, relation=CAUSED_BY)


def record_analysis(
    actor: Actor, problem: Problem, *, root_cause: str, workaround: str, version: int | None = None
) -> None:
    """Write down the root cause and the workaround; a new workaround is told to the linked incidents. Rule: B3."""
    changes = {"root_cause": root_cause.strip(), "workaround": workaround.strip()}
    services.change_facts(actor, problem, version=version, changes=changes)
