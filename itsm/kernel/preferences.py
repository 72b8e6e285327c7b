"""Settings that administrators change while the system runs: one JSON value a key, kept in the database."""

import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, JsonData, session

CACHE_SECONDS = 5.0

_cache: dict[str, tuple[float, Any]] = {}


class Preference(Base):
    """One setting; `value` is any JSON value."""

    __tablename__ = "preference"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JsonData)


def get(key: str, default: Any = None) -> Any:
    """The value of a setting, at most a few seconds old, or `default`."""
    known = _cache.get(key)
    if known and known[0] > time.monotonic():
        return default if known[1] is None else known[1]
    value = session.scalar(select(Preference.value).where(Preference.key == key))
    _cache[key] = (time.monotonic() + CACHE_SECONDS, value)
    return default if value is None else value


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
    _cache.pop(key, None)


def forget() -> None:
    """Drop all cached values (after a rollback, and between tests)."""
    _cache.clear()


def is_on(module_name: str) -> bool:
    """Whether a module is switched on."""
    return module_name not in get("modules.off", [])
