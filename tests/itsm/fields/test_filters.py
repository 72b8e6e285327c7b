"""Own fields in the query language: SQL over the index and the predicate over a record give the same answer."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from incident.models import Incident
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.query.filters import context_of
from itsm.query.parser import parse
from itsm.query.predicate import compile_predicate
from itsm.tickets import filters
from tests.factories import Factory
from tests.itsm.fields.conftest import Define
from tests.properties import examples

CHOICES = {"choices": [{"key": "red", "titles": {"en": "Red"}}, {"key": "blue"}, {"key": "green"}]}
RECORDS: list[dict[str, Any]] = [
    {},
    {"room": "Kista 4", "weight": 3, "old": True, "colour": "red", "tags": ["red", "blue"], "bought": "2026-11-21"},
    {"room": "kista 40%", "weight": 2.5, "old": False, "colour": "blue", "tags": ["green"], "bought": "2024-02-29"},
    {"room": "ΟΔΟΣ", "weight": -1, "seen": "2026-11-21T13:00:00+00:00", "page": "https://example.org/A"},
    {"room": "_", "weight": 1_000_000_000_000_000, "seen": "2026-11-22T00:30:00+01:00", "tags": ["red"]},
]
COMPARISONS = [
    'custom.room = "KISTA 4"',
    'custom.room != "kista 4"',
    'custom.room ~ "kista"',
    'custom.room ~ "0%"',
    'custom.room ~ "_"',
    'custom.room = "kista 4 "',
    'custom.room = "οδος"',
    'custom.room in ("_", "kista 40%")',
    "custom.room is empty",
    "custom.room is not empty",
    "custom.weight = 3",
    "custom.weight = 2.5",
    "custom.weight > 2",
    "custom.weight <= 2.5",
    "custom.weight not in (3, -1)",
    "custom.weight < 9223372036854775807",
    "custom.old = true",
    "custom.old = false",
    "custom.old != true",
    "custom.colour = Red",
    "custom.colour in (red, blue)",
    "custom.colour is empty",
    "custom.tags = red",
    "custom.tags != red",
    "custom.tags in (green, blue)",
    "custom.tags is empty",
    "custom.bought = 2026-11-21",
    "custom.bought < 2025-01-01",
    "custom.bought >= 2024-02-29",
    "custom.seen = 2026-11-21",
    "custom.seen > 2026-11-21T14:00:00+01:00",
    "custom.seen is empty",
    'custom.page ~ "EXAMPLE"',
    "custom.page is not empty",
]


@pytest.fixture
def incidents(define: Define, make: Factory) -> list[Incident]:
    define("room")
    define("weight", "number", options={"decimals": 2, "unit": "kg"})
    define("old", "yes_no")
    define("colour", "choice", options=CHOICES)
    define("tags", "choices", options=CHOICES)
    define("bought", "day")
    define("seen", "instant")
    define("page", "address")
    return [make.incident(custom=dict(values)) for values in RECORDS]


def found_by_sql(actor: Actor, text: str) -> set[int]:
    return set(session.scalars(select(Incident.id).where(*filters.conditions(actor, text))))


def found_by_predicate(actor: Actor, text: str, incidents: list[Incident]) -> set[int]:
    holds = compile_predicate(parse(text), filters.ticket_fields(), context_of(actor))
    return {incident.id for incident in incidents if holds(incident)}


def test_each_comparison_finds_the_same_in_sql_and_in_memory(incidents: list[Incident]) -> None:
    for text in COMPARISONS:
        assert found_by_sql(SYSTEM, text) == found_by_predicate(SYSTEM, text, incidents), text


def test_comparisons_find_what_they_ask_for(incidents: list[Incident]) -> None:
    ids = [incident.id for incident in incidents]
    assert found_by_sql(SYSTEM, 'custom.room = "KISTA 4"') == {ids[1]}
    assert found_by_sql(SYSTEM, "custom.weight > 2 and custom.old = false") == {ids[2]}
    assert found_by_sql(SYSTEM, "custom.tags = red") == {ids[1], ids[4]}
    assert found_by_sql(SYSTEM, "custom.bought is empty") == {ids[0], ids[3], ids[4]}


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.sampled_from(COMPARISONS), min_size=1, max_size=4),
    words=st.lists(st.sampled_from([" and ", " or ", " and not "]), min_size=4, max_size=4),
)
def test_any_combination_finds_the_same(incidents: list[Incident], parts: list[str], words: list[str]) -> None:
    text = parts[0] + "".join(word + part for word, part in zip(words, parts[1:], strict=False))
    assert found_by_sql(SYSTEM, text) == found_by_predicate(SYSTEM, text, incidents)


def test_requesters_ask_only_about_what_they_are_shown(define: Define, make: Factory) -> None:
    define("room", audience="read")
    define("cost", "number")
    requester = make.actor("end_user")
    assert filters.conditions(requester, "custom.room = 4")
    with pytest.raises(Invalid):
        filters.conditions(requester, "custom.cost = 4")


def test_a_field_comes_and_goes_with_its_definition(define: Define) -> None:
    with pytest.raises(Invalid):
        filters.conditions(SYSTEM, "custom.room = 4")
    define("room")
    assert filters.conditions(SYSTEM, "custom.room = 4")
