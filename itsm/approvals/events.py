"""What happens to questions put to approvers."""

from dataclasses import dataclass

from itsm.kernel.events import Event


@dataclass(frozen=True)
class VoteCast(Event):
    """An approver voted, or changed the vote; `vote` is `approve` or `reject`."""

    approval_id: int
    subject_kind: str
    subject_id: int
    approver_id: int
    approver_name: str
    channel: str
    vote: str
    reason: str


@dataclass(frozen=True)
class ApprovalDecided(Event):
    """The votes decided a question; `step` is what was asked for, `approved` the answer."""

    approval_id: int
    subject_kind: str
    subject_id: int
    step: str
    approved: bool
