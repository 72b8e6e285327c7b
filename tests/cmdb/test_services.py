"""The CMDB through its services."""

from datetime import timedelta

import pytest
from flask import Flask

from cmdb import queries, services
from cmdb.classes import load
from cmdb.models import Ci, CiClass, RelationType, TicketCi
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.search import queries as search
from tests.conftest import NOW
from tests.factories import Factory
from tests.journal import whole_journal


def test_seeding_twice_changes_nothing(app: Flask) -> None:
    before = session.query(CiClass).count(), session.query(RelationType).count()
    services.seed()
    assert (session.query(CiClass).count(), session.query(RelationType).count()) == before
    assert all(row.parent_id in load().by_id for row in load().by_key.values() if row.key != "configuration_item")


def test_a_class_inherits_the_attributes_of_those_above(app: Flask) -> None:
    names = list(load().attributes_of("pc"))
    assert names[0] == "description"
    assert {"manufacturer", "memory_mb", "form"} <= set(names)
    assert "members_needed" not in names


def test_values_are_checked_and_stored_by_type(app: Flask, make: Factory) -> None:
    facts = {"memory_mb": "8192", "ip_address": "2001:DB8::1", "mac_address": "001A.2B3C.4D5E", "form": "laptop"}
    ci = make.ci(class_key="pc", attributes=facts)
    assert ci.attributes == {
        "memory_mb": 8192,
        "ip_address": "2001:db8::1",
        "mac_address": "00:1a:2b:3c:4d:5e",
        "form": "laptop",
    }


@pytest.mark.parametrize(
    ("class_key", "name", "value"),
    [
        ("pc", "memory_mb", "much"),
        ("pc", "memory_mb", float("nan")),
        ("pc", "memory_mb", True),
        ("pc", "ip_address", "10.0.0.300"),
        ("pc", "mac_address", "00:1a"),
        ("pc", "form", "tower"),
        ("pc", "manufacturer", {"a": 1}),
        ("pc", "manufacturer", "x" * 4001),
        ("printer", "colour", "perhaps"),
        ("certificate", "valid_until", "tomorrow"),
        ("application", "address", "javascript:alert(1)"),
        ("pc", "no_such", "1"),
    ],
)
def test_a_wrong_value_by_hand_is_refused_by_name(
    app: Flask, make: Factory, class_key: str, name: str, value: object
) -> None:
    with pytest.raises(Invalid) as refusal:
        make.ci(class_key=class_key, attributes={name: value})
    assert set(refusal.value.errors) == {name}


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"class_key": "spaceship"}, "class"),
        ({"class_key": "service"}, "class"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"state": "asleep"}, "state"),
        ({"criticality": 5}, "criticality"),
        ({"owner_id": 10**9}, "owner_id"),
        ({"colour": "red"}, "colour"),
        ({"class_key": "certificate"}, "valid_until"),
    ],
)
def test_what_every_ci_needs(app: Flask, facts: dict[str, object], field: str) -> None:
    values = {"class_key": "server", "name": "srv"} | facts
    with pytest.raises(Invalid) as refusal:
        services.create_ci(SYSTEM, **values)  # type: ignore[arg-type]
    assert set(refusal.value.errors) == {field}


def test_the_most_trusted_source_decides(app: Flask, make: Factory) -> None:
    ci = make.ci("sw1", class_key="switch", origin="snmp", attributes={"model": "C2960"})
    assert services.record_facts(SYSTEM, ci, source="inferred", facts={"model": "guess"}, at=NOW) == []
    changed = services.record_facts(SYSTEM, ci, source="agent", facts={"model": "C2960X"}, at=NOW)
    assert [(each.attribute, each.before, each.after) for each in changed] == [("model", "C2960", "C2960X")]
    services.edit_ci(SYSTEM, ci, version=None, changes={"attributes": {"model": "By hand"}})
    assert services.record_facts(SYSTEM, ci, source="agent", facts={"model": "new"}, at=NOW + timedelta(days=1)) == []
    assert ci.attributes["model"] == "By hand"
    services.edit_ci(SYSTEM, ci, version=None, changes={"attributes": {"model": None}})
    assert ci.attributes["model"] == "new"


def test_an_older_fact_of_the_same_source_is_ignored(app: Flask, make: Factory) -> None:
    ci = make.ci("sw1", class_key="switch", origin="snmp", attributes={"firmware": "2"})
    old = NOW - timedelta(days=3)
    assert services.record_facts(SYSTEM, ci, source="snmp", facts={"firmware": "1"}, at=old) == []
    assert (ci.attributes["firmware"], ci.last_seen_at) == ("2", NOW)


def test_what_the_class_does_not_know_is_kept_as_discovered(app: Flask, make: Factory) -> None:
    ci = make.ci("pc1", class_key="pc", origin="agent")
    facts = {"memory_mb": "lots", "battery": {"wear": 3}, "serial": "S-1"}
    services.record_facts(SYSTEM, ci, source="agent", facts=facts, at=NOW)
    session.expire_all()
    assert ci.attributes == {"discovered": {"memory_mb": "lots", "battery": {"wear": 3}}}
    assert ci.serial == "S-1"
    with pytest.raises(Invalid) as refusal:
        services.record_facts(SYSTEM, ci, source="manual", facts={"battery": 1}, at=NOW)
    assert set(refusal.value.errors) == {"battery"}
    with pytest.raises(Invalid):
        services.record_facts(SYSTEM, ci, source="agent", facts={"blob": "x" * 70_000}, at=NOW)


def test_the_same_facts_twice_change_nothing(app: Flask, make: Factory) -> None:
    ci = make.ci("pc1", class_key="pc", origin="agent")
    facts = {"memory_mb": 4096, "odd": [1, 2]}
    services.record_facts(SYSTEM, ci, source="agent", facts=facts, at=NOW)
    version, entries = ci.version, len(queries.history(SYSTEM, ci))
    assert services.record_facts(SYSTEM, ci, source="agent", facts=facts, at=NOW + timedelta(hours=1)) == []
    assert (ci.version, len(queries.history(SYSTEM, ci))) == (version, entries)


def test_discovery_does_not_bring_back_a_retired_ci(app: Flask, make: Factory) -> None:
    ci = make.ci("old", class_key="pc", origin="agent")
    services.change_state(SYSTEM, ci, "retired")
    services.record_facts(SYSTEM, ci, source="agent", facts={"memory_mb": 1}, at=NOW)
    assert ci.state == "retired"
    with pytest.raises(Conflict):
        services.change_state(SYSTEM, ci, "in_stock")
    services.change_state(make.actor("cmdb_editor"), ci, "in_stock")
    assert ci.state == "in_stock"


def test_an_edit_based_on_an_old_version_is_a_conflict(app: Flask, make: Factory) -> None:
    editor, ci = make.actor("cmdb_editor"), make.ci("srv")
    version = ci.version
    services.edit_ci(editor, ci, version=version, changes={"name": "srv1", "criticality": 1})
    assert (ci.name, ci.name_key, ci.criticality) == ("srv1", "srv1", 1)
    with pytest.raises(Conflict):
        services.edit_ci(editor, ci, version=version, changes={"name": "srv2"})
    written = [entry.changes for entry in queries.history(editor, ci)]
    assert {"criticality": [3, 1]} in written
    assert any(each.get("name") == ["srv", "srv1"] for each in written)


def test_another_class_keeps_what_it_knows_not_as_discovered(app: Flask, make: Factory) -> None:
    ci = make.ci("box", class_key="switch", attributes={"ports": 24, "model": "M"})
    services.edit_ci(SYSTEM, ci, version=None, changes={"class_key": "server"})
    assert (ci.class_key, ci.attributes) == ("server", {"model": "M", "discovered": {"ports": 24}})


def test_staff_without_the_right_reads_only(app: Flask, make: Factory) -> None:
    agent, ci, other = make.actor("agent"), make.ci(), make.ci()
    assert queries.get_ci(agent, ci.id) is ci
    for attempt in (
        lambda: services.create_ci(agent, class_key="server", name="x"),
        lambda: services.edit_ci(agent, ci, version=None, changes={"name": "x"}),
        lambda: services.change_state(agent, ci, "retired"),
        lambda: services.relate(agent, source_id=ci.id, target_id=other.id, type_key="uses"),
        lambda: services.record_facts(agent, ci, source="manual", facts={}, at=NOW),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_strong_keys_belong_to_one_ci(app: Flask, make: Factory) -> None:
    first, second = make.ci("a"), make.ci("b")
    assert services.bind_keys(first, [("serial", "ABC"), ("mac", "001A.2B3C.4D5E"), ("name", "a")]) == []
    assert services.bind_keys(first, [("serial", "abc ")]) == []
    taken = services.bind_keys(second, [("serial", "ABC"), ("name", "a"), ("mac", "nonsense")])
    assert taken == [("serial", "abc")]
    found = services.find_by_keys([("mac", "00-1A-2B-3C-4D-5E"), ("name", "A")])
    assert [(match.ci_id, len(match.strong), len(match.weak)) for match in found] == [
        (first.id, 1, 1),
        (second.id, 0, 1),
    ]
    assert services.find_by_keys([("uuid", "")]) == []


def test_relations_are_made_once_and_removed(app: Flask, make: Factory) -> None:
    app_ci, server = make.ci("crm", class_key="application"), make.ci("srv")
    relation = make.relation(app_ci, server, "runs_on")
    assert make.relation(app_ci, server, "runs_on").id == relation.id
    related = queries.relations_of(SYSTEM, server.id)
    assert [(each.outgoing, each.ci.name) for each in related] == [(False, "crm")]
    services.unrelate(SYSTEM, relation)
    assert queries.relations_of(SYSTEM, server.id) == []
    newest = queries.history(SYSTEM, server)[0]
    assert (newest.action, newest.changes) == ("ci.unrelated", {"related.runs_on": ["crm", None]})


@pytest.mark.parametrize(("type_key", "own", "field"), [("eats", False, "type"), ("uses", True, "target")])
def test_a_relation_needs_two_cis_and_a_known_type(
    app: Flask, make: Factory, type_key: str, own: bool, field: str
) -> None:
    one, other = make.ci(), make.ci()
    with pytest.raises(Invalid) as refusal:
        services.relate(SYSTEM, source_id=one.id, target_id=one.id if own else other.id, type_key=type_key)
    assert set(refusal.value.errors) == {field}


def test_a_ticket_names_cis_and_its_journal_tells(app: Flask, make: Factory) -> None:
    agent, ci = make.actor(), make.ci("label printer", class_key="printer")
    incident = make.incident(agent, ci_ids=[ci.id])
    services.attach_ci(agent, incident, ci)
    assert queries.cis_of_ticket(agent, incident.id) == [ci]
    assert queries.open_tickets_of(agent, [ci.id]) == [incident]
    services.detach_ci(agent, incident, ci)
    changes = [entry.changes["ci"] for entry in whole_journal(incident.id) if "ci" in entry.changes]
    assert changes == [[None, "label printer"], ["label printer", None]]


def test_a_requester_names_own_equipment_only(app: Flask, make: Factory) -> None:
    person = make.person()
    requester = make.actor_of(person)
    own, foreign = make.ci("mine", class_key="pc", owner_id=person.id), make.ci("core", class_key="switch")
    incident = make.incident(requester, ci_ids=[own.id])
    assert queries.cis_of_ticket(requester, incident.id) == [own]
    with pytest.raises(Invalid) as refusal:
        services.attach_ci(requester, incident, foreign)
    assert set(refusal.value.errors) == {"ci"}
    with pytest.raises(Forbidden):
        services.attach_ci(make.actor("end_user"), incident, own)


def test_only_named_cis_are_written(app: Flask, make: Factory) -> None:
    hub = make.ci("core", class_key="switch")
    for _number in range(12):
        make.relation(make.ci(), hub)
    incident = make.incident(make.actor(), ci_ids=[hub.id])
    assert session.query(TicketCi).filter_by(ticket_id=incident.id).count() == 1


def test_cis_are_found_by_words(separate_app: Flask) -> None:
    """On a database of its own, for MariaDB's full text sees what is committed only."""
    with separate_app.app_context():
        ci = Factory().ci("srv1.example.org", serial="SN-XYZ", attributes={"model": "PowerEdge"})
        tag = Factory().ci("<odd> host")
        session.commit()
        for words in ("poweredge", "xyz", "srv1 example", "poweredge srv", "SRV1.example"):
            assert list(queries.find_cis(SYSTEM, words)) == [ci], words
        assert list(queries.find_cis(SYSTEM, "odd host")) == [tag]
        services.edit_ci(SYSTEM, ci, version=None, changes={"attributes": {"model": "ProLiant"}})
        session.commit()
        assert list(queries.find_cis(SYSTEM, "poweredge")) == []
        assert ci.id in search.find_ids("ci", "prolia")


def test_cis_are_found_by_id_and_name(app: Flask, make: Factory) -> None:
    ci = make.ci("Straße-Drucker 7", class_key="printer", serial="SN-XYZ")
    assert queries.find_by_reference(SYSTEM, str(ci.id)) is ci
    assert queries.find_by_reference(SYSTEM, " straße-drucker 7 ") is ci
    assert queries.find_by_reference(SYSTEM, "Straße") is None
    assert list(queries.find_cis(SYSTEM, "sn-xyz")) == list(queries.find_cis(SYSTEM, "straße")) == [ci]
    twin = make.ci("Straße-Drucker 7")
    with pytest.raises(Invalid):
        queries.find_by_reference(SYSTEM, "Straße-Drucker 7")
    services.change_state(SYSTEM, twin, "retired")
    assert queries.find_by_reference(SYSTEM, "Straße-Drucker 7") is ci


def test_lists_take_in_the_classes_below_and_leave_out_retired(app: Flask, make: Factory) -> None:
    switch, router = make.ci("a", class_key="switch"), make.ci("b", class_key="router")
    gone = make.ci("c", class_key="switch", state="retired")
    listed = queries.list_cis(SYSTEM, class_key="network_device").items
    assert listed == [switch, router]
    assert queries.list_cis(SYSTEM, state="retired").items == [gone]
    first = queries.list_cis(SYSTEM, limit=1)
    assert queries.list_cis(SYSTEM, limit=1, cursor=first.next).items == [router]


def test_a_class_of_ones_own(app: Flask, make: Factory) -> None:
    editor = make.actor("cmdb_editor")
    own = [{"name": "voltage", "type": "number", "unit": "V"}]
    row = services.create_class(editor, key="robot", title="Robot", parent="device", attributes=own)
    ci = make.ci("R2", class_key="robot", attributes={"voltage": "24", "model": "X"})
    assert ci.attributes == {"voltage": 24, "model": "X"}
    for wrong in ([{"name": "A B"}], [{"name": "a", "type": "colour"}], [{"name": "a", "type": "choice"}], own * 2):
        with pytest.raises(Invalid) as refusal:
            services.edit_class(editor, row, version=None, changes={"attributes": wrong})
        assert set(refusal.value.errors) == {"attributes"}
    services.edit_class(editor, row, version=row.version, changes={"active": False})
    with pytest.raises(Invalid):
        make.ci(class_key="robot")


def test_what_does_not_exist_is_not_found(app: Flask, make: Factory) -> None:
    with pytest.raises(NotFound):
        queries.get_ci(SYSTEM, 10**30)
    with pytest.raises(NotFound):
        queries.get_ci(make.actor("end_user"), make.ci().id)
    assert session.get(Ci, 10**9) is None
