"""Reports as PDF: the same bytes for the same report, question and design."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app

from itsm import kernel
from itsm.kernel.apart import Step, run_apart
from itsm.kernel.text import RIGHT_TO_LEFT, language
from itsm.reports import chart_engine
from itsm.reports import design as designs
from itsm.reports.charts import COLOURS
from itsm.reports.design import PAPERS, Design
from itsm.reports.document import Chart, Explained, Report
from itsm.reports.pages import shown_report
from itsm.reports.present import cell
from itsm.reports.request import Question

MIRRORED = """
@page {
  @top-left { content: none; } @top-right { content: element(running); }
  @bottom-right { content: element(foot); }
  @bottom-left { content: counter(page, persian) " / " counter(pages, persian);
    font: 8pt "Vazirmatn", "Inter", sans-serif; color: #5b6673; }
}
@page cover { @top-right { content: none; } @bottom-left { content: none; } @bottom-right { content: none; } }
"""
PDF_PROGRAM = Path(kernel.__file__).parent / "pdf.py"  # named, not imported: what it needs is heavy
TEMPLATES = Path(__file__).parent / "templates" / "reports"
LISTED = 120  # rows of a long list in a document; sheets hold all
SEGMENTS = 12  # of one explained clock in a document


def no_step() -> None:
    """Nobody waits for news of how far the work is."""


def pdf_bytes(report: Report, question: Question, step: Step = no_step) -> bytes:
    """The report with cover, page numbers, bookmarks, tags, embedded fonts and texts that can be selected.

    Charts and pages are made by two processes, one after the other, which give their memory back. `step` is called while
    they work and may raise to end it.
    """
    design = designs.in_force()
    with language(report.language):
        html = report_html(report, question, design, step)
    step()
    asked = {"html": html, "stylesheets": styles(report.language, question.paper or design.paper, design)}
    return run_apart(PDF_PROGRAM, asked, step)


def styles(code: str, paper: str, design: Design) -> Sequence[str]:
    """The style sheets of a document in a language, on a paper, in the site's colour."""
    page = f"@page {{ size: {PAPERS[paper]}; }} :root {{ --site: {design.colour}; }}"
    return [page, _style(), MIRRORED if code in RIGHT_TO_LEFT else ""]


def report_html(report: Report, question: Question, design: Design | None = None, step: Step = no_step) -> str:
    """The document that becomes the PDF; everything from people is escaped, charts are images in the document itself."""
    design = design or designs.in_force()
    template = current_app.jinja_env.get_template("reports/document.html")
    short = replace(report, lists=tuple(replace(each, rows=each.rows[:LISTED]) for each in report.lists))
    shown = shown_report(short, question, links=False)
    step()
    return template.render(
        **shown,
        drawings=list(zip(report.charts, drawings(report.charts, report.language, design.colour, step), strict=True)),
        design=design,
        logo=_data(designs.logo_bytes(design), "image/png"),
        cut=[len(full.rows) - len(part.rows) for full, part in zip(report.lists, short.lists, strict=True)],
        listed=LISTED,
        explained=[_explained(each, question) for each in report.explained],
    )


def _explained(found: Explained, question: Question) -> dict[str, Any]:
    """A missed target as the document shows it: the first segments as texts, and the time that they add up to."""
    reader = question.reader
    rows = [
        {
            "from": reader.instant(part.from_at),
            "to": reader.instant(part.to_at),
            "counted": part.counted,
            "is_note": part.from_at == part.to_at,
            "reason": part.reason,
            "rule": part.rule,
            "seconds": cell(part.seconds, "seconds", reader),
        }
        for part in found.segments[:SEGMENTS]
    ]
    return {
        "number": found.reference.number,
        "title": found.title,
        "target": found.target,
        "lead": found.lead,
        "rows": rows,
        "more": len(found.segments) - len(rows),
        "total": cell(found.total_seconds, "seconds", reader),
    }


def drawings(charts: Sequence[Chart], code: str, colour: str = COLOURS[0], step: Step = no_step) -> list[str]:
    """Charts as `data:` addresses: SVG, whose texts can be selected; pictures in right-to-left languages.

    WeasyPrint places the letters of an SVG's text one by one, which leaves Persian ones unjoined. The figures stand in the
    tables as text all the same. The first series bears the site's colour.
    """
    if not charts:
        return []
    pictures = code in RIGHT_TO_LEFT
    specs = json.loads(json.dumps([chart.spec for chart in charts]).replace(COLOURS[0], colour))
    drawn = json.loads(run_apart(Path(chart_engine.__file__), {"specs": specs, "pictures": pictures}, step))
    if pictures:
        return [f"data:image/png;base64,{each}" for each in drawn]
    return [_data(each.encode(), "image/svg+xml") for each in drawn]


def _data(content: bytes | None, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}" if content is not None else ""


@cache
def _style() -> str:
    return (TEMPLATES / "document.css").read_text("utf-8")
