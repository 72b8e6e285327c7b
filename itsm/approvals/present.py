"""Questions to approvers as JSON-ready dictionaries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from itsm.approvals.models import Approval
from itsm.identity.models import Person
from itsm.kernel.db import session


def present(approvals: Sequence[Approval]) -> list[dict[str, Any]]:
    """The questions with their votes; approvers are e-mail addresses (names where there is none)."""
    ids = {vote.approver_id for row in approvals for vote in row.votes}
    rows = session.execute(select(Person.id, Person.email, Person.name).where(Person.id.in_(ids))).all() if ids else []
    people = {row.id: row.email or row.name for row in rows}
    return [_present_one(row, people) for row in approvals]


def _present_one(row: Approval, people: dict[int, str]) -> dict[str, Any]:
    votes = [
        {"approver": people.get(each.approver_id), "vote": each.vote, "reason": each.reason, "voted_at": each.voted_at}
        for each in row.votes
    ]
    return {
        "id": row.id,
        "step": row.step,
        "state": row.state.value,
        "quorum": row.quorum,
        "asked_at": row.asked_at,
        "votes": votes,
    }
