"""What is offered at a place of a query, and that taking an offer never makes it worse."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.query.completion import Option, complete
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet
from itsm.query.parser import parse
from itsm.query.tree import Node
from itsm.query.written import write
from tests.properties import examples


def offered(desk: Any, text: str, at: int | None = None) -> list[str]:
    found = complete(text, len(text) if at is None else at, desk.fields, desk.context)
    return [option.text for option in found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", "title"),
        ("prio", "priority"),
        ("priority = 1 and (", "title"),
        ("not opn", None),
        ("priority ", "="),
        ("priority <", None),
        ("urgent = ", "true"),
        ("urgent = f", "false"),
        ("assignee = ", "me()"),
        ("group in ", "("),
        ("group in (", "mygroups()"),
        ("opened > ", "now()"),
        ("opened > startof(", "day"),
        ("opened > startof(q", "quarter"),
        ("opened > now() - ", "15m"),
        ("title is ", "empty"),
        ("title is not ", "empty"),
        ("title is n", "not empty"),
        ("priority = 1 ", "and"),
        ("(priority = 1 ", "and"),
        ("priority in (1 ", ")"),
    ],
)
def test_what_comes_next(desk: Any, text: str, first: str | None) -> None:
    assert offered(desk, text)[:1] == ([first] if first else [])


def test_both_joints_and_arithmetic_are_offered_behind_a_value(desk: Any) -> None:
    assert offered(desk, "opened > now() ") == ["and", "or", "+", "-"]
    assert "+" not in offered(desk, "opened is empty ")


def test_an_operator_is_offered_only_where_the_field_takes_it(desk: Any) -> None:
    assert "<" not in offered(desk, "urgent ")
    assert "~" in offered(desk, "title ")
    assert not {"=", "is empty"} & set(offered(desk, "nothing "))


def test_choices_come_by_key_or_title(desk: Any) -> None:
    state = desk.fields.find("state")
    key, title = next(iter(state.choices.items()))
    assert key in [text.strip('"') for text in offered(desk, f"state = {title[:3]}")]


def test_the_word_around_the_caret_is_replaced(desk: Any) -> None:
    text = "prixyz = 1 and urgent = true"
    option = complete(text, 3, desk.fields, desk.context)[0]
    assert (option.text, option.start, option.end) == ("priority", 0, 6)
    assert text[: option.start] + option.text + text[option.end :] == "priority = 1 and urgent = true"


def suggesting(field: Field) -> Field:
    return replace(
        field, suggest=lambda typed: [(name, "") for name in ("New York", "Madrid") if typed.lower() in name.lower()]
    )


def test_a_value_is_suggested_inside_open_quotes(desk: Any) -> None:
    fields = FieldSet([suggesting(desk.fields.find("number"))])
    text = 'number = "new y'
    assert complete(text, len(text), fields, desk.context) == [Option('"New York"', "", "value", 9, len(text))]
    closed = 'number = "new y"'
    assert complete(closed, 13, fields, desk.context)[0].end == len(closed)


def test_what_cannot_be_read_gets_no_offers(desk: Any) -> None:
    assert offered(desk, ") and ") == []
    assert offered(desk, "opened > now() - x and ") == []


@given(data=st.data())
@settings(max_examples=examples(60), deadline=None)
def test_every_offer_goes_on_from_what_can_be_read(
    data: st.DataObject, desk: Any, trees: st.SearchStrategy[Node]
) -> None:
    text = write(data.draw(trees))
    at = data.draw(st.integers(0, len(text)))
    for option in complete(text[:at], at, desk.fields, desk.context):
        assert 0 <= option.start <= option.end <= at
        begun = text[: option.start] + option.text
        assert is_beginning(begun)


def is_beginning(text: str) -> bool:
    """Whether a query can begin so: nothing is wrong with it before its end."""
    try:
        parse(text)
    except QueryError as error:
        return error.position >= len(text.rstrip())
    return True


@given(st.text(alphabet="ab10 ()\"'=!<>~,.+-\\inotisadremptytle", max_size=40), st.integers(-3, 45))
@settings(max_examples=examples(200), deadline=None)
def test_any_text_can_be_completed(desk: Any, text: str, at: int) -> None:
    complete(text, at, desk.fields, desk.context)
