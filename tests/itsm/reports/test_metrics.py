"""The pure figures, also against published worked examples."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from itsm.reports import metrics
from itsm.reports.metrics import Share, open_times
from tests.conftest import SHARED

CASES = SHARED / "metric-cases" / "cases.json"
FINISHED = {"resolved", "closed", "cancelled"}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def hours(tickets: list[dict[str, Any]]) -> list[int]:
    done = [ticket for ticket in tickets if ticket["resolved_at"]]
    return [int((instant(ticket["resolved_at"]) - instant(ticket["created_at"])).total_seconds()) for ticket in done]


def in_unit(value: Fraction | int | None, seconds: int, digits: int) -> Decimal | None:
    return None if value is None else metrics.rounded_half_up(Fraction(value) / seconds, digits)


def times_of(ticket: dict[str, Any]) -> metrics.OpenTimes:
    return open_times(
        instant(ticket["created_at"]), [(instant(at), state not in FINISHED) for at, state in ticket["status_log"]]
    )


def compliance(given: dict[str, Any], digits: int) -> Decimal | None:
    now, met, missed = instant(given["now"]), 0, 0
    for ticket in given["tickets"]:
        if ticket["due"] is None or ticket["status"] == "cancelled":
            continue
        end = instant(ticket["resolved_at"]) if ticket["resolved_at"] else None
        met += end is not None and end <= instant(ticket["due"])
        missed += (end or now) > instant(ticket["due"])
    return Share(met, met + missed).percent(digits)


def single(given: dict[str, Any], digits: int) -> Decimal | None:
    done = [ticket for ticket in given["tickets"] if ticket["resolved_at"]]
    return Share(sum(not ticket["customer_replies"] for ticket in done), len(done)).percent(digits)


def mean_age_days(given: dict[str, Any], digits: int) -> Decimal | None:
    at = instant(given["at"])
    ages = [
        int((at - instant(each["created_at"])).total_seconds())
        for each in given["tickets"]
        if times_of(each).is_open_at(at)
    ]
    return in_unit(metrics.mean(ages), 86_400, digits)


def net_flow(given: dict[str, Any], digits: int) -> int:
    start, end = instant(given["from"]), instant(given["to"])

    def within(text: str | None) -> bool:
        return text is not None and start <= instant(text) < end

    return sum(within(each["created_at"]) - within(each["resolved_at"]) for each in given["tickets"])


def availability(given: dict[str, Any], digits: int) -> Decimal | None:
    agreed = round(given["agreed_h"] * 3600)
    return Share(agreed - round(given["downtime_h"] * 3600), agreed).percent(digits)


def escalated(given: dict[str, Any], digits: int) -> Decimal | None:
    done = [ticket for ticket in given["tickets"] if ticket["resolved_at"]]
    return Share(sum(bool(ticket["escalated"]) for ticket in done), len(done)).percent(digits)


def outages(given: dict[str, Any]) -> list[int]:
    return [round(each * 3600) for each in given["outages_h"]]


COMPUTED: dict[str, Any] = {
    "backlog_mean_age_d": mean_age_days,
    "net_flow": net_flow,
    "availability_pct": availability,
    "escalation_rate_pct": escalated,
    "mtbf_h": lambda given, digits: in_unit(
        metrics.time_between_failures(given["agreed_h"] * 3600, outages(given)), 3600, digits
    ),
    "mtrs_h": lambda given, digits: in_unit(metrics.time_to_restore(outages(given)), 3600, digits),
    "mttr_elapsed_h": lambda given, digits: in_unit(metrics.mean(hours(given["tickets"])), 3600, digits),
    "median_ttr_h": lambda given, digits: in_unit(metrics.median(hours(given["tickets"])), 3600, digits),
    "p90_ttr_h": lambda given, digits: in_unit(metrics.percentile(hours(given["tickets"]), 90), 3600, digits),
    "sla_compliance_pct": compliance,
    "fcr_no_customer_reply": single,
    "backlog": lambda given, digits: metrics.backlog(map(times_of, given["tickets"]), instant(given["at"])),
}


def read_cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    return [case for case in json.loads(CASES.read_text("utf-8"))["cases"] if case["metric"] in COMPUTED]


@pytest.mark.samples
@pytest.mark.skipif(not CASES.exists(), reason="the shared samples are not beside the checkout")
def test_worked_examples() -> None:
    cases = read_cases()
    assert {case["metric"] for case in cases} == set(COMPUTED)
    for case in cases:
        found = COMPUTED[case["metric"]](case["input"], case.get("digits", 0))
        assert (None if found is None else float(found)) == case["expected"], case["id"]


def test_nothing_counted_is_no_figure() -> None:
    assert Share(0, 0).percent() is None
    assert metrics.mean([]) is None
    assert metrics.median([]) is None
    assert metrics.percentile([], 90) is None


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1, 2, "50.0"),
        (1999, 2000, "99.9"),
        (99_999, 100_000, "99.9"),
        (2000, 2000, "100.0"),
        (2, 3, "66.7"),
        (1, 8, "12.5"),
        (1, 16, "6.3"),
    ],
)
def test_share_is_rounded_half_up_but_never_up_to_100(part: int, whole: int, expected: str) -> None:
    assert Share(part, whole).percent() == Decimal(expected)


def test_open_times_follow_reopening() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    day = timedelta(days=1)
    times = open_times(start, [(start + day, False), (start + 2 * day, False), (start + 3 * day, True)])
    assert times.stretches == ((start, start + day), (start + 3 * day, None))
    assert [times.is_open_at(start + number * day) for number in range(5)] == [False, True, False, False, True]


def test_availability_of_a_service() -> None:
    agreed, down = 720 * 3600, [3600, 7200, 2160]
    assert metrics.time_between_failures(agreed, down) == Fraction(2388, 10) * 3600
    assert metrics.time_to_restore(down) == Fraction(12, 10) * 3600
    assert metrics.time_between_failures(agreed, []) is None
    assert metrics.time_to_restore([]) is None


@pytest.mark.parametrize(
    ("values", "expected"), [([5], 5), ([1, 9], 5), ([9, 1, 4], 4), ([1, 2, 3, 10], Fraction(5, 2))]
)
def test_median(values: list[int], expected: Fraction) -> None:
    assert metrics.median(values) == expected
