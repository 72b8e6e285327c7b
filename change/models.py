"""What a change has beyond any ticket, and the models that standard changes follow."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps
from itsm.kernel.text import Message, _
from itsm.tickets.models import Ticket

NORMAL, STANDARD, EMERGENCY = "normal", "standard", "emergency"
TYPES = (NORMAL, STANDARD, EMERGENCY)
RISKS = ("low", "medium", "high")
OUTCOMES = ("successful", "with_issues", "failed", "backed_out")
WINDOW = frozenset({"planned_start_at", "planned_end_at"})
PLAN = frozenset(
    {"reason", "plan", "test_plan", "backout_plan", "risk_level", "risk_reason", "outage_expected", "approver_ids"}
)


class ChangeModel(Base, Timestamps):
    """A procedure that standard changes follow; only an approved one pre-authorises them. Rule: G3."""

    __tablename__ = "change_model"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    plan: Mapped[str] = mapped_column(LongText, default="")
    test_plan: Mapped[str] = mapped_column(LongText, default="")
    backout_plan: Mapped[str] = mapped_column(LongText, default="")
    approved: Mapped[bool] = mapped_column(default=False)
    made_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    approved_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)


class Change(Ticket):
    """A change. The planned window is half open: from `planned_start_at` up to, not including, `planned_end_at`.

    `approver_ids` are the people named to decide; who was asked and how they voted is kept by the approvals.
    """

    __tablename__ = "change_record"
    __table_args__: Any = (
        CheckConstraint("change_type IN ('normal', 'standard', 'emergency')", name="change_type"),
        CheckConstraint("risk_level IN ('low', 'medium', 'high')", name="risk_level"),
        Index("ix_change_record_window", "planned_start_at", "planned_end_at"),
        Base.__table_args__,
    )

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    change_type: Mapped[str] = mapped_column(default=NORMAL)
    model_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("change_model.id"))
    reason: Mapped[str] = mapped_column(LongText, default="")
    plan: Mapped[str] = mapped_column(LongText, default="")
    test_plan: Mapped[str] = mapped_column(LongText, default="")
    backout_plan: Mapped[str] = mapped_column(LongText, default="")
    planned_start_at: Mapped[datetime | None]
    planned_end_at: Mapped[datetime | None]
    risk_level: Mapped[str] = mapped_column(default="medium")
    risk_reason: Mapped[str] = mapped_column(LongText, default="")
    outage_expected: Mapped[bool] = mapped_column(default=False)
    approver_ids: Mapped[list[int]] = mapped_column(default=list)
    touched_services: Mapped[list[str]] = mapped_column(
        default=list
    )  # names, as of the last change of its CIs or asking
    touched_people: Mapped[int] = mapped_column(default=0)
    review_outcome: Mapped[str] = mapped_column(default="")
    review_notes: Mapped[str] = mapped_column(LongText, default="")

    __mapper_args__: Any = {  # noqa: RUF012 (SQLAlchemy reads this class attribute)
        "polymorphic_identity": "change",
        "inherit_condition": ticket_id == Ticket.id,
    }

    prefix: ClassVar[str] = "CHG"
    title_of_kind: ClassVar[Message] = _("Change")
    path: ClassVar[str] = "changes"
    shown: ClassVar[tuple[str, ...]] = (
        "change_type",
        "model_id",
        "reason",
        "plan",
        "test_plan",
        "backout_plan",
        "planned_start_at",
        "planned_end_at",
        "risk_level",
        "risk_reason",
        "outage_expected",
        "review_outcome",
        "review_notes",
    )
    inside: ClassVar[frozenset[str]] = frozenset(
        {"model_id", "plan", "test_plan", "backout_plan", "risk_level", "risk_reason", "review_outcome", "review_notes"}
    )
    own_facts: ClassVar[frozenset[str]] = PLAN | WINDOW
    lifecycle_column: ClassVar[str] = "change_type"
    step_texts: ClassVar[tuple[str, ...]] = ("review_outcome", "review_notes")
    step_choices = {"review_outcome": OUTCOMES}  # noqa: RUF012 (declared on the base class)

    @property
    def lifecycle_name(self) -> str:
        """Each type of change has a life cycle of its own."""
        return f"change.{self.change_type}"

    @property
    def has_window(self) -> bool:
        """Whether start and end are planned."""
        return self.planned_start_at is not None and self.planned_end_at is not None
