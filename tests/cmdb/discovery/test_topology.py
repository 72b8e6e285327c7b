"""Neighbours, placeholders and relations over several runs."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from cmdb import services as cmdb
from cmdb.discovery.facts import BridgePort, DeviceFacts, Interface, TableError
from cmdb.discovery.models import NeighbourSighting
from cmdb.discovery.recording import Recorded
from cmdb.models import Ci, Relation
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from tests.cmdb.discovery.devices import facts_of, neighbour, store_device
from tests.conftest import NOW

CORE = "00:c0:ff:ee:00:02"
PORTS = tuple(Interface(index=n, name=f"Gi1/0/{n}", type=6, oper_status="up") for n in (1, 2, 3))


def store(facts: DeviceFacts, *, days: int = 0) -> Recorded:
    return store_device(SYSTEM, facts, at=NOW + timedelta(days=days))


def relations() -> list[tuple[int, int]]:
    return [(one.source_id, one.target_id) for one in session.scalars(select(Relation).order_by(Relation.id))]


def test_unknown_neighbour_becomes_a_placeholder_once(app: Flask) -> None:
    first = store(facts_of(neighbours=(neighbour(CORE),)))
    second = store(facts_of("10.0.0.2", serial="SERIAL-TWO", name="access-2", neighbours=(neighbour(CORE),)))
    placeholder = session.scalars(select(Ci).where(Ci.name == "core-1")).one()
    assert (placeholder.class_key, placeholder.attributes["mac_address"]) == ("network_device", CORE)
    assert placeholder.attributes["discovered"]["unmanaged"] is True
    assert relations() == [(placeholder.id, first.ci.id), (second.ci.id, placeholder.id)]


def test_placeholder_becomes_the_device_that_is_read(app: Flask) -> None:
    store(facts_of(neighbours=(neighbour(CORE),)))
    recorded = store(facts_of("10.0.0.9", name="core-1", kind="router", serial="SERIAL-CORE", chassis_id=CORE))
    assert (recorded.action, recorded.ci.class_key, recorded.ci.serial) == ("updated", "router", "SERIAL-CORE")
    assert recorded.ci.attributes["discovered"]["unmanaged"] is False
    assert len(session.scalars(select(Ci)).all()) == 2


def test_placeholder_of_an_item_known_by_its_serial_is_absorbed(app: Flask) -> None:
    by_hand = cmdb.create_ci(SYSTEM, class_key="router", name="Core", serial="SERIAL-CORE")
    access = store(facts_of(neighbours=(neighbour(CORE),)))
    placeholder = session.scalars(select(Ci).where(Ci.name == "core-1")).one()
    recorded = store(facts_of("10.0.0.9", name="core-1", kind="router", serial="SERIAL-CORE", chassis_id=CORE), days=1)
    assert recorded.ci.id == by_hand.id
    assert placeholder.state == "retired"
    assert relations() == [(access.ci.id, by_hand.id)]
    again = store(facts_of(neighbours=(neighbour(CORE),)), days=2)
    assert again.action == "unchanged"


def test_source_is_further_from_the_core(app: Flask) -> None:
    router = store(facts_of("10.0.0.9", name="core-1", kind="router", serial="SERIAL-CORE", chassis_id=CORE))
    switch = store(facts_of(chassis_id="00:c0:ff:ee:00:01", neighbours=(neighbour(CORE),)))
    assert relations() == [(switch.ci.id, router.ci.id)]
    heard = neighbour("00:c0:ff:ee:00:01", name="access-1")
    store(
        facts_of("10.0.0.9", name="core-1", kind="router", serial="SERIAL-CORE", chassis_id=CORE, neighbours=(heard,))
    )
    assert relations() == [(switch.ci.id, router.ci.id)]


def test_relation_goes_after_two_runs_without_the_neighbour(app: Flask) -> None:
    store(facts_of(neighbours=(neighbour(CORE),)))
    assert store(facts_of(), days=1).action == "unchanged"
    assert len(relations()) == 1
    assert store(facts_of(), days=2).action == "updated"
    assert relations() == []
    assert session.scalars(select(NeighbourSighting)).all() == []


def test_neighbour_that_returns_in_time_is_kept(app: Flask) -> None:
    for day, heard in enumerate(((neighbour(CORE),), (), (neighbour(CORE),), ())):
        store(facts_of(neighbours=heard), days=day)
    assert len(relations()) == 1


def test_table_that_was_not_read_counts_as_no_silence(app: Flask) -> None:
    store(facts_of(neighbours=(neighbour(CORE),)))
    for day in (1, 2, 3):
        store(facts_of(errors=(TableError("lldp", "no answer"),)), days=day)
    assert len(relations()) == 1


def test_relation_heard_by_the_other_end_stays(app: Flask) -> None:
    store(facts_of("10.0.0.9", name="core-1", serial="SERIAL-CORE", chassis_id=CORE))
    store(facts_of(chassis_id="00:c0:ff:ee:00:01", neighbours=(neighbour(CORE),)))
    heard = neighbour("00:c0:ff:ee:00:01", name="access-1")
    store(facts_of("10.0.0.9", name="core-1", serial="SERIAL-CORE", chassis_id=CORE, neighbours=(heard,)))
    for day in (1, 2, 3):
        store(facts_of(chassis_id="00:c0:ff:ee:00:01"), days=day)
    assert len(relations()) == 1


def test_relation_drawn_by_hand_never_goes(app: Flask) -> None:
    first, second = store(facts_of()), store(facts_of("10.0.0.2", serial="SERIAL-TWO", name="access-2"))
    cmdb.relate(SYSTEM, source_id=first.ci.id, target_id=second.ci.id, type_key="connects_to")
    for day in (1, 2, 3):
        store(facts_of(), days=day)
    assert relations() == [(first.ci.id, second.ci.id)]


def test_neighbour_without_a_chassis_address_is_found_by_its_name_or_only_noted(app: Flask) -> None:
    cdp = neighbour("core-1", protocol="cdp", chassis_kind="name")
    access = store(facts_of(neighbours=(cdp,)))
    assert relations() == []
    core = store(facts_of("10.0.0.9", name="core-1", serial="SERIAL-CORE"))
    store(facts_of(neighbours=(cdp,)), days=1)
    assert relations() == [(core.ci.id, access.ci.id)]
    assert len(session.scalars(select(Ci)).all()) == 2


def test_local_address_as_chassis_makes_no_placeholder(app: Flask) -> None:
    store(facts_of(neighbours=(neighbour("02:42:ac:11:00:02"),)))
    assert len(session.scalars(select(Ci)).all()) == 1
    assert len(session.scalars(select(NeighbourSighting)).all()) == 1


def test_audited_computer_is_connected_by_the_bridge_table(app: Flask) -> None:
    pc = cmdb.create_ci(SYSTEM, class_key="pc", name="pc-1", origin="agent")
    cmdb.bind_keys(pc, [("mac", "00:1c:c4:00:00:01")])
    behind_uplink = cmdb.create_ci(SYSTEM, class_key="pc", name="pc-2", origin="agent")
    cmdb.bind_keys(behind_uplink, [("mac", "00:1c:c4:00:00:02")])
    bridge = (
        BridgePort(interface_index=2, bridge_port=2, count=2, macs=("00:1c:c4:00:00:01", "00:1c:c4:ff:ff:ff")),
        BridgePort(interface_index=1, bridge_port=1, count=1, macs=("00:1c:c4:00:00:02",)),
    )
    switch = store(facts_of(interfaces=PORTS, bridge=bridge, neighbours=(neighbour(CORE),)))
    sightings = session.scalars(select(NeighbourSighting).where(NeighbourSighting.protocol == "bridge")).all()
    assert [(one.local_port, one.neighbour_ci_id) for one in sightings] == [("Gi1/0/2", pc.id)]
    assert (pc.id, switch.ci.id) in relations()
    assert behind_uplink.id not in {end for pair in relations() for end in pair}


def test_device_is_never_its_own_neighbour(app: Flask) -> None:
    store(facts_of(chassis_id=CORE, neighbours=(neighbour(CORE),)))
    store(facts_of(chassis_id=CORE, neighbours=(neighbour(CORE),)), days=1)
    assert relations() == []
