"""Counting things: measures, breakdowns, and the lists behind their numbers."""

from fractions import Fraction

from itsm.reports.counting import Breakdown, Fact, Measure, Study
from itsm.reports.document import Reference
from itsm.reports.metrics import Share

MEASURES = (
    Measure("opened", "Opened"),
    Measure("solved", "Solved"),
    Measure("solved_percent", "Solved", "share", "share", "solved", "opened"),
    Measure("mean", "Mean", "mean", "seconds", "seconds"),
    Measure("nine", "Nine of ten", "p90", "seconds", "seconds"),
    Measure("minutes", "Minutes", "sum", "count"),
)


def fact(number: int, group: int | None, **values: int | bool | None) -> Fact:
    reference = Reference(f"INC{number}", f"/incidents/INC{number}")
    return Fact(reference, f"Matter {number}", {"group": group, "ci": (1, 2) if number % 2 else ()}, values)


FACTS = [
    fact(1, 7, opened=True, solved=True, seconds=100, minutes=5),
    fact(2, 7, opened=True, solved=False, seconds=None),
    fact(3, None, opened=True, solved=True, seconds=300, minutes=10),
    fact(4, 8, opened=False, solved=False),
]
BY_GROUP = Breakdown("group", "By group", "Group", ("opened", "solved", "minutes"), by="opened")
BY_CI = Breakdown("ci", "By CI", "CI", ("opened",), several=True)
STUDY = Study(FACTS, MEASURES, (BY_GROUP, BY_CI), listed=("group",))


def test_measures() -> None:
    found = {figure.name: figure.value for figure in STUDY.figures()}
    assert found == {
        "opened": 3,
        "solved": 2,
        "solved_percent": Share(2, 3),
        "mean": Fraction(200),
        "nine": 300,
        "minutes": 15,
    }


def test_rows_without_anything_are_left_out_and_parts_add_up() -> None:
    table = STUDY.table(BY_GROUP)
    assert table.rows == (("7", 2, 1, 5), ("None", 1, 1, 10))
    assert table.total == ("Total", 3, 2, 15)
    assert [sum(row[place] for row in table.rows) for place in (1, 2, 3)] == list(table.total[1:])


def test_a_record_may_stand_under_several_keys_and_then_there_is_no_total() -> None:
    table = STUDY.table(BY_CI)
    assert table.rows == (("1", 2), ("2", 2))
    assert table.total is None


def test_every_number_leads_to_what_it_counts() -> None:
    for breakdown in STUDY.breakdowns:
        table = STUDY.table(breakdown)
        for row, part in zip(table.rows, table.drill, strict=True):
            for value, column in zip(row[1:], table.columns[1:], strict=True):
                behind = STUDY.behind(**part, **dict(column.leads))
                assert value == (
                    sum(each.values["minutes"] for each in behind) if column.name == "minutes" else len(behind)
                )


def test_the_first_rows_are_shown_where_there_are_many() -> None:
    few = Breakdown("group", "By group", "Group", ("opened",), by="opened", most=1)
    table = STUDY.table(few)
    assert len(table.rows) == 1
    assert "first 1" in table.note
    assert table.total == ("Total", 3)


def test_nothing_is_no_figure() -> None:
    empty = Study([], MEASURES, (BY_GROUP,))
    found = {figure.name: figure.value for figure in empty.figures()}
    assert (found["mean"], found["nine"], found["solved_percent"].percent()) == (None, None, None)
    assert empty.tables() == ()
