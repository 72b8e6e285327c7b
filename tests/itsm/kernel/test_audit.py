"""The audit log finds changes, gaps and cuts."""

from flask import Flask
from sqlalchemy import delete, select, update

from itsm.kernel import audit
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session


def write(number: int) -> None:
    for each in range(number):
        audit.record(SYSTEM, "thing.changed", subject_kind="thing", subject_id=each, changes={"name": ["a", "ب"]})
    session.flush()
    while audit.seal():
        session.expire_all()


def test_a_log_that_nobody_touched_holds(app: Flask) -> None:
    write(5)
    verdict = audit.verify(anchored=audit.head())
    assert (verdict.broken_number, verdict.reason) == (None, "")
    assert verdict.checked >= 5


def test_a_changed_entry_is_named(app: Flask) -> None:
    write(5)
    victim = session.scalars(select(AuditEntry).where(AuditEntry.number == 3)).one()
    session.execute(update(AuditEntry).where(AuditEntry.id == victim.id).values(actor_name="someone else"))
    session.expire_all()
    assert audit.verify().broken_number == 3
    assert audit.verify().reason == "entry was changed"


def test_a_removed_entry_is_named(app: Flask) -> None:
    write(5)
    session.execute(delete(AuditEntry).where(AuditEntry.number == 2))
    assert (audit.verify().broken_number, audit.verify().reason) == (2, "entry is missing")


def test_a_cut_tail_is_found_by_the_anchor(app: Flask) -> None:
    write(5)
    anchor = audit.head()
    session.execute(delete(AuditEntry).where(AuditEntry.number >= anchor[0] - 1))
    assert audit.verify().reason == ""
    assert "cut" in audit.verify(anchored=anchor).reason


def test_a_forged_entry_without_the_key_does_not_chain(app: Flask) -> None:
    write(3)
    last = audit.head()[0]
    session.execute(update(AuditEntry).where(AuditEntry.number == last).values(chain="0" * 64))
    session.expire_all()
    assert audit.verify().reason == "chain does not hold"
