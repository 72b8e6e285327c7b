"""Clocks of groups and suppliers: the part of a history that each answers for. Rule: C7."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla.calendars.calendar import parse_calendar
from sla.clocks import compute_clock
from sla.history import (
    AgentReplied,
    AssignedToPerson,
    Cancelled,
    Created,
    HistoryEvent,
    PassedToGroup,
    PriorityChanged,
    StateChanged,
    Target,
)
from sla.possession import group_history, groups_of, supplier_history
from sla.ticket_history import Possession, TicketHistory
from tests.conftest import NOW

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = parse_calendar({"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in DAYS}})
HOUR = 3600
FIRST, SECOND = 1, 2
ON_HOLD = {"category": "waiting", "state": "on_hold"}


def after(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def history(group_id: int | None, *events: HistoryEvent) -> TicketHistory:
    """A ticket recorded at the beginning with a group, and what happened then."""
    passed = [event for event in events if isinstance(event, PassedToGroup)]
    possessions = [Possession(NOW, group_id, 3), *(Possession(event.at, event.group_id, 3) for event in passed)]
    return TicketHistory(NOW, (Created(NOW, 3), *events), tuple(possessions))


def target(metric: str = "resolution", hours: int = 8) -> Target:
    return Target(metric=metric, seconds=dict.fromkeys(range(1, 6), hours * HOUR), calendar=ALWAYS)


def test_a_groups_clock_starts_with_its_possession_and_adds_up_over_several() -> None:
    told = history(
        FIRST,
        PassedToGroup(after(2), SECOND),
        PassedToGroup(after(5), FIRST),
        StateChanged(at=after(6), category="resolved"),
    )
    assert groups_of(told) == [FIRST, SECOND]
    first = compute_clock("resolution", target(), group_history(told, FIRST), after(9))
    second = compute_clock("resolution", target(), group_history(told, SECOND), after(9))
    assert (first.state, first.elapsed_seconds, first.started_at) == ("met", 3 * HOUR, NOW)
    assert (second.state, second.elapsed_seconds, second.started_at) == ("met", 3 * HOUR, after(2))
    assert [(each.counted, each.reason) for each in first.segments] == [
        (True, "running"), (False, "paused: other_group"), (True, "running"),
    ]  # fmt: skip


def test_a_group_that_handed_on_cannot_breach_meanwhile_and_has_no_due_instant() -> None:
    told = history(FIRST, PassedToGroup(after(2), SECOND))
    first = compute_clock("resolution", target(hours=4), group_history(told, FIRST), after(50))
    assert (first.state, first.due_at, first.remaining_seconds) == ("paused", None, 2 * HOUR)


def test_all_metrics_are_paused_elsewhere_and_only_what_the_group_does_counts() -> None:
    told = history(
        FIRST,
        AssignedToPerson(after(1)),
        PassedToGroup(after(2), SECOND),
        AgentReplied(after(3)),
        PassedToGroup(after(4), FIRST),
        AgentReplied(after(5)),
        AssignedToPerson(after(6)),
    )
    clocks = {
        (metric, group): compute_clock(metric, target(metric), group_history(told, group), after(9))
        for metric in ("response", "acceptance")
        for group in (FIRST, SECOND)
    }
    assert clocks["acceptance", FIRST].elapsed_seconds == HOUR
    assert (clocks["response", FIRST].state, clocks["response", FIRST].elapsed_seconds) == ("met", 3 * HOUR)
    assert (clocks["response", SECOND].state, clocks["response", SECOND].elapsed_seconds) == ("met", HOUR)
    assert (clocks["acceptance", SECOND].state, clocks["acceptance", SECOND].elapsed_seconds) == ("paused", 2 * HOUR)


def test_a_ticket_on_hold_that_comes_to_a_group_is_on_hold_for_it_too() -> None:
    told = history(
        FIRST,
        StateChanged(at=after(1), **ON_HOLD, reason="customer"),
        PassedToGroup(after(2), SECOND),
        StateChanged(at=after(4), category="active"),
    )
    second = compute_clock("resolution", target(), group_history(told, SECOND), after(5))
    assert (second.started_at, second.elapsed_seconds) == (after(2), HOUR)


def test_reopening_while_another_group_has_it_leaves_the_clock_paused() -> None:
    told = history(
        FIRST,
        PassedToGroup(after(1), SECOND),
        StateChanged(at=after(2), category="resolved"),
        StateChanged(at=after(3), category="active"),
        Cancelled(after(6)),
    )
    assert compute_clock("resolution", target(), group_history(told, FIRST), after(2)).state == "met"
    first = compute_clock("resolution", target(), group_history(told, FIRST), after(5))
    assert (first.state, first.elapsed_seconds) == ("paused", HOUR)
    assert compute_clock("resolution", target(), group_history(told, FIRST), after(7)).state == "cancelled"


def test_a_group_that_gets_a_resolved_ticket_answers_for_it_when_it_is_opened_again() -> None:
    told = history(
        FIRST,
        StateChanged(at=after(1), category="resolved"),
        PassedToGroup(after(2), SECOND),
        PriorityChanged(after(3), 2),
        StateChanged(at=after(4), category="active"),
    )
    assert compute_clock("resolution", target(), group_history(told, SECOND), after(3)).state == "not_started"
    second = compute_clock("resolution", target(), group_history(told, SECOND), after(5))
    assert (second.started_at, second.elapsed_seconds) == (after(4), HOUR)


def test_a_suppliers_clock_runs_while_the_ticket_waits_for_it() -> None:
    told = history(
        FIRST,
        StateChanged(at=after(1), **ON_HOLD, reason="customer"),
        StateChanged(at=after(2), **ON_HOLD, reason="supplier"),
        StateChanged(at=after(5), category="active"),
        StateChanged(at=after(6), **ON_HOLD, reason="supplier"),
        StateChanged(at=after(7), category="resolved"),
    )
    clock = compute_clock("resolution", target(hours=4), supplier_history(told), after(9))
    assert (clock.state, clock.elapsed_seconds, clock.started_at) == ("met", 4 * HOUR, after(2))
    late = compute_clock("resolution", target(hours=3), supplier_history(told), after(9))
    assert (late.state, late.breached_at) == ("breached", after(5))


def test_no_wait_no_clock() -> None:
    told = history(FIRST, StateChanged(at=after(1), **ON_HOLD, reason="customer"))
    assert compute_clock("resolution", target(), supplier_history(told), after(5)).state == "not_started"


MOVES = st.lists(
    st.tuples(
        st.integers(1, 20), st.sampled_from(["first", "second", "nobody", "hold", "supplier", "work", "resolve"])
    ),
    max_size=14,
)
GROUPS = {"first": FIRST, "second": SECOND, "nobody": None}


def events_of(moves: list[tuple[int, str]]) -> list[HistoryEvent]:
    events: list[HistoryEvent] = []
    hours, group = 0, FIRST
    for step, move in moves:
        hours += step
        if move in GROUPS:
            if GROUPS[move] != group:
                group = GROUPS[move]
                events.append(PassedToGroup(after(hours), group))
        elif move in ("hold", "supplier"):
            reason = "customer" if move == "hold" else "supplier"
            events.append(StateChanged(at=after(hours), **ON_HOLD, reason=reason))
        else:
            events.append(StateChanged(at=after(hours), category="active" if move == "work" else "resolved"))
    return events


def walked(moves: list[tuple[int, str]], end: int) -> dict[str, int]:
    """Hours that each answers for, hour by hour: the group that has the open, not waiting ticket; the supplier waited for."""
    hours = {"first": 0, "second": 0, "supplier": 0}
    changes: dict[int, list[str]] = {}
    at = 0
    for step, move in moves:
        at += step
        changes.setdefault(at, []).append(move)
    group, state = "first", "work"
    for hour in range(end):
        for move in changes.get(hour, []):
            if move in GROUPS:
                group = move
            else:
                state = move
        if state == "work" and group in hours:
            hours[group] += 1
        if state == "supplier":
            hours["supplier"] += 1
    return hours


@given(MOVES)
def test_everyone_answers_for_what_an_hourly_walk_finds(moves: list[tuple[int, str]]) -> None:
    end = sum(step for step, _move in moves) + 5
    told = history(FIRST, *events_of(moves))
    now, expected = after(end), walked(moves, end)
    found = {
        "first": compute_clock("resolution", target(), group_history(told, FIRST), now).elapsed_seconds,
        "second": compute_clock("resolution", target(), group_history(told, SECOND), now).elapsed_seconds,
        "supplier": compute_clock("resolution", target(), supplier_history(told), now).elapsed_seconds,
    }
    assert found == {name: hours * HOUR for name, hours in expected.items()}
