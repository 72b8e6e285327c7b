"""Reports as files: asked for in the background, kept in the file store, handed to who asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import audit, files, jobs
from itsm.kernel.actor import Actor
from itsm.kernel.apart import Step
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from itsm.kernel.jobs import BackgroundTask, Progress
from itsm.kernel.records import require
from itsm.kernel.text import _, language
from itsm.reports import catalogue
from itsm.reports.document import Report, as_data
from itsm.reports.pdf import no_step, pdf_bytes
from itsm.reports.periods import Period
from itsm.reports.request import Question
from itsm.reports.sheets import csv_text, xlsx_bytes

PERMISSION = "reports.read"


def _json_bytes(report: Report, question: Question, step: Step = no_step) -> bytes:
    del question, step
    return json.dumps(as_data(report), ensure_ascii=False, indent=1).encode()


def _csv_bytes(report: Report, question: Question, step: Step = no_step) -> bytes:
    del question, step
    return csv_text(report.flat).encode("utf-8-sig")


def _xlsx(report: Report, question: Question, step: Step = no_step) -> bytes:
    del question
    return xlsx_bytes(report, step)


@dataclass(frozen=True)
class Format:
    """One file format: media type, how it is made, whether it holds every record, or explains missed clocks."""

    media_type: str
    make: Callable[..., bytes]
    complete: bool = False
    explain: bool = False


FORMATS = {
    "pdf": Format("application/pdf", pdf_bytes, explain=True),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx, complete=True),
    "csv": Format("text/csv; charset=utf-8", _csv_bytes, complete=True),
    "json": Format("application/json", _json_bytes),
}


def make_file(actor: Actor, name: str, question: Question, file_format: str, *, table: str = "") -> bytes:
    """A report as the bytes of a file; `table` names one table to write as CSV instead of the report's own."""
    require(actor, PERMISSION)
    kind = FORMATS[file_format]
    report = catalogue.build(actor, name, question, complete=kind.complete, explain=kind.explain)
    if table and file_format == "csv":
        return _one_table(report, table)
    return kind.make(report, question)


def _one_table(report: Report, name: str) -> bytes:
    table = report.table(name)
    if table is None:
        names = ", ".join(each.name for each in (report.flat, *report.tables, *report.lists, *report.extra))
        raise Invalid.field("table", _("There is no such table. There are: %(names)s.", names=names))
    return csv_text(table).encode("utf-8-sig")


def file_name(name: str, question: Question, file_format: str) -> str:
    """What the file is called."""
    return f"{name}-{question.period.first.isoformat()}-{question.period.end.isoformat()}-{question.language}.{file_format}"


def ask_for_file(actor: Actor, name: str, question: Question, file_format: str) -> BackgroundTask:
    """Ask for a report as a file; a worker makes it with the rights that the actor has then."""
    require(actor, PERMISSION)
    kind = catalogue.get_report(name)
    if file_format not in FORMATS:
        raise Invalid.field("format", _("Choose one of: %(names)s.", names=", ".join(FORMATS)))
    if actor.person_id is None:
        raise Forbidden(_("Only a person can ask for a file."))
    question.selection(actor)
    payload = {"report": name, "format": file_format, "person_id": actor.person_id, "question": as_payload(question)}
    title = f"{kind.title} {question.period.first.isoformat()} – {question.period.end.isoformat()}"
    task = jobs.enqueue(task_kind(file_format), payload, title=title[:250], requested_by_id=actor.person_id)
    audit.record(
        actor,
        "report.asked",
        subject_kind="report",
        subject_id=task.id,
        changes={"report": [None, name], "format": [None, file_format]},
    )
    return task


def task_kind(file_format: str) -> str:
    """The name of the background task that makes a format."""
    return f"report.{file_format}"


def as_payload(question: Question) -> dict[str, Any]:
    """A question as JSON."""
    return {
        "first": question.period.first.isoformat(),
        "end": question.period.end.isoformat(),
        "timezone": question.period.timezone,
        "jalali": question.period.jalali,
        "language": question.language,
        "cut_off_at": question.cut_off_at.isoformat(),
        "organisation_id": question.organisation_id,
        "agreement_id": question.agreement_id,
        "paper": question.paper,
    }


def from_payload(values: dict[str, Any]) -> Question:
    """The question that `as_payload` wrote."""
    period = Period(
        date.fromisoformat(values["first"]), date.fromisoformat(values["end"]), values["timezone"], values["jalali"]
    )
    cut_off_at = datetime.fromisoformat(values["cut_off_at"])
    return Question(
        period,
        values["language"],
        cut_off_at,
        values["organisation_id"],
        values["agreement_id"],
        values.get("paper", ""),
    )


def run_task(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Make the file that somebody asked for; answers where it is kept."""
    question = from_payload(payload["question"])
    name, file_format = payload["report"], payload["format"]
    progress.step(10, _in(question, _("Reading the data")))
    with reading(), unit_of_work():
        person = session.get(Person, payload["person_id"])
        if person is None or not person.active:
            raise NotFound(_("The person who asked for this report is not there any more."))
        actor = actor_of(person, channel="web")
        require(actor, PERMISSION)
        kind = FORMATS[file_format]
        report = catalogue.build(actor, name, question, complete=kind.complete, explain=kind.explain)
    content = kind.make(report, question, _Steps(progress, _in(question, _("Writing the document"))))
    progress.step(95, _in(question, _("Keeping the file")))
    with unit_of_work():
        sha256 = files.store(content)
    return {
        "sha256": sha256,
        "name": file_name(name, question, file_format),
        "media_type": FORMATS[file_format].media_type,
        "digest": report.digest,
    }


class _Steps:
    """Tells the progress of writing, from 50 per cent on, and ends the work when somebody cancelled it."""

    def __init__(self, progress: Progress, text: str) -> None:
        self.progress, self.text, self.percent = progress, text, 50
        self()

    def __call__(self) -> None:
        self.progress.step(self.percent, self.text)
        self.percent = min(self.percent + 5, 90)


def _in(question: Question, message: Any) -> str:
    with language(question.language):
        return str(message)


def get_task(actor: Actor, task_id: int) -> BackgroundTask:
    """A report's task; only who asked for it and administrators know that it exists."""
    task = session.get(BackgroundTask, task_id)
    mine = task is not None and (
        actor.grants_all or (actor.person_id is not None and task.requested_by_id == actor.person_id)
    )
    if task is None or not mine or not task.kind.startswith("report."):
        raise NotFound(_("There is no such report, or it is not yours."))
    return task


def cancel_task(actor: Actor, task_id: int) -> BackgroundTask:
    """Cancel a report that is not ready; one that is being made stops at its next step, and nothing is kept."""
    task = get_task(actor, task_id)
    before = task.state
    jobs.cancel(task)
    session.flush()
    if task.state != before:
        audit.record(
            actor, "task.cancelled", subject_kind="task", subject_id=task.id, changes={"state": [before, task.state]}
        )
    return task


def read_file(actor: Actor, task_id: int) -> tuple[bytes, str, str]:
    """The finished file: bytes, name, media type."""
    task = get_task(actor, task_id)
    if task.state != "done" or not task.result:
        raise NotFound(_("This report is not ready."))
    return files.read(task.result["sha256"]), task.result["name"], task.result["media_type"]


TASKS = {task_kind(name): run_task for name in FORMATS}
