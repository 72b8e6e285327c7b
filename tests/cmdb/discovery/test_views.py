"""Administration pages of discovery."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import event, select

from cmdb.discovery import jobs, services
from cmdb.discovery.models import ScanRange, ScanResult, ScanRun, SnmpCredential
from cmdb.discovery.views import network_panel, speed
from cmdb.models import Ci
from itsm.kernel import jobs as kernel_jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session, unit_of_work
from tests.cmdb.discovery.devices import facts_of, neighbour, store_device
from tests.conftest import NOW
from tests.factories import Factory
from tests.servers.snmp import SnmpServer

SECRET = "s3cret-community"
RANGE = {
    "name": "Here",
    "network": "127.0.0.1",
    "port": "161",
    "packets_per_second": "1000",
    "every_hours": "24",
    "active": "true",
}


@pytest.fixture
def editor(client: FlaskClient, make: Factory) -> FlaskClient:
    """A client signed in as somebody who manages discovery."""
    return make.sign_in(client, make.person(roles=("cmdb_editor",)))


def token(client: FlaskClient, address: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).get_data(as_text=True))
    assert found
    return found[1]


def post(client: FlaskClient, address: str, *, form_at: str | None = None, **fields: Any) -> Any:
    return client.post(address, data={"csrf_token": token(client, form_at or address), **fields})


def test_pages_are_closed_to_agents(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("agent",)))
    for path in ("", "/ranges/new", "/runs", "/credentials/new"):
        assert client.get(f"/admin/discovery{path}").status_code == 403


def test_empty_overview_says_what_to_do(editor: FlaskClient) -> None:
    page = editor.get("/admin/discovery").get_data(as_text=True)
    assert "Nothing is scanned until you allow a range" in page


def test_range_is_made_changed_and_deleted(editor: FlaskClient) -> None:
    assert post(editor, "/admin/discovery/ranges/new", **RANGE).status_code == 302
    row = session.scalars(select(ScanRange)).one()
    assert (row.network, row.active, row.every_hours) == ("127.0.0.1", True, 24)
    changed = RANGE | {"network": "127.0.0.1\r\n127.0.0.9", "version": "1"}
    changed.pop("active")
    assert post(editor, f"/admin/discovery/ranges/{row.id}", **changed).status_code == 302
    session.expire_all()
    assert (row.network, row.active) == ("127.0.0.1\n127.0.0.9", False)
    answer = post(editor, f"/admin/discovery/ranges/{row.id}", **(RANGE | {"version": "1"}))
    assert answer.status_code == 422
    assert "changed meanwhile" in answer.get_data(as_text=True)
    address = f"/admin/discovery/ranges/{row.id}"
    assert post(editor, f"{address}/delete", form_at=address).status_code == 302
    assert session.scalars(select(ScanRange)).all() == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"network": "<b>router</b>"}, "&lt;b&gt;router&lt;/b&gt;” cannot be used"),
        ({"network": "8.8.8.8"}, "public address"),
        ({"port": "70000"}, "65535"),
        ({"packets_per_second": "999999"}, "5000"),
        ({"every_hours": "often"}, "This must be a whole number"),
        ({"unknown": "1"}, "There is no such field"),
    ],
)
def test_wrong_range_keeps_what_was_typed_and_says_why(editor: FlaskClient, change: dict[str, str], text: str) -> None:
    answer = post(editor, "/admin/discovery/ranges/new", **(RANGE | {"name": "Typed name"} | change))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert text in page
    assert "Typed name" in page
    assert session.scalars(select(ScanRange)).all() == []


def test_secret_is_written_and_never_shown(editor: FlaskClient) -> None:
    answer = post(editor, "/admin/discovery/credentials/new", name="Read", snmp_version="v2c", community=SECRET)
    assert answer.status_code == 302
    row = session.scalars(select(SnmpCredential)).one()
    pages = [editor.get(f"/admin/discovery{path}") for path in ("", f"/credentials/{row.id}", "/ranges/new")]
    refused = post(editor, "/admin/discovery/credentials/new", name="Read", snmp_version="v2c", community=SECRET)
    assert refused.status_code == 422
    assert "exists already" in refused.get_data(as_text=True)
    for page in [*pages, refused]:
        assert SECRET not in page.get_data(as_text=True)
        assert row.sealed not in page.get_data(as_text=True)


def test_short_key_is_refused_at_its_field(editor: FlaskClient) -> None:
    fields = {"name": "V3", "snmp_version": "v3", "user": "operator", "auth_protocol": "SHA", "auth_key": "short-7"}
    answer = post(editor, "/admin/discovery/credentials/new", **fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "at least 8 characters" in page
    assert "short-7" not in page


def scan(client: FlaskClient, agent: SnmpServer, **fields: str) -> ScanRun:
    credential = services.create_credential(SYSTEM, name="Read", snmp_version="v2c", community="public")
    row = services.create_range(
        SYSTEM, name="Here", network="127.0.0.1-2", port=agent.port, active=True, credential_ids=[credential.id]
    )
    session.commit()
    answer = post(client, f"/admin/discovery/ranges/{row.id}/scan", form_at="/admin/discovery", **fields)
    assert answer.status_code == 302
    run = session.scalars(select(ScanRun)).one()
    assert answer.location == f"/admin/discovery/runs/{run.id}"
    return run


def work() -> None:
    while kernel_jobs.run_tasks(jobs.TASKS).more:
        pass


def test_scan_now_shows_progress_then_devices_and_errors(editor: FlaskClient, agent: SnmpServer) -> None:
    run = scan(editor, agent)
    waiting = editor.get(f"/admin/discovery/runs/{run.id}").get_data(as_text=True)
    assert "every 2s" in waiting
    assert "Cancel" in waiting
    assert "HX-Refresh" not in editor.get(f"/admin/discovery/runs/{run.id}/progress").headers
    run_id = run.id
    work()
    page = editor.get(f"/admin/discovery/runs/{run_id}").get_data(as_text=True)
    ci_id = session.scalars(select(Ci.id).where(Ci.name == "access-2")).one()
    assert f'href="/cmdb/{ci_id}"' in page
    assert "FOC1234X0AB" in page
    assert "Nothing there, SNMP switched off" in page
    assert "every 2s" not in page
    assert editor.get(f"/admin/discovery/runs/{run_id}/progress").headers["HX-Refresh"] == "true"


def test_try_without_saving_shows_what_would_be_found(editor: FlaskClient, agent: SnmpServer) -> None:
    run_id = scan(editor, agent, dry_run="true").id
    work()
    page = editor.get(f"/admin/discovery/runs/{run_id}").get_data(as_text=True)
    assert "access-2" in page
    assert "found, not saved" in page
    assert session.scalars(select(Ci)).all() == []


def test_second_scan_of_a_range_is_refused_and_cancelling_frees_it(editor: FlaskClient, agent: SnmpServer) -> None:
    run = scan(editor, agent)
    again = post(editor, f"/admin/discovery/ranges/{run.range_id}/scan", form_at="/admin/discovery/ranges/new")
    assert again.status_code == 409
    assert "being scanned now" in again.get_data(as_text=True)
    address = f"/admin/discovery/runs/{run.id}"
    assert post(editor, f"{address}/cancel", form_at=address).status_code == 302
    session.expire_all()
    assert session.scalars(select(ScanRun.state)).one() == "cancelled"


HOSTILE = "<script>alert(1)</script>"


def test_hostile_names_are_escaped_on_every_page(editor: FlaskClient, make: Factory) -> None:
    heard = neighbour("not-a-mac", name=HOSTILE, port=HOSTILE)
    facts = facts_of(name=HOSTILE, location=HOSTILE, neighbours=(heard,))
    recorded = store_device(SYSTEM, facts, at=NOW)
    run = services.open_run(SYSTEM, [HOSTILE], port=161, dry_run=False)
    session.add(
        ScanResult(
            run_id=run.id, address="10.0.0.1", outcome="created", name=HOSTILE, ci_id=recorded.ci.id, kind="switch",
            facts={"vendor": HOSTILE}, text=HOSTILE,
        )
    )  # fmt: skip
    session.commit()
    pages = [editor.get(f"/admin/discovery{path}").get_data(as_text=True) for path in ("", "/runs", f"/runs/{run.id}")]
    panel = _panel(editor, make, recorded.ci)
    assert "&lt;script&gt;" in panel
    assert "&lt;script&gt;" in pages[2]
    assert not [page for page in [*pages, panel] if HOSTILE in page]


def _panel(client: FlaskClient, make: Factory, ci: Ci) -> str:
    actor = make.actor("agent")
    with client.application.test_request_context("/cmdb/1"):
        g.actor = actor
        return network_panel(actor, ci)


def test_panel_shows_ports_with_state_speed_and_neighbour(editor: FlaskClient, make: Factory) -> None:
    port = facts_of().interfaces[0]
    facts = facts_of(interfaces=(replace(port, speed_bps=10**9),), neighbours=(neighbour(),))
    recorded = store_device(SYSTEM, facts, at=NOW)
    panel = _panel(editor, make, recorded.ci)
    core = session.scalars(select(Ci).where(Ci.name == "core-1")).one()
    for text in ("Gi1/0/1", "1 Gbit/s", "00:1b:0d:00:00:01", f'href="/cmdb/{core.id}"', "Gi1/0/24", "LLDP", ">up<"):
        assert text in panel
    assert _panel(editor, make, core) == ""


def test_panel_is_hidden_from_requesters(editor: FlaskClient, make: Factory) -> None:
    recorded = store_device(SYSTEM, facts_of(), at=NOW)
    assert network_panel(make.actor("end_user"), recorded.ci) == ""


@pytest.mark.parametrize(
    ("bits", "text"),
    [(10**10, "10 Gbit/s"), (10**8, "100 Mbit/s"), (2_500_000_000, "2.5 Gbit/s"), (9600, "9.6 kbit/s"), (5, "5 bit/s")],
)
def test_speeds_have_a_unit(bits: int, text: str) -> None:
    assert speed(bits) == text


def statements_of(client: FlaskClient, address: str) -> int:
    counted: list[str] = []

    def listener(*arguments: Any) -> None:
        counted.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", listener)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", listener)
    return len(counted)


def test_lists_cost_a_fixed_number_of_statements(app: Flask, editor: FlaskClient) -> None:
    run_id = services.open_run(SYSTEM, ["10.0.0.1"], port=161, dry_run=False).id
    session.commit()
    editor.get("/admin/discovery")
    addresses = ("/admin/discovery", "/admin/discovery/runs", f"/admin/discovery/runs/{run_id}")
    few = [statements_of(editor, address) for address in addresses]
    with unit_of_work():
        for number in range(8):
            row = services.create_range(SYSTEM, name=f"Range {number}", network=f"10.0.{number}.0/24", active=True)
            services.create_credential(SYSTEM, name=f"Credential {number}", snmp_version="v2c", community="public")
            services.request_run(SYSTEM, row.id)
            ci = store_device(SYSTEM, facts_of(f"10.0.0.{number + 1}", serial=f"SERIAL-{number}"), at=NOW).ci
            session.add(ScanResult(run_id=run_id, address="10.0.0.1", outcome="created", ci_id=ci.id))
    assert [statements_of(editor, address) for address in addresses] == few
