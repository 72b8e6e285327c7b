"""Command: learn for the forecast, and test it on the past."""

import json
from typing import Any

import click

from sla.forecast import jobs as forecast_jobs
from sla.forecast.backtest import MOST_WEEKS, WEEKS, Backtest, keep, shown_steps


@click.command("forecast")
@click.option("--backtest", is_flag=True, help="Test the forecast on the last weeks and keep the result for its page.")
@click.option("--weeks", type=click.IntRange(1, MOST_WEEKS), default=WEEKS, show_default=True, help="How many weeks.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def forecast(*, backtest: bool, weeks: int, as_json: bool) -> None:
    """Learn anew how long tickets take; with --backtest say what the forecast would have said, and what happened."""
    if not backtest:
        sorts = forecast_jobs.learn()
        click.echo(json.dumps({"sorts": sorts}) if as_json else f"{sorts} sorts of tickets learned")
        return
    test = Backtest(weeks)
    for _done in test.days():
        pass
    result = keep(test, weeks)
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    for metric, score in result["metrics"].items():
        _print(metric, score)


def _print(metric: str, score: dict[str, Any]) -> None:
    click.echo(
        f"{metric}: {score['judged']} forecasts, {score['missed']} missed, {score['unknown']} without a forecast"
    )
    if not score["judged"]:
        return
    click.echo(f"  Brier score {score['brier']:.4f}; always saying the share missed: {score['base']:.4f}")
    for first, last, said, mean, happened in shown_steps(score):
        click.echo(
            f"  said {first:3d}-{last:3d} %: {said:5d} times, on average {mean:6.1%}, happened {happened / said:6.1%}"
        )
