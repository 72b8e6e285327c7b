"""The page of a list: links, addresses, and a column by name in the template that it names."""

from flask import Flask

from itsm.kernel.paging import COUNT_LIMIT
from itsm.web import lists
from itsm.web.lists import Choice, Column, Empty, Filter, ListPage


def page(**members: object) -> ListPage:
    known: dict[str, object] = {
        "title": "Problems",
        "endpoint": "problem.list_all",
        "columns": [Column("assignee", "Assignee", "tickets/_cells.html")],
        "rows": [],
        "filter": Filter("Filter", "", "printer", choices=[Choice("state", "State", {"new": "New"})]),
        "empty": Empty("None", "", "bug"),
        "arguments": {"view": "open", "q": "printer", "state": "", "sort": "newest"},
    }
    return ListPage(**(known | members))  # type: ignore[arg-type]


def test_the_address_keeps_what_was_asked_for(app: Flask) -> None:
    with app.test_request_context():
        assert page().address() == "/problems?view=open&q=printer&sort=newest"
        assert page().address(*page().filter.names) == "/problems?view=open&sort=newest"


def test_a_filter_narrows_by_text_or_by_a_choice() -> None:
    assert not Filter("Filter", "", choices=[Choice("state", "State", {"new": "New"})]).narrows
    assert Filter("Filter", "", choices=[Choice("state", "State", {"new": "New"}, "new")]).narrows
    assert page().filter.narrows


def test_each_template_of_cells_is_read_once(app: Flask) -> None:
    columns = [Column(name, name, "tickets/_cells.html") for name in ("assignee", "priority")]
    with app.test_request_context():
        template = app.jinja_env.from_string("{% for column, write in read(columns) %}{{ column.name }} {% endfor %}")
        assert template.render(read=lists.cell_macros, columns=columns) == "assignee priority "


def test_a_count_beyond_the_limit_says_so(app: Flask) -> None:
    with app.test_request_context():
        assert lists.limited_count(COUNT_LIMIT) == "1,000"
        assert lists.limited_count(COUNT_LIMIT + 1) == "1000+"
