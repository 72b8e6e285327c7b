"""Pages of agreements, calendars and clocks, and the clocks on a ticket's page."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from sla import queries, services
from sla.agreements import queries as agreement_queries
from sla.agreements.promise import promised
from sla.agreements.schemas import ReasonForm
from sla.explanation import VERDICTS, explain
from sla.kept_clocks import key_of
from sla.naming import KIND_TITLES, MetricTitles

blueprint = Blueprint("sla", __name__, template_folder="templates")

COMPLIANCE_DAYS = 30
CLOCK_STATES = {
    "running": _("running"),
    "paused": _("paused"),
    "met": _("met"),
    "breached": _("missed"),
    "cancelled": _("not counted"),
    "not_started": _("not started"),
}


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Words for metrics and clock states, wherever clocks are shown."""
    return {"metric_titles": MetricTitles(), "clock_states": CLOCK_STATES}


@blueprint.get("/sla")
@requires("sla.read")
def overview() -> str:
    """Agreements with their targets, how well they were kept in the last 30 days, and clocks at risk now."""
    now, agreements = clock.now(), agreement_queries.list_agreements()
    return render_template(
        "sla/overview.html",
        calendars=agreement_queries.list_calendars(),
        compliance=queries.compliance(from_at=now - timedelta(days=COMPLIANCE_DAYS), to_at=now),
        at_risk=queries.list_at_risk(current_actor()),
        own_metrics=agreement_queries.own_metrics().values(),
        kinds=[
            (kind, title, [each for each in agreements if each.row.kind == kind]) for kind, title in KIND_TITLES.items()
        ],
        days=COMPLIANCE_DAYS,
    )


def render_clocks(actor: Actor, ticket: Ticket) -> str:
    """The present clocks of a ticket as small cards above its page."""
    present = {key_of(shown.row): shown for shown in queries.clocks_of(actor, [ticket.id]).get(ticket.id, [])}
    promised = [shown for shown in present.values() if shown.row.kind == "sla"]
    others = [shown for shown in present.values() if shown.row.kind != "sla"]
    return render_template("sla/_clocks.html", promised=promised, others=others, ticket=ticket) if present else ""


def render_promise(actor: Actor, draft: Ticket) -> str:
    """When a ticket that is being recorded would be due, by the agreement that would apply."""
    del actor
    agreement, promises = promised(draft)
    return render_template("sla/_promise.html", agreement=agreement, promises=promises) if promises else ""


def _ticket(number: str) -> Ticket:
    ticket = tickets.find_ticket(current_actor(), number)
    if ticket is None:
        raise NotFound(_("There is no %(number)s, or you may not see it.", number=number[:40]))
    return ticket


@blueprint.get("/sla/clocks/<number>/<metric>")
@requires("sla.read")
def why(number: str, metric: str) -> str:
    """Why a clock stands where it stands."""
    return _why_page(number, metric, Form())


def _why_page(number: str, metric: str, form: Form) -> str:
    ticket = _ticket(number)
    explanation = explain(current_actor(), ticket, metric, _clock_id())
    return render_template(
        "sla/why.html",
        ticket=ticket,
        explanation=explanation,
        form=form,
        address=pages.url_of(ticket),
        verdicts=VERDICTS,
        kind_titles=KIND_TITLES,
    )


def _clock_id() -> int | None:
    """Which of several clocks of a metric is meant: a group's, a supplier's, an earlier generation."""
    return request.args.get("clock", type=int)


@blueprint.post("/sla/clocks/<number>/<metric>")
@requires("sla.explain")
def note_reason(number: str, metric: str) -> Any:
    """Keep why a target was missed."""
    form = read_form(ReasonForm)
    if form.ok:
        row = queries.get_clock(current_actor(), _ticket(number), metric, _clock_id()).row
        try:
            services.note_reason(current_actor(), row, reason=form.data["reason"])
            return redirect(url_for("sla.why", number=number, metric=metric, clock=_clock_id()))
        except ItsmError as error:
            form.refuse(error)
    return _why_page(number, metric, form), 422
