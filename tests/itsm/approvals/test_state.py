"""What votes add up to."""

import pytest

from itsm.approvals.state import State, state_of


@pytest.mark.parametrize(
    ("votes", "quorum", "expected"),
    [
        ([None, None], 2, State.PENDING),
        (["approve", None], 2, State.PENDING),
        (["approve", "approve"], 2, State.APPROVED),
        (["reject", None], 2, State.REJECTED),
        (["approve", "reject"], 2, State.REJECTED),
        (["reject", None], 1, State.PENDING),
        (["reject", "approve"], 1, State.APPROVED),
        (["reject", "reject"], 1, State.REJECTED),
        (["approve", "reject", None], 2, State.PENDING),
        (["approve", "reject", "reject"], 2, State.REJECTED),
    ],
)
def test_the_state_follows_from_votes_and_quorum(votes: list[str | None], quorum: int, expected: State) -> None:
    assert state_of(votes, quorum=quorum) == expected
