"""What the CMDB shows on tickets, in lists of tickets and beside a caller."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from cmdb import classes, pages, policy, queries, schemas, services
from cmdb.impact import impact_of_all
from cmdb.present import brief
from cmdb.references import ci_from
from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.text import _
from itsm.tickets import pages as ticket_pages
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Ticket
from itsm.web.access import current_actor, requires
from itsm.web.forms import read_form

blueprint = Blueprint("cmdb-tickets", __name__, template_folder="templates")

IMPACT_CIS = 200  # how many of a ticket's CIs the panel looks at; the others have their own map
PANEL_LIMIT = 500
OTHERS_SHOWN = 5


def ticket_panel(actor: Actor, ticket: Ticket) -> str:
    """CIs of a ticket; what an outage of them touches is fetched after the page is shown."""
    named = queries.cis_of_ticket(actor, ticket.id)
    return render_template(
        "cmdb/_ticket_panel.html",
        ticket=ticket,
        cis=named,
        may_attach=policy.can_attach(actor, ticket),
        tree=classes.load() if named else None,
    )


def caller_panel(actor: Actor, person: Person) -> str:
    """Equipment of a caller, to be ticked when the call is about it."""
    equipment = queries.cis_of_person(actor, person.id, limit=12)
    if not equipment:
        return ""
    chosen = request.values.getlist("ci")
    return render_template("cmdb/_caller_panel.html", equipment=equipment, tree=classes.load(), chosen=chosen)


def desk_column(actor: Actor, ticket_ids: Sequence[int]) -> dict[int, Markup]:
    """A chip with the first CI of each ticket and the number of further ones."""
    return {
        ticket_id: Markup(render_template("cmdb/_chip.html", cis=cis))  # noqa: S704 (a template, which escapes)
        for ticket_id, cis in queries.cis_of_tickets(actor, ticket_ids).items()
    }


def api_member(actor: Actor, ticket_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The CIs of each ticket, for its JSON form."""
    found = queries.cis_of_tickets(actor, ticket_ids)
    return {ticket_id: [brief(ci) for ci in cis] for ticket_id, cis in found.items()}


@blueprint.post("/cmdb/tickets/<int:ticket_id>/cis")
@requires("tickets.read")
def attach(ticket_id: int) -> Any:
    """Name a CI on a ticket."""
    actor, ticket = current_actor(), _ticket(ticket_id)
    form = read_form(schemas.AttachForm)
    try:
        services.attach_ci(actor, ticket, ci_from(actor, "ci", form.data.get("ci", "")))
    except ItsmError as error:
        return ticket_pages.render_record(actor, ticket, refusal=error, typed=form.values), error.status
    return redirect(ticket_pages.url_of(ticket) + "#cis")


@blueprint.post("/cmdb/tickets/<int:ticket_id>/cis/<int:ci_id>/remove")
@requires("tickets.read")
def detach(ticket_id: int, ci_id: int) -> Response:
    """Take a CI off a ticket."""
    actor, ticket = current_actor(), _ticket(ticket_id)
    services.detach_ci(actor, ticket, queries.get_ci(actor, ci_id))
    return redirect(ticket_pages.url_of(ticket) + "#cis")


def _ticket(ticket_id: int) -> Ticket:
    ticket_services.locked_if_exists(ticket_id)
    return tickets.get_by_id(current_actor(), ticket_id)


@blueprint.get("/cmdb/tickets/<int:ticket_id>/impact")
@requires("cmdb.read")
def ticket_impact(ticket_id: int) -> str:
    """The services and people that an outage of a ticket's CIs touches, with a small map of the first one."""
    actor = current_actor()
    ticket = tickets.get_by_id(actor, ticket_id)
    named = queries.cis_of_ticket(actor, ticket.id)
    if not named:
        raise NotFound(_("This ticket names no CI."))
    found = impact_of_all(actor, [ci.id for ci in named[:IMPACT_CIS]], limit=PANEL_LIMIT)
    return render_template(
        "cmdb/_ticket_impact.html",
        cis=named,
        others=_others(actor, ticket, [ci.id for ci in named]),
        services=found.services,
        people=found.people_affected,
        reached=len(found.nodes),
        incomplete=len(named) > IMPACT_CIS or found.truncated,
        map=pages.mini_map(actor, named[0].id)[1],
        tree=classes.load(),
    )


def _others(actor: Actor, ticket: Ticket, ci_ids: Sequence[int]) -> list[Ticket]:
    found = queries.open_tickets_of(actor, ci_ids, limit=OTHERS_SHOWN + 1)
    return [each for each in found if each.id != ticket.id][:OTHERS_SHOWN]
