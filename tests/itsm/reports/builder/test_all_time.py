"""A report without a period says so, in every form of it."""

from datetime import UTC, datetime

from itsm.kernel.actor import Actor
from itsm.reports.builder.answering import answer_question
from itsm.reports.builder.document import report_of
from itsm.reports.builder.files import file_name, written
from itsm.reports.builder.question import BuiltQuestion, Dimension
from itsm.reports.document import Report, as_data
from itsm.reports.pages import shown_report
from itsm.reports.request import Question
from tests.factories import Factory
from tests.itsm.reports.conftest import Month

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def report(actor: Actor, period: str) -> tuple[Report, Question]:
    question = BuiltQuestion("incidents", dimensions=(Dimension("group"),), period=period)
    return report_of(answer_question(actor, question, at=AT))


def test_a_report_of_all_time_begins_with_no_day(month: Month, make: Factory) -> None:
    made, question = report(make.actor("manager"), "any")
    assert shown_report(made, question)["period"] == "All time"
    assert dict(made.facts)["Period"] == "All time"
    assert as_data(made)["period"]["from"] is None
    assert file_name(made, "csv") == "incidents-number-of-records-group-all-2026-11-22.csv"
    for form in ("json", "csv"):
        assert b"2000" not in written(made, question, form)


def test_a_report_of_days_begins_with_the_first(month: Month, make: Factory) -> None:
    made, question = report(make.actor("manager"), "last_30_days")
    assert "2026" in shown_report(made, question)["period"]
    assert as_data(made)["period"]["from"].startswith("2026-10-")
    assert "2026-10-" in file_name(made, "csv")


def test_a_persian_reader_reads_it_in_persian(month: Month, make: Factory) -> None:
    made, question = report(make.actor("manager", language="fa"), "any")
    assert "۲۰۰۰" not in str(shown_report(made, question)["period"])
