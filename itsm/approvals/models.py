"""Tables of questions put to approvers, and their votes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itsm.approvals.state import State, state_of
from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText


class Approval(Base):
    """One question to named approvers about a subject; `step` is what happens to the subject when they agree.

    `quorum` is the number of approving votes that decides. A question that was overtaken has `withdrawn_at`; everything
    else about its state is computed from the votes.
    """

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("quorum >= 1", name="quorum"),
        Index("ix_approval_subject", "subject_kind", "subject_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[int] = mapped_column(BigId)
    step: Mapped[str]
    quorum: Mapped[int]
    asked_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]

    votes: Mapped[list["ApprovalVote"]] = relationship(lazy="raise", order_by="ApprovalVote.approver_id")

    @property
    def state(self) -> State:
        """Where the question stands, computed from the votes (which must be loaded)."""
        if self.withdrawn_at is not None:
            return State.WITHDRAWN
        return state_of([each.vote for each in self.votes], quorum=self.quorum)

    def vote_of(self, person_id: int | None) -> "ApprovalVote | None":
        """The ballot of a person, or None when the person was not named."""
        return next((each for each in self.votes if each.approver_id == person_id), None)


class ApprovalVote(Base):
    """The ballot of one named approver; `vote` is empty until it is cast, then `approve` or `reject`."""

    __tablename__ = "approval_vote"

    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approval.id"), primary_key=True)
    approver_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True, index=True)
    vote: Mapped[str | None]
    reason: Mapped[str] = mapped_column(LongText, default="")
    voted_at: Mapped[datetime | None]
