"""Reports as PDF, XLSX, CSV and JSON: the same figures, the same bytes, nothing harmful."""

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import openpyxl
import pdfplumber
import pytest

from itsm.kernel import pdf as kernel_pdf
from itsm.kernel.actor import SYSTEM
from itsm.kernel.sheets import harmless
from itsm.reports import catalogue, chart_engine, charts, exports
from itsm.reports.document import as_data
from itsm.reports.pdf import report_html
from tests.factories import Factory
from tests.itsm.reports.conftest import Month, Story, at, october

HOSTILE = (
    "<img src=file:///etc/passwd>",
    "<script>alert(1)</script>",
    "<style>*{background:url(http://192.0.2.1/x)}</style>",
    "<svg><image href='http://192.0.2.1/y'/></svg>",
    "</script>",
)


def text_of(content: bytes) -> str:
    with pdfplumber.open(io.BytesIO(content)) as document:
        return "\n".join(page.extract_text() for page in document.pages)


def make_pdf(language: str = "en", name: str = "sla") -> bytes:
    return exports.make_file(SYSTEM, name, october(language), "pdf")


def test_the_pdf_says_what_the_report_says(month: Month) -> None:
    content = make_pdf()
    text = text_of(content)
    report = catalogue.build(SYSTEM, "sla", october())
    flat = re.sub(r"\s+", " ", text)
    number = month.incidents["overdue"].number
    for words in ("69.2 %", "85.7 %", "50.0 %", "VPN does not", number, "waits for the", "UTC", "1 Nov 2026 00:00"):
        assert words in flat
    assert report.digest in text.replace("\n", "")
    assert "=cmd|' /C" in flat
    for term in ("Definitions and exclusions", "Data cut-off", "Template version", "Rule R1"):
        assert term in flat


@pytest.mark.one_database
def test_the_pdf_is_the_same_bytes_again(month: Month) -> None:
    assert make_pdf() == make_pdf()
    assert make_pdf("fa") == make_pdf("fa")


@pytest.mark.one_database
def test_the_pdf_has_bookmarks_language_embedded_fonts_and_a4_pages(month: Month) -> None:
    with pdfplumber.open(io.BytesIO(make_pdf("sv"))) as document:
        page = document.pages[0]
        assert (round(page.width), round(page.height)) == (595, 842)
        assert document.doc.catalog["Lang"] == b"sv"
        assert "Outlines" in document.doc.catalog
        fonts = {char["fontname"].split("+")[-1].split("-")[0] for each in document.pages for char in each.chars}
        assert fonts == {"Inter"}
        assert all("+" in char["fontname"] for each in document.pages for char in each.chars)  # subsets are embedded


@pytest.mark.one_database
def test_persian_is_right_to_left_with_its_calendar_digits_and_font(month: Month) -> None:
    with pdfplumber.open(io.BytesIO(make_pdf("fa"))) as document:
        page = document.pages[0]
        text = page.extract_text()
        assert document.doc.catalog["Lang"] == b"fa"
        assert "مهر"[::-1] in text or "مهر" in text
        assert "۱۴۰۵" in text
        assert "۶۹.۲٪" in text
        fonts = {char["fontname"].split("+")[-1].split("-")[0] for char in page.chars}
        assert "Vazirmatn" in fonts
        heading = [char for char in page.chars if char["size"] > 18]
        assert heading
        assert max(char["x1"] for char in heading) > page.width - 60  # the heading begins at the right


@pytest.mark.one_database
@pytest.mark.parametrize("language", ["el", "es"])
def test_other_languages(month: Month, language: str) -> None:
    text = text_of(make_pdf(language))
    assert {"el": "Οκτ", "es": "oct"}[language] in text


@pytest.mark.one_database
def test_chart_texts_stay_text(month: Month) -> None:
    report = catalogue.build(SYSTEM, "sla", october())
    assert [chart.name for chart in report.charts] == ["compliance_by_month", "missed_by_priority", "missed_by_group"]
    svg = chart_engine.draw_svg(report.charts[0].spec)
    assert ">85.7 %</text>" in svg
    assert svg == chart_engine.draw_svg(report.charts[0].spec)


def test_a_chart_never_loads_data_from_outside() -> None:
    spec = charts.stacked_rows([], label="a", value="b", series="c", order=[], language="en") | {
        "data": {"url": "http://127.0.0.1:9/data.json"}
    }
    with pytest.raises(ValueError, match="not allowed"):
        chart_engine.draw_svg(spec)


@pytest.mark.one_database
def test_hostile_titles_appear_as_they_are_and_fetch_nothing(
    month: Month, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(make, SYSTEM, month.customer, month.desk)
    for number, title in enumerate(HOSTILE):
        story.whole(title, at(20, number), answer=90, solve=600)
    secret = make.group("<b>Bold</b> & url(file:///etc/hostname)")
    Story(make, SYSTEM, month.customer, secret).whole("In a hostile group", at(21), answer=90, solve=600)
    asked: list[str] = []
    fetch = kernel_pdf.BundledOnly.fetch

    def watched(self: Any, url: str, headers: Any = None) -> Any:
        asked.append(url)
        return fetch(self, url, headers)

    monkeypatch.setattr(kernel_pdf.BundledOnly, "fetch", watched)
    question = replace(october(), organisation_id=month.customer.id)
    report = catalogue.build(SYSTEM, "sla", question)
    html = report_html(report, question)
    assert "<script" not in html
    assert "<img src=file" not in html
    text = text_of(exports.make_file(SYSTEM, "sla", question, "pdf"))
    for piece in ("<script>", "</script>", "<style>", "<svg>", "<img", "src=file", "<b>Bold"):
        assert piece in text
    assert all(url.startswith(("data:image/svg+xml;base64,", "bundled:vendor/")) for url in asked)


def sheet_rows(book: openpyxl.Workbook, title: str) -> list[tuple[Any, ...]]:
    return list(book[title].iter_rows(values_only=True))


def test_the_workbook_holds_figures_and_every_clock(month: Month) -> None:
    content = exports.make_file(SYSTEM, "sla", october(), "xlsx")
    assert content == exports.make_file(SYSTEM, "sla", october(), "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    summary = {row[0]: row[1] for row in sheet_rows(book, "Summary") if row[0]}
    assert summary["Targets met"] == pytest.approx(0.692)
    assert summary["Clocks counted"] == 13
    assert summary["Digest"] == catalogue.build(SYSTEM, "sla", october()).digest
    clocks = sheet_rows(book, "Every clock")
    place = clocks[0].index("Outcome")
    assert sum(row[place] in {"met", "missed", "missed, still open"} for row in clocks[1:]) == 13
    assert len(clocks) - 1 == 13 + 4
    total = sheet_rows(book, "By target")[-1]
    assert total[:5] == ("Total", 13, 9, 4, 1)


def test_no_cell_is_a_formula(month: Month) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exports.make_file(SYSTEM, "sla", october(), "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == "=cmd|' /C calc'!A0" for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)
    rows = exports.make_file(SYSTEM, "sla", october(), "csv", table="breaches").decode("utf-8-sig")
    assert "'=cmd|' /C calc'!A0" in rows


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "%0A=1", "|calc"])
def test_what_could_begin_a_formula_is_made_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "1", "a=b", "INC0000001", "سلام", "'quoted'"])
def test_other_texts_stay(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("name", ["sla", "incidents"])
def test_all_formats_tell_the_same_figures(month: Month, name: str) -> None:
    question = october()
    report = catalogue.build(SYSTEM, name, question)
    assert json.loads(exports.make_file(SYSTEM, name, question, "json")) == json.loads(json.dumps(as_data(report)))
    rows = list(csv.DictReader(io.StringIO(exports.make_file(SYSTEM, name, question, "csv").decode("utf-8-sig"))))
    figures = as_data(report)["figures"]
    if name == "sla":
        total = rows[-1]
        assert (total["counted"], total["met"], total["breached"]) == tuple(
            str(figures[each]) for each in ("counted", "met", "breached")
        )
        assert float(total["compliance_percent"]) == figures["compliance"]
    else:
        assert rows[-1]["created"] == str(figures["created"])
        assert rows[-1]["backlog"] == str(figures["backlog"])
    assert text_of(exports.make_file(SYSTEM, name, question, "pdf"))
