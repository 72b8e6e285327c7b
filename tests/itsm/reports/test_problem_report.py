"""The report on problems: a past month stays as it was."""

from flask import Flask

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.reports import catalogue
from itsm.reports.document import as_data
from itsm.tickets import services
from tests.factories import Factory
from tests.itsm.reports.conftest import at, october


def test_a_problem_reopened_later_stays_resolved_in_its_month(app: Flask, make: Factory) -> None:
    with clock.frozen(at(5)):
        problem = make.problem(SYSTEM)
        for step, fields in (
            ("assess", {}),
            ("analyse", {}),
            ("record_known_error", {"root_cause": "Firmware"}),
            ("resolve", {"resolution": "Firmware 2.2"}),
        ):
            services.take_step(SYSTEM, problem, step, fields=fields)
    with clock.frozen(at(2, month=11)):
        before = catalogue.build(SYSTEM, "problems", october())
        services.take_step(SYSTEM, problem, "analyse_again", fields={"note": "It is back"})
        after = catalogue.build(SYSTEM, "problems", october())
    with clock.frozen(at(3, month=11)):
        services.take_step(SYSTEM, problem, "record_known_error", fields={"root_cause": "Driver"})
        services.take_step(SYSTEM, problem, "resolve", fields={"resolution": "Driver 3"})
        later = catalogue.build(SYSTEM, "problems", october())
    assert {figure.name: figure.value for figure in after.figures}["resolved"] == 1
    assert as_data(before) == as_data(after) == as_data(later)
