"""The inbox of approvers, and the vote."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from itsm.approvals import queries, services
from itsm.approvals.schemas import VoteForm
from itsm.approvals.state import State
from itsm.approvals.subjects import find_subject
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.web.access import current_actor, signed_in
from itsm.web.forms import read_form

blueprint = Blueprint("approvals", __name__, template_folder="templates")

STATES = {
    State.PENDING: _("waiting for votes"),
    State.APPROVED: _("approved"),
    State.REJECTED: _("refused"),
    State.WITHDRAWN: _("withdrawn"),
}
VOTE_WORDS = {None: _("not yet"), "approve": _("approves"), "reject": _("refuses")}


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Words for states and votes, wherever a question is shown."""
    return {"approval_states": STATES, "vote_words": VOTE_WORDS}


@blueprint.get("/approvals")
@signed_in
def inbox() -> str:
    """What waits for the reader's decision."""
    return _inbox()


def _inbox(*, refusal: ItsmError | None = None, typed: dict[str, Any] | None = None) -> str:
    waiting = queries.list_waiting(current_actor())
    return render_template("approvals/inbox.html", waiting=waiting, refusal=refusal, typed=typed or {})


@blueprint.post("/approvals/<int:approval_id>/vote")
@signed_in
def vote(approval_id: int) -> Any:
    """Approve or refuse, with a reason."""
    form = read_form(VoteForm)
    try:
        form.require_ok()
        approval = services.vote(current_actor(), approval_id, vote=form.data["vote"], reason=form.data["reason"])
    except ItsmError as error:
        session.rollback()
        return _inbox(refusal=error, typed={"id": approval_id, **form.values}), error.status
    subject = find_subject(current_actor(), approval.subject_kind, approval.subject_id)
    if form.data["back"] == "record" and subject is not None:
        return redirect(subject.address)
    return redirect(url_for("approvals.inbox"))
