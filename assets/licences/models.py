"""The tables of licences and of who holds them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps
from itsm.kernel.text import _

PREFIX = "LIC"
NUMBER_DIGITS = 7
METRICS = {"device": _("per device"), "person": _("per person"), "site": _("site, unlimited")}


class Licence(Base, Timestamps):
    """The right to use a product.

    `metric` is `device` (seats are held by CIs), `person` (by people) or `site` (unlimited: `seats` is None, nobody is
    assigned). `valid_until` is the last day, None for a perpetual licence. `price_minor` counts the smallest unit of
    `currency` (cents). Product keys are not stored: they are secrets and belong into a vault for such.
    """

    __tablename__ = "licence"
    __table_args__: Any = (
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("(metric = 'site') = (seats IS NULL)", name="metric_seats"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("valid_until >= valid_from", name="validity"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)  # lower case, for order
    publisher: Mapped[str] = mapped_column(default="")
    metric: Mapped[str]
    seats: Mapped[int | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None] = mapped_column(index=True)
    supplier: Mapped[str] = mapped_column(default="")
    order_number: Mapped[str] = mapped_column(default="")
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(default="")  # ISO 4217
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"), index=True)
    notes: Mapped[str] = mapped_column(LongText, default="")
    version: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None]  # None while in use

    @property
    def number(self) -> str:
        """The number that people see: `LIC0000123`."""
        return number_of(self.id)


class LicenceUse(Base):
    """One seat held by a person or a CI from an instant until another (None: still)."""

    __tablename__ = "licence_use"
    __table_args__: Any = (
        Index("ix_licence_use_licence_id_to_at", "licence_id", "to_at"),
        CheckConstraint("(person_id IS NULL) <> (ci_id IS NULL)", name="holder"),
        CheckConstraint("to_at >= from_at", name="ends"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    licence_id: Mapped[int] = mapped_column(BigId, ForeignKey("licence.id"))
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    ci_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ci.id"), index=True)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]


def number_of(licence_id: int) -> str:
    """The number of the licence with this id."""
    return f"{PREFIX}{licence_id:0{NUMBER_DIGITS}d}"
