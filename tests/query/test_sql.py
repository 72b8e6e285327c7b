from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from itsm.kernel.text import language
from itsm.query.fields import Field, FieldSet, FieldType
from itsm.query.parser import parse
from itsm.query.sql import compile_condition
from itsm.query.values import Context

ATTACKS = [
    "x' or '1'='1",
    "'; drop table query_record; --",
    "%",
    "_",
    "\\",
    "/",
    "%' escape '",
    ":title",
    "%(title)s",
    "?",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("form", ["title = {}", "title ~ {}", "title in ({})", "ci ~ {}", "number = {}", "{}"])
def test_user_text_only_ever_matches_itself(desk: Any, record: Any, attack: str, form: str) -> None:
    desk.fill(
        record(id=1, title="ordinary", number="ordinary", cis=("ordinary",)),
        record(id=2, title=attack, number=attack, cis=(attack,)),
    )
    query = form.format('"' + attack.replace("\\", "\\\\") + '"')
    assert desk.by_sql(query) == {2}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql+psycopg", "mysql+pymysql"])
@pytest.mark.parametrize("query", ['title = "marker"', 'title ~ "marker"', 'number in ("marker")', 'not ci = "marker"'])
def test_user_text_is_bound_never_written(desk: Any, dialect: str, query: str) -> None:
    compiled = select(compile_condition(parse(query), desk.fields, desk.context)).compile(
        dialect=make_url(f"{dialect}://").get_dialect()()
    )
    assert "marker" not in str(compiled)
    assert "marker" in str(compiled.params)


def test_wildcards_are_ordinary_characters(desk: Any, record: Any) -> None:
    desk.fill(record(id=1, title="100% of a_b/c\\d"), record(id=2, title="100 of aXb-c-d"))
    for part in ["0%", "a_b", "b/c", "c\\d"]:
        assert desk.by_sql(f"title ~ {part}") == {1}


def test_letter_case_is_ignored_in_every_script(desk: Any, record: Any) -> None:
    desk.fill(record(id=1, title="ΟΔΟΣ"), record(id=2, title="ÅNGSTRÖM"), record(id=3, title="Ñandú"))
    assert desk.by_sql("title = οδος") == {1}
    assert desk.by_sql("title ~ οδοσ") == {1}
    assert desk.by_sql("title ~ ångs") == {2}
    assert desk.by_sql("title in (ñandú, ångström)") == {2, 3}


def test_references_compare_exactly(desk: Any, record: Any) -> None:
    desk.fill(record(id=1, number="INC1"), record(id=2, number="inc1"))
    assert desk.by_sql("number = INC1") == {1}
    assert desk.by_sql("number ~ nc1") == {1, 2}


def test_empty_values(desk: Any, record: Any) -> None:
    desk.fill(record(id=1), record(id=2, title="", priority=1), record(id=3, title="a", priority=2, cis=("x",)))
    assert desk.by_sql("title is empty") == {1, 2}
    assert desk.by_sql("title != a") == {1, 2}
    assert desk.by_sql("priority != 2") == {1, 2}
    assert desk.by_sql("not priority < 2") == {1, 3}
    assert desk.by_sql("priority not in (1, 2)") == {1}
    assert desk.by_sql("ci is empty") == {1, 2}
    assert desk.by_sql("ci != x") == {1, 2}
    assert desk.by_sql("") == {1, 2, 3}


def test_condition_is_never_null(desk: Any, record: Any) -> None:
    desk.fill(record(id=1))
    for query in ["title = a", "title ~ a", "priority < 1", "opened = today()", "assignee = me()", "title != a"]:
        condition = compile_condition(parse(query), desk.fields, desk.context)
        assert desk.connection.scalar(select(condition).select_from(desk.table)) is not None


def test_days_are_days_of_the_reader(desk: Any, record: Any) -> None:
    """Tehran is three and a half hours ahead, so its 21 November begins at 20:30 UTC on the 20th."""
    desk.fill(
        record(id=1, opened_at=datetime(2026, 11, 20, 20, 29, 59, tzinfo=UTC)),
        record(id=2, opened_at=datetime(2026, 11, 20, 20, 30, tzinfo=UTC)),
        record(id=3, opened_at=datetime(2026, 11, 21, 20, 29, 59, tzinfo=UTC)),
        record(id=4, opened_at=datetime(2026, 11, 21, 20, 30, tzinfo=UTC)),
    )
    for query, found in {
        "opened = 2026-11-21": {2, 3},
        "opened = today()": {2, 3},
        "opened != ۲۰۲۶-۱۱-۲۱": {1, 4},
        "opened < 2026-11-21": {1},
        "opened <= 2026-11-21": {1, 2, 3},
        "opened > 2026-11-21": {4},
        "opened >= 2026-11-21": {2, 3, 4},
        "opened in (2026-11-20, 2026-11-22)": {1, 4},
        "opened = 2026-11-21T00:00": {2},
        "opened = 2026-11-20T20:30:00Z": {2},
        "opened < today() - 1d": set(),
        "opened > now() - 1h": {3, 4},
    }.items():
        assert desk.by_sql(query) == found, query
        assert desk.by_predicate(query) == found, query


def test_people_and_groups(desk: Any, record: Any) -> None:
    desk.fill(*(record(id=number, assignee_id=number, group_id=number) for number in (1, 2, 3, 4)))
    assert desk.by_sql("assignee = me()") == {1}
    assert desk.by_sql("assignee = sam") == {2, 3}
    assert desk.by_sql("assignee in (me(), Sam)") == {1, 2, 3}
    assert desk.by_sql("group in mygroups()") == {1, 3}
    assert desk.by_sql("group not in mygroups()") == {2, 4}


def test_nobody_is_in_no_group(desk: Any, record: Any) -> None:
    desk.fill(record(id=1), record(id=2, assignee_id=1, group_id=1))
    nobody = Context(actor_id=None, group_ids=(), now=desk.context.now, zone=UTC)
    for query, found in {"assignee = me()": [], "group in mygroups()": [], "assignee != me()": [1, 2]}.items():
        condition = compile_condition(parse(query), desk.fields, nobody)
        assert list(desk.connection.scalars(select(desk.table.c.id).where(condition))) == found


def test_choices_by_key_or_title(desk: Any, record: Any) -> None:
    desk.fill(record(id=1, state="open"), record(id=2, state="new"))
    assert desk.by_sql("State = OPEN") == desk.by_sql('state = "in Progress"') == {1}


def test_numbers_beyond_the_column_are_only_numbers(desk: Any, record: Any) -> None:
    desk.fill(record(id=1, priority=1))
    assert desk.by_sql("priority < 9000000000000000000") == {1}
    assert desk.by_sql("priority = 1.0") == {1}
    assert desk.by_sql("priority > ۰.۵") == {1}


@pytest.mark.parametrize(
    ("query", "position", "suggestion"),
    [
        ("urgent = true and priorty = 1", 18, "Did you mean priority?"),
        ("zzz = 1", 0, "Expected one of title, priority, cost"),
        ("state = opne", 8, "Did you mean open?"),
        ("title < a", 0, "Expected one of !=, =, in, is empty, is not empty, not in, ~."),
        ("state ~ op", 0, "Expected"),
        ("assignee ~ an", 0, "Expected"),
        ("priority = high", 11, "Write a number"),
        ("priority = 9223372036854775808", 11, "Write a number"),
        ("sla.resolution.left < soon", 22, "Write a duration"),
        ("urgent = maybe", 9, "Expected true or false."),
        ("opened > yesterday", 9, "Write it like 2026-11-21"),
        ("opened > 2026-02-30", 9, "Write it like 2026-11-21"),
        ("opened > startof(moth)", 17, "Expected one of day, week, month, quarter, year."),
        ("opened > startof()", 9, ""),
        ("opened > now(1)", 9, ""),
        ("opened > nwo()", 9, "Did you mean now?"),
        ("opened < me()", 9, "Expected one of now(), today(), startof(month)."),
        ("title = me()", 8, ""),
        ("title ~ me()", 8, "Put quotes around it."),
        ("priority = 1 + 2h", 15, ""),
        ('title = ""', 8, "Write title is empty."),
        ("assignee = nobody", 11, "Nothing of that name was found."),
        ("group = desk", 8, "Expected mygroups()."),
        ("opened > now() + 999999999w", 17, ""),
        ("opened = 9999-12-31", 9, ""),
        ("opened = 0001-01-01", 9, ""),
        ("opened = 0001-01-01T00:00", 9, ""),
        ("planned = 9999-12-31 + 1d", 23, ""),
    ],
)
def test_what_does_not_fit_the_fields_is_refused_at_its_place(
    desk: Any, query: str, position: int, suggestion: str
) -> None:
    error = desk.refusal(query)
    assert error.position == position
    assert suggestion in error.suggestion


@pytest.mark.usefixtures("foreign")
def test_what_does_not_fit_is_told_in_the_language_of_the_moment(desk: Any) -> None:
    error = desk.refusal("priorty = 1")
    with language("el"):
        assert str(error) == "[el] There is no field “priorty”. [el] Did you mean priority?"
        assert str(desk.refusal("state = opne")) == "[el] “opne” does not fit state. [el] Did you mean open?"


def test_plain_words_need_a_full_text_search(desk: Any) -> None:
    desk.fields, whole = FieldSet(desk.fields), desk.fields
    try:
        assert desk.refusal("printer").suggestion == "Name a field, as in title ~ printer."
    finally:
        desk.fields = whole


def test_field_sets_are_checked_when_built() -> None:
    with pytest.raises(ValueError, match="either an expression or a condition"):
        Field(name="a", type=FieldType.TEXT, title="A", get=str)


def test_field_names_are_unique(desk: Any) -> None:
    with pytest.raises(ValueError, match="title is defined twice"):
        FieldSet([*desk.fields, *desk.fields])
