"""What votes add up to. Pure, so that the state is computed everywhere and stored nowhere."""

from collections.abc import Sequence
from enum import StrEnum

APPROVE = "approve"
REJECT = "reject"
VOTES = (APPROVE, REJECT)


class State(StrEnum):
    """Where a question to approvers stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


def state_of(votes: Sequence[str | None], *, quorum: int) -> State:
    """The state for the votes of all named approvers (None: not cast yet). Rule: A1.

    Approved as soon as `quorum` of them approve, rejected as soon as so many reject that the quorum is out of reach.
    """
    if sum(vote == APPROVE for vote in votes) >= quorum:
        return State.APPROVED
    if sum(vote == REJECT for vote in votes) > len(votes) - quorum:
        return State.REJECTED
    return State.PENDING
