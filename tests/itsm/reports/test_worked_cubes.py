"""Worked examples of the cubes of which the sample log holds no facts: changes, problems, assets, items."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import list_cubes
from itsm.kernel.db import session
from itsm.reports.builder.answering import answer_question, fields_of
from itsm.reports.builder.question import BuiltQuestion, Dimension, Measure
from tests.factories import Factory
from tests.itsm.reports.conftest import HOUR, at
from tests.itsm.reports.raw_log import mean, median, within
from tests.itsm.reports.test_worked_figures import CHANGES, PROBLEMS, make_assets, make_changes, make_problems, plain


def built(actor: Actor, cube: str, group: str, *measures: Measure) -> dict[Any, tuple[Any, ...]]:
    question = BuiltQuestion(cube, measures or (Measure(),), (Dimension(*group.split("/")),), period="any")
    answer = answer_question(actor, question)
    found = {line.groups[0].label: tuple(map(plain, line.figures)) for line in answer.lines}
    return {label: each for label, each in found.items() if each[0]} | {(): tuple(map(plain, answer.total.figures))}


def counted(values: Sequence[Any]) -> dict[Any, tuple[Any, ...]]:
    return {value: (values.count(value),) for value in values} | {(): (len(values),)}


def test_the_cube_of_changes(app: Flask, make: Factory) -> None:
    admin = make.actor("admin", timezone="UTC")
    windows = [2, 3, 3, 8, None, 1, 5, 4, None, 2]
    for change, hours in zip(make_changes(make), windows, strict=True):
        change.planned_start_at = at(12)
        change.planned_end_at = at(12) + timedelta(hours=hours) if hours else None
        change.outage_expected = hours == 3
    session.flush()
    assert built(admin, "changes", "change.risk") == counted([each[1].capitalize() for each in CHANGES])
    assert sorted(each[0] for each in built(admin, "changes", "change.type").values()) == [1, 2, 7, 10]
    assert sorted(each[0] for each in built(admin, "changes", "change.outcome").values()) == [1, 1, 1, 3, 4, 10]
    assert built(admin, "changes", "change.outage") == {"yes": (2,), "no": (8,), (): (10,)}
    months = [each[4].strftime("%b %Y") for each in CHANGES]
    assert built(admin, "changes", "created/month") == counted(months)
    lengths = [each * HOUR for each in windows if each]
    kinds = [Measure(kind, "change.window") for kind in ("sum", "mean", "median", "max")]
    whole = built(admin, "changes", "change.risk", Measure("percentile", "change.window", 90), *kinds)[()]
    assert whole == (within(lengths, 90), sum(lengths), mean(lengths), median(lengths), max(lengths))
    low = [hours * HOUR for hours, each in zip(windows, CHANGES, strict=True) if hours and each[1] == "low"]
    by_risk = built(admin, "changes", "change.risk", Measure("min", "change.window"), *kinds[:3])
    assert by_risk["Low"] == (min(low), sum(low), mean(low), median(low))
    bad = Measure("share", condition="change.outcome = failed")
    assert built(admin, "changes", "change.risk", Measure(), bad)["High"] == (2, (1, 2))


def test_the_cube_of_problems(app: Flask, make: Factory) -> None:
    admin = make.actor("admin", timezone="UTC")
    make_problems(make)
    known = ["yes" if each[2] else "no" for each in PROBLEMS]
    assert built(admin, "problems", "problem.known_error") == counted(known)
    took = [int((each[1] - each[0]).total_seconds()) for each in PROBLEMS if each[1]]
    kinds = [Measure(kind, "resolution.time") for kind in ("sum", "mean", "median", "min")]
    whole = built(admin, "problems", "state", Measure("percentile", "resolution.time", 75), *kinds)[()]
    assert whole == (within(took, 75), sum(took), mean(took), median(took), min(took))
    assert built(admin, "problems", "created/month") == counted([each[0].strftime("%b %Y") for each in PROBLEMS])


def test_the_cube_of_assets(app: Flask, make: Factory) -> None:
    admin = make.actor("admin", timezone="UTC")
    facts = make_assets(make)
    prices = [each["price_minor"] for each in facts if "price_minor" in each]
    kinds = [Measure(kind, "price") for kind in ("sum", "mean", "median", "max")]
    by_currency = built(admin, "assets", "currency", Measure(), *kinds)
    euros = [each["price_minor"] for each in facts if each.get("currency") == "EUR"]
    assert by_currency["EUR"] == (3, sum(euros), mean(euros), median(euros), max(euros))
    assert by_currency[()] == (6, sum(prices), mean(prices), median(prices), max(prices))
    assert sorted(each[0] for each in built(admin, "assets", "kind").values()) == [1, 2, 3, 6]
    assert built(admin, "assets", "owner", Measure())["Anna Berg"] == (1,)
    assert built(admin, "assets", "created/month") == {
        "Sep 2026": (1,), "Oct 2026": (4,), "Nov 2026": (1,), (): (6,),
    }  # fmt: skip
    ended = Measure("share", condition="warranty < 2026-11-01")
    assert built(admin, "assets", "currency", Measure(), ended)["EUR"] == (3, (1, 3))


def test_the_cube_of_configuration_items(app: Flask, make: Factory) -> None:
    admin = make.actor("admin", timezone="UTC")
    facts = [("server", 1), ("server", 3), ("server", 2), ("business_service", 1)]
    for day, (class_key, criticality) in enumerate(facts, start=5):
        with clock.frozen(datetime(2026, 10, day, 8, tzinfo=UTC)):
            make.ci(class_key=class_key, criticality=criticality)
    assert built(admin, "cis", "criticality") == counted([str(each[1]) for each in facts])
    assert sorted(each[0] for each in built(admin, "cis", "class").values()) == [1, 3, 4]
    grades = [each[1] for each in facts]
    kinds = [Measure(kind, "criticality") for kind in ("sum", "mean", "median", "max")]
    whole = built(admin, "cis", "class", Measure("percentile", "criticality", 50), *kinds)[()]
    assert whole == (within(grades, 50), sum(grades), mean(grades), median(grades), max(grades))
    vital = Measure("share", condition="criticality = 1")
    assert built(admin, "cis", "created/month", Measure(), vital)[()] == (4, (2, 4))


def test_every_field_that_a_cube_offers_exists(app: Flask, make: Factory) -> None:
    admin = make.actor("admin")
    for cube in list_cubes(admin):
        known = {field.name for field in fields_of(admin, cube)}
        assert {*cube.offered, *cube.instants} - known == set(), cube.name
