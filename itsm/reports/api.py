"""Reports as JSON and CSV."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from itsm.reports import catalogue, exports
from itsm.reports.document import as_data
from itsm.reports.schemas import FORMATS, ReportList, ReportOutput, ReportQuestion, question_of
from itsm.web.access import current_actor, requires
from itsm.web.presentation import reader

blueprint = Blueprint("reports-api", __name__, description="Reports")


@blueprint.get("/reports")
@blueprint.response(200, ReportList)
@requires("reports.read")
def list_all() -> dict[str, Any]:
    """The reports on offer."""
    items = [
        {"name": kind.name, "title": str(kind.title), "description": str(kind.description), "formats": list(FORMATS)}
        for kind in catalogue.list_reports()
    ]
    return {"items": items, "next": None}


@blueprint.get("/reports/<string:name>")
@blueprint.arguments(ReportQuestion, location="query")
@blueprint.response(200, ReportOutput)
@requires("reports.read")
def read_one(arguments: dict[str, Any], name: str) -> Any:
    """A report's figures; the same as on screen, in the PDF and in the sheet."""
    actor = current_actor()
    question = question_of(actor, arguments, language=reader().language)
    if arguments["format"] == "csv":
        content = exports.make_file(actor, name, question, "csv", table=arguments.get("table", ""))
        return Response(content, content_type="text/csv; charset=utf-8")
    return as_data(catalogue.build(actor, name, question))
