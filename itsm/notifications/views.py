"""The administrator's page of outgoing messages."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.kernel.runtime import settings
from itsm.kernel.text import _, plural
from itsm.notifications import queries, services
from itsm.notifications.delivery import ADDRESS_FAILED
from itsm.web.access import current_actor, requires

blueprint = Blueprint("notifications", __name__, template_folder="templates")

STATE_TITLES = {
    "waiting": _("Waiting"),
    "sending": _("Being sent"),
    "dead": _("Given up"),
    "held": _("Held back"),
    "sent": _("Sent"),
}
REASON_TITLES = {text: _(text) for text in (ADDRESS_FAILED, services.TOO_MANY_CONFIRMATIONS, services.TOO_MANY_NOTICES)}
BADGES = {"waiting": "open", "sending": "active", "dead": "waiting", "held": "waiting", "sent": "resolved"}


@blueprint.get("/admin/outbox")
@requires("admin.open")
def outbox() -> str:
    """Outgoing messages with their state and last error."""
    actor = current_actor()
    state = request.args.get("state", "")
    state = state if state in STATE_TITLES else ""
    page = queries.list_messages(actor, state=state, cursor=request.args.get("cursor"))
    return render_template(
        "notifications/outbox.html",
        page=page,
        state=state,
        counts=queries.count_by_state(actor),
        titles=STATE_TITLES,
        badges=BADGES,
        reasons=REASON_TITLES,
        is_sending=bool(settings().smtp_url),
    )


@blueprint.post("/admin/outbox/<int:message_id>/retry")
@requires("admin.open")
def retry(message_id: int) -> Response:
    """Send one message after all."""
    services.retry(current_actor(), message_id)
    flash(str(_("The message is sent again within seconds.")), "success")
    return redirect(url_for("notifications.outbox"))


@blueprint.post("/admin/outbox/retry")
@requires("admin.open")
def retry_all() -> Response:
    """Send every message that was given up after all."""
    number = services.retry_all_dead(current_actor())
    flash(str(plural("%(num)s message is sent again.", "%(num)s messages are sent again.", number)), "success")
    return redirect(url_for("notifications.outbox"))
