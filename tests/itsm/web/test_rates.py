"""Counting calls over processes and threads, and what is noted of refusals and exports."""

import multiprocessing
import socket
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.engine import make_url
from werkzeug.exceptions import TooManyRequests

from config.settings import Settings
from itsm.kernel import clock
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import db, session
from itsm.web import counters
from itsm.web.counters import SharedCounters
from itsm.web.rates import Rates, rates_of_page
from tests.conftest import NOW, settings_for
from tests.factories import Factory
from tests.itsm.web.browser import post


def rates(**values: object) -> Rates:
    made = vars(settings_for("sqlite://", None, **values))  # type: ignore[arg-type]  # no folder is read
    return Rates(Settings(**(made | {"testing": False})))


def count_in_processes(shared: SharedCounters, processes: int, times: int) -> None:
    def work() -> None:
        for _each in range(times):
            shared.incr("key", 3600)

    fork = multiprocessing.get_context("fork")
    started = [fork.Process(target=work) for _each in range(processes)]
    for each in started:
        each.start()
    for each in started:
        each.join()


def test_processes_forked_from_one_count_together() -> None:
    shared = SharedCounters()
    count_in_processes(shared, 4, 500)
    assert shared.get("key") == 2000


def test_threads_count_together() -> None:
    shared = SharedCounters()
    threads = [
        threading.Thread(target=lambda: [shared.incr("key", 3600) for _each in range(500)]) for _each in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert shared.get("key") == 2000


def test_a_process_that_dies_while_it_counts_blocks_nobody() -> None:
    shared = SharedCounters()

    def die() -> None:
        with shared._slot("key", 0.0):
            threading.Event().wait()

    dying = multiprocessing.get_context("fork").Process(target=die)
    dying.start()
    dying.kill()
    dying.join()
    assert shared.incr("key", 60) == 1


def test_a_window_begins_with_its_first_call_and_ends() -> None:
    shared = SharedCounters()
    with clock.frozen(NOW):
        assert [shared.incr("key", 60), shared.incr("key", 60)] == [1, 2]
        assert shared.get_expiry("key") == (NOW + timedelta(seconds=60)).timestamp()
    with clock.frozen(NOW + timedelta(seconds=61)):
        assert shared.get("key") == 0
        assert shared.incr("key", 60) == 1


def test_keys_beyond_the_places_push_out_what_ends_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "BUCKETS", 1)
    shared = SharedCounters()
    with clock.frozen(NOW):
        for number in range(counters.SLOTS_TRIED):
            shared.incr(str(number), 60 + number)
        shared.incr("one more", 3600)
        assert shared.get("0") == 0
        assert [shared.get(str(number)) for number in range(1, counters.SLOTS_TRIED)] == [1] * 7
        shared.clear("one more")
        assert shared.get("one more") == 0
        shared.reset()
        assert shared.get("1") == 0


def test_beyond_the_rate_it_is_said_when_to_try_again() -> None:
    counted = rates()
    with clock.frozen(NOW):
        for _each in range(2):
            counted.count("2 per minute", "scope", "somebody")
        counted.count("2 per minute", "scope", "somebody else")
        counted.count("2 per minute", "other scope", "somebody")
    with clock.frozen(NOW + timedelta(seconds=20)), pytest.raises(TooManyRequests) as refusal:
        counted.count("2 per minute", "scope", "somebody")
    assert refusal.value.retry_after == 40


def test_a_mute_redis_is_waited_for_once_and_then_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        counted = rates(redis_url=f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
        mute.settimeout(0)
        with clock.frozen(NOW):
            counted.count("1 per minute", "scope", "somebody")
            asked, _address = mute.accept()
            with pytest.raises(TooManyRequests):
                counted.count("1 per minute", "scope", "somebody")
            with pytest.raises(BlockingIOError):
                mute.accept()  # neither tried again at once nor asked for the second call
        with clock.frozen(NOW + timedelta(seconds=6)):
            with pytest.raises(TooManyRequests):
                counted.count("1 per minute", "scope", "somebody")
            again, _address = mute.accept()
        asked.close()
        again.close()


def test_refused_access_is_noted_with_who_and_what(client: FlaskClient, make: Factory) -> None:
    person = make.person("Rita")
    make.sign_in(client, person)
    assert client.get("/desk?q=secret").status_code == 403
    assert post(client, "/admin/mail/mailboxes").status_code == 403
    refused = select(AuditEntry).where(AuditEntry.action == "access.refused").order_by(AuditEntry.id)
    entries = session.scalars(refused).all()
    assert [(entry.actor_id, entry.changes["address"][1]) for entry in entries] == [
        (person.id, "GET /desk"),
        (person.id, "POST /admin/mail/mailboxes"),
    ]
    assert client.get("/portal/tickets/INC9999999").status_code == 404
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "access.refused")).all()) == 2


def test_a_list_that_leaves_is_noted(client: FlaskClient, make: Factory) -> None:
    make.asset()
    agent = make.person("Ada", roles=("agent",))
    make.sign_in(client, agent)
    assert client.get("/assets/export.csv").status_code == 200
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "assets.exported")).one()
    assert (entry.actor_id, entry.changes) == (agent.id, {"rows": [None, 1], "format": [None, "csv"]})


def test_words_in_the_address_take_no_call_out_of_the_rate_of_its_view(app: Flask) -> None:
    for path, expected in (
        ("/reports/x/export", ["export_rate"]),
        ("/reports/x/export?q=1", ["export_rate", "search_rate"]),
        ("/reports?words=1", ["search_rate"]),
        ("/query/builder?q=1", ["search_rate"]),
        ("/reports", []),
    ):
        with app.test_request_context(path, method="POST" if "export" in path else "GET"):
            assert rates_of_page() == expected


@pytest.mark.one_database
def test_a_file_that_is_sent_slowly_keeps_no_writer_waiting(separate_app: Flask) -> None:
    client = signed_in(separate_app)
    answer = client.get("/cmdb/export.csv", buffered=False)
    parts = iter(answer.response)
    assert "Name" in next(parts).decode()
    assert "first" in next(parts).decode()
    with closing(writer_of(separate_app)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.rollback()
    answer.close()


@pytest.mark.one_database
def test_what_cannot_be_noted_leaves_the_answer_as_it_is(separate_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsm.kernel.db.BUSY_TIMEOUT_MS", 10)
    client = signed_in(separate_app)
    with separate_app.app_context():
        db.engine.dispose()  # connections that are as impatient
    with closing(writer_of(separate_app)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        answer = client.get("/cmdb/export.csv")
        assert (answer.status_code, "first" in answer.text) == (200, True)
        writer.rollback()


def signed_in(app: Flask) -> FlaskClient:
    with app.app_context():
        make = Factory()
        make.ci("first")
        session.commit()
        client = make.sign_in(app.test_client(), make.person("Ada", roles=("agent",)))
        session.commit()
        session.remove()
    return client


def writer_of(app: Flask) -> sqlite3.Connection:
    return sqlite3.connect(make_url(app.config["ITSM"].database_url).database or "", timeout=0, isolation_level=None)
