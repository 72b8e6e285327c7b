"""Pages of the PC audit: the inventory of a CI, and the administration of agents."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from assets.inventory import queries, services
from assets.inventory.presentation import SECTION_TITLES, change_lines, sections
from itsm.kernel import preferences
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires

blueprint = Blueprint("inventory", __name__)

STATES = {
    "known": _("known"),
    "needs_full": _("needs a full inventory"),
    "quarantined": _("waits for approval"),
    "duplicated": _("id used twice"),
}


@blueprint.get("/assets/inventory/<int:ci_id>")
@requires("cmdb.read")
def show(ci_id: int) -> str:
    """Everything that the last audit of a CI found, with its programs to search."""
    found = queries.find_inventory(current_actor(), ci_id, words=request.args.get("words", "")[:100])
    if found is None:
        raise NotFound(_("No agent reported an inventory of this CI yet."))
    context = {"found": found, "words": request.args.get("words", "")[:100], "shown": queries.SOFTWARE_SHOWN}
    if request.headers.get("HX-Target") == "software":
        return render_template("assets/inventory/_software.html", **context)
    return render_template(
        "assets/inventory/show.html",
        sections=sections(found.data),
        changes=change_lines(found.changes),
        titles=SECTION_TITLES,
        **context,
    )


def on_ci(actor: Actor, ci: Any) -> str:
    """The panel on a CI's page: what the machine is, what changed at the last audit, its programs."""
    found = queries.find_inventory(actor, ci.id)
    if found is None:
        return ""
    return render_template(
        "assets/inventory/_panel.html", found=found, changes=change_lines(found.changes), titles=SECTION_TITLES
    )


@blueprint.get("/admin/agents")
@requires("inventory.agents")
def agents() -> str:
    """Agents with their last contact and state, and what was refused."""
    actor = current_actor()
    words, state = request.args.get("words", "")[:100], request.args.get("state", "")
    page = queries.list_agents(
        actor, words=words, state=state if state in STATES else "", cursor=request.args.get("cursor")
    )
    return render_template(
        "assets/inventory/agents.html",
        agents=page.items,
        next=page.next,
        words=words,
        state=state,
        states=STATES,
        notes=queries.list_notes(actor),
        screened=preferences.get(services.QUARANTINE_NEW, default=False),
    )


@blueprint.post("/admin/agents/<int:agent_id>/<any(approve, quarantine):verb>")
@requires("inventory.agents")
def decide(agent_id: int, verb: str) -> Response:
    """Let an agent out of quarantine, or put it there."""
    actor = current_actor()
    agent = queries.get_agent(actor, agent_id)
    (services.approve if verb == "approve" else services.quarantine)(actor, agent)
    return redirect(url_for("inventory.agents"))


@blueprint.post("/admin/agents/screening")
@requires("inventory.agents")
def screening() -> Response:
    """Say whether new agents wait for approval."""
    services.screen_new_agents(current_actor(), wanted=request.form.get("wanted") == "true")
    return redirect(url_for("inventory.agents"))
