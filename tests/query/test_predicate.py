from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.query.parser import parse
from itsm.query.predicate import compile_predicate
from tests.properties import examples


@given(data=st.data())
@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_sql_and_predicate_agree(
    data: st.DataObject, desk: Any, trees: st.SearchStrategy[Any], record_lists: st.SearchStrategy[Any]
) -> None:
    desk.fill(*data.draw(record_lists))
    tree = data.draw(trees)
    assert desk.by_sql(tree) == desk.by_predicate(tree)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("title = PRINTER", {1}),
        ("title != printer", {2, 3}),
        ("title is empty", {2, 3}),
        ("priority >= 2", {2}),
        ("not priority >= 2", {1, 3}),
        ("ci ~ ath", {1}),
        ("ci = prn-mad", {1}),
        ("ci is empty", {2, 3}),
        ("print", {1}),
        ("print or priority = 2", {1, 2}),
        ("", {1, 2, 3}),
    ],
)
def test_answers_for_records(desk: Any, record: Any, query: str, found: set[int]) -> None:
    desk.fill(
        record(id=1, title="Printer", priority=1, cis=("prn-ath-w2", "prn-mad")),
        record(id=2, title="", priority=2),
        record(id=3),
    )
    assert desk.by_predicate(query) == found


def test_errors_are_those_of_the_condition(desk: Any) -> None:
    with pytest.raises(type(desk.refusal("priorty = 1")), match="Did you mean priority"):
        compile_predicate(parse("priorty = 1"), desk.fields, desk.context)


def test_a_decimal_compares_as_a_number(desk: Any, record: Any) -> None:
    matches = compile_predicate(parse("cost = 1.1"), desk.fields, desk.context)
    assert matches(replace(record(id=1), cost=Decimal("1.1")))
