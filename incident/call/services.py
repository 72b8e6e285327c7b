"""Logging a call: a new incident, completed from similar tickets, or more said about one that is open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cmdb import services as cmdb
from incident import services
from incident.call.history import Alike, list_alike, list_cases
from incident.call.naming import named_ci
from incident.call.proposals import Proposal, propose
from incident.models import Incident
from itsm.identity import queries as identity
from itsm.identity import services as people
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Ticket
from itsm.tickets.priority import priority_of

IMPACT, URGENCY = 4, 3  # where neither the agent nor similar tickets say otherwise
CALLED_AGAIN = _("The caller rang again.")
FIELDS = ("category_id", "group_id", "impact", "urgency")


@dataclass(frozen=True)
class Advice:
    """What is known that helps with a call: incidents that are alike, and field → what they propose."""

    alike: Alike
    proposals: Mapping[str, Proposal]


def advise(actor: Actor, values: Mapping[str, Any]) -> Advice:
    """Advice on a call as far as it is typed (`title`, `requester_id`, `category_id`, `group_id`, `ci_ids`). Rule: I10."""
    title, ci_ids = values.get("title", ""), values.get("ci_ids", ())
    alike = list_alike(actor, title)
    cases = list_cases(actor, alike, requester_id=values.get("requester_id"), ci_ids=ci_ids)
    proposals = propose(cases)
    named = named_ci(actor, title)
    if named is not None:
        proposals["ci_id"] = Proposal("ci_id", named, 1, 1, "title", sure=True)
    return Advice(alike, {name: one for name, one in proposals.items() if not _is_known(one, values, proposals)})


def _is_known(proposal: Proposal, values: Mapping[str, Any], proposals: Mapping[str, Proposal]) -> bool:
    """Whether a proposal says nothing new: it stands there already, or the ticket goes to that group by itself."""
    if proposal.field == "ci_id":
        return proposal.value in values.get("ci_ids", ())
    if proposal.field == "group_id" and not values.get("group_id"):
        return _usual_group(values, proposals) == proposal.value
    usual = {"impact": IMPACT, "urgency": URGENCY}.get(proposal.field)
    return proposal.value == (values.get(proposal.field) or usual)


def _usual_group(values: Mapping[str, Any], proposals: Mapping[str, Proposal]) -> int | None:
    """Where the ticket would go without a proposal: by the category that is chosen or proposed, else to the first line."""
    category = values.get("category_id") or (proposals["category_id"].value if "category_id" in proposals else None)
    return (tickets.default_group_id(category) if category else None) or tickets.front_group_id()


def taken(advice: Advice, values: Mapping[str, Any], declined: Collection[str] = ()) -> list[Proposal]:
    """The proposals that stand in for what the agent left open: sure ones that were not declined. Rule: I11."""
    open_fields = {name for name in FIELDS if not values.get(name)} | ({"ci_id"} if not values.get("ci_ids") else set())
    found = (advice.proposals.get(name) for name in sorted(open_fields - set(declined)))
    return [one for one in found if one is not None and one.sure]


def completed(values: Mapping[str, Any], proposals: Sequence[Proposal]) -> dict[str, Any]:
    """What was typed with what was taken from proposals, and the usual impact and urgency."""
    found = {name: value for name, value in values.items() if value is not None}
    for one in proposals:
        found |= {"ci_ids": [one.value]} if one.field == "ci_id" else {one.field: one.value}
    return {"impact": IMPACT, "urgency": URGENCY, **found}


def log_call(
    actor: Actor,
    values: Mapping[str, Any],
    *,
    declined: Collection[str] = (),
    uploads: Sequence[ticket_services.Upload] = (),
) -> Incident:
    """Open an incident from a call; what was left open and is sure is taken from similar tickets, and told so. Rule: I11."""
    proposals = taken(advise(actor, values), values, declined)
    incident = services.open_incident(actor, **completed(values, proposals), uploads=uploads)
    if proposals:
        _explain(incident, proposals)
    return incident


def _explain(incident: Incident, proposals: Sequence[Proposal]) -> None:
    if any(one.field == "group_id" for one in proposals):
        incident.assignment_reason = "similar"
        session.flush()
    told = [[one.field, one.votes, one.cases, one.source] for one in proposals]
    ticket_services.write_journal(SYSTEM, incident, "change", changes={"proposed": [None, told]})


def draft_of(values: Mapping[str, Any], proposals: Sequence[Proposal]) -> Incident:
    """The incident that saving would open now, without its CIs; never stored."""
    whole = completed(values, proposals)
    person = session.get(Person, whole["requester_id"]) if whole.get("requester_id") else None
    facts = {name: whole.get(name) for name in ("requester_id", "category_id", "group_id", "channel")}
    return Incident(
        title=whole.get("title", ""),
        description=whole.get("description", ""),
        impact=whole["impact"],
        urgency=whole["urgency"],
        priority=priority_of(whole["impact"], whole["urgency"]),
        organisation_id=person.organisation_id if person else None,
        state="new",
        state_category="open",
        unfinished=1,
        created_at=clock.now(),
        custom={},
        **facts,
    )


def add_call(
    actor: Actor,
    ticket: Ticket,
    *,
    title: str = "",
    description: str = "",
    ci_ids: Sequence[int] = (),
    uploads: Sequence[ticket_services.Upload] = (),
) -> Ticket:
    """Note on an open ticket that its requester rang again, and what they said; one that waited for them goes on. Rule: I12."""
    ticket = tickets.living(ticket)
    said = [text.strip() for text in (title, description) if text.strip()]
    body = "\n".join([str(CALLED_AGAIN), *said])
    ticket_services.write_entry(actor, ticket, kind="internal", body=body, uploads=uploads)
    cmdb.attach_cis(actor, ticket, ci_ids)
    waits = ticket.state_category == "waiting" and ticket.hold_reason == "customer"
    if waits and ticket_services.is_possible(ticket, "resume"):
        ticket_services.take_step(actor, ticket, "resume", fields={"note": str(CALLED_AGAIN)})
    return ticket


def caller_or_new(actor: Actor, *, name: str, email: str | None, phone: str) -> Person:
    """The person with this address, or one who is recorded now because they call for the first time."""
    known = identity.find_by_email(email) if email else None
    return known or people.register_caller(actor, name=name, email=email, phone=phone)
