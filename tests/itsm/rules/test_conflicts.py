"""Rules against one another: what is found, and what is left in peace."""

from typing import Any

import pytest

from itsm.query.parser import parse
from itsm.rules import conflicts
from itsm.rules.conflicts import findings, findings_about, may_overlap
from itsm.rules.models import Rule
from tests.factories import Factory
from tests.itsm.rules.conftest import MakeRule, priority


def overlap(one: str, other: str) -> bool:
    return may_overlap(conflicts._required(parse(one)), conflicts._required(parse(other)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("priority = 1", "priority = 2", False),
        ("priority in (1, 2)", "priority in (2, 3)", True),
        ("priority <= 2", "priority >= 3", False),
        ("priority <= 3", "priority >= 3", True),
        ("priority < 3", "priority >= 3", False),
        ("priority = 4", "priority < 3", False),
        ("kind = incident", "kind != incident", False),
        ("kind = incident and priority = 1", "state = new", True),
        ("priority = 1 or impact = 1", "priority = 2", True),
        ("not priority = 1", "priority = 1", True),
        ("assignee is empty", 'assignee = "a@example.org"', False),
        ("assignee is empty", "assignee is not empty", False),
        ("assignee is empty", "group is empty", True),
        ('group = "Network"', 'group = "network"', True),
        ("created < now() - 1d", "created > now()", True),
        ("", "priority = 1", True),
    ],
)
def test_conditions_exclude_one_another_only_when_it_is_certain(one: str, other: str, *, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


def kinds_of(*rules: Rule) -> list[str]:
    return [each.kind for each in findings(rules)]


def test_two_values_for_one_field_are_a_conflict(rule: MakeRule) -> None:
    first = rule(priority(1), name="Loud", condition="impact = 1")
    second = rule(priority(4), name="Calm", condition="urgency = 4")
    found = findings([first, second])
    assert [(each.kind, each.rules) for each in found] == [("conflict", ("Loud", "Calm"))]
    assert "to Critical and to Low" in str(found[0].text)
    assert findings_about(second, [first, second]) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"condition": "impact = 2"},
        {"trigger": "moved"},
        {"kinds": ["problem"]},
        {"actions": [priority(1, "the same")]},
        {"actions": [{"do": "note", "text": "x"}]},
    ],
)
def test_what_cannot_meet_is_no_conflict(rule: MakeRule, changes: dict[str, Any]) -> None:
    first = rule(priority(1), condition="impact = 1", kinds=["incident"])
    values: dict[str, Any] = {"actions": [priority(4)], "condition": "", **changes}
    actions = values.pop("actions")
    assert kinds_of(first, rule(*actions, **values)) == []


def test_a_rule_that_stops_the_later_ones_is_no_conflict(rule: MakeRule) -> None:
    assert kinds_of(rule(priority(1), stop=True), rule(priority(2))) == []


def test_a_circle_of_two_and_of_three(rule: MakeRule, make: Factory) -> None:
    one, two = make.group("One"), make.group("Two")
    there = rule({"do": "assign", "group_id": two.id}, trigger="changed", condition='group = "One"', name="There")
    back = rule({"do": "assign", "group_id": one.id}, trigger="changed", condition='group = "Two"', name="Back")
    assert [(each.kind, each.rules) for each in findings([there, back])] == [("loop", ("There", "Back"))]
    calls = {"trigger": "changed", "options": {"fields": ["impact"]}}
    first = rule({"do": "set_urgency", "urgency": 1}, **calls)
    second = rule(
        {"do": "set_category", "category_id": make.category().id}, trigger="changed", options={"fields": ["urgency"]}
    )
    third = rule({"do": "set_impact", "impact": 1}, trigger="changed", options={"fields": ["category_id"]})
    assert [set(each.rules) for each in findings([first, second, third])] == [{first.name, second.name, third.name}]


def test_a_change_that_makes_the_next_condition_wrong_leads_nowhere(rule: MakeRule) -> None:
    up = rule(priority(1), trigger="changed", condition="priority = 3")
    down = rule(priority(4), trigger="changed", condition="priority = 2")
    assert kinds_of(up, down) == []


def test_scheduled_rules_that_undo_one_another(rule: MakeRule) -> None:
    often = {"trigger": "schedule", "options": {"every_minutes": 30}}
    up, down = (
        rule(priority(1), condition="priority = 2", **often),
        rule(priority(2), condition="priority = 1", **often),
    )
    assert kinds_of(up, down) == ["loop"]


def test_a_condition_that_cannot_be_read_any_more_is_named(rule: MakeRule) -> None:
    broken = rule(priority(1))
    broken.condition = "priority ="
    assert kinds_of(broken) == ["condition"]
