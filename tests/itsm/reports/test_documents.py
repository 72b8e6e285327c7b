"""PDF for everyone: tags, language, title, bookmarks; missed clocks explained; paper; work that can be cancelled."""

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pdfplumber
import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from itsm.kernel import jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask, Progress, TaskCancelled
from itsm.kernel.module import registry
from itsm.reports import catalogue, exports
from itsm.reports.pdf import report_html
from tests.factories import Factory
from tests.itsm.reports.conftest import Month, october
from tests.itsm.reports.test_views import FORM, post

pytestmark = pytest.mark.one_database


def document(name: str = "sla", language: str = "en", paper: str = "") -> PdfReader:
    question = replace(october(language), paper=paper)
    return PdfReader(io.BytesIO(exports.make_file(SYSTEM, name, question, "pdf")))


def roles(found: Any, seen: set[str]) -> set[str]:
    """Every structure type of a tagged document."""
    found = found.get_object() if hasattr(found, "get_object") else found
    if isinstance(found, dict):
        if "/S" in found and found.get("/Type", "/StructElem") == "/StructElem":
            seen.add(str(found["/S"]))
        if "/K" in found:
            roles(found["/K"], seen)
    elif isinstance(found, list):
        for each in found:
            roles(each, seen)
    return seen


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_document_is_tagged_for_readers_who_do_not_see_it(month: Month, language: str) -> None:
    found = document(language=language)
    root: Any = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert found.metadata is not None
    assert found.metadata.title
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    kinds = roles(root["/StructTreeRoot"], set())
    assert {"/Document", "/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= kinds
    assert found.outline


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("Letter", (612, 792))])
def test_paper(month: Month, paper: str, size: tuple[int, int]) -> None:
    page = document("incidents", paper=paper).pages[1]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == size


def test_each_missed_clock_is_explained_by_its_segments(month: Month) -> None:
    report = catalogue.build(SYSTEM, "sla", october(), explain=True)
    slow = month.incidents["slow"].number
    found = {(each.reference.number, each.target): each for each in report.explained}
    assert len(found) == 4
    one = found[slow, "Resolution"]
    assert [segment.counted for segment in one.segments] == [True, False, True]
    assert one.total_seconds == int(6.5 * 3600)
    assert sum(segment.seconds for segment in one.segments if segment.counted) == one.total_seconds
    assert "over by 2:30" in one.lead
    with pdfplumber.open(io.BytesIO(exports.make_file(SYSTEM, "sla", october(), "pdf"))) as pages:
        text = "\n".join(page.extract_text() for page in pages.pages)
    for words in ("Missed clocks explained", "Agreed were 4:00; it took 6:30", "Paused: waits for the customer"):
        assert words in text


def test_the_sheet_explains_every_missed_clock(month: Month) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exports.make_file(SYSTEM, "sla", october(), "xlsx")))
    rows = list(book["Missed clocks explained"].iter_rows(values_only=True))
    assert {row[0] for row in rows[1:]} == {month.incidents[name].number for name in ("slow", "overdue", "branch")}


def test_what_is_left_out_is_said_with_its_number(month: Month) -> None:
    report = catalogue.build(SYSTEM, "sla", october())
    assert any("cancelled" in text for text in report.exclusions)
    html = report_html(report, october())
    assert all(text in html for text in report.exclusions)


def test_a_running_file_can_be_cancelled_from_its_page(month: Month, client: FlaskClient, make: Factory) -> None:
    pages = make.sign_in(client, make.person("Maria Manager", roles=("manager",)))
    address = post(pages, "/reports/sla/export", format="pdf").headers["Location"]
    task_id = int(address.rsplit("/", 1)[1])
    assert "Cancel" in pages.get(address).get_data(as_text=True)
    token = pages.get("/reports").get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    stranger = make.sign_in(client.application.test_client(), make.person("Sam Stranger", roles=("manager",)))
    other = stranger.get("/reports").get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    assert stranger.post(f"{address}/cancel", data={"csrf_token": other}).status_code == 404
    assert pages.post(f"{address}/cancel", data={"csrf_token": token}).status_code == 302
    assert "cancelled" in pages.get(address).get_data(as_text=True)
    jobs.run_tasks(registry().tasks)
    task = session.get_one(BackgroundTask, task_id)
    assert (task.state, task.result) == ("cancelled", None)


@pytest.mark.parametrize("file_format", ["pdf", "xlsx"])
def test_the_work_ends_at_its_next_step_when_it_was_cancelled(month: Month, make: Factory, file_format: str) -> None:
    actor = make.actor("manager")
    task = exports.ask_for_file(actor, "sla", october(), file_format)
    task.state = "running"
    session.commit()
    steps: list[int] = []

    class Impatient(Progress):
        def step(self, percent: int, text: str = "") -> None:
            steps.append(percent)
            if len(steps) == 3:
                jobs.cancel(session.get_one(BackgroundTask, task.id))
                session.commit()
            super().step(percent, text)

    with pytest.raises(TaskCancelled):
        exports.run_task(dict(task.payload), Impatient(task.id))
    assert len(steps) == 3


def test_a_task_that_was_cancelled_at_the_last_moment_stays_so(month: Month, make: Factory) -> None:
    task = exports.ask_for_file(make.actor("manager"), "incidents", october(), "json")
    session.commit()

    def handler(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
        jobs.cancel(session.get_one(BackgroundTask, progress.task_id))
        session.commit()
        return {"sha256": "0" * 64}

    jobs.run_tasks({task.kind: handler})
    assert session.get_one(BackgroundTask, task.id).state == "cancelled"


def test_the_asked_paper_reaches_the_worker(month: Month, client: FlaskClient, make: Factory) -> None:
    pages = make.sign_in(client, make.person("Maria Manager", roles=("manager",)))
    address = post(pages, "/reports/incidents/export", **FORM | {"format": "pdf", "paper": "Letter"}).headers[
        "Location"
    ]
    jobs.run_tasks(registry().tasks)
    content = pages.get(f"{address}/file").get_data()
    assert round(PdfReader(io.BytesIO(content)).pages[1].mediabox.width) == 612


def test_a_hostile_filter_of_records_is_refused_or_empty(month: Month, client: FlaskClient, make: Factory) -> None:
    pages = make.sign_in(client, make.person("Maria Manager", roles=("manager",)))
    period = "from=2026-10-01&to=2026-11-01&timezone=UTC"
    for query, status in (
        ("figure=created", 200),
        ("figure=created&by=flow&key=99999999999", 200),
        ("figure=none&by=__class__&key=<script>", 200),
        (f"figure={'x' * 61}", 422),
    ):
        answer = pages.get(f"/reports/incidents/records?{period}&{query}")
        assert answer.status_code == status
        assert "<script>alert" not in answer.get_data(as_text=True)
    assert pages.get(f"/reports/sla/records?{period}").status_code == 404
