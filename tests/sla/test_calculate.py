"""`itsm sla calculate` as data: answers, and wrong cases that stop nothing else."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sla.calculate import MAX_CASES, CasesError, calculate

SAMPLE_FILE = Path(__file__).resolve().parents[2] / ".." / "shared" / "samples" / "sla-cases" / "cases.json"

OFFICE = {
    "tz": "Europe/Stockholm",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-12-25"],
    "date_hours": {"2026-12-24": [["09:00", "12:00"]]},
}
ADD = {"id": "A", "calendar": OFFICE, "op": "add", "start": "2026-12-24T11:00:00+01:00", "amount_s": 7200}
BETWEEN = {
    "id": "B",
    "calendar": OFFICE,
    "op": "between",
    "start": "2026-12-24T00:00:00Z",
    "end": "2026-12-29T00:00:00Z",
}


def is_same(answer: object, expected: object) -> bool:
    if isinstance(answer, str) and isinstance(expected, str):
        return datetime.fromisoformat(answer) == datetime.fromisoformat(expected)
    return answer == expected


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLE_FILE.exists(), reason="the shared sample data is not beside the checkout")
def test_all_worked_cases_in_one_list() -> None:
    cases = json.loads(SAMPLE_FILE.read_text("utf-8"))["cases"]
    answers = calculate(cases)
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    wrong = [
        (case["id"], answer)
        for case, answer in zip(cases, answers, strict=True)
        if not any(is_same(answer.get("result"), value) for value in case.get("accept", [case["expected"]]))
    ]
    assert wrong == []


def test_an_instant_comes_back_in_the_calendars_zone() -> None:
    assert calculate([ADD]) == [{"id": "A", "result": "2026-12-28T10:00:00+01:00"}]
    summer = {**ADD, "start": "2026-06-01T07:00:00Z"}
    assert calculate([summer]) == [{"id": "A", "result": "2026-06-01T11:00:00+02:00"}]


def test_between_gives_seconds_negative_when_reversed() -> None:
    assert calculate([BETWEEN]) == [{"id": "B", "result": 11 * 3600}]
    backwards = {**BETWEEN, "start": BETWEEN["end"], "end": BETWEEN["start"]}
    assert calculate([backwards]) == [{"id": "B", "result": -11 * 3600}]


def test_excluded_spans_never_count() -> None:
    pauses = [["2026-12-24T09:30:00+01:00", "2026-12-24T11:30:00+01:00"]]
    case = {**BETWEEN, "calendar": {**OFFICE, "exclude": pauses}}
    assert calculate([case]) == [{"id": "B", "result": 9 * 3600}]


def test_keys_that_are_not_asked_for_are_left_alone() -> None:
    assert calculate([{**BETWEEN, "note": "n", "expected": 1}]) == [{"id": "B", "result": 11 * 3600}]


def test_an_instant_may_be_written_with_fractions_and_small_letters() -> None:
    case = {**BETWEEN, "start": "2026-12-28t08:00:00.9z", "end": "2026-12-28T08:00:02Z"}
    assert calculate([case]) == [{"id": "B", "result": 2}]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"op": "multiply"}, "op: "),
    ({"op": None}, "op: "),
    ({"calendar": None}, "calendar: "),
    ({"calendar": {**OFFICE, "tz": "Mars/Olympus"}}, "calendar.tz: "),
    ({"calendar": {**OFFICE, "weekly": {"mon": [["9", "17"]]}}}, "calendar.weekly.mon[0][0]: "),
    ({"calendar": {**OFFICE, "weekdays": {}}}, "calendar.weekdays: "),
    ({"calendar": {**OFFICE, "exclude": "none"}}, "calendar.exclude: "),
    ({"calendar": {**OFFICE, "exclude": [["2026-12-24T09:30:00Z"]]}}, "calendar.exclude[0]: "),
    ({"calendar": {**OFFICE, "exclude": [["2026-12-24T09:30:00Z", "later"]]}}, "calendar.exclude[0][1]: "),
    (
        {"calendar": {**OFFICE, "exclude": [["2026-12-24T09:30:00Z", "2026-12-24T09:29:59Z"]]}},
        "calendar.exclude[0]: ",
    ),
    ({"calendar": {**OFFICE, "exclude": [0] * 10_001}}, "calendar.exclude: "),
    ({"start": "2026-12-24T11:00:00"}, "start: "),
    ({"start": "2026-12-24"}, "start: "),
    ({"start": "2026-13-24T11:00:00Z"}, "start: "),
    ({"start": "1500-12-24T11:00:00Z"}, "start: "),
    ({"start": 1_700_000_000}, "start: "),
    ({"amount_s": "7200"}, "amount_s: "),
    ({"amount_s": 1.5}, "amount_s: "),
    ({"amount_s": True}, "amount_s: "),
    ({"amount_s": None}, "amount_s: "),
    ({"amount_s": 10**12}, "amount_s: "),
    ({"amount_s": 21 * 365 * 8 * 3600}, "amount_s: "),
    ({"calendar": {"tz": "UTC"}}, "amount_s: the calendar never opens"),
    ({"op": "between"}, "end: "),
    ({"op": "between", "end": "2199-01-01T00:00:00Z"}, "end: "),
]


@pytest.mark.parametrize(("change", "error"), WRONG)
def test_a_wrong_case_names_its_field_and_stops_nothing_else(change: dict[str, Any], error: str) -> None:
    wrong, right = calculate([{**ADD, **change}, BETWEEN])
    assert right == {"id": "B", "result": 11 * 3600}
    assert sorted(wrong) == ["error", "id"]
    assert wrong["id"] == "A"
    assert str(wrong["error"]).startswith(error)


@pytest.mark.parametrize("case", [None, 7, "add", [], {}, {"id": None}, {"id": True}, {"id": ["A"]}])
def test_a_case_without_a_usable_id_has_none(case: object) -> None:
    (answer,) = calculate([case])
    assert answer["id"] is None
    assert "error" in answer


@pytest.mark.parametrize("cases", [None, {}, "[]", {"cases": []}])
def test_only_a_list_is_taken(cases: object) -> None:
    with pytest.raises(CasesError, match="list"):
        calculate(cases)


def test_the_list_has_a_limit() -> None:
    with pytest.raises(CasesError, match="10000"):
        calculate([None] * (MAX_CASES + 1))
    assert calculate([]) == []
