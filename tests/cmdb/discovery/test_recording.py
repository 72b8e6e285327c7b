"""Storing devices: which item they are, what is written, what is left alone."""

from dataclasses import replace
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from cmdb import services as cmdb
from cmdb.discovery.facts import DeviceFacts, PrinterFacts
from cmdb.discovery.models import DeviceRecord
from cmdb.discovery.recording import Recorded
from cmdb.models import Ci, CiKey
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from tests.cmdb.discovery.devices import facts_of, store_device
from tests.conftest import NOW

MAC = "00:c0:ff:ee:00:01"


def store(facts: DeviceFacts, *, days: int = 0) -> Recorded:
    return store_device(SYSTEM, facts, at=NOW + timedelta(days=days))


def number_of_cis() -> int:
    return len(session.scalars(select(Ci.id)).all())


def test_same_serial_is_the_same_device_wherever_it_answers(app: Flask) -> None:
    first = store(facts_of("10.0.0.1"))
    second = store(facts_of("10.0.0.9", name="renamed"), days=1)
    assert (second.ci.id, second.action) == (first.ci.id, "updated")
    assert (second.ci.name, second.ci.attributes["ip_address"]) == ("renamed", "10.0.0.9")


def test_same_facts_change_nothing(app: Flask) -> None:
    first = store(facts_of())
    version = first.ci.version
    second = store(facts_of(), days=1)
    assert (second.action, second.ci.version) == ("unchanged", version)
    assert session.get_one(DeviceRecord, first.ci.id).seen_at == NOW + timedelta(days=1)


def test_same_name_never_merges_and_the_namesake_is_proposed(app: Flask) -> None:
    by_hand = cmdb.create_ci(SYSTEM, class_key="switch", name="Access-1")
    recorded = store(facts_of(name="access-1"))
    assert recorded.action == "created"
    assert recorded.ci.id != by_hand.id
    assert "“Access-1”" in recorded.notes[0]
    other = store(facts_of("10.0.0.2", name="access-1", serial="OTHER-SERIAL"))
    assert other.action == "created"


def test_item_with_the_serial_written_by_hand_is_taken_and_its_values_win(app: Flask) -> None:
    by_hand = cmdb.create_ci(
        SYSTEM, class_key="switch", name="Core", serial="foc1234x0ab", attributes={"location": "Room 12"}
    )
    recorded = store(facts_of(location="Rack 1"))
    assert (recorded.ci.id, recorded.action) == (by_hand.id, "updated")
    assert (recorded.ci.name, recorded.ci.attributes["location"]) == ("Core", "Room 12")
    assert recorded.ci.attributes["model"] == "WS-C2960X"


def test_same_serial_of_another_vendor_is_another_device(app: Flask) -> None:
    first = store(facts_of(vendor="Cisco", serial="12345678"))
    second = store(facts_of("10.0.0.2", vendor="Brother", kind="printer", serial="12345678"))
    assert second.action == "created"
    assert second.ci.id != first.ci.id
    assert "serial" in second.notes[0]


def test_vendor_names_of_one_house_do_not_contradict(app: Flask) -> None:
    first = store(facts_of(vendor="HPE Aruba"))
    assert store(facts_of(vendor="Hewlett-Packard Company"), days=1).ci.id == first.ci.id


def test_chassis_address_identifies_a_device_without_a_serial_number(app: Flask) -> None:
    first = store(facts_of(serial=None, chassis_id=MAC))
    assert store(facts_of("10.0.0.7", name="moved", serial=None, chassis_id=MAC), days=1).ci.id == first.ci.id


def test_chassis_address_with_another_serial_number_is_another_device(app: Flask) -> None:
    first = store(facts_of(serial="SERIAL-ONE", chassis_id=MAC))
    assert store(facts_of("10.0.0.7", serial="SERIAL-TWO", chassis_id=MAC)).ci.id != first.ci.id


def test_local_and_shared_addresses_identify_nothing(app: Flask) -> None:
    for mac in ("02:42:ac:11:00:02", "00:00:5e:00:01:0a", "01:00:5e:00:00:01"):
        recorded = store(facts_of(serial=None, chassis_id=mac, name=mac))
        assert not session.scalars(select(CiKey).where(CiKey.ci_id == recorded.ci.id, CiKey.kind == "mac")).all()


def test_device_without_any_key_is_known_by_address_name_and_object_together(app: Flask) -> None:
    bare = facts_of(serial=None, interfaces=())
    first = store(bare)
    assert store(replace(bare, firmware="16.1"), days=1).ci.id == first.ci.id
    assert store(replace(bare, address="10.0.0.2")).ci.id != first.ci.id
    assert store(facts_of(serial=None, interfaces=(), name="other")).ci.id != first.ci.id


def test_device_that_tells_its_serial_number_later_stays_the_same(app: Flask) -> None:
    first = store(facts_of(serial=None, interfaces=()))
    second = store(facts_of(interfaces=()), days=1)
    assert (second.ci.id, second.ci.serial) == (first.ci.id, "FOC1234X0AB")
    assert session.get_one(DeviceRecord, first.ci.id).weak_key is None


def test_keys_of_two_items_are_a_conflict_and_write_nothing(app: Flask) -> None:
    first = store(facts_of(serial="SERIAL-ONE"))
    second = store(facts_of("10.0.0.2", name="access-2", serial=None, chassis_id=MAC))
    recorded = store(facts_of("10.0.0.3", name="both", serial="SERIAL-ONE", chassis_id=MAC), days=1)
    assert recorded.action == "unchanged"
    assert "access-1" in recorded.notes[0]
    assert "access-2" in recorded.notes[0]
    assert (first.ci.name, second.ci.name, number_of_cis()) == ("access-1", "access-2", 2)


def test_retired_item_is_left_as_it_is(app: Flask) -> None:
    first = store(facts_of())
    cmdb.change_state(SYSTEM, first.ci, "retired")
    recorded = store(facts_of(location="Rack 99"), days=1)
    assert (recorded.ci.id, recorded.action, recorded.ci.state) == (first.ci.id, "unchanged", "retired")
    assert recorded.ci.attributes["location"] == "Rack 1"
    assert "retired" in recorded.notes[0]


def test_silence_takes_no_value_away(app: Flask) -> None:
    first = store(facts_of())
    store(facts_of(location="", model=None, vendor=None), days=1)
    assert (first.ci.attributes["location"], first.ci.attributes["model"]) == ("Rack 1", "WS-C2960X")


def test_kinds_become_classes(app: Flask) -> None:
    classes = {}
    for number, kind in enumerate(
        ("switch", "router", "firewall", "printer", "ups", "server", "access_point", "storage", "other")
    ):
        recorded = store(facts_of(f"10.0.1.{number}", name=kind, serial=f"SERIAL-{number}", kind=kind))
        classes[kind] = recorded.ci.class_key
    assert classes.pop("other") == "device"
    assert all(kind == class_key for kind, class_key in classes.items())


def test_class_is_settled_when_the_kind_becomes_known(app: Flask) -> None:
    first = store(facts_of(kind="other"))
    second = store(facts_of(kind="switch"), days=1)
    assert (second.ci.id, second.ci.class_key, second.action) == (first.ci.id, "switch", "updated")
    third = store(facts_of(kind="router"), days=2)
    assert third.ci.class_key == "switch"


def test_printer_tells_its_page_count(app: Flask) -> None:
    recorded = store(facts_of(kind="printer", printer=PrinterFacts(page_count=1204)))
    assert recorded.ci.attributes["page_count"] == 1204


def test_server_known_by_its_agent_is_found_by_a_network_card(app: Flask) -> None:
    audited = cmdb.create_ci(SYSTEM, class_key="server", name="db-1", origin="agent")
    cmdb.bind_keys(audited, [("mac", "00:1b:0d:00:00:01")])
    recorded = store(facts_of(kind="server", vendor=None, serial=None, name="db-1.example.org"))
    assert (recorded.ci.id, recorded.action) == (audited.id, "updated")


def test_unusable_values_do_not_stop_a_device(app: Flask) -> None:
    recorded = store(facts_of(address="10.0.0.1", name="<script>alert(1)</script>" * 20, location="x" * 1000))
    assert recorded.action == "created"
    assert len(recorded.ci.name) == 255
