from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.kernel.text import language
from itsm.query.errors import QueryError
from itsm.query.parser import MAXIMUM_CONDITIONS, MAXIMUM_DEPTH, MAXIMUM_LENGTH, MAXIMUM_VALUES, parse
from itsm.query.tree import And, Call, Comparison, Literal, Node, Not, Operator, Or, Shifted, Text, Value
from itsm.query.written import write
from tests.properties import examples


def equal(name: str, value: str) -> Comparison:
    return Comparison(name, Operator.EQUAL, (Literal(value),))


A, B, C = equal("a", "1"), equal("b", "2"), equal("c", "3")
HOUR = 3600


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">=", "~"])
@pytest.mark.parametrize("space", ["", " ", "\n\t"])
def test_comparison_operators_need_no_spaces(operator: str, space: str) -> None:
    assert parse(f"a{space}{operator}{space}1") == Comparison("a", Operator(operator), (Literal("1"),))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 1 or b = 2 and c = 3", Or((A, And((B, C))))),
        ("(a = 1 or b = 2) and c = 3", And((Or((A, B)), C))),
        ("not a = 1 and b = 2", And((Not(A), B))),
        ("not (a = 1 and b = 2)", Not(And((A, B)))),
        ("NOT NOT a = 1", Not(Not(A))),
        ("a = 1 AND b = 2 And c = 3", And((A, B, C))),
        ("((a = 1))", A),
        ("a in (1, 2)", Comparison("a", Operator.IN, (Literal("1"), Literal("2")))),
        ("a not  in (1)", Comparison("a", Operator.NOT_IN, (Literal("1"),))),
        ("group in mygroups()", Comparison("group", Operator.IN, (Call("mygroups"),))),
        ("a is empty", Comparison("a", Operator.EMPTY)),
        ("a is not EMPTY", Comparison("a", Operator.NOT_EMPTY)),
        ("state.category = open", equal("state.category", "open")),
        ("a = -5", equal("a", "-5")),
        ("assignee = ME()", Comparison("assignee", Operator.EQUAL, (Call("me"),))),
    ],
)
def test_conditions(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("now()", Call("now")),
        ("now() - 2h", Shifted(Call("now"), -2 * HOUR)),
        ("now()-2h", Shifted(Call("now"), -2 * HOUR)),
        ("now() + 1w", Shifted(Call("now"), 7 * 24 * HOUR)),
        ("now() - 1d + 15m", Shifted(Shifted(Call("now"), -24 * HOUR), 900)),
        ("today() + 1h30m", Shifted(Call("today"), 5400)),
        ("startof(month) - 3d", Shifted(Call("startof", (Literal("month"),)), -72 * HOUR)),
        ("2026-11-21 + 3d", Shifted(Literal("2026-11-21"), 72 * HOUR)),
        ("2026-11-21T10:00:00Z", Literal("2026-11-21T10:00:00Z")),
    ],
)
def test_points_in_time(text: str, value: Value) -> None:
    assert parse(f"due < {text}") == Comparison("due", Operator.LESS, (value,))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("printer", ("printer",)),
        ("printer madrid", ("printer", "madrid")),
        ('"paper jam" madrid', ("paper jam", "madrid")),
        ("android orders notebook island inbox", ("android", "orders", "notebook", "island", "inbox")),
        ("می\u200cخواهم چاپگر", ("می\u200cخواهم", "چاپگر")),
        ("prn-ath-w2-03 10.0.0.1 anna+x@example.org don't 50%", None),
        ('"and" "not"', ("and", "not")),
    ],
)
def test_plain_words(text: str, terms: tuple[str, ...] | None) -> None:
    assert parse(text) == Text(terms or tuple(text.split()))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"say \\"hi\\""', 'say "hi"'),
        ("'it\\'s'", "it's"),
        ('"a\\\\b"', "a\\b"),
        ('"x\') or (1=1"', "x') or (1=1"),
        ('"two\nlines"', "two\nlines"),
        ('""', ""),
        ("%_\\", "%_\\"),
    ],
)
def test_quoted_and_bare_values(written: str, value: str) -> None:
    assert parse(f"a = {written}") == equal("a", value)


def test_words_join_conditions_with_and() -> None:
    assert parse("printer and a = 1") == And((Text(("printer",)), A))


@pytest.mark.parametrize("text", ["", "  \n"])
def test_blank_query_is_everything(text: str) -> None:
    assert parse(text) == And(())


def test_nodes_know_their_place() -> None:
    tree = parse("a = 1 and not due < now() - 2h")
    assert isinstance(tree, And)
    negated = tree.parts[1]
    assert isinstance(negated, Not)
    assert isinstance(negated.part, Comparison)
    assert (negated.position, negated.part.position, negated.part.values[0].position) == (10, 14, 28)


@pytest.mark.parametrize(
    ("text", "position", "suggestion"),
    [
        ("state = on hold", 11, "put quotes around a value of several words"),
        ("printer state = open", 14, "Put “and” or “or” before “state”."),
        ("a = 1 b = 2", 6, "“and” or “or”"),
        ("a == 1", 3, "Write “=” instead of “==”."),
        ("a <> 1", 3, "Write “!=” instead of “<>”."),
        ("a =", 3, "Expected a word or a quoted text."),
        ("a in ()", 6, "Expected a word or a quoted text."),
        ("(a = 1", 6, "Expected “)”."),
        ("a = 1)", 5, "Expected the end."),
        ("not", 3, "Expected “not”, “(”, a word or a quoted text."),
        ('a = "x', 4, 'Add " where the text ends.'),
        ("a is open", 5, "Write a = open."),
        ("a is not open", 9, "Write a != open."),
        ("printer in madrid", 17, "Put quotes around words that are meant as text."),
        ("a = and", 4, "Put quotes around words that are meant as text."),
        ("-printer", 0, "write “not”"),
        ("a = !", 4, "Put quotes"),
        ("due < now() - soon", 14, "Write a duration such as 15m, 2h, 3d or 1w."),
        ("a = now(", 8, "Expected"),
        ("a = \x00", 4, ""),
        ("a = \ud800", 4, ""),
    ],
)
def test_errors_point_at_the_place_and_suggest(text: str, position: int, suggestion: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert suggestion in caught.value.suggestion
    assert caught.value.message


@pytest.mark.usefixtures("foreign")
def test_errors_are_told_in_the_language_of_the_moment() -> None:
    error = refused("a = 1 and ()")
    assert str(error).startswith("“)” is not expected here. Expected")
    with language("fa"):
        assert str(error).startswith("[fa] “)” is not expected here. [fa] Expected")
        assert str(refused("a in ()").suggestion) == "[fa] Expected [fa] [fa] a word or [fa] a quoted text."


def refused(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(text)
    return caught.value


def test_length_limit() -> None:
    assert parse("x" * MAXIMUM_LENGTH)
    assert refused("x" * (MAXIMUM_LENGTH + 1)).position == MAXIMUM_LENGTH


def test_depth_limit() -> None:
    assert parse("not " * (MAXIMUM_DEPTH - 1) + "a = 1")
    assert refused("not " * MAXIMUM_DEPTH + "a = 1").position == 4 * MAXIMUM_DEPTH
    assert "nested" in refused("not " * 400 + "a = 1").message
    assert parse("(" * 900 + "a = 1" + ")" * 900) == A


def test_condition_limit() -> None:
    conditions = ["a = 1"] * MAXIMUM_CONDITIONS
    assert parse(" or ".join(conditions))
    assert "conditions" in refused(" or ".join([*conditions, "a = 1"])).message
    assert "conditions" in refused("x " * (MAXIMUM_CONDITIONS + 1)).message


def test_list_limit() -> None:
    assert parse(f"a in ({','.join('1' * MAXIMUM_VALUES)})")
    assert refused(f"a in ({','.join('1' * (MAXIMUM_VALUES + 1))})").position == len("a in (") + 2 * MAXIMUM_VALUES


@given(data=st.data())
@settings(max_examples=examples(100), deadline=None)
def test_a_written_tree_reads_back_as_itself(data: st.DataObject, trees: st.SearchStrategy[Any]) -> None:
    tree = data.draw(trees)
    assert parse(write(tree)) == tree


def place(text: str) -> int:
    try:
        return parse(text).position
    except QueryError as error:
        return error.position


@given(st.text(alphabet="ab10 ()\"'=!<>~,.+-\\\n%یnotisadrempy", max_size=40))
@settings(max_examples=examples(300), deadline=None)
def test_any_text_is_read_or_refused_with_a_place_inside(text: str) -> None:
    assert 0 <= place(text) <= len(text)
