"""The report builder as JSON: data sets, answers, kept questions."""

from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Cube, list_cubes
from itsm.kernel.text import language
from itsm.reports.builder import document, policy, queries, services
from itsm.reports.builder.answering import Answer, answer_question, fields_of
from itsm.reports.builder.models import SavedQuestion
from itsm.reports.builder.offers import offers_of
from itsm.reports.builder.schemas import (
    AnswerOutput,
    DataSetPage,
    QuestionInput,
    SavedChanges,
    SavedInput,
    SavedOutput,
    question_of_input,
)
from itsm.reports.builder.spans import PERIODS
from itsm.reports.document import table_rows
from itsm.web import api
from itsm.web.access import current_actor, requires
from itsm.web.rates import limited

blueprint = Blueprint("builder-api", __name__, description="Reports that people put together")

SHOWN = ("id", "name", "scope", "group_id", "owner_id", "question", "version")


@blueprint.get("/reports/data-sets")
@blueprint.response(200, DataSetPage)
@requires(policy.READ)
def list_data_sets() -> dict[str, Any]:
    """The data sets that you may ask, with what they are grouped by, their figures and the instants of their periods."""
    actor = current_actor()
    return {"items": [_data_set(actor, cube) for cube in list_cubes(actor)], "next": None}


def _data_set(actor: Actor, cube: Cube) -> dict[str, Any]:
    offers, fields = offers_of(actor, cube), fields_of(actor, cube)
    usable = [field for field in fields if field.groups]
    return {
        "name": cube.name,
        "title": str(cube.title),
        "fields_": [{"name": each.name, "title": str(each.title), "type": each.type.value} for each in usable],
        "measures": [{"name": key, "title": str(title)} for _head, part in offers.measures for key, title in part],
        "instants": [{"name": name, "title": str(title)} for name, title in offers.instants],
        "periods": list(PERIODS),
    }


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as the API gives it."""
    with language(answer.reader.language):
        table, chart = document.table_of(answer), document.chart_of(answer)
        rows = table_rows(table)
        return {
            "title": document.answer_title(answer),
            "data_set": answer.cube.name,
            "period": _days(answer.span),
            "compared_with": _days(answer.other),
            "timezone": answer.reader.timezone,
            "at": answer.at.isoformat(),
            "columns": [{"name": each.name, "title": each.title, "kind": each.kind} for each in table.columns],
            "rows": rows[: len(table.rows)],
            "total": rows[-1] if table.total is not None else None,
            "drill": [_drill(line) for line in (answer.lines if answer.titles else (answer.total,))],
            "notes": list(answer.notes),
            "chart": chart.spec if chart else None,
        }


def _days(span: Any) -> dict[str, str] | None:
    return {"from": span[0].isoformat(), "to": span[1].isoformat()} if span else None


def _drill(line: Any) -> dict[str, str]:
    found = {f"figure_{place}": text for place, text in enumerate(line.asks, start=1)}
    return found | {f"figure_{place}_before": text for place, text in enumerate(line.asks_before, start=1)}


@blueprint.post("/reports/answers")
@blueprint.arguments(QuestionInput)
@blueprint.response(200, AnswerOutput)
@requires(policy.READ)
@limited("search_rate")
def answer(data: dict[str, Any]) -> dict[str, Any]:
    """Ask a question; the figures are those that you may know."""
    return as_json(answer_question(current_actor(), question_of_input(data)))


def _one(row: SavedQuestion) -> dict[str, Any]:
    api.set_etag(row.version)
    return {name: getattr(row, name) for name in SHOWN}


@blueprint.get("/reports/saved")
@blueprint.response(200, api.page_schema(SavedOutput))
@requires(policy.READ)
def list_saved() -> dict[str, Any]:
    """The kept questions that you may open, by name; at most 200."""
    rows = queries.list_saved(current_actor())
    return {"items": [{name: getattr(row, name) for name in SHOWN} for row in rows], "next": None}


@blueprint.get("/reports/saved/<int:saved_id>")
@blueprint.response(200, SavedOutput)
@requires(policy.READ)
def read_saved(saved_id: int) -> dict[str, Any]:
    """One kept question."""
    return _one(queries.get_saved(current_actor(), saved_id))


@blueprint.get("/reports/saved/<int:saved_id>/answer")
@blueprint.response(200, AnswerOutput)
@requires(policy.READ)
@limited("search_rate")
def answer_saved(saved_id: int) -> dict[str, Any]:
    """The figures of a kept question, those that you may know."""
    actor = current_actor()
    return as_json(queries.answer(actor, queries.get_saved(actor, saved_id)).answer)


@blueprint.post("/reports/saved")
@blueprint.arguments(SavedInput)
@blueprint.response(201, SavedOutput)
@requires(policy.READ)
def create_saved(data: dict[str, Any]) -> Any:
    """Keep a question: your own, a group's, or everyone's if you may."""
    question = question_of_input(data.pop("question"))
    row = services.save_question(current_actor(), question, **data)
    return api.created(_one(row), ".read_saved", version=row.version, saved_id=row.id)


@blueprint.patch("/reports/saved/<int:saved_id>")
@blueprint.arguments(SavedChanges)
@blueprint.response(200, SavedOutput)
@requires(policy.READ)
def change_saved(data: dict[str, Any], saved_id: int) -> dict[str, Any]:
    """Change a kept question; needs If-Match."""
    actor = current_actor()
    version = api.check_match(queries.get_saved(actor, saved_id))
    question = question_of_input(data.pop("question")) if "question" in data else None
    return _one(services.edit_question(actor, saved_id, version=version, values=data, question=question))


@blueprint.delete("/reports/saved/<int:saved_id>")
@blueprint.response(204)
@requires(policy.READ)
def delete_saved(saved_id: int) -> None:
    """Take a kept question away; it can be brought back for a day (`/undo`)."""
    services.delete_question(current_actor(), saved_id)
