"""Scheduled sweeps and the task that works a run, against real agents."""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cmdb.discovery import execution, jobs, recording, services
from cmdb.discovery.models import ScanRange, ScanResult, ScanRun, ScanTarget
from cmdb.discovery.run import DiscoveryResult
from cmdb.models import Ci, Relation
from itsm.identity.models import Site
from itsm.kernel import clock
from itsm.kernel import jobs as kernel_jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import BackgroundTask
from tests.cmdb.discovery.devices import facts_of, neighbour
from tests.conftest import NOW
from tests.servers.snmp import SnmpServer, free_udp_port


def make_range(port: int, **facts: Any) -> int:
    communities = facts.pop("communities", ("public",))
    with unit_of_work():
        ids = [
            services.create_credential(SYSTEM, name=f"v2c {one}", snmp_version="v2c", community=one).id
            for one in communities
        ]
        known = {
            "name": "Here",
            "network": "127.0.0.1",
            "port": port,
            "credential_ids": ids,
            "active": True,
            "every_hours": 24,
        }
        return services.create_range(SYSTEM, **(known | facts)).id


def work() -> None:
    while kernel_jobs.run_tasks(jobs.TASKS).more:
        pass


def only_run() -> ScanRun:
    session.expire_all()
    return session.scalars(select(ScanRun)).one()


def test_due_range_is_scanned_once_and_again_after_its_hours(app: Flask, agent: SnmpServer) -> None:
    range_id = make_range(agent.port)
    assert jobs.start_due_runs().done == 1
    assert jobs.start_due_runs().done == 0
    work()
    run = only_run()
    assert (run.state, run.scanned, run.answered, run.created, run.failed) == ("done", 1, 1, 1, 0)
    assert session.get_one(ScanRange, range_id).current_run_id is None
    with clock.frozen(NOW + timedelta(hours=23)):
        assert jobs.start_due_runs().done == 0
    with clock.frozen(NOW + timedelta(hours=80)):
        assert jobs.start_due_runs().done == 1
        assert jobs.start_due_runs().done == 0


def test_ranges_by_hand_or_switched_off_are_never_due(app: Flask) -> None:
    make_range(161, every_hours=0)
    make_range(161, name="Off", active=False, communities=())
    assert jobs.start_due_runs().done == 0


def test_accepted_credential_is_remembered_and_tried_first(app: Flask, agent: SnmpServer) -> None:
    range_id = make_range(agent.port, communities=("wrong", "s3cret-community"))
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
    work()
    target = session.scalars(select(ScanTarget)).one()
    second = session.get_one(ScanRange, range_id).credential_ids[1]
    assert (target.credential_id, target.range_id) == (second, range_id)
    with unit_of_work():
        run_id = services.request_run(SYSTEM, range_id).id
        assert execution.scan_of_range(run_id).remembered == {"127.0.0.1": 1}


def test_device_that_falls_silent_is_counted_and_never_called_down(app: Flask, agent: SnmpServer) -> None:
    range_id = make_range(agent.port)
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
    work()
    with unit_of_work():
        services.edit_range(SYSTEM, range_id, port=free_udp_port())
        services.request_run(SYSTEM, range_id)
    work()
    session.expire_all()
    target = session.scalars(select(ScanTarget)).one()
    assert (target.state, target.fail_count) == ("silent", 1)
    assert session.scalars(select(ScanResult.text).where(ScanResult.outcome == "silent")).all() == ["no answer"]
    assert set(session.scalars(select(Ci.state))) == {"in_operation"}


def test_range_without_a_credential_fails_with_a_clear_text(app: Flask) -> None:
    range_id = make_range(161, communities=())
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
    work()
    run = only_run()
    assert (run.state, run.error) == ("failed", execution.NO_CREDENTIAL)
    assert session.get_one(ScanRange, range_id).current_run_id is None


def test_range_narrowed_after_the_request_is_scanned_as_allowed_now(app: Flask, agent: SnmpServer) -> None:
    range_id = make_range(agent.port, network="127.0.0.1-3")
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
        services.edit_range(SYSTEM, range_id, exclusions="127.0.0.1")
    work()
    assert (only_run().answered, only_run().scanned) == (0, 2)


def test_device_that_cannot_be_stored_costs_only_itself(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = tuple(facts_of(f"10.0.0.{n}", name=f"switch-{n}", serial=f"SERIAL-{n}") for n in (1, 2, 3))
    _answer(monkeypatch, devices)
    store = recording.record_device

    def breaking(actor: Any, facts: Any, **more: Any) -> Any:
        if facts.address == "10.0.0.2":
            store(actor, facts, **more)
            raise ZeroDivisionError
        return store(actor, facts, **more)

    monkeypatch.setattr(recording, "record_device", breaking)
    range_id = make_range(161)
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
    work()
    run = only_run()
    assert (run.state, run.created, run.failed) == ("done", 2, 1)
    assert session.scalars(select(Ci.name).order_by(Ci.name)).all() == ["switch-1", "switch-3"]
    (error,) = session.scalars(select(ScanResult).where(ScanResult.outcome == "error")).all()
    assert (error.address, error.text) == ("10.0.0.2", "not stored (ZeroDivisionError); see the log")


def _answer(monkeypatch: pytest.MonkeyPatch, devices: Sequence[Any]) -> None:
    result = DiscoveryResult(
        scanned=len(devices), answered=len(devices), devices=tuple(devices), errors=(), seconds=0.1,
        credentials_used={one.address: 0 for one in devices},
    )  # fmt: skip
    monkeypatch.setattr(execution, "discover", lambda *_arguments, **_options: result)


def test_device_that_another_run_stores_at_the_same_moment_is_tried_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(monkeypatch, [facts_of()])
    store, calls = recording.record_device, []

    def racing(actor: Any, facts: Any, **more: Any) -> Any:
        calls.append(facts.address)
        if len(calls) == 1:
            raise IntegrityError("insert", {}, Exception("strong_key"))
        return store(actor, facts, **more)

    monkeypatch.setattr(recording, "record_device", racing)
    range_id = make_range(161)
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
    work()
    assert (len(calls), only_run().created) == (2, 1)


def test_running_scan_reports_and_stops_when_it_is_cancelled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []

    def endless(*_arguments: Any, cancelled: Any, **_options: Any) -> Any:
        give_up_at = time.monotonic() + 20
        while not cancelled() and time.monotonic() < give_up_at:
            time.sleep(0.01)
        stopped.append(cancelled())
        return DiscoveryResult(0, 0, (), (), 0.0)

    monkeypatch.setattr(execution, "discover", endless)
    monkeypatch.setattr(execution, "BEAT_SECONDS", 0.05)
    range_id = make_range(161)
    with unit_of_work():
        run = services.request_run(SYSTEM, range_id)
        task_id, run_id = run.task_id, run.id
    beats: list[int] = []
    report = kernel_jobs.Progress(task_id or 0).step

    def reporting(percent: int, text: str) -> None:
        beats.append(percent)
        if len(beats) == 2:
            with unit_of_work():
                services.cancel_run(SYSTEM, run_id)
        report(percent, text)

    with pytest.raises(kernel_jobs.TaskCancelled):
        execution.work_range(run_id, reporting)
    assert (stopped, len(beats), only_run().state) == ([True], 2, "cancelled")
    assert session.get_one(ScanRange, range_id).current_run_id is None


def test_run_whose_worker_died_for_good_frees_its_range(app: Flask) -> None:
    range_id = make_range(161)
    with unit_of_work():
        run = services.request_run(SYSTEM, range_id)
        task = session.get_one(BackgroundTask, run.task_id)
        task.state, task.error, task.finished_at = "failed", "The worker died while it ran.", NOW
    jobs.start_due_runs()
    assert only_run().state == "queued"
    with clock.frozen(NOW + timedelta(minutes=6)):
        jobs.start_due_runs()
    assert (only_run().state, only_run().error) == ("failed", "The worker died while it ran.")
    assert session.get_one(ScanRange, range_id).current_run_id is None


def test_devices_of_one_run_need_no_placeholder_for_each_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = "00:c0:ff:ee:00:01", "00:c0:ff:ee:00:02"
    devices = [
        facts_of("10.0.0.1", serial="SERIAL-ONE", chassis_id=first, neighbours=(neighbour(second),)),
        facts_of("10.0.0.2", serial="SERIAL-TWO", chassis_id=second, kind="router", name="core-1"),
    ]
    _answer(monkeypatch, devices)
    range_id = make_range(161)
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
    work()
    assert (only_run().created, only_run().updated) == (2, 0)
    assert set(session.scalars(select(Ci.class_key))) == {"switch", "router"}
    (relation,) = session.scalars(select(Relation)).all()
    assert session.get_one(Ci, relation.target_id).name == "core-1"


def test_new_neighbour_alone_makes_a_device_updated(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    range_id = make_range(161)
    for heard in ((), (neighbour(),), (neighbour(),)):
        _answer(monkeypatch, [facts_of(neighbours=heard)])
        with unit_of_work():
            services.request_run(SYSTEM, range_id)
        work()
    outcomes = session.scalars(select(ScanResult.outcome).order_by(ScanResult.id)).all()
    assert outcomes == ["created", "updated", "unchanged"]


def test_devices_of_a_range_stand_at_its_site(app: Flask, tmp_path: Path) -> None:
    with unit_of_work():
        site = Site(name="Stockholm")
        session.add(site)
        session.flush()
        site_id = site.id
    port = free_udp_port()
    first = SnmpServer(tmp_path / "one", host="127.0.0.2", port=port, name="host-2")
    second = SnmpServer(tmp_path / "two", host="127.0.0.3", port=port, name="host-3")
    with first, second:
        range_id = make_range(port, network="127.0.0.1-4", site_id=site_id)
        with unit_of_work():
            services.request_run(SYSTEM, range_id)
        work()
    found = session.scalars(select(Ci).order_by(Ci.name)).all()
    assert [(one.name, one.class_key, one.site_id) for one in found] == [
        ("host-2", "server", site_id),
        ("host-3", "server", site_id),
    ]


def test_old_runs_are_forgotten_with_their_log(app: Flask, agent: SnmpServer) -> None:
    range_id = make_range(agent.port)
    with unit_of_work():
        services.request_run(SYSTEM, range_id)
    work()
    assert jobs.forget_old_runs().done == 0
    with clock.frozen(NOW + timedelta(days=91)):
        assert jobs.forget_old_runs().done == 1
    assert session.scalars(select(ScanResult)).all() == []
