"""Which CI an inventory goes to, what is written, and what is refused."""

import json
import zlib

import pytest
from sqlalchemy import func, select, text

from assets import queries as asset_queries
from assets import services as asset_services
from assets.inventory import jobs, queries, services
from assets.inventory.models import InventoryAgent, InventoryBody, InventorySnapshot
from assets.inventory.protocol import AgentContacted, AgentIdentity, InventoryReceived
from assets.models import Asset
from cmdb import queries as cmdb
from cmdb import services as ci_services
from itsm.kernel import preferences
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden
from itsm.kernel.text import language
from tests.assets.inventory.documents import FUSION, OCS, SNMP_QUERY, sample
from tests.assets.inventory.machines import audit, machine
from tests.factories import Factory

UUID_A = "4c4c4544-0034-3010-8048-b6c04f503732"
UUID_A_SWAPPED = "44454c4c-3400-1030-8048-b6c04f503732"
UUID_B = "4c4c4544-0034-3010-8048-b6c04f509999"
MAC_A, MAC_B, MAC_DOCK = "b8:6b:23:e0:5c:81", "b8:6b:23:e0:5c:82", "00:50:b6:11:22:33"

pytestmark = pytest.mark.usefixtures("app")


def count(table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def audit_actions(ci_id: int) -> list[str]:
    statement = select(AuditEntry.action).where(AuditEntry.subject_kind == "ci", AuditEntry.subject_id == ci_id)
    return list(session.scalars(statement.order_by(AuditEntry.id)))


def test_a_first_inventory_makes_a_ci_and_an_asset_in_use() -> None:
    result = services.import_body(SYSTEM, FUSION)
    ci = cmdb.get_ci(SYSTEM, result.ci or 0)
    asset = session.scalars(select(Asset)).one()
    assert (result.action, result.changes, result.reason) == ("created", 0, "")
    assert (ci.class_key, ci.name, ci.serial, ci.origin) == ("pc", "pc-0042", "CZC1234567", "agent")
    assert ci.attributes["operating_system"] == "Debian 12"
    assert ci.attributes["memory_mb"] == 16000
    assert ci.attributes["ip_address"] == "192.0.2.7"
    assert ci.attributes["last_user"] == "kim"
    assert (asset.number, asset.ci_id, asset.state, asset.serial) == (result.asset, ci.id, "in_use", "CZC1234567")
    assert (asset.owner_id, asset.origin, asset.manufacturer) == (None, "inventory", "HP")


def test_the_same_document_again_changes_nothing() -> None:
    first = services.import_body(SYSTEM, FUSION)
    entries = count(AuditEntry)
    again = services.import_body(SYSTEM, FUSION)
    compressed = services.import_body(SYSTEM, zlib.compress(FUSION))
    assert (again.action, again.ci, again.asset) == ("unchanged", first.ci, first.asset)
    assert (compressed.action, compressed.ci, compressed.asset) == ("unchanged", first.ci, first.asset)
    assert count(AuditEntry) == entries


def test_a_second_audit_says_what_changed() -> None:
    first = audit(
        "a-2026", serial="ABC1234", softwares=[{"name": "bash", "version": "5.1"}, {"name": "vim", "version": "9"}]
    )
    second = audit(
        "a-2026", serial="ABC1234", softwares=[{"name": "bash", "version": "5.2"}, {"name": "git", "version": "2"}]
    )
    found = queries.find_inventory(SYSTEM, first.ci or 0)
    assert (second.action, second.ci, second.changes) == ("updated", first.ci, 3)
    assert found is not None
    assert {(one["kind"], one["label"]) for one in found.changes} == {
        ("changed", "bash"),
        ("removed", "vim"),
        ("added", "git"),
    }
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "inventory.changed")).one()
    assert entry.subject_id == first.ci
    assert entry.changes["software: bash"] == ["version 5.1", "version 5.2"]
    assert entry.changes["differences"] == [None, 3]


def test_a_first_audit_after_a_change_keeps_what_changed_until_the_next_change() -> None:
    audit("a-2026", serial="ABC1234", hardware={"name": "pc-1", "memory": 8000})
    result = audit("a-2026", serial="ABC1234", hardware={"name": "pc-1", "memory": 16000})
    unchanged = audit("a-2026", serial="ABC1234", hardware={"name": "pc-1", "memory": 16010})
    found = queries.find_inventory(SYSTEM, result.ci or 0)
    assert unchanged.action == "unchanged"
    assert found is not None
    assert [one["label"] for one in found.changes] == ["memory_mb"]


SCENARIOS = {
    "renamed": (
        {"device_id": "a", "serial": "ABC1234", "name": "pc-old"},
        {"device_id": "a", "serial": "ABC1234", "name": "pc-new"},
        True,
    ),
    "agent installed anew": (
        {"device_id": "a", "serial": "ABC1234"},
        {"device_id": "b", "serial": "ABC1234"},
        True,
    ),
    "network card swapped": (
        {"device_id": "a", "serial": "ABC1234", "macs": (MAC_A,)},
        {"device_id": "b", "serial": "ABC1234", "macs": (MAC_B,)},
        True,
    ),
    "network card moved to another machine": (
        {"device_id": "a", "serial": "ABC1234", "macs": (MAC_A,)},
        {"device_id": "b", "serial": "XYZ9876", "macs": (MAC_A,)},
        False,
    ),
    "two machines with a placeholder as serial number": (
        {"device_id": "a", "serial": "Default string"},
        {"device_id": "b", "serial": "Default string"},
        False,
    ),
    "same serial number of two makers": (
        {"device_id": "a", "serial": "ABC1234", "maker": "Dell Inc."},
        {"device_id": "b", "serial": "ABC1234", "maker": "LENOVO"},
        False,
    ),
    "one maker in two spellings": (
        {"device_id": "a", "serial": "ABC1234", "maker": "Hewlett-Packard"},
        {"device_id": "b", "serial": "ABC1234", "maker": "HP"},
        True,
    ),
    "UUID in the other byte order, serial number lost": (
        {"device_id": "a", "serial": "ABC1234", "uuid": UUID_A},
        {"device_id": "b", "uuid": UUID_A_SWAPPED},
        True,
    ),
    "same UUID, other serial number": (
        {"device_id": "a", "serial": "ABC1234", "uuid": UUID_A},
        {"device_id": "b", "serial": "XYZ9876", "uuid": UUID_A},
        False,
    ),
    "dock moved to another machine": (
        {"device_id": "a", "dock": MAC_DOCK},
        {"device_id": "b", "dock": MAC_DOCK},
        False,
    ),
    "only a hardware address in common": (
        {"device_id": "a", "macs": (MAC_A,)},
        {"device_id": "b", "macs": (MAC_A, MAC_B)},
        True,
    ),
    "cloned virtual machine with its own UUID": (
        {"device_id": "a", "uuid": UUID_A, "macs": (MAC_A,)},
        {"device_id": "a", "uuid": UUID_B, "macs": (MAC_B,)},
        False,
    ),
    "cloned image with the agent's id": (
        {"device_id": "a", "serial": "ABC1234"},
        {"device_id": "a", "serial": "XYZ9876"},
        False,
    ),
    "same name only": ({"device_id": "a", "name": "pc-01"}, {"device_id": "b", "name": "pc-01"}, False),
    "no key at all, same agent": ({"device_id": "a"}, {"device_id": "a", "name": "renamed"}, True),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_reconciliation(scenario: str) -> None:
    first_facts, second_facts, is_same = SCENARIOS[scenario]
    first, second = audit(**dict(first_facts)), audit(**dict(second_facts))  # type: ignore[arg-type]
    assert first.action == "created"
    assert (second.ci == first.ci) is is_same, second
    assert (second.action == "created") is not is_same


def test_a_cloned_agent_is_flagged_and_both_machines_are_told_apart_from_then_on() -> None:
    first = audit("a", serial="ABC1234", name="one")
    clone = audit("a", serial="XYZ9876", name="two")
    agent = session.scalars(select(InventoryAgent)).one()
    assert "cloned images" in clone.reason
    assert (agent.is_duplicated, agent.ci_id) == (True, first.ci)
    assert audit("a", serial="XYZ9876", name="two b").ci == clone.ci
    assert audit("a", serial="ABC1234", name="one b").ci == first.ci
    part = audit("a", serial="XYZ9876", name="two b", partial=True, cpus=[{"name": "Xeon"}])
    assert (part.action, part.ci) == ("updated", clone.ci)


def test_the_mainboards_number_does_not_contradict_the_systems() -> None:
    first = audit("a", bios={"msn": "MB778899", "smanufacturer": "Dell Inc."})
    second = audit("a", serial="ABC1234")
    assert (second.action, second.ci) == ("updated", first.ci)


def test_keys_of_two_cis_write_nothing() -> None:
    first = audit("a", serial="ABC1234")
    second = audit("b", uuid=UUID_A)
    snapshots = count(InventorySnapshot)
    result = audit("c", serial="ABC1234", uuid=UUID_A)
    assert (result.action, result.ci, result.asset) == ("rejected", None, None)
    assert str(first.ci) in result.reason
    assert str(second.ci) in result.reason
    assert count(InventorySnapshot) == snapshots
    assert "inventory.conflict" in audit_actions(first.ci or 0)
    assert "inventory.conflict" in audit_actions(second.ci or 0)


def test_a_machine_without_any_key_is_marked_and_its_namesakes_are_mentioned() -> None:
    first = audit("a", name="pc-01")
    second = audit("b", name="pc-01")
    assert cmdb.get_ci(SYSTEM, first.ci or 0).attributes["discovered"]["identity"] == "unverified"
    assert f"belongs to CI {first.ci}" in second.reason


def test_a_device_without_any_key_is_refused() -> None:
    document = {
        "action": "inventory",
        "deviceid": "probe",
        "itemtype": "Printer",
        "content": {"network_device": {"type": "Printer", "name": "p1"}},
    }
    result = services.import_body(SYSTEM, json.dumps(document).encode())
    assert (result.action, result.ci) == ("rejected", None)
    assert "neither a serial number nor a hardware address" in result.reason


def test_one_agent_may_report_many_devices() -> None:
    other = SNMP_QUERY.replace(b"FOC1234X0AB", b"FOC9999X0AB").replace(b"00:11:22:33:44:00", b"00:11:22:33:44:99")
    first, second = services.import_body(SYSTEM, SNMP_QUERY), services.import_body(SYSTEM, other)
    assert (first.action, second.action) == ("created", "created")
    assert services.import_body(SYSTEM, SNMP_QUERY).ci == first.ci
    ci = cmdb.get_ci(SYSTEM, first.ci or 0)
    assert (ci.class_key, ci.attributes["firmware"], ci.attributes["ports"]) == ("network_device", "17.3", 2)


def test_what_snmp_says_of_a_switch_stays_in_force() -> None:
    ci = ci_services.create_ci(
        SYSTEM, class_key="switch", name="sw-1", serial="FOC1234X0AB", origin="snmp", attributes={"firmware": "17.9"}
    )
    ci_services.bind_keys(ci, [("serial", "FOC1234X0AB")])
    result = services.import_body(SYSTEM, SNMP_QUERY)
    assert (result.action, result.ci) == ("updated", ci.id)
    assert ci.attributes["firmware"] == "17.9"
    assert ci.class_key == "switch"


def test_a_ci_with_a_typed_serial_number_is_found() -> None:
    ci = ci_services.create_ci(SYSTEM, class_key="pc", name="Kim's computer", serial="abc1234")
    result = audit("a", serial="ABC1234", name="pc-0042")
    assert (result.action, result.ci) == ("updated", ci.id)
    assert ci.name == "Kim's computer"


def test_a_retired_ci_and_a_retired_asset_are_not_brought_back(make: Factory) -> None:
    first = audit("a", serial="ABC1234")
    ci = cmdb.get_ci(SYSTEM, first.ci or 0)
    asset = asset_queries.get_asset(SYSTEM, first.asset or "")
    ci_services.change_state(make.actor("admin"), ci, "retired")
    asset_services.take_step(make.actor("asset_manager"), asset, "retire")
    again = audit("a", serial="ABC1234", hardware={"name": "new name", "memory": 32000})
    assert (again.action, again.ci, again.asset) == ("updated", ci.id, asset.number)
    assert (ci.state, asset.state) == ("retired", "retired")
    assert "not brought back" in again.reason


def test_an_asset_is_tied_by_its_serial_number_and_keeps_its_state(make: Factory) -> None:
    asset = make.asset(serial="abc-1234", manufacturer="Dell", state="in_stock")
    result = audit("a", serial="ABC1234", maker="Dell Inc.")
    assert (result.asset, count(Asset)) == (asset.number, 1)
    assert (asset.ci_id, asset.state, asset.owner_id) == (result.ci, "in_stock", None)


def test_nobody_buys_a_virtual_machine() -> None:
    result = audit("a", uuid=UUID_A, hardware={"name": "vm-1", "uuid": UUID_A, "vmsystem": "KVM"})
    assert cmdb.get_ci(SYSTEM, result.ci or 0).class_key == "virtual_machine"
    assert (result.asset, count(Asset)) == (None, 0)


def test_recording_assets_can_be_switched_off() -> None:
    preferences.put(SYSTEM, "inventory.record_assets", value=False)
    assert audit("a", serial="ABC1234").asset is None


def test_the_sites_own_placeholders_never_identify() -> None:
    preferences.put(SYSTEM, "inventory.junk", {"serials": ["ABC1234"]})
    assert audit("a", serial="ABC1234").ci != audit("b", serial="ABC-1234").ci


def test_a_partial_inventory_replaces_what_it_brings() -> None:
    first = audit("a", serial="ABC1234", softwares=[{"name": "bash", "version": "5.1"}], cpus=[{"name": "Core i5"}])
    part = audit("a", serial="ABC1234", partial=True, cpus=[{"name": "Core i7"}])
    found = queries.find_inventory(SYSTEM, first.ci or 0)
    assert (part.action, part.ci) == ("updated", first.ci)
    assert found is not None
    assert [one["name"] for one in found.data["cpus"]] == ["Core i7"]
    assert [one["name"] for one in found.data["software"]] == ["bash"]
    assert cmdb.get_ci(SYSTEM, first.ci or 0).attributes["processor"] == "Core i7"


def test_a_partial_inventory_of_an_unknown_machine_waits_for_a_full_one() -> None:
    part = audit("a", serial="ABC1234", partial=True, cpus=[{"name": "Core i7"}])
    agent = session.scalars(select(InventoryAgent)).one()
    assert (part.action, part.ci, agent.state, agent.ci_id) == ("rejected", None, "needs_full", None)
    assert count(InventorySnapshot) == 0
    full = audit("a", serial="ABC1234")
    assert (full.action, agent.state, agent.ci_id) == ("created", "known", full.ci)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "body: is empty"),
        (zlib.compress(FUSION)[:-40], "body: is cut off: the compressed data ends too early"),
        (zlib.compress(bytes(50_000_000)), "inflates to more than"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><REQUEST/>', "document type"),
        (b"[1, 2]", "is neither a JSON object nor an XML document"),
        (b'{"action": "inventory", "content": {"hardware": {}}}', "deviceid: is missing"),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(raw: bytes, reason: str) -> None:
    result = services.import_body(SYSTEM, raw)
    assert result.action == "rejected"
    assert reason in result.reason
    assert (count(InventoryAgent), count(InventorySnapshot), count(Asset)) == (0, 0, 0)


def test_importing_needs_the_right_to_change_cis(make: Factory) -> None:
    with pytest.raises(Forbidden):
        services.import_body(make.actor("agent"), FUSION)


SAMPLE_RUN = (
    ("fusioninventory.xml", "created", "virtual_machine"),
    ("ocs.xml", "created", "pc"),
    ("glpi-agent.json", "created", "virtual_machine"),
    ("glpi-format/computer_1.json", "created", "pc"),
    ("glpi-format/computer_1_partial_batteries.json", "updated", "pc"),
    ("glpi-format/computer_1_partial_cpu.json", "unchanged", "pc"),
    ("glpi-format/computer_1_partial_memory.json", "unchanged", "pc"),
    ("glpi-format/computer_1_partial_softs.json", "updated", "pc"),
    ("glpi-format/computer_1_partial_volumes.json", "updated", "pc"),
    ("glpi-format/computer_3.json", "created", "pc"),
    ("glpi-format/computer_3_updated.json", "updated", "pc"),
    ("glpi-format/networkequipment_1.json", "created", "network_device"),
    ("glpi-format/networkequipment_3.json", "created", "network_device"),
    ("glpi-format/printer_1.json", "created", "printer"),
)


def test_every_shared_sample_arrives() -> None:
    for name, action, class_key in SAMPLE_RUN:
        result = services.import_body(SYSTEM, sample(name))
        ci = cmdb.get_ci(SYSTEM, result.ci or 0)
        assert (name, result.action, ci.class_key) == (name, action, class_key)
        assert (action == "updated") == (result.changes > 0)
    assert count(InventorySnapshot) == 8
    for name, action, _class_key in SAMPLE_RUN:
        if action == "created" and name not in {"glpi-format/computer_1.json", "glpi-format/computer_3.json"}:
            assert services.import_body(SYSTEM, sample(name)).action == "unchanged"


def test_one_machine_seen_by_two_agents_with_a_key_in_common_is_one_ci() -> None:
    first = services.import_body(SYSTEM, FUSION)
    second = services.import_body(SYSTEM, OCS.replace(b"pc-0042-2026-03-01-08-00-00", b"pc-0042-2026-03-01-09-00-00"))
    assert second.ci == first.ci
    assert count(InventoryAgent) == 2


def received(
    data: bytes, *, device_id: str = "a", agent_id: str = "", is_partial: bool = False, needs_full: bool = False
) -> InventoryReceived:
    agent = AgentIdentity("glpi", agent_id=agent_id, device_id=device_id, version="GLPI-Agent_v1.12")
    return InventoryReceived(agent, data, "json", is_partial=is_partial, needs_full=needs_full)


def test_what_an_agent_sends_is_kept_and_imported_by_the_job() -> None:
    services.receive(received(machine("a", serial="ABC1234")), address="192.0.2.7")
    services.receive(received(machine("a", serial="ABC1234")), address="192.0.2.7")
    assert (count(InventoryBody), count(InventorySnapshot)) == (1, 0)
    outcome = jobs.import_waiting()
    body, agent = session.scalars(select(InventoryBody)).one(), session.scalars(select(InventoryAgent)).one()
    assert (outcome.done, outcome.failed, body.state, body.reasons, body.attempts) == (1, 0, "done", [], 1)
    assert (agent.address, agent.agent_version, agent.name) == ("192.0.2.7", "GLPI-Agent_v1.12", "pc-0042")
    assert agent.ci_id is not None
    assert jobs.import_waiting().done == 0


def test_a_contact_alone_makes_the_agent_known() -> None:
    event = AgentContacted(AgentIdentity("ocs", device_id="a", version="OCS"), tag="site-7")
    services.receive(event, address="192.0.2.7")
    agent = session.scalars(select(InventoryAgent)).one()
    assert (agent.source_id, agent.kind, agent.tag, agent.state) == ("a", "ocs", "site-7", "known")


def test_a_document_that_fails_costs_only_itself_and_is_given_up_after_three_attempts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.receive(received(machine("a", serial="ABC1234")), address="")
    services.receive(received(machine("b", serial="XYZ9876"), device_id="b"), address="")
    real = services.import_body

    def fails_for_a(actor: object, raw: bytes, **rest: str) -> object:
        if b"ABC1234" in zlib.decompress(raw):
            raise RuntimeError("disk on fire")
        return real(actor, raw, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "import_body", fails_for_a)
    first = jobs.import_waiting()
    assert (first.done, first.failed) == (1, 1)
    assert [jobs.import_waiting().failed for _ in range(3)] == [1, 1, 0]
    bad = session.scalars(select(InventoryBody).order_by(InventoryBody.id)).first()
    assert bad is not None
    assert bad.state == "rejected"
    assert [str(each) for each in bad.reasons] == [
        "It could not be imported after 3 attempts: RuntimeError('disk on fire')"
    ]


@pytest.mark.usefixtures("foreign")
def test_reasons_are_kept_for_readers_of_any_language(make: Factory) -> None:
    first, second = audit("a", serial="ABC1234"), audit("b", uuid=UUID_A)
    for device_id, data in (
        ("c", machine("c", serial="ABC1234", uuid=UUID_A)),
        ("d", machine("d", serial="XYZ9876", partial=True)),
        ("", b'{"action": "inventory", "content": {"hardware": {}}}'),
        ("e", machine("e", serial="OLD1234", partial=True)),
    ):
        services.receive(received(data, device_id=device_id), address="")
    with language("sv"):
        jobs.import_waiting()
    newest = session.scalar(select(func.max(InventoryBody.id)))
    session.execute(text("UPDATE inventory_body SET reason = 'Plain words.' WHERE id = :id"), {"id": newest})
    assert reasons_in("en", make) == [
        "Plain words.",
        "deviceid: is missing",
        str(services.NEEDS_FULL),
        f"The keys of this inventory belong to several CIs ({first.ci}, {second.ci}). "  # noqa: ISC004 (one text)
        "Nothing was written; merge them first.",
    ]
    plain, *told = reasons_in("fa", make)
    assert plain == "Plain words."
    assert told[0] == "[fa] deviceid: [fa] is missing"
    assert all(each.startswith(("[fa] The", "[fa] This")) for each in told[1:])


def reasons_in(code: str, make: Factory) -> list[str]:
    """What the page of agents tells somebody who reads this language, newest first."""
    session.expire_all()
    with language(code):
        return [" ".join(str(each) for each in note.reasons) for note in queries.list_notes(make.actor("admin"))]


def test_a_quarantined_agents_documents_wait_for_approval(make: Factory) -> None:
    preferences.put(SYSTEM, services.QUARANTINE_NEW, value=True)
    services.receive(received(machine("a", serial="ABC1234")), address="")
    agent = session.scalars(select(InventoryAgent)).one()
    assert agent.state == "quarantined"
    assert jobs.import_waiting().done == 0
    assert services.import_body(SYSTEM, machine("a", serial="ABC1234")).action == "rejected"
    agent = session.scalars(select(InventoryAgent)).one()
    with pytest.raises(Forbidden):
        services.approve(make.actor("agent"), agent)
    services.approve(make.actor("asset_manager"), agent)
    assert jobs.import_waiting().done == 1
    assert session.scalars(select(InventorySnapshot)).one().serial == "ABC1234"


def test_old_documents_are_forgotten_and_waiting_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    services.receive(received(machine("a", serial="ABC1234")), address="")
    jobs.import_waiting()
    services.receive(received(machine("b", serial="XYZ9876"), device_id="b"), address="")
    monkeypatch.setattr(jobs, "KEPT_DAYS", -1)
    assert jobs.forget_old().done == 1
    assert [body.state for body in session.scalars(select(InventoryBody))] == ["waiting"]
