"""Reports as PDF: the same bytes for the same report."""

import base64
from functools import cache
from pathlib import Path

from flask import current_app

from itsm.kernel.text import RIGHT_TO_LEFT, language
from itsm.reports.charts import draw_png, draw_svg
from itsm.reports.document import Chart, Report
from itsm.reports.pages import shown_report
from itsm.reports.request import Question

MIRRORED = """
@page {
  @top-left { content: none; } @top-right { content: element(running); }
  @bottom-right { content: element(foot); }
  @bottom-left { content: counter(pages, persian) " / " counter(page, persian);
    font: 8pt "Vazirmatn", "Inter", sans-serif; color: #5b6673; }
}
@page :first { @top-right { content: none; } }
"""
TEMPLATES = Path(__file__).parent / "templates" / "reports"


def pdf_bytes(report: Report, question: Question) -> bytes:
    """The report on A4, with page numbers, bookmarks, embedded fonts and texts that can be selected."""
    with language(report.language):
        html = report_html(report, question)
    from itsm.kernel.pdf import render_pdf  # heavy: only who makes a PDF waits for it

    return render_pdf(html, stylesheets=[_style(), MIRRORED if report.language in RIGHT_TO_LEFT else ""])


def report_html(report: Report, question: Question) -> str:
    """The document that becomes the PDF; everything from people is escaped, charts are images in the document itself."""
    template = current_app.jinja_env.get_template("reports/document.html")
    shown = shown_report(report, question, links=False)
    return template.render(**shown, drawings=[(chart, drawing(chart, report.language)) for chart in report.charts])


def drawing(chart: Chart, code: str) -> str:
    """A chart as a `data:` address: SVG, whose texts can be selected; a picture in right-to-left languages.

    WeasyPrint places the letters of an SVG's text one by one, which leaves Persian ones unjoined. The figures stand in the
    tables as text all the same.
    """
    if code in RIGHT_TO_LEFT:
        return "data:image/png;base64," + base64.b64encode(draw_png(chart.spec)).decode()
    return "data:image/svg+xml;base64," + base64.b64encode(draw_svg(chart.spec).encode()).decode()


@cache
def _style() -> str:
    return (TEMPLATES / "document.css").read_text("utf-8")
