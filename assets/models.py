"""The table of assets."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps

NUMBER_DIGITS = 7
PREFIX = "AST"


class Asset(Base, Timestamps):
    """One thing of value.

    `tag` is what its label says, in upper case; `price_minor` counts the smallest unit of `currency` (cents);
    `serial_key` is the serial number in the form in which serial numbers are compared.
    """

    __tablename__ = "asset"
    __table_args__: Any = (
        Index("ix_asset_state", "state", "tag"),
        CheckConstraint("price_minor >= 0", name="price"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tag: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)  # lower case, for order
    kind: Mapped[str]
    model: Mapped[str] = mapped_column(default="")
    manufacturer: Mapped[str] = mapped_column(default="")
    serial: Mapped[str] = mapped_column(default="")
    serial_key: Mapped[str] = mapped_column(default="", index=True)
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    state: Mapped[str]
    stock_state: Mapped[str] = mapped_column(default="")  # in stock: available or reserved; else empty
    disposal: Mapped[str] = mapped_column(default="")  # disposed of: sold, donated or scrapped; else empty
    certificate: Mapped[str] = mapped_column(default="")  # number of the proof of disposal
    supplier: Mapped[str] = mapped_column(default="")
    order_number: Mapped[str] = mapped_column(default="")
    purchased_on: Mapped[date | None]
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(default="")  # ISO 4217
    warranty_until: Mapped[date | None] = mapped_column(index=True)
    ci_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("ci.id"), index=True
    )  # the CI that this thing is operated as
    notes: Mapped[str] = mapped_column(LongText, default="")
    origin: Mapped[str] = mapped_column(default="hand")  # hand, inventory, import
    version: Mapped[int] = mapped_column(default=1)

    @property
    def number(self) -> str:
        """The number that people see: `AST0000123`."""
        return number_of(self.id)


def number_of(asset_id: int) -> str:
    """The number of the asset with this id."""
    return f"{PREFIX}{asset_id:0{NUMBER_DIGITS}d}"
