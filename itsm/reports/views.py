"""Pages of reports."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy import select

from itsm.identity import queries as identity
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Selection, find_data_set
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, plural
from itsm.reports import catalogue, design, exports, sla_report
from itsm.reports.pages import query_of, shown_report, shown_table
from itsm.reports.periods import presets
from itsm.reports.request import Question
from itsm.reports.schemas import ClockFilter, ExportForm, RecordFilter, ReportArguments, question_of
from itsm.reports.tally import APART, COUNTED, MISSED
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader
from itsm.web.rates import limited
from sla.models import Agreement

blueprint = Blueprint("reports", __name__, template_folder="templates")

CLOCKS_SHOWN = 1000
ENDED = frozenset({"done", "failed", "cancelled"})


@blueprint.get("/reports")
@requires("reports.read")
def index() -> str:
    """The reports on offer."""
    return render_template(
        "reports/index.html", kinds=catalogue.list_reports(), form=Form(), **_choices(current_actor())
    )


def _choices(actor: Actor) -> dict[str, Any]:
    here = reader()
    today = clock.now().astimezone(ZoneInfo(settings().timezone)).date()
    agreements = []
    if find_data_set("sla_clocks") is not None:
        agreements = [
            tuple(row) for row in session.execute(select(Agreement.id, Agreement.name).order_by(Agreement.name))
        ]
    return {
        "papers": list(design.PAPERS),
        "site_paper": design.in_force().paper,
        "may_design": actor.has(design.PERMISSION),
        "presets": presets(today, jalali=here.is_jalali),
        "organisations": [(row.id, row.name) for row in identity.list_organisations(actor)],
        "agreements": agreements,
        "report_zone": settings().timezone,
    }


@blueprint.get("/reports/<name>")
@requires("reports.read")
def show(name: str) -> Any:
    """A report on screen: figures, charts and lists, each leading to its records."""
    actor = current_actor()
    kind = catalogue.get_report(name)
    form = read_form(ReportArguments, source=request.args)
    context = {"kind": kind, "kinds": catalogue.list_reports(), **_choices(actor)}
    try:
        question = _question(actor, form)
        report = catalogue.build(actor, name, question)
    except Invalid as error:
        form.refuse(error)
        return render_template("reports/report.html", form=form, shown=None, **context), 422
    form.values |= _values(question)
    return render_template(
        "reports/report.html",
        form=form,
        shown=shown_report(report, question),
        question=question,
        query=query_of(question),
        **context,
    )


def _question(actor: Actor, form: Form) -> Question:
    if not form.ok:
        raise Invalid(_("Please check the marked fields."), errors=form.errors)
    return question_of(actor, form.data, language=reader().language)


def _values(question: Question) -> dict[str, str]:
    return {"from": question.period.first.isoformat(), "to": question.period.end.isoformat()}


@blueprint.get("/reports/<any(sla, ola, uc):name>/clocks")
@requires("reports.read")
def clocks(name: str) -> str:
    """The clocks that one figure of a report about agreements was counted from."""
    actor = current_actor()
    form = read_form(ClockFilter, source=request.args)
    question = _question(actor, form)
    selection = _narrowed(sla_report.selection_of(actor, question, name), question, form.data)
    table = sla_report.clock_list(actor, selection)
    shown = replace(table, rows=table.rows[:CLOCKS_SHOWN])
    return render_template(
        "reports/clocks.html",
        table=shown_table(shown, question),
        title=_("Not counted, listed apart") if form.data.get("list") == "apart" else _("Clocks counted"),
        count_text=plural("%(num)s clock", "%(num)s clocks", len(table.rows)),
        count=len(table.rows),
        shown_count=len(shown.rows),
        back=url_for("reports.show", name=name) + "?" + query_of(question),
        question=question,
    )


@blueprint.get("/reports/<name>/records")
@requires("reports.read")
def records(name: str) -> str:
    """The records that one number of a report was counted from."""
    actor = current_actor()
    form = read_form(RecordFilter, source=request.args)
    question = _question(actor, form)
    study = catalogue.study(actor, name, question)
    wanted = {part: form.data.get(part, "") for part in ("figure", "by", "key")}
    found = study.behind(**wanted)
    measure = study.measure(wanted["figure"])
    table = study.listing(found[:CLOCKS_SHOWN])
    return render_template(
        "reports/clocks.html",
        table=shown_table(table, question),
        title=measure.title if measure is not None else table.title,
        count_text=plural("%(num)s record", "%(num)s records", len(found)),
        count=len(found),
        shown_count=len(table.rows),
        back=url_for("reports.show", name=name) + "?" + query_of(question),
        question=question,
    )


def _narrowed(selection: Selection, question: Question, data: dict[str, Any]) -> Selection:
    several = {"": APART if data.get("list") == "apart" else COUNTED, "counted": COUNTED, "missed": MISSED}
    outcome = data.get("outcome") or ""
    filters: list[tuple[str, Any]] = [*selection.filters, ("outcome", several.get(outcome, outcome))]
    filters += [(name, data[name]) for name in ("metric", "priority") if name in data]
    if "owner" in data:
        filters.append(("owner_id", data["owner"]))
    if "agreement" in data:
        filters.append(("agreement_id", data["agreement"]))
    if "group" in data:
        filters.append(("group_id", data["group"] or None))
    if "month" in data:
        filters.append(("bucket", data["month"]))
    return replace(selection, filters=tuple(filters), buckets=question.period.starts(question.period.months()))


@blueprint.post("/reports/<name>/export")
@requires("reports.read")
@limited("export_rate")
def export(name: str) -> Any:
    """Ask for a report as a file, and go to the page that shows how far it is."""
    form = read_form(ExportForm)
    actor = current_actor()
    question = _question(actor, form)
    task = exports.ask_for_file(actor, name, question, form.data["format"])
    return redirect(url_for("reports.task", task_id=task.id))


@blueprint.get("/reports/tasks/<int:task_id>")
@requires("reports.read")
def task(task_id: int) -> str:
    """How far a file is; the page asks again by itself until it is ready."""
    row = exports.get_task(current_actor(), task_id)
    template = "reports/_task.html" if request.headers.get("HX-Request") else "reports/task.html"
    return render_template(template, task=row, ended=row.state in ENDED, form=Form())


@blueprint.post("/reports/tasks/<int:task_id>/cancel")
@requires("reports.read")
def cancel(task_id: int) -> Any:
    """Cancel a file that is not ready, for who asked for it."""
    exports.cancel_task(current_actor(), task_id)
    return redirect(url_for("reports.task", task_id=task_id))


@blueprint.get("/reports/tasks/<int:task_id>/file")
@requires("reports.read")
def download(task_id: int) -> Response:
    """The finished file, for who asked for it."""
    try:
        content, name, media_type = exports.read_file(current_actor(), task_id)
    except FileNotFoundError as error:
        raise NotFound(_("The file is gone. Ask for the report again.")) from error
    answer = Response(content, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
