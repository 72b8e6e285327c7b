"""Settings: a change begins with what is in the database, and nobody sees what is not committed."""

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from incident.major import plan as major
from itsm.kernel import preferences
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.kept import Kept
from itsm.kernel.module import Module
from itsm.kernel.preferences import Preference
from itsm.tickets import closing
from itsm.tickets.closing import Period
from itsm.web import operations
from tests.factories import Factory


@pytest.fixture
def behind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Commits, and leaves the process with the settings as they were before anybody set one."""
    del app

    def fall_behind() -> None:
        session.commit()
        monkeypatch.setattr(preferences, "_held", (math.inf, {}))

    return fall_behind


def elsewhere(app: Flask, read: Callable[[], Any]) -> Any:
    """What another reader of the same process is told meanwhile."""
    found: list[Any] = []

    def ask() -> None:
        with app.app_context(), reading(), unit_of_work():
            found.append(read())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


def test_a_change_keeps_what_another_process_wrote(behind: Callable[[], None], make: Factory) -> None:
    hardware, mail = make.category("Hardware"), make.category("Mail")
    closing.set_period(SYSTEM, hardware.id, Period(3))
    major.set_plan(SYSTEM, tickets=9)
    behind()
    closing.set_period(SYSTEM, mail.id, Period(4))
    major.set_plan(SYSTEM, minutes=20)
    assert closing.periods().keys() == {None, hardware.id, mail.id}
    assert (major.plan().tickets, major.plan().minutes) == (9, 20)


def test_modules_are_compared_with_what_is_in_force(
    behind: Callable[[], None], make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "switchable_modules", lambda: [Module("extra", "Extra")])
    operations.set_modules_on(make.actor("admin"), [])
    behind()
    operations.set_modules_on(make.actor("admin"), ["extra"])
    assert preferences.get("modules.off") == []


def test_what_stays_the_same_is_not_told(app: Flask) -> None:
    del app
    for _again in range(2):
        preferences.put(SYSTEM, "thing", {"a": 1})
    told = session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "setting.changed")).all()
    assert told == [{"thing": [None, {"a": 1}]}]


@pytest.mark.parametrize("known", [True, False])
def test_changes_at_once_come_one_after_the_other(separate_app: Flask, *, known: bool) -> None:
    with separate_app.app_context(), unit_of_work():
        if known:
            preferences.put(SYSTEM, "things", ["first"])
    names = {"second", "third", "fourth", "fifth"}
    start = threading.Barrier(len(names))

    def add(name: str) -> None:
        with separate_app.app_context(), unit_of_work():
            start.wait()
            preferences.change(SYSTEM, "things", lambda present: [*present, name], [])

    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with separate_app.app_context(), unit_of_work():
        assert set(preferences.get("things")) - {"first"} == names


def test_a_setting_is_in_force_for_others_once_it_is_committed(separate_app: Flask) -> None:
    with separate_app.app_context():
        preferences.put(SYSTEM, "thing", "new")
        assert preferences.get("thing") == "new"
        assert elsewhere(separate_app, lambda: preferences.get("thing")) is None
        assert preferences.get("thing") == "new"
        session.commit()
        assert elsewhere(separate_app, lambda: preferences.get("thing")) == "new"
        preferences.put(SYSTEM, "thing", "never")
        assert preferences.get("thing") == "never"
        session.rollback()
        assert preferences.get("thing") == "new"


def test_a_savepoint_takes_its_settings_back(app: Flask) -> None:
    del app
    preferences.put(SYSTEM, "thing", "first")
    savepoint = session.begin_nested()
    preferences.put(SYSTEM, "thing", "second")
    assert preferences.get("thing") == "second"
    savepoint.rollback()
    assert preferences.get("thing") == "first"
    with session.begin_nested():
        preferences.put(SYSTEM, "thing", "third")
    assert preferences.get("thing") == "third"
    with pytest.raises(IntegrityError):
        put_and_fail("thing")
    assert (preferences.get("thing"), preferences.read("thing")) == ("third", "third")


def put_and_fail(key: str) -> None:
    with session.begin_nested():
        preferences.put(SYSTEM, key, "fourth")
        session.add(Preference(key=key, value=1))
        session.flush()


def test_rows_are_not_kept_under_a_stamp_that_is_not_theirs(separate_app: Flask) -> None:
    kept = Kept("stamp", lambda: preferences.read("row"), "nothing")
    with separate_app.app_context():
        assert kept.get() == "nothing"
        for row in ("old", "new"):
            preferences.put(SYSTEM, "row", row)
            kept.renew()
            assert kept.get() == row
            before = {"old": "nothing", "new": "old"}[row]
            assert elsewhere(separate_app, kept.get) == before
            session.commit()
            assert elsewhere(separate_app, kept.get) == row
