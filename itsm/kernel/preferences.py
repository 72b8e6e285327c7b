"""Settings that administrators change while the system runs: one JSON value a key, kept in the database."""

import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, JsonData, session

CACHE_SECONDS = 5.0

_held: tuple[float, dict[str, Any]] | None = None  # until when (monotonic seconds), and all values


class Preference(Base):
    """One setting; `value` is any JSON value."""

    __tablename__ = "preference"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JsonData)


def get(key: str, default: Any = None) -> Any:
    """The value of a setting, at most a few seconds old, or `default`; all settings are read together."""
    value = _all().get(key)
    return default if value is None else value


def _all() -> dict[str, Any]:
    global _held  # noqa: PLW0603 (one set of settings a process, replaced as a whole)
    if _held is None or _held[0] <= time.monotonic():
        rows = session.execute(select(Preference.key, Preference.value)).all()
        _held = (time.monotonic() + CACHE_SECONDS, {row.key: row.value for row in rows})
    return _held[1]


def put(actor: Actor, key: str, value: Any) -> None:
    """Change a setting and record who did."""
    row = session.get(Preference, key)
    before = row.value if row else None
    if row is None:
        row = Preference(key=key, value=value)
        session.add(row)
    row.value = value
    session.flush()
    audit.record(actor, "setting.changed", subject_kind="setting", subject_id=None, changes={key: [before, value]})
    forget()


def forget() -> None:
    """Drop all cached values (after a rollback, and between tests)."""
    global _held  # noqa: PLW0603
    _held = None


def is_on(module_name: str) -> bool:
    """Whether a module is switched on."""
    return module_name not in get("modules.off", [])
