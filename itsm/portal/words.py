"""A ticket's state in plain words: where it is, and what happens next."""

from dataclasses import dataclass
from typing import Any

from itsm.kernel.text import Message, _
from itsm.tickets import closing

IMPACT_QUESTION = {
    4: _("Only me"),
    3: _("A few of us"),
    2: _("My whole department or site"),
    1: _("Everyone"),
}
URGENCY_QUESTION = {
    4: _("It can wait"),
    3: _("It gets in my way"),
    2: _("I can hardly work"),
    1: _("I cannot work at all"),
}
STEP_QUESTIONS = {
    "close": (_("It works now"), _("Anything you want to add (optional)")),
    "reopen": (_("It still does not work"), _("What does not work yet?")),
    "cancel": (_("I no longer need this"), _("Why is it no longer needed?")),
}


@dataclass(frozen=True)
class PlainState:
    """Title, what happens next, and the tone that colours both (`wait`, `work`, `you`, `good`, `done`)."""

    title: Message
    next_step: Message
    tone: str


def plain_state(category: str, *, state: str = "", hold_reason: str = "", category_id: int | None = None) -> PlainState:
    """The plain words for a state category, a state and the reason for waiting."""
    if state == "cancelled":
        return PlainState(_("Cancelled"), _("Nothing more happens here."), "done")
    if category == "waiting":
        return _waiting(hold_reason)
    if category == "resolved":
        return PlainState(_("Solved"), _after_resolution(category_id), "good")
    return {
        "open": PlainState(_("Received"), _("The service desk reads it and passes it to the right people."), "wait"),
        "active": PlainState(_("Being worked on"), _("We are on it and write to you here."), "work"),
    }.get(category, PlainState(_("Closed"), _("Nothing more to do. If it comes back, tell us here."), "done"))


def _after_resolution(category_id: int | None) -> Message:
    days = closing.period_of(category_id).days
    if not days:
        return _("Please try it and tell us.")
    return _("Please try it and tell us. Without an answer it closes by itself after %(days)s days.", days=days)


def _waiting(reason: str) -> PlainState:
    if reason == "customer":
        return PlainState(_("Waiting for your answer"), _("We need something from you: please reply below."), "you")
    texts = {
        "supplier": _("A supplier has to do a part first; we keep an eye on it."),
        "change": _("It is solved with a planned change; we tell you when that is done."),
        "problem": _("We are looking for the cause behind it; we tell you what we find."),
        "planned": _("It is planned for a later day; then we go on by ourselves."),
    }
    return PlainState(_("Waiting"), texts.get(reason, _("It waits for something; we go on as soon as we can.")), "wait")


def plain_state_of(row: Any) -> PlainState:
    """The plain words for a ticket or a row of a list."""
    return plain_state(row.state_category, state=row.state, hold_reason=row.hold_reason, category_id=row.category_id)
