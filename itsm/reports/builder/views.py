"""Pages of the report builder: the form beside its answer, kept questions, files."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Cube, get_cube, list_cubes
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.text import Message
from itsm.reports import catalogue
from itsm.reports.builder import document, files, pictures, policy, queries, services
from itsm.reports.builder.answering import Answer, answer_question
from itsm.reports.builder.models import SavedQuestion
from itsm.reports.builder.offers import offers_of
from itsm.reports.builder.question import (
    CHARTS,
    COMPARISONS,
    MOST_MEASURES,
    BuiltQuestion,
    Dimension,
    Measure,
    from_json,
)
from itsm.reports.builder.schemas import (
    FORM_FIELDS,
    ExportForm,
    QuestionForm,
    SaveForm,
    form_of_question,
    question_of_form,
)
from itsm.reports.builder.spans import PERIODS
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.rates import limited
from itsm.web.views import offer_undo

blueprint = Blueprint("builder", __name__, template_folder="../templates")

USUAL = "incidents"


@blueprint.get("/reports/new")
@requires(policy.READ)
@limited("search_rate")
def new() -> Any:
    """A question being put together, and its answer."""
    return _page(read_form(QuestionForm, source=request.args), None)


@blueprint.get("/reports/saved/<int:saved_id>")
@requires(policy.READ)
@limited("search_rate")
def show(saved_id: int) -> Any:
    """A kept question with its answer; what is changed here is kept only when it is saved."""
    row = queries.get_saved(current_actor(), saved_id)
    if "data_set" in request.args:
        return _page(read_form(QuestionForm, source=request.args), row)
    return _page(_filled(from_json(row.question)), row)


@blueprint.post("/reports/saved")
@requires(policy.READ)
def create() -> Any:
    """Keep a question."""
    return _save(None)


@blueprint.post("/reports/saved/<int:saved_id>")
@requires(policy.READ)
def save(saved_id: int) -> Any:
    """Keep what was changed, or all of it as a new one."""
    row = queries.get_saved(current_actor(), saved_id)
    return _save(None if request.form.get("as_new") else row)


@blueprint.post("/reports/saved/<int:saved_id>/copy")
@requires(policy.READ)
def copy(saved_id: int) -> Response:
    """Keep a copy for oneself, and show it."""
    return redirect(url_for("builder.show", saved_id=services.copy_question(current_actor(), saved_id).id))


@blueprint.post("/reports/saved/<int:saved_id>/delete")
@requires(policy.READ)
def delete(saved_id: int) -> Response:
    """Take a kept question away."""
    step = services.delete_question(current_actor(), saved_id)
    if step is not None:
        offer_undo(step, step.title)
    return redirect(url_for("reports.index"))


@blueprint.post("/reports/built/export")
@requires(policy.READ)
@limited("export_rate")
def export() -> Any:
    """Ask for the answer as a file, and go to the page that shows how far it is."""
    form = read_form(ExportForm)
    try:
        form.require_ok()
        title, file_format = form.data["title"], form.data["format"]
        task = files.ask_for_file(current_actor(), question_of_form(form.data), title=title, file_format=file_format)
    except Invalid as error:
        form.refuse(error)
        return _page(form, None)
    return redirect(url_for("reports.task", task_id=task.id))


def _save(row: SavedQuestion | None) -> Any:
    actor, form = current_actor(), read_form(SaveForm)
    try:
        form.require_ok()
        question = question_of_form(form.data)
        values = {name: form.data[name] for name in ("name", "scope", "group_id")}
        if row is None:
            row = services.save_question(actor, question, **values)
        else:
            version = form.data["version"]
            row = services.edit_question(actor, row.id, version=version, values=values, question=question)
    except ItsmError as error:
        session.rollback()
        form.refuse(error)
        return _page(form, row, status=error.status)
    return redirect(url_for("builder.show", saved_id=row.id))


def _filled(question: BuiltQuestion) -> Form:
    form = Form(form_of_question(question))
    form.data = QuestionForm().load(form.values)
    return form


def start_question(cube: Cube, *, period: str = "last_30_days") -> BuiltQuestion:
    """What a new question begins with: how many there were, day by day."""
    return BuiltQuestion(
        cube.name,
        (Measure(),),
        (Dimension(cube.instants[0], "day"),),
        instant=cube.instants[0],
        period=period,
        chart="line",
    )


def _page(form: Form, row: SavedQuestion | None, *, status: int = 200) -> Any:
    actor = current_actor()
    cubes = list_cubes(actor)
    if not cubes:
        return render_template("builder/empty.html", kinds=catalogue.list_reports())
    form, cube = _begun(actor, form, cubes)
    answer, fault = None, status
    try:
        form.require_ok()
        answer = answer_question(actor, question_of_form(form.data))
    except (Invalid, NotFound) as error:
        session.rollback()
        form.refuse(error)
        fault = status if status != 200 else error.status
    return render_template("builder/page.html", **_context(form, cube, cubes, answer=answer, row=row)), fault


def _begun(actor: Actor, form: Form, cubes: list[Cube]) -> tuple[Form, Cube]:
    """The form for its data set; one that was shown for another set begins anew and keeps its period."""
    name = form.value("data_set")
    if not name:
        usual = next((cube for cube in cubes if cube.name == USUAL), cubes[0])
        return _filled(start_question(usual)), usual
    cube = next((each for each in cubes if each.name == name), None)
    if cube is None:
        get_cube(actor, name)
    assert cube is not None  # noqa: S101 (get_cube raised)
    if form.value("was") not in ("", name):
        period = form.value("period", "last_30_days")
        return _filled(
            start_question(cube, period=period if period in PERIODS and period != "custom" else "last_30_days")
        ), cube
    return form, cube


def _context(
    form: Form, cube: Cube, cubes: list[Cube], *, answer: Answer | None, row: SavedQuestion | None
) -> dict[str, Any]:
    actor = current_actor()
    return {
        "form": form,
        "cube": cube,
        "cubes": [(each.name, each.title) for each in cubes],
        "offers": offers_of(actor, cube),
        "places": _places(form),
        "periods": list(PERIODS.items()),
        "comparisons": list(COMPARISONS.items()),
        "charts": _charts(answer, form),
        "answer": answer,
        "shown": _shown(answer) if answer else None,
        "row": row,
        "may_keep": row is not None and policy.SHARING.may_keep(actor, row),
        "kept": {name: form.value(name) for name in FORM_FIELDS if form.value(name)},
        "kinds": catalogue.list_reports(),
        **_sharing(actor),
    }


def _places(form: Form) -> list[int]:
    """The figures that are filled in and one more; those behind a gap move up when the form is read again."""
    filled = [place for place in range(1, MOST_MEASURES + 1) if form.value(f"measure_{place}")]
    return list(range(1, min(max(filled, default=0) + 1, MOST_MEASURES) + 1))


def _charts(answer: Answer | None, form: Form) -> list[tuple[str, Message]]:
    if answer is None:
        return [(name, title) for name, title in CHARTS.items() if name in (form.value("chart"), "table")]
    return [(name, CHARTS[name]) for name in pictures.fitting(answer)]


def _shown(answer: Answer) -> dict[str, Any]:
    rows, total = document.shown_rows(answer)
    return {
        "title": document.answer_title(answer),
        "columns": document.columns_of(answer),
        "rows": rows,
        "total": total,
        "chart": document.chart_of(answer),
        "kind": pictures.chosen(answer),
        "values": document.values_of(answer),
        "facts": document.facts_of(answer),
        "definitions": [(one.title, document.definition_of(one)) for one in answer.measures],
        "is_empty": not answer.lines if answer.titles else not answer.total.figures[0] and answer.records == 0,
    }


def _sharing(actor: Actor) -> dict[str, Any]:
    scopes, groups = policy.SHARING.choices(actor)
    return {"scopes": list(scopes.items()), "groups": [(each.id, each.name) for each in groups]}
