"""Tables of skills, limits, absences, turns and on-call rotas."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, Timestamps


class Skill(Base, Timestamps):
    """Something that people can do at a level and that categories may need."""

    __tablename__ = "skill"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class PersonSkill(Base):
    """A person has a skill at a level from 1 (began) to 5 (teaches it)."""

    __tablename__ = "person_skill"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="level"), Base.__table_args__)

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("skill.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    level: Mapped[int] = mapped_column(SmallInteger)


class CategorySkill(Base):
    """Tickets of a category, and of those below it, need a skill at this level or above."""

    __tablename__ = "category_skill"
    __table_args__ = (CheckConstraint("least_level BETWEEN 1 AND 5", name="least_level"), Base.__table_args__)

    category_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("ticket_category.id", ondelete="CASCADE"), primary_key=True
    )
    skill_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("skill.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    least_level: Mapped[int] = mapped_column(SmallInteger)


class WorkLimit(Base):
    """The number of open tickets from which a person gets no more by themselves; people without a row have no limit."""

    __tablename__ = "work_limit"
    __table_args__ = (CheckConstraint("most_open >= 0", name="most_open"), Base.__table_args__)

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    most_open: Mapped[int]


class Turn(Base):
    """Whose turn it was last in a group; choices of a group queue on its row."""

    __tablename__ = "assignment_turn"

    group_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("support_group.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    member_id: Mapped[int | None] = mapped_column(BigId)


class Absence(Base, Timestamps):
    """A person is away from `from_at` until before `until_at`; `deputy_id` gets what would have been theirs.

    `reason` is a code of `itsm.staffing.words.REASONS`; it and `note` are shown to the person and to who plans the team.
    """

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("from_at < until_at", name="order"),
        Index("ix_absence_person_id_until_at", "person_id", "until_at"),
        Index("ix_absence_until_at", "until_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    deputy_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)


class Rota(Base, Timestamps):
    """Who is on call for a group: its people take a week each, in order, from `starts_on`, which is a hand-over day.

    The hand-over is `handover_minute` minutes after midnight on that weekday, on the clocks of `timezone`.
    """

    __tablename__ = "rota"
    __table_args__ = (
        CheckConstraint("handover_minute BETWEEN 0 AND 1439", name="handover_minute"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("support_group.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str]
    starts_on: Mapped[date]
    handover_minute: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class RotaMember(Base):
    """The place of a person in a rota, counted from 0."""

    __tablename__ = "rota_member"

    rota_id: Mapped[int] = mapped_column(BigId, ForeignKey("rota.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"))


class RotaOverride(Base):
    """Somebody else is on call for a while, whoever's week it is; of two that overlap the later one counts."""

    __tablename__ = "rota_override"
    __table_args__ = (
        CheckConstraint("from_at < until_at", name="order"),
        Index("ix_rota_override_rota_id_until_at", "rota_id", "until_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rota_id: Mapped[int] = mapped_column(BigId, ForeignKey("rota.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class HandoverNote(Base):
    """What one shift tells the next."""

    __tablename__ = "rota_note"
    __table_args__ = (Index("ix_rota_note_rota_id_id", "rota_id", "id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rota_id: Mapped[int] = mapped_column(BigId, ForeignKey("rota.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    author_id: Mapped[int | None] = mapped_column(BigId)
    author_name: Mapped[str]
    body: Mapped[str] = mapped_column(LongText)
