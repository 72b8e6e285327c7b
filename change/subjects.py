"""A change as its approvers see it."""

from collections.abc import Sequence

from sqlalchemy import select

from change.models import Change
from change.policy import VOTE
from itsm.approvals.subjects import Subject
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.formats import Reader
from itsm.kernel.text import Message, _
from itsm.tickets import policy

TYPE_TITLES = {"normal": _("Normal"), "standard": _("Standard"), "emergency": _("Emergency")}
RISK_TITLES = {"low": _("Low"), "medium": _("Medium"), "high": _("High")}
SERVICES_NAMED = 8


def read_many(actor: Actor, ids: Sequence[int]) -> dict[int, Subject]:
    """Change id → what its approvers decide on, for those that the actor may see; one statement."""
    changes = session.scalars(select(Change).where(Change.ticket_id.in_(ids), policy.visible(actor))).all()
    reader = Reader(actor.language, actor.timezone)
    return {change.id: _subject(change, reader) for change in changes}


def _subject(change: Change, reader: Reader) -> Subject:
    asking = {change.requester_id, change.opened_by_id}
    return Subject(
        kind="change",
        id=change.id,
        number=change.number,
        title=change.title,
        address=f"/{Change.path}/{change.number}",
        barred_ids=frozenset(each for each in asking if each is not None),
        permission=VOTE,
        facts=(
            (_("Type"), TYPE_TITLES[change.change_type]),
            (_("Risk"), _risk(change)),
            (_("Planned window"), window_text(change, reader)),
            (_("Outage expected"), _("yes") if change.outage_expected else _("no")),
            (_("Services it touches"), _services(change)),
            (_("Reason"), change.reason or "–"),
            (_("Back-out plan"), change.backout_plan or _("none")),
        ),
    )


def _risk(change: Change) -> Message:
    title = RISK_TITLES[change.risk_level]
    return _("%(risk)s: %(reason)s", risk=title, reason=change.risk_reason) if change.risk_reason else title


def window_text(change: Change, reader: Reader) -> Message:
    """The planned window in the reader's calendar and zone."""
    if change.planned_start_at is None or change.planned_end_at is None:
        return _("not set")
    start, end = change.planned_start_at, change.planned_end_at
    same_day = reader.local(start).date() == reader.local(end).date()
    return f"{reader.instant(start)} – {reader.time(end) if same_day else reader.instant(end)}"


def _services(change: Change) -> Message:
    names = change.touched_services
    if not names:
        return _("none known")
    shown = ", ".join(names[:SERVICES_NAMED])
    more = len(names) - SERVICES_NAMED
    return _("%(names)s and %(count)s more", names=shown, count=more) if more > 0 else shown
