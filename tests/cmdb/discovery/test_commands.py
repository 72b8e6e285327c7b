"""The command `itsm discover` against real agents."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from cmdb import services as cmdb
from cmdb.discovery import services
from cmdb.discovery.commands import discover
from cmdb.discovery.models import DeviceRecord, ScanResult, ScanRun, ScanTarget
from cmdb.models import Ci, Relation
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import Base, session, unit_of_work
from tests.cmdb.discovery.conftest import OPERATOR
from tests.cmdb.discovery.devices import chassis, lldp_neighbour, switch
from tests.servers.snmp import SnmpServer, free_udp_port

FIRST, SECOND = "00:c0:ff:ee:00:01", "00:c0:ff:ee:00:02"


def run(*arguments: str | int) -> Result:
    return CliRunner().invoke(discover, [str(one) for one in arguments], catch_exceptions=False)


def scanned(*arguments: str | int) -> dict[str, Any]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def ci_of(document: dict[str, Any]) -> Ci:
    (device,) = document["devices"]
    return session.scalars(select(Ci).where(Ci.id == device["ci"])).one()


def test_device_becomes_a_configuration_item(app: Flask, agent: SnmpServer) -> None:
    document = scanned("127.0.0.1", "--community", "public", "--port", agent.port)
    assert {"scanned", "answered", "devices", "errors", "seconds"} <= set(document)
    assert (document["scanned"], document["answered"], document["errors"]) == (1, 1, [])
    (device,) = document["devices"]
    assert (device["action"], device["kind"], device["serial"]) == ("created", "other", "FOC1234X0AB")
    ci = ci_of(document)
    assert (ci.class_key, ci.name, ci.serial, ci.origin) == ("network_device", "access-2", "FOC1234X0AB", "snmp")
    wanted = {"manufacturer": "Cisco", "model": "WS-C2960X-48TS-L", "location": "Rack 9", "ip_address": "127.0.0.1"}
    assert wanted.items() <= ci.attributes.items()
    assert ci.attributes["discovered"]["sys_object_id"] == "1.3.6.1.4.1.9.1.1208"
    record = session.get_one(DeviceRecord, ci.id)
    (loopback,) = [one for one in record.interfaces if one["name"] == "lo"]
    assert "127.0.0.1/8" in loopback["addresses"]
    assert len(record.interfaces) == device["interfaces"] > 0
    target = session.scalars(select(ScanTarget)).one()
    assert (target.address, target.state, target.fail_count) == ("127.0.0.1", "ok", 0)


def test_second_sweep_changes_nothing(app: Flask, agent: SnmpServer) -> None:
    first = scanned("127.0.0.1", "--port", agent.port)
    ci = ci_of(first)
    version, entries = ci.version, _entries(ci.id)
    second = scanned("127.0.0.1", "--port", agent.port)
    assert [(one["ci"], one["action"]) for one in second["devices"]] == [(ci.id, "unchanged")]
    session.expire_all()
    assert (ci_of(second).version, _entries(ci.id)) == (version, entries)


def _entries(ci_id: int) -> int:
    return len(
        session.scalars(
            select(AuditEntry.id).where(AuditEntry.subject_kind == "ci", AuditEntry.subject_id == ci_id)
        ).all()
    )


def test_moved_device_is_updated_with_an_audit_entry(app: Flask, tmp_path: Path) -> None:
    rows = chassis("FOC9999X0AB", "WS-C2960X", FIRST)
    with switch(tmp_path / "before", "access-3", rows=rows, location="Rack 1") as before:
        created = ci_of(scanned("127.0.0.1", "--port", before.port))
    with switch(tmp_path / "after", "access-3", rows=rows, location="Rack 2") as after:
        document = scanned("127.0.0.1", "--port", after.port)
    assert [(one["ci"], one["action"]) for one in document["devices"]] == [(created.id, "updated")]
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.subject_id == created.id, AuditEntry.action == "ci.changed")
    ).one()
    assert entry.changes["attributes.location"] == ["Rack 1", "Rack 2"]


def test_two_agents_that_hear_each_other_are_related(app: Flask, tmp_path: Path) -> None:
    first = switch(
        tmp_path / "first",
        "access-1",
        rows=chassis("SERIAL-ONE", "WS-C2960X", FIRST) + lldp_neighbour(SECOND, "core-1", "Te1/1"),
    )
    second = switch(
        tmp_path / "second",
        "core-1",
        rows=chassis("SERIAL-TWO", "WS-C4500", SECOND) + lldp_neighbour(FIRST, "access-1", "Gi1/0/24"),
    )
    with first, second:
        one = ci_of(scanned("127.0.0.1", "--port", first.port))
        relation = session.scalars(select(Relation)).one()
        placeholder_id = ({relation.source_id, relation.target_id} - {one.id}).pop()
        assert session.get_one(Ci, placeholder_id).attributes["discovered"]["unmanaged"] is True
        document = scanned("127.0.0.1", "--port", second.port)
    other = ci_of(document)
    session.expire_all()
    assert other.id == placeholder_id
    assert (other.class_key, other.name, other.serial) == ("switch", "core-1", "SERIAL-TWO")
    assert other.attributes["discovered"]["unmanaged"] is False
    (relation,) = session.scalars(select(Relation)).all()
    assert {relation.source_id, relation.target_id} == {one.id, other.id}
    assert (relation.type_key, relation.origin) == ("connects_to", "snmp")


def test_stored_v3_credential_opens_the_device_and_is_remembered(app: Flask, agent: SnmpServer) -> None:
    with unit_of_work():
        services.create_credential(
            SYSTEM, name="Operator", snmp_version="v3", user="operator", auth_protocol="SHA",
            auth_key=OPERATOR.auth_key, priv_protocol="AES", priv_key=OPERATOR.priv_key,
        )  # fmt: skip
    document = scanned("127.0.0.1", "--credential", "Operator", "--port", agent.port)
    assert [one["name"] for one in document["devices"]] == ["access-2"]
    assert session.scalars(select(ScanTarget)).one().credential_id is not None


def test_wrong_v3_key_is_said_plainly(app: Flask, agent: SnmpServer) -> None:
    with unit_of_work():
        services.create_credential(
            SYSTEM, name="Wrong", snmp_version="v3", user="operator", auth_protocol="SHA", auth_key="not-the-passphrase"
        )
    document = scanned("127.0.0.1", "--credential", "Wrong", "--port", agent.port)
    assert document["devices"] == []
    assert "authentication was refused" in document["errors"][0]["error"]


def test_wrong_community_and_dead_host_are_no_answer(app: Flask, agent: SnmpServer) -> None:
    wrong = scanned("127.0.0.1", "--community", "wrong", "--port", agent.port)
    assert (wrong["scanned"], wrong["answered"]) == (1, 0)
    assert wrong["errors"] == [{"address": "127.0.0.1", "error": "no answer"}]
    dead = scanned("127.0.0.1", "--port", free_udp_port())
    assert dead["errors"] == [{"address": "127.0.0.1", "error": "no answer"}]
    assert session.scalars(select(Ci)).all() == []


def test_target_outside_of_every_range_is_refused_and_never_contacted(app: Flask) -> None:
    result = run("10.20.30.40", "--community", "public")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"] == [
        {"address": "10.20.30.40", "error": "not contacted: is outside of the allowed ranges"}
    ]
    assert "nothing was scanned" in result.stderr
    assert session.scalars(select(ScanRun)).one().scanned == 0


def test_exclusion_wins_over_range_and_loopback(app: Flask, agent: SnmpServer) -> None:
    with unit_of_work():
        services.create_range(SYSTEM, name="Here", network="127.0.0.0/24", exclusions="127.0.0.1", active=True)
    result = run("127.0.0.1", "--port", agent.port)
    document = json.loads(result.stdout)
    assert (document["scanned"], document["devices"]) == (0, [])


def test_loopback_is_refused_outside_of_demo_mode(
    app: Flask, agent: SnmpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ITSM", replace(app.config["ITSM"], demo=False))
    result = run("127.0.0.1", "--port", agent.port)
    assert result.exit_code == 1
    assert "is a loopback address" in result.stdout


@pytest.mark.parametrize("arguments", [("localhost",), ("10.0.0.0/8",), ("10.0.0.1", "--port", "70000"), ()])
def test_wrong_usage_ends_with_status_2(app: Flask, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_community_and_credential_together_are_wrong_usage(app: Flask) -> None:
    result = run("127.0.0.1", "--community", "a", "--credential", "b")
    assert (result.exit_code, "not both" in result.stderr) == (2, True)


def test_dry_run_stores_no_item_but_keeps_its_log(app: Flask, agent: SnmpServer) -> None:
    document = scanned("127.0.0.1", "--port", agent.port, "--dry-run")
    assert [(one["action"], one["ci"]) for one in document["devices"]] == [("found", None)]
    assert session.scalars(select(Ci)).all() == []
    assert session.scalars(select(ScanTarget)).all() == []
    assert [one.outcome for one in session.scalars(select(ScanResult))] == ["found"]


def test_retired_item_is_not_revived(app: Flask, agent: SnmpServer) -> None:
    ci = ci_of(scanned("127.0.0.1", "--port", agent.port))
    with unit_of_work():
        cmdb.change_state(SYSTEM, session.get_one(Ci, ci.id), "retired")
    document = scanned("127.0.0.1", "--port", agent.port)
    (device,) = document["devices"]
    assert (device["ci"], device["action"]) == (ci.id, "unchanged")
    assert "is retired but still answers" in device["notes"][0]
    session.expire_all()
    assert session.get_one(Ci, ci.id).state == "retired"


def test_no_secret_reaches_output_log_audit_or_any_table(
    app: Flask, agent: SnmpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with unit_of_work():
        row = services.create_credential(SYSTEM, name="Stored", snmp_version="v2c", community="s3cret-community")
        services.edit_credential(SYSTEM, row.id, name="Stored", snmp_version="v2c", community="n3w-s3cret")
        services.create_credential(
            SYSTEM, name="V3", snmp_version="v3", user="operator", auth_protocol="SHA", auth_key="wrong-auth-s3cret"
        )
    told = run("127.0.0.1", "--credential", "Stored", "--port", agent.port)
    told_v3 = run("127.0.0.1", "--credential", "V3", "--port", agent.port)
    typed = run("127.0.0.1", "--community", "typed-s3cret", "--port", agent.port)
    held = [caplog.text, told.output, told_v3.output, typed.output]
    for table in Base.metadata.sorted_tables:
        if table.name not in {"alembic_version"}:
            held += [repr(tuple(found)) for found in session.execute(select(table))]
    assert not [one[:200] for one in held if "s3cret" in one]
