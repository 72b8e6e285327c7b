"""The sample log of a real service desk read anew, in plain Python: how every incident stood at any instant.

Knows nothing of the product: only the columns of the file, which people took over by rules written in words. A missing
value ("?") keeps what was known; the first group that is ever named is the first one, and where none ever is, the group
in front (the first by its name) has the incident; nothing becomes new again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.incident.test_importing import START, ZONE, instant, minute_of, rows_by_number

FINISHED = {"Resolved", "Closed"}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """How an incident stood from an instant on."""

    at: datetime
    state: str
    priority: int
    impact: int
    urgency: int
    group: str
    person: str
    category: str


@dataclass
class Told:
    """One incident of the log."""

    number: str
    opened: datetime
    caller: str
    site: str
    path: list[Standing] = field(default_factory=list)

    def at(self, instant: datetime) -> Standing:
        """How it stood just before an instant."""
        return [each for each in self.path if each.at < instant][-1]

    def solutions(self) -> list[datetime]:
        """When it went from open to resolved or closed."""
        return [b.at for a, b in self._steps() if a.state not in FINISHED and b.state in FINISHED]

    def reopenings(self) -> list[datetime]:
        """When it was taken up again."""
        return [b.at for a, b in self._steps() if a.state in FINISHED and b.state not in FINISHED]

    def groups(self, before: datetime) -> list[str]:
        """The groups that it lay with, in order."""
        found: list[str] = []
        for each in self.path:
            if each.at < before and each.group != (found or [""])[-1]:
                found.append(each.group)
        return found

    def _steps(self) -> Iterable[tuple[Standing, Standing]]:
        return zip(self.path, self.path[1:], strict=False)


def name_of(text: str) -> str:
    return "" if text == "?" else " ".join(text.split())


def first_name(rows: Sequence[dict[str, str]], column: str) -> str:
    return next((name for row in rows if (name := name_of(row[column]))), "")


def read_log(text: str) -> list[Told]:
    by_number = rows_by_number(text)
    homes = {
        name_of(row["caller_id"]): name_of(row["location"])
        for rows in by_number.values()
        for row in rows
        if name_of(row["caller_id"])
    }
    front = min(name for rows in by_number.values() for row in rows if (name := name_of(row["assignment_group"])))
    found = []
    for number, rows in by_number.items():
        opened = min(instant(rows[0]["opened_at"]), instant(rows[0]["sys_updated_at"]))
        caller = first_name(rows, "caller_id")
        told = Told(number, opened, caller, homes.get(caller, ""))
        group, person, category = first_name(rows, "assignment_group") or front, "", ""
        for place, row in enumerate([rows[0], *rows]):
            before = group
            category = category_of(row) or category
            if place:
                group = name_of(row["assignment_group"]) or group
                person = name_of(row["assigned_to"]) or (person if group == before else "")
            state = row["incident_state"] if place else "New"
            if told.path and told.path[-1].state == "Closed":
                state = "Closed"
            priority, impact, urgency = (int(row[column][0]) for column in ("priority", "impact", "urgency"))
            at = max(opened, instant(row["sys_updated_at"])) if place else opened
            told.path.append(Standing(at, state, priority, impact, urgency, group, person, category))
        found.append(told)
    return found


def category_of(row: dict[str, str]) -> str:
    upper, lower = name_of(row["category"]), name_of(row["subcategory"])
    return " › ".join(name for name in (upper, lower) if name) if upper else ""


# ---- figures


def mean(values: Sequence[int]) -> Fraction | None:
    return Fraction(sum(values), len(values)) if values else None


def median(values: Sequence[int]) -> Fraction | None:
    """The middle, or half way between the two in the middle."""
    if not values:
        return None
    ranked = sorted(values)
    return Fraction(ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2], 2)


def within(values: Sequence[int], percent: int) -> int | None:
    """The smallest of the values that at least so many per cent of them do not exceed."""
    ranked = sorted(values)
    return next(
        (each for each in ranked if 100 * sum(other <= each for other in ranked) >= percent * len(ranked)), None
    )


def seconds(span: timedelta) -> int:
    return span.days * 86_400 + span.seconds


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


@dataclass(frozen=True)
class Seen:
    """An incident as a period sees it: how it stood at its end, and the last solution within it."""

    told: Told
    stood: Standing
    created: bool
    solved: datetime | None
    reopened: bool
    is_open: bool
    end: datetime

    @property
    def took(self) -> int | None:
        return seconds(self.solved - self.told.opened) if self.solved else None

    @property
    def age(self) -> int:
        return seconds(self.end - self.told.opened)

    @property
    def groups(self) -> list[str]:
        return self.told.groups(self.end)

    @property
    def is_old(self) -> bool:
        return self.is_open and self.age >= 30 * 86_400

    @property
    def age_words(self) -> str:
        days = self.age / 86_400
        found = "less than a day"
        for least in (1, 3, 7, 30):
            if days >= least:
                found = f"{least} day{'s' if least > 1 else ''} and more"
        return found if self.is_open else ""


def seen_in(log: Sequence[Told], start: datetime, end: datetime) -> list[Seen]:
    """Every incident opened before the end, even where it had no part in the period."""
    found = []
    for told in log:
        if told.opened >= end:
            continue
        stood = told.at(end)
        solved = [at for at in told.solutions() if start <= at < end]
        found.append(
            Seen(
                told,
                stood,
                start <= told.opened,
                solved[-1] if solved else None,
                any(start <= at < end for at in told.reopenings()),
                stood.state not in FINISHED,
                end,
            )
        )
    return found


def split(seen: Sequence[Seen], key: Callable[[Seen], Any]) -> dict[Any, list[Seen]]:
    found: dict[Any, list[Seen]] = defaultdict(list)
    for each in seen:
        found[key(each)].append(each)
    return found


def figures_of(seen: Sequence[Seen]) -> dict[str, Any]:
    """Every measure of the ready reports that the log holds facts for, by its name; shares as (part, whole)."""
    solved, still = [each for each in seen if each.solved], [each for each in seen if each.is_open]
    took = [each.took for each in solved if each.took is not None]
    ages, moves = [each.age for each in still], [len(each.groups) - 1 for each in solved]
    created = sum(each.created for each in seen)
    return {
        "created": created,
        "resolved": len(solved),
        "net_flow": created - len(solved),
        "backlog": len(still),
        "mean_seconds": mean(took),
        "median_seconds": median(took),
        "p90_seconds": within(took, 90),
        "resolve_seconds_mean": mean(took),
        "resolve_seconds_median": median(took),
        "resolve_seconds_p90": within(took, 90),
        "reopen_percent": (sum(each.reopened for each in seen), len(solved)),
        "first_contact_percent": (len(solved), len(solved)),  # the log holds no words of callers
        "taker_percent": (0, len(solved)),  # nor who took a call
        "waiting": sum(each.stood.state.startswith("Awaiting") for each in still),
        "unassigned": sum(not each.stood.person for each in still),
        "old": sum(each.is_old for each in still),
        "age_mean_seconds": mean(ages),
        "age_median_seconds": median(ages),
        "passes_mean": mean(moves),
        "passed": sum(each > 0 for each in moves),
        "back_and_forth": sum(len(set(each.groups)) < len(each.groups) for each in solved),
        "acknowledged": 0,  # people of the other system did all that was done, and the log holds no answers
        "answered": 0,
        "worked_seconds": 0,
        "confirmed": 0,
        "refused": 0,
        "silent": len(solved),
        "confirmed_percent": (0, 0),
    } | {f"{name}_seconds_{how}": None for name in ("acknowledge", "respond") for how in ("mean", "median", "p90")}


# ---- targets, in whole minutes


@dataclass(frozen=True)
class Clock:
    """How the clock of one target went: when it fell due without being stopped, when it ended at last, how it stood then."""

    metric: str
    spent: int
    fell: datetime | None
    ended: datetime
    stood: Standing

    def outcome(self, start: datetime, end: datetime) -> str:
        """How it counts in a period; empty where it does not."""
        if start <= self.ended < end:
            return "breached" if self.fell else "met"
        return "overdue" if self.ended >= end and self.fell and start <= self.fell < end else ""


def clock_of(told: Told, metric: str, opened: Sequence[int], targets: dict[int, int]) -> Clock:
    """A target's clock; `opened` counts the open minutes before each minute since START.

    Waiting stops the resolution only; the answer is the first solution, for the log knows no other. A clock that waits
    does not fall due, but it may end beyond its target. A new target holds from the very start: what is beyond it fell
    due when so much time had been spent (rules C4 and C5).
    """
    counted: list[int] = []  # the minutes that were spent, in order
    fell, ended = None, None
    for before, after in zip(told.path, told.path[1:], strict=False):
        runs = before.state not in FINISHED and not (metric == "resolution" and before.state.startswith("Awaiting"))
        ends = before.state not in FINISHED and after.state in FINISHED
        if runs:
            span = range(minute_of(before.at), minute_of(after.at))
            counted += [minute for minute in span if opened[minute + 1] > opened[minute]]
        for priority in (before.priority, after.priority) if runs else (after.priority,) if ends else ():
            target = targets[priority] // 60
            if fell is None and len(counted) > target:
                fell = START + timedelta(minutes=counted[target - 1] + 1)
        if ends:
            ended = after
            if metric == "response":
                break
    assert ended is not None
    return Clock(metric, 60 * len(counted), fell, ended.at, ended)
