"""Definitions: what is taken, what is refused, what stays."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.fields import services
from itsm.fields.held import definitions
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from tests.factories import Factory
from tests.itsm.fields.conftest import Define

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("key", {"key": "Room"}),
    ("key", {"key": "1room"}),
    ("kind", {"kind": "person"}),
    ("type", {"type": "colour"}),
    ("titles", {"titles": {}}),
    ("titles", {"titles": {"xx": "Room"}}),
    ("titles", {"titles": {"en": "x" * 121}}),
    ("pattern", {"options": {"pattern": "(a+)+"}}),
    ("unit", {"options": {"unit": "kg"}}),
    ("choices", {"type": "choice"}),
    ("choices", {"type": "choice", "options": {"choices": [{"key": "a"}, {"key": "a"}]}}),
    ("maximum", {"type": "number", "options": {"minimum": 5, "maximum": 1}}),
    ("minimum", {"type": "number", "options": {"minimum": "low"}}),
    ("audience", {"audience": "world"}),
    ("audience", {"type": "person", "audience": "edit"}),
    ("unique", {"type": "yes_no", "unique": True}),
    ("scope_ids", {"scope_ids": [999_999]}),
    ("show_if", {"show_if": "custom.nothing = 1"}),
    ("show_if", {"show_if": "custom.room = 1"}),
    ("require_if", {"require_if": "impact ="}),
    ("require_if", {"require_if": "assignee = me()"}),
]


@pytest.mark.parametrize(("field", "values"), REFUSED)
def test_a_wrong_definition_is_refused_by_the_name_of_what_is_wrong(
    define: Define, field: str, values: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refusal:
        define(**{"key": "room", **values})
    assert set(refusal.value.errors) == {field}


def test_a_key_stands_once_in_a_kind(define: Define) -> None:
    define("room")
    with pytest.raises(Invalid):
        define("room", "number")


def test_only_who_may_change_forms_adds_fields(app: Flask, make: Factory) -> None:
    with pytest.raises(Forbidden):
        services.create_definition(make.actor("agent"), kind="incident", key="room", type="text", titles={"en": "Room"})


def test_what_values_were_made_by_stays(define: Define) -> None:
    row = define("room")
    for name, value in (("key", "place"), ("type", "number"), ("unique", True), ("kind", "problem")):
        with pytest.raises(Invalid):
            services.edit_definition(SYSTEM, row.id, version=None, changes={name: value})


def test_a_field_that_conditions_ask_about_is_not_switched_off(define: Define) -> None:
    room = define("room")
    define("floor", show_if="custom.room is not empty")
    with pytest.raises(Invalid) as refusal:
        services.edit_definition(SYSTEM, room.id, version=None, changes={"active": False})
    assert set(refusal.value.errors) == {"active"}


def test_an_edit_of_an_old_version_is_refused(define: Define) -> None:
    row = define("room")
    services.edit_definition(SYSTEM, row.id, version=1, changes={"titles": {"en": "Place", "sv": "Plats"}})
    with pytest.raises(Conflict):
        services.edit_definition(SYSTEM, row.id, version=1, changes={"required": True})


def test_every_change_is_in_the_audit_log_and_at_once_in_force(define: Define) -> None:
    row = define("room")
    assert [one.key for one in definitions("incident")] == ["room"]
    services.edit_definition(SYSTEM, row.id, version=None, changes={"required": True})
    assert [one.required for one in definitions("incident")] == [True]
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "field")).all()
    assert actions == ["field.created", "field.changed"]


def test_definitions_that_were_rolled_back_are_not_held(define: Define) -> None:
    session.commit()
    define("room")
    assert definitions("incident")
    session.rollback()
    from itsm.kernel import preferences

    preferences.forget()  # as a refused request does
    assert not definitions("incident")


@pytest.mark.parametrize(
    ("type_name", "options"),
    [
        ("choice", {"choices": ["a"]}),
        ("choice", {"choices": 5}),
        ("choice", {"choices": [{"key": "a", "titles": "x"}]}),
        ("number", {"decimals": "abc"}),
        ("number", {"minimum": "1e99999"}),
        ("number", {"maximum": "1e300"}),
        ("number", {"unit": {"a": 1}}),
        ("text", {"pattern": 5}),
        ("text", {"example": "x" * 99_999}),
    ],
)
def test_settings_of_any_other_shape_are_refused(
    client: FlaskClient, make: Factory, type_name: str, options: dict[str, Any]
) -> None:
    head = {"Authorization": f"Bearer {make.token(make.person(roles=('admin',)))}"}
    session.commit()
    values = {"kind": "incident", "key": "room", "type": type_name, "titles": {"en": "Room"}, "options": options}
    answer = client.post("/api/v1/fields", json=values, headers=head)
    assert answer.status_code == 422, answer.text
