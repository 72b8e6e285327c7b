"""Settings that administrators change while the system runs: one JSON value a key, kept in the database.

A process holds what is committed. A transaction that changes a setting sees its own values, and keeps them to itself.
"""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, JsonData, insert_unless_there, session

CACHE_SECONDS = 5.0
OWN = "preferences"  # in the session's `info`: all values as its transaction sees them; None until they are read

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


def read(key: str, default: Any = None) -> Any:
    """The value of a setting as the other rows that this transaction reads know it; one statement each time."""
    value = session.scalar(select(Preference.value).where(Preference.key == key))
    return default if value is None else value


def _all() -> dict[str, Any]:
    global _held  # noqa: PLW0603 (one set of settings a process, replaced as a whole)
    if OWN in session.info:
        return _own()
    held = _held
    if held is None or held[0] <= time.monotonic():
        held = _held = (time.monotonic() + CACHE_SECONDS, _read_all())
    return held[1]


def _own() -> dict[str, Any]:
    if session.info[OWN] is None:
        session.info[OWN] = _read_all()
    values: dict[str, Any] = session.info[OWN]
    return values


def _read_all() -> dict[str, Any]:
    return {row.key: row.value for row in session.execute(select(Preference.key, Preference.value))}


def put(actor: Actor, key: str, value: Any) -> None:
    """Change a setting and record who did; see `change`."""
    change(actor, key, lambda _present: value)


def change(actor: Actor, key: str, made: Callable[[Any], Any], default: Any = None) -> None:
    """Change a setting by what it is in the database now, and record who did; of two at once the second sees the first.

    `made` answers the new value for the present one, or for `default` where there is none. Equal values change nothing.
    """
    row = _locked(key)
    before = row.value
    present = default if before is None else before
    value = made(present)
    if value == present:
        return
    row.value = value
    session.flush()
    audit.record(actor, "setting.changed", subject_kind="setting", subject_id=None, changes={key: [before, value]})
    session.info[OWN] = None


def hold(key: str) -> None:
    """Keep others from changing a setting until this transaction ends, which reads all settings anew from now on."""
    _locked(key)
    session.info[OWN] = None


def _locked(key: str) -> Preference:
    """The row of a setting as it is now; one that nobody set before is made, and holds no value yet."""
    row = session.get(Preference, key, with_for_update=True, populate_existing=True)
    if row is not None:
        return row
    session.flush()
    insert_unless_there(Preference, key=key, value=None)
    return session.get_one(Preference, key, with_for_update=True, populate_existing=True)


def forget() -> None:
    """Drop what the process holds, so that the next reader asks the database."""
    global _held  # noqa: PLW0603
    _held = None


@event.listens_for(OrmSession, "after_commit")
def _committed(ended: OrmSession) -> None:
    """What a transaction changed is in force in its process at once."""
    global _held  # noqa: PLW0603
    if OWN in ended.info and not ended.in_nested_transaction():
        del ended.info[OWN]
        _held = None


@event.listens_for(OrmSession, "after_soft_rollback")
def _rolled_back(ended: OrmSession, transaction: Any) -> None:
    """A savepoint may have taken back what was read since; with the transaction everything of it ends."""
    if transaction.parent is None:
        ended.info.pop(OWN, None)
    elif OWN in ended.info:
        ended.info[OWN] = None


def is_on(module_name: str) -> bool:
    """Whether a module is switched on."""
    return module_name not in get("modules.off", [])
