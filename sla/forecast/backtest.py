"""What the forecast would have said at an instant of each past day, against what happened. Rule: SLA-forecast.

At each instant only clocks that had ended before it are known. Measured are the Brier score (the mean square of the
difference between what was said and what happened: 0 is perfect) beside that of always saying the share that was missed
in the end, and in steps of ten per cent how often what was said happened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from itsm.kernel import clock, jobs
from itsm.kernel.actor import Actor
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.jobs import BackgroundTask, Progress
from itsm.kernel.records import require
from itsm.kernel.text import _
from sla.agreements.terms import AgreedTerms, terms_by_id
from sla.forecast import queries as forecast_queries
from sla.forecast.estimate import METRICS, REMEMBERED, Case, Durations, chance
from sla.forecast.models import SlaBacktest
from sla.kept_clocks import key_of, past_of
from sla.models import SlaClock
from sla.standing import NO_TERMS, Standing, TermsHistory, stand, stored_terms
from sla.what_if import queries as what_if_queries
from sla.what_if.queries import Stored

TASK = "sla.backtest"
MOST_A_DAY = 300  # of each day so many running clocks are judged
WEEKS, MOST_WEEKS = 8, 52
STEPS = 10
DAY = timedelta(days=1)


@dataclass
class Step:
    """What was said between two tenths: how often, the sum of the shares said, how often it happened."""

    said: int = 0
    sum_said: float = 0.0
    happened: int = 0


@dataclass
class Score:
    """How one metric's forecasts fared; `unknown` clocks were too few of their sort to say anything."""

    judged: int = 0
    missed: int = 0
    unknown: int = 0
    sum_squares: float = 0.0
    steps: list[Step] = field(default_factory=lambda: [Step() for _each in range(STEPS)])

    def add(self, share: float, *, missed: bool) -> None:
        """Judge one forecast."""
        self.judged += 1
        self.missed += int(missed)
        self.sum_squares += (share - missed) ** 2
        step = self.steps[min(int(share * STEPS), STEPS - 1)]
        step.said += 1
        step.sum_said += share
        step.happened += int(missed)

    @property
    def brier(self) -> float | None:
        """The mean square of the difference between what was said and what happened."""
        return self.sum_squares / self.judged if self.judged else None

    @property
    def base(self) -> float | None:
        """The score of always saying the share that was missed in the end."""
        share = self.missed / self.judged if self.judged else 0.0
        return share * (1 - share) if self.judged else None

    def as_data(self) -> dict[str, Any]:
        """The score as JSON."""
        return {
            "judged": self.judged,
            "missed": self.missed,
            "unknown": self.unknown,
            "brier": self.brier,
            "base": self.base,
            "steps": [
                [each.said, each.sum_said / each.said if each.said else None, each.happened] for each in self.steps
            ],
        }


class Backtest:
    """Goes day by day from `weeks` ago until now."""

    def __init__(self, weeks: int) -> None:
        self._now = clock.now()
        self._first = self._now - weeks * 7 * DAY
        self._known = Durations()
        self.scores = {metric: Score() for metric in METRICS}

    def days(self) -> Iterator[int]:
        """Judge one day after another; yields how many days are done. Opens its own transactions."""
        known_until = self._first - REMEMBERED
        at, done = self._first, 0
        while at < self._now:
            for each in forecast_queries.ended_clocks(known_until, at):
                self._known.add(each.case, each.ended_at, each.seconds)
            self._known.forget_before(at - REMEMBERED)
            known_until = at
            with reading(), unit_of_work():
                self._judge(at)
            at, done = at + DAY, done + 1
            yield done

    def _judge(self, at: datetime) -> None:
        rows = forecast_queries.clocks_open_at(at, limit=MOST_A_DAY)
        stored = {each.ticket.id: each for each in what_if_queries.stored(sorted({row.ticket_id for row in rows}))}
        terms = terms_by_id({id_ for row in rows for _at, id_ in stored_terms(row)} - {NO_TERMS})
        for row in rows:
            happened = _happened(row)
            if happened is not None and row.ticket_id in stored:
                self._judge_clock(row, stored[row.ticket_id], terms, at, missed=happened)

    def _judge_clock(
        self, row: SlaClock, stored: Stored, terms: dict[str, AgreedTerms], at: datetime, *, missed: bool
    ) -> None:
        standing = _standing(row, stored, terms, at)
        if standing is None:
            return
        then, target = standing[0].clock, standing[0].clock.target_seconds
        if then.state != "running" or target is None or then.elapsed_seconds > target:
            return
        said = chance(self._known, standing[1], elapsed=then.elapsed_seconds, target=target)
        if said is None:
            self.scores[row.metric].unknown += 1
        else:
            self.scores[row.metric].add(said.share, missed=missed)

    def as_data(self) -> dict[str, Any]:
        """The result as JSON."""
        return {
            "from": self._first.isoformat(),
            "to": self._now.isoformat(),
            "metrics": {metric: score.as_data() for metric, score in self.scores.items()},
        }


def _happened(row: SlaClock) -> bool | None:
    """Whether a clock was missed in the end; None for one that does not count or whose end is not known yet."""
    if row.breached_at is not None and row.state != "cancelled":
        return True
    return False if row.state == "met" else None


def _standing(
    row: SlaClock, stored: Stored, terms: dict[str, AgreedTerms], at: datetime
) -> tuple[Standing, Case] | None:
    """The clock as it stood at an instant, and what made it like others then; None when it was another turn of it."""
    past = past_of(stored.ticket, stored.journal)
    applied: TermsHistory = [each for each in stored_terms(row) if each[0] <= at]
    if past is None or not applied:
        return None
    standings = stand(key_of(row), past, applied, terms, now=at)
    if not standings or standings[-1].clock.started_at != row.started_at:
        return None
    then = past.history.at(at)
    return standings[-1], Case(row.metric, stored.ticket.category_id, then.priority, then.group_id)


def ask(actor: Actor, *, weeks: int = WEEKS) -> BackgroundTask:
    """Have the forecast tested against the last weeks in the background."""
    require(actor, "sla.edit")
    title = str(_("Test the forecast on the last %(weeks)s weeks", weeks=weeks))
    return jobs.enqueue(TASK, {"weeks": weeks}, title=title, requested_by_id=actor.person_id)


def run_task(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """A whole back-test in the background: payload {weeks}; keeps the result."""
    weeks = min(max(int(payload["weeks"]), 1), MOST_WEEKS)
    test, days = Backtest(weeks), weeks * 7
    for done in test.days():
        progress.step(min(99, 100 * done // days), f"{done} / {days}")
    return keep(test, weeks)


def keep(test: Backtest, weeks: int) -> dict[str, Any]:
    """Keep the result of a back-test for the page; answers it."""
    result = test.as_data()
    with unit_of_work():
        session.add(SlaBacktest(weeks=weeks, result=result))
    return result


def shown_steps(score: Mapping[str, Any]) -> Sequence[tuple[int, int, int, float, int]]:
    """The table of one metric: said from, to (per cent), how often, mean said (0 to 1), how often it happened."""
    return [
        (10 * number, 10 * number + 10, said, mean, happened)
        for number, (said, mean, happened) in enumerate(score["steps"])
        if said
    ]
