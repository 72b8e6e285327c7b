"""What problems show on the pages of incidents and on their own."""

from flask import render_template

from itsm.kernel.actor import Actor
from itsm.tickets.models import Ticket
from problem import queries


def incident_panel(actor: Actor, ticket: Ticket) -> str:
    """On an incident: its problems with their workarounds, and the way to raise one."""
    if ticket.kind != queries.INCIDENT:
        return ""
    return render_template(
        "problem/_incident_panel.html", ticket=ticket, problems=queries.list_of_incident(actor, ticket.id)
    )


def impact_panel(actor: Actor, ticket: Ticket) -> str:
    """On a problem: how many incidents it caused, and a warning when it is about to be closed while some are open."""
    if ticket.kind != "problem":
        return ""
    impact = queries.impact_of(actor, [ticket.id]).get(ticket.id, queries.Impact())
    incidents = queries.list_incidents(actor, ticket.id) if impact.total else []
    return render_template("problem/_impact_panel.html", ticket=ticket, impact=impact, incidents=incidents)


def closing_warning(actor: Actor, ticket: Ticket) -> str:
    """On a problem that can be closed or was closed: how many of its incidents are still open."""
    if ticket.kind != "problem" or ticket.state not in {"resolved", "closed"}:
        return ""
    impact = queries.impact_of(actor, [ticket.id]).get(ticket.id, queries.Impact())
    return render_template("problem/_closing_warning.html", ticket=ticket, impact=impact) if impact.open else ""
