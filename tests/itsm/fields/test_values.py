"""What a value may be, when it is asked for, and what becomes of it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from incident.models import Incident
from itsm.fields import services as fields
from itsm.fields.models import FieldValue
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.tickets import services
from itsm.tickets.models import JournalEntry
from tests.factories import Factory
from tests.itsm.fields.conftest import Define

GOOD = [
    ("text", {}, " Kista 4 ", "Kista 4"),
    ("text", {"pattern": "[A-Z]{2}-[0-9]{4}"}, "AB-1234", "AB-1234"),
    ("long_text", {}, "one\ntwo", "one\ntwo"),
    ("number", {"minimum": 1, "maximum": 10}, "7", 7),
    ("number", {"decimals": 2}, "2.50", 2.5),
    ("number", {}, "۴۲", 42),
    ("yes_no", {}, "yes", True),
    ("yes_no", {}, False, False),
    ("choice", {"choices": [{"key": "red"}, {"key": "blue"}]}, "blue", "blue"),
    ("choices", {"choices": [{"key": "red"}, {"key": "blue"}]}, ["blue", "red"], ["red", "blue"]),
    ("day", {}, "2026-11-21", "2026-11-21"),
    ("instant", {}, "2026-11-21T14:00:00+01:00", "2026-11-21T13:00:00+00:00"),
    ("address", {}, "https://example.org/a", "https://example.org/a"),
]
BAD = [
    ("text", {}, "x" * 251),
    ("text", {}, "a\x00b"),
    ("text", {}, 7),
    ("text", {"pattern": "[A-Z]{2}-[0-9]{4}"}, "AB-12345"),
    ("long_text", {}, "x" * 20_001),
    ("number", {}, "2.5"),
    ("number", {"minimum": 1}, 0),
    ("number", {"maximum": 10}, 10.5),
    ("number", {}, "1e40"),
    ("number", {}, float("nan")),
    ("number", {}, True),
    ("number", {}, [1]),
    ("yes_no", {}, "perhaps"),
    ("choice", {"choices": [{"key": "red"}]}, "green"),
    ("choice", {"choices": [{"key": "red", "offered": False}, {"key": "blue"}]}, "red"),
    ("choices", {"choices": [{"key": "red"}]}, "red"),
    ("choices", {"choices": [{"key": "red"}]}, ["green"]),
    ("choices", {"choices": [{"key": "red"}]}, [["red"]]),
    ("day", {}, "2026-02-30"),
    ("instant", {}, "2026-11-21T14:00:00"),
    ("person", {}, "nobody@example.org"),
    ("person", {}, "9" * 30),
    ("address", {}, "javascript:alert(1)"),
    ("address", {}, "https://[broken"),
]


@pytest.mark.parametrize("case", GOOD)
def test_a_value_that_fits_is_kept(define: Define, make: Factory, case: tuple[str, dict[str, Any], Any, Any]) -> None:
    type_name, options, given, kept = case
    define("x", type_name, options=options)
    incident = make.incident(custom={"x": given})
    session.expire_all()
    assert session.get_one(Incident, incident.id).custom == {"x": kept}


@pytest.mark.parametrize("case", BAD)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_field(
    define: Define, make: Factory, case: tuple[str, dict[str, Any], Any]
) -> None:
    type_name, options, given = case
    define("x", type_name, options=options)
    with pytest.raises(Invalid) as refusal:
        make.incident(custom={"x": given})
    assert set(refusal.value.errors) == {"custom.x"}


def test_a_person_is_kept_by_id_whether_named_by_address_or_id(define: Define, make: Factory) -> None:
    define("owner", "person")
    person = make.person(email="vera@example.org")
    assert make.incident(custom={"owner": "Vera@Example.org"}).custom == {"owner": person.id}
    assert make.incident(custom={"owner": person.id}).custom == {"owner": person.id}


def test_an_unknown_key_is_refused_and_one_of_another_kind_too(define: Define, make: Factory) -> None:
    define("room")
    with pytest.raises(Invalid) as refusal:
        make.incident(custom={"room": "1", "rom": "2"})
    assert set(refusal.value.errors) == {"custom.rom"}


def test_what_is_required_is_asked_of_a_form_but_not_of_a_mail(define: Define, make: Factory) -> None:
    define("room", required=True)
    with pytest.raises(Invalid) as refusal:
        make.incident(custom={})
    assert set(refusal.value.errors) == {"custom.room"}
    assert make.incident().custom == {}


def test_conditions_show_and_require_by_the_rest_of_the_form(define: Define, make: Factory) -> None:
    define("device", "choice", options={"choices": [{"key": "laptop"}, {"key": "phone"}]})
    define("serial", show_if="custom.device = laptop", require_if="impact <= 2", position=200)
    with pytest.raises(Invalid) as hidden:
        make.incident(custom={"device": "phone", "serial": "S1"})
    assert set(hidden.value.errors) == {"custom.serial"}
    with pytest.raises(Invalid) as needed:
        make.incident(impact=2, custom={"device": "laptop"})
    assert set(needed.value.errors) == {"custom.serial"}
    assert make.incident(impact=3, custom={"device": "laptop"}).custom == {"device": "laptop"}
    assert make.incident(impact=2, custom={"device": "phone"}).custom == {"device": "phone"}


def test_what_a_hidden_field_holds_counts_as_empty_for_those_after_it(define: Define, make: Factory) -> None:
    define("a")
    define("b", show_if="custom.a is not empty", position=200)
    define("c", require_if="custom.b is empty", position=300)
    incident = make.incident(custom={"a": "1", "b": "2"})
    services.change_custom(SYSTEM, incident, {"a": None, "c": "3"}, whole=True)
    assert incident.custom == {"b": "2", "c": "3"}
    with pytest.raises(Invalid) as refusal:
        services.change_custom(SYSTEM, incident, {"c": None}, whole=True)
    assert set(refusal.value.errors) == {"custom.c"}


def test_a_field_limited_to_a_category_applies_to_everything_below_it(define: Define, make: Factory) -> None:
    hardware = make.category("Hardware")
    printer = make.category("Printer", parent=hardware)
    software = make.category("Software")
    define("tray", scope_ids=[hardware.id])
    assert make.incident(category_id=printer.id, custom={"tray": "2"}).custom == {"tray": "2"}
    with pytest.raises(Invalid):
        make.incident(category_id=software.id, custom={"tray": "2"})
    with pytest.raises(Invalid):
        make.incident(custom={"tray": "2"})


def test_requesters_fill_in_only_what_is_theirs(define: Define, make: Factory) -> None:
    define("room", audience="edit", required=True)
    define("cost", "number", required=True)
    requester = make.actor("end_user")
    assert make.incident(requester, custom={"room": "4"}).custom == {"room": "4"}
    with pytest.raises(Invalid) as refusal:
        make.incident(requester, custom={"room": "4", "cost": 3})
    assert set(refusal.value.errors) == {"custom.cost"}


def test_a_change_is_one_journal_entry_and_moves_the_version_and_the_index(define: Define, make: Factory) -> None:
    row = define("room")
    incident = make.incident(custom={"room": "4"})
    version = incident.version
    services.change_custom(SYSTEM, incident, {"room": "5"})
    services.change_custom(SYSTEM, incident, {"room": "5"})
    entries = session.scalars(
        select(JournalEntry).where(JournalEntry.ticket_id == incident.id).order_by(JournalEntry.id)
    ).all()
    assert [entry.changes.get("custom.room") for entry in entries] == [[None, "4"], ["4", "5"]]
    assert incident.version == version + 1
    kept = select(FieldValue.text).where(FieldValue.field_id == row.id, FieldValue.record_id == incident.id)
    assert session.scalars(kept).all() == ["5"]


def test_a_value_that_must_be_unique_is_refused_a_second_time_until_it_is_free(define: Define, make: Factory) -> None:
    define("serial", unique=True)
    first, second = make.incident(custom={"serial": "S1"}), make.incident(custom={"serial": "S2"})
    session.commit()
    with pytest.raises(Invalid) as refusal:
        make.incident(custom={"serial": "s1"})
    assert set(refusal.value.errors) == {"custom.serial"}
    session.rollback()
    services.change_custom(SYSTEM, first, {"serial": None})
    services.change_custom(SYSTEM, second, {"serial": "S1"})
    assert second.custom == {"serial": "S1"}


def test_a_field_that_is_switched_off_keeps_its_values_and_gives_them_back(define: Define, make: Factory) -> None:
    row = define("room")
    incident = make.incident(custom={"room": "4"})
    fields.edit_definition(SYSTEM, row.id, version=None, changes={"active": False})
    services.change_facts(SYSTEM, incident, version=None, changes={"impact": 1})
    with pytest.raises(Invalid):
        services.change_custom(SYSTEM, incident, {"room": "5"})
    assert incident.custom == {"room": "4"}
    assert session.scalar(select(func.count()).select_from(FieldValue)) == 1
    fields.edit_definition(SYSTEM, row.id, version=None, changes={"active": True})
    services.change_custom(SYSTEM, incident, {"room": "5"})
    assert incident.custom == {"room": "5"}


def test_kinds_without_own_fields_take_no_values(app: Flask, make: Factory) -> None:
    problem = make.problem()
    with pytest.raises(Invalid):
        services.change_custom(SYSTEM, problem, {"room": "4"})


def test_what_is_taken_back_is_found_as_before(define: Define, make: Factory) -> None:
    define("room", unique=True)
    agent, incident = make.actor("agent"), make.incident(custom={"room": "4"})
    with services.undoable(agent, [incident], title="room", back="/") as step:
        services.change_custom(agent, incident, {"room": "5"})
    assert step.undo is not None
    services.take_back(agent, step.undo.payload)
    assert incident.custom == {"room": "4"}
    kept = select(FieldValue.text).where(FieldValue.record_id == incident.id)
    assert session.scalars(kept).all() == ["4"]
