"""Back-tests: what the forecast would have said of what happened."""

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.kernel import jobs
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask
from sla.forecast import backtest as forecast_backtest
from sla.forecast.estimate import LEAST
from sla.forecast.models import SlaBacktest
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements
from tests.sla.forecast.conftest import solved


def test_a_backtest_knows_only_what_had_ended_before(app: Flask, make: Factory, agreements: Agreements) -> None:
    """Fifty quick tickets, then ones that are all missed: what is said beforehand is that nothing is."""
    agreements.make(targets={("resolution", 4): 24 * HOUR})
    agent = make.actor()
    for number in range(LEAST + 5):
        solved(make, agent, 20, began=24 * 40 + number)
    for number in range(4):
        solved(make, agent, 60, began=24 * 6 + 12 - 0.1 * number)
    task = forecast_backtest.ask(make.actor("supervisor"), weeks=1)
    session.commit()
    jobs.run_tasks({forecast_backtest.TASK: forecast_backtest.run_task})
    task = session.get_one(BackgroundTask, task.id, populate_existing=True)
    assert task.state == "done"
    score = session.scalars(select(SlaBacktest)).one().result["metrics"]["resolution"]
    # Looked at once a day: twelve hours after each began; a day later it is late already.
    assert (score["judged"], score["missed"]) == (4, 4)
    assert score["brier"] == 1.0
    assert score["base"] == 0.0
    assert score["steps"][0] == [4, 0.0, 4]


def test_a_backtest_is_right_where_the_past_repeats_itself(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets={("resolution", 4): 24 * HOUR})
    agent = make.actor()
    for number in range(60):
        solved(make, agent, 30 if number % 3 == 0 else 20, began=24 * 22 - 7 * number)
    test = forecast_backtest.Backtest(2)
    assert list(test.days()) == list(range(1, 15))
    score = test.scores["resolution"]
    assert score.judged > 10
    assert score.brier is not None
    assert score.base is not None
    assert score.brier == pytest.approx(score.base, abs=0.1)
    assert sum(each.said for each in score.steps) == score.judged
    assert sum(each.happened for each in score.steps) == score.missed


def test_a_score_is_the_mean_square(app: Flask) -> None:
    score = forecast_backtest.Score()
    for share, missed in ((1.0, True), (0.5, False), (0.25, True), (0.0, False)):
        score.add(share, missed=missed)
    assert score.brier == pytest.approx((0 + 0.25 + 0.5625 + 0) / 4)
    assert score.base == pytest.approx(0.25)
    assert [each.said for each in score.steps] == [1, 0, 1, 0, 0, 1, 0, 0, 0, 1]
