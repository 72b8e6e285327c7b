"""Ranges, credentials, and asking for runs."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cmdb.discovery import credentials, queries, ranges, services
from cmdb.discovery.client import V1Credential, V2Credential, V3Credential
from cmdb.discovery.models import ScanRange, ScanRun, SnmpCredential
from cmdb.discovery.targets import AddressNotAllowed
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.jobs import BackgroundTask
from tests.factories import Factory

V3_PARTS = {
    "user": "operator",
    "auth_protocol": "SHA",
    "auth_key": "auth-passphrase",
    "priv_protocol": "AES",
    "priv_key": "priv-passphrase",
}


def make_range(**facts: Any) -> ScanRange:
    return services.create_range(SYSTEM, **({"name": "Here", "network": "10.1.0.0/24", "active": True} | facts))


@pytest.mark.parametrize("role", ["agent", "supervisor", "asset_manager", "end_user"])
def test_only_who_manages_discovery_may_do_anything(make: Factory, role: str) -> None:
    actor = make.actor(role)
    attempts = [
        lambda: services.create_range(actor, name="x", network="10.0.0.0/24"),
        lambda: services.create_credential(actor, name="x", snmp_version="v2c", community="public"),
        lambda: services.request_run(actor, 1),
        lambda: services.open_run(actor, ["10.0.0.1"], port=161, dry_run=True),
        lambda: queries.list_ranges(actor),
        lambda: queries.list_credentials(actor),
        lambda: queries.list_runs(actor),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()


def test_cmdb_editor_may_allow_a_range_and_it_is_on_record(make: Factory) -> None:
    actor = make.actor("cmdb_editor")
    row = services.create_range(actor, name="Here", network="10.1.0.0/24, 10.2.0.1-9\n10.3.0.1", exclusions="10.1.0.7")
    assert row.network.splitlines() == ["10.1.0.0/24", "10.2.0.1-9", "10.3.0.1"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "scan_range.allowed")).one()
    assert (entry.actor_id, entry.changes["exclusions"]) == (actor.person_id, [None, "10.1.0.7"])


@pytest.mark.parametrize(
    ("facts", "field", "text"),
    [
        ({"network": "switch.example.org"}, "network", "switch.example.org"),
        ({"network": " , "}, "network", "at least one"),
        ({"network": "10.0.0.0/16, 10.1.0.0/24"}, "network", "Split it"),
        ({"network": "10.0.0.0/8"}, "network", "not larger than"),
        ({"network": "169.254.1.0/24"}, "network", "link-local"),
        ({"network": "8.8.8.0/24"}, "network", "public address"),
        ({"network": "::1"}, "network", "::1"),
        ({"exclusions": "10.1.0.300"}, "exclusions", "10.1.0.300"),
        ({"credential_ids": [999]}, "credential_1", "from the list"),
        ({"site_id": 999}, "site_id", "no such site"),
    ],
)
def test_wrong_range_names_the_field(app: Flask, facts: dict[str, Any], field: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        make_range(**facts)
    assert text in str(caught.value.errors[field][0])


def test_public_addresses_need_their_own_switch_and_loopback_demo_mode(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_range(name="Public", network="8.8.8.0/24", allow_public=True).id
    assert make_range(name="Loopback", network="127.0.0.0/24").id
    monkeypatch.setitem(app.config, "ITSM", replace(app.config["ITSM"], demo=False))
    with pytest.raises(Invalid, match="loopback"):
        make_range(name="Loopback 2", network="127.0.0.0/24")


def test_names_are_taken_once(app: Flask) -> None:
    make_range()
    other = make_range(name="There")
    with pytest.raises(Invalid, match="exists already"):
        make_range()
    with pytest.raises(Invalid, match="exists already"):
        services.edit_range(SYSTEM, other.id, name="Here")


def test_stale_edit_of_a_range_is_a_conflict(app: Flask) -> None:
    row = make_range()
    services.edit_range(SYSTEM, row.id, version=row.version, network="10.9.0.0/24")
    assert row.network == "10.9.0.0/24"
    with pytest.raises(Conflict):
        services.edit_range(SYSTEM, row.id, version=row.version - 1, network="10.8.0.0/24")


def test_guard_allows_what_active_ranges_hold_and_exclusions_of_all_win(app: Flask) -> None:
    first = make_range(network="10.1.0.0/24")
    make_range(name="There", network="10.2.0.0/24", exclusions="10.1.0.7")
    make_range(name="Off", network="10.3.0.0/24", active=False)
    active = queries.active_ranges()
    guard = ranges.guard_of(active, active=active, loopback=False)
    assert str(guard.check("10.1.0.8"))
    for refused in ("10.1.0.7", "10.3.0.1", "10.1.0.255", "127.0.0.1", "8.8.8.8"):
        with pytest.raises(AddressNotAllowed):
            guard.check(refused)
    with pytest.raises(AddressNotAllowed):
        ranges.guard_of([first], active=active, loopback=False).check("10.2.0.1")


def test_credentials_open_as_the_client_needs_them(app: Flask) -> None:
    wanted = {
        "v1": V1Credential("one"),
        "v2c": V2Credential("two"),
        "v3": V3Credential("operator", "SHA", "auth-passphrase", "AES", "priv-passphrase"),
    }
    parts = {"v1": {"community": "one"}, "v2c": {"community": "two"}, "v3": V3_PARTS}
    for version, given in parts.items():
        row = services.create_credential(SYSTEM, name=version, snmp_version=version, **given)
        assert credentials.open_credential(row) == wanted[version]
        for secret in ("one", "two", "passphrase"):
            assert secret not in row.sealed


@pytest.mark.parametrize(
    ("version", "parts", "field"),
    [
        ("v2c", {}, "community"),
        ("v3", {}, "user"),
        ("v3", V3_PARTS | {"auth_key": "short"}, "auth_key"),
        ("v3", V3_PARTS | {"priv_key": ""}, "priv_key"),
        ("v3", V3_PARTS | {"auth_protocol": ""}, "auth_protocol"),
        ("v3", {"user": "u", "auth_key": "long-enough"}, "auth_key"),
    ],
)
def test_wrong_credential_names_the_field(app: Flask, version: str, parts: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_credential(SYSTEM, name="x", snmp_version=version, **parts)
    assert list(caught.value.errors) == [field]


def test_empty_secret_keeps_the_stored_one_and_a_new_one_replaces_it(app: Flask) -> None:
    row = services.create_credential(SYSTEM, name="x", snmp_version="v3", **V3_PARTS)
    kept = {name: value for name, value in V3_PARTS.items() if not name.endswith("_key")}
    services.edit_credential(SYSTEM, row.id, name="y", snmp_version="v3", **kept, auth_key="", priv_key="")
    assert credentials.unseal(row) == {"auth_key": "auth-passphrase", "priv_key": "priv-passphrase"}
    services.edit_credential(SYSTEM, row.id, name="y", snmp_version="v3", **kept, auth_key="another-passphrase")
    assert credentials.unseal(row) == {"auth_key": "another-passphrase", "priv_key": "priv-passphrase"}
    with pytest.raises(Invalid) as caught:
        services.edit_credential(SYSTEM, row.id, name="y", snmp_version="v2c", community="")
    assert list(caught.value.errors) == ["community"]


def test_credential_in_use_is_not_deleted(app: Flask) -> None:
    row = services.create_credential(SYSTEM, name="x", snmp_version="v2c", community="public")
    scan_range = make_range(credential_ids=[row.id])
    with pytest.raises(Invalid, match="Here"):
        services.delete_credential(SYSTEM, row.id)
    services.edit_range(SYSTEM, scan_range.id, credential_ids=[])
    services.delete_credential(SYSTEM, row.id)
    assert session.get(SnmpCredential, row.id) is None


def test_one_run_of_a_range_at_a_time(app: Flask) -> None:
    row, other = make_range(), make_range(name="There")
    run = services.request_run(SYSTEM, row.id)
    assert (row.current_run_id, run.state) == (run.id, "queued")
    with pytest.raises(Conflict, match="being scanned"):
        services.request_run(SYSTEM, row.id, dry_run=True)
    with pytest.raises(Conflict, match="being scanned"):
        services.delete_range(SYSTEM, row.id)
    assert services.request_run(SYSTEM, other.id).id != run.id


def test_claim_that_another_transaction_has_won_is_a_conflict(app: Flask) -> None:
    row = make_range()
    session.execute(ScanRange.__table__.update().values(current_run_id=77))
    assert row.current_run_id is None
    with pytest.raises(Conflict):
        services.request_run(SYSTEM, row.id)
    assert session.scalars(select(ScanRun)).all() == []


def test_switched_off_range_is_not_scanned(app: Flask) -> None:
    row = make_range(active=False)
    with pytest.raises(Invalid, match="switched off"):
        services.request_run(SYSTEM, row.id)


def test_cancelled_run_frees_its_range_and_its_task(app: Flask) -> None:
    row = make_range()
    run = services.cancel_run(SYSTEM, services.request_run(SYSTEM, row.id).id)
    session.refresh(row)
    assert (run.state, row.current_run_id) == ("cancelled", None)
    assert session.get_one(BackgroundTask, run.task_id).state == "cancelled"
    with pytest.raises(Conflict, match="ended already"):
        services.cancel_run(SYSTEM, run.id)


def test_dry_run_does_not_count_as_the_scheduled_one(app: Flask) -> None:
    row = make_range()
    services.request_run(SYSTEM, row.id, dry_run=True)
    assert row.last_run_at is None
