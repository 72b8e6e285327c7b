"""Tables of the forecast: how long clocks took lately, and how well forecasts fared."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId


class SlaDuration(Base):
    """What the newest ended clocks of one sort took: `seconds` are open seconds in order, `key` one of `forecast.Case.sorts`.

    Learned anew each day from the stored clocks; nothing else is kept here that could not be learned again.
    """

    __tablename__ = "sla_duration"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    seconds: Mapped[list[int]]
    learned_at: Mapped[datetime] = mapped_column(default=clock.now)


class SlaBacktest(Base):
    """One back-test of the forecast: what it would have said over the last `weeks`, against what happened."""

    __tablename__ = "sla_backtest"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    weeks: Mapped[int]
    result: Mapped[dict[str, Any]]
