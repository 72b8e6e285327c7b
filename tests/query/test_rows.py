"""Queries as rows of a form and back, and as sentences."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.kernel.text import language
from itsm.query.parser import parse
from itsm.query.rows import Row, Rows, rows_of, text_of
from itsm.query.sentence import tell
from itsm.query.tree import And, Node, Or
from tests.properties import examples


@pytest.mark.parametrize(
    ("text", "groups", "all_of"),
    [
        ("priority <= 2", (("priority <= 2",),), True),
        ("priority <= 2 and state = new", (("priority <= 2",), ("state = new",)), True),
        ("priority <= 2 or state = new", (("priority <= 2", "state = new"),), True),
        ("title ~ a and (group is empty or urgent = true)", (("title ~ a",), ("group is empty ", "urgent = true")), True),
        ("title ~ a or (urgent = true and priority = 1)", (("title ~ a",), ("urgent = true", "priority = 1")), False),
        ("printer jam and priority = 1", ((" printer jam",), ("priority = 1",)), True),
    ],
)  # fmt: skip
def test_rows_of_a_query(text: str, groups: tuple[tuple[str, ...], ...], all_of: bool) -> None:
    rows = rows_of(parse(text))
    assert rows is not None
    shown = tuple(
        tuple(f"{row.field} {row.operator} {row.value}".replace("  ", " ") for row in group) for group in rows.groups
    )
    assert (shown, rows.all_of) == (groups, all_of)
    assert parse(text_of(rows)) == parse(text)


@pytest.mark.parametrize(
    "text", ["not state = new", "a = 1 and (b = 2 or (c = 3 and d = 4))", "(a = 1 or b = 2) and not c = 3"]
)
def test_what_rows_cannot_show(text: str) -> None:
    assert rows_of(parse(text)) is None


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Row("group", "=", "Service Desk"), 'group = "Service Desk"'),
        (Row("group", "in", "Service Desk, Network"), 'group in ("Service Desk", "Network")'),
        (Row("created", ">", "now() - 2h"), "created > now() - 2h"),
        (Row("title", "=", 'say "hi"'), 'title = "say \\"hi\\""'),
        (Row("title", "=", "x or state = new"), 'title = "x or state = new"'),
        (Row("title", "=", "  "), ""),
        (Row("", "", "printer"), "printer"),
    ],
)
def test_what_a_person_types_in_a_row(row: Row, text: str) -> None:
    written = text_of(Rows(((row,),)))
    assert parse(written) == parse(text)
    assert bool(written) == bool(text)


@given(data=st.data())
@settings(max_examples=examples(150), deadline=None)
def test_rows_mean_what_the_tree_means(data: st.DataObject, trees: st.SearchStrategy[Node]) -> None:
    tree = data.draw(trees)
    rows = rows_of(tree)
    if rows is not None:
        assert flat(parse(text_of(rows))) == flat(tree)


def flat(node: Node) -> Any:
    """A tree without joints of one part and without joints inside joints of their own kind."""
    if not isinstance(node, And | Or):
        return node
    parts: list[Any] = []
    for part in map(flat, node.parts):
        parts.extend(part.parts if type(part) is type(node) else [part])
    return parts[0] if len(parts) == 1 else type(node)(tuple(parts))


def test_a_query_is_told_in_words(desk: Any) -> None:
    told = tell(parse("priority <= 2 and (assignee = me() or opened < now() - 2h) and title is empty"), desk.fields)
    assert (
        str(told)
        == "Priority is at most 2 and (Assignee is me or Opened is before 2 hours before now) and Title is empty"
    )


@given(data=st.data())
@settings(max_examples=examples(60), deadline=None)
def test_any_tree_can_be_told(data: st.DataObject, desk: Any, trees: st.SearchStrategy[Node]) -> None:
    tree = data.draw(trees)
    with language("fa"):
        told = str(tell(tree, desk.fields))
    assert told
    assert "%(" not in told
