"""Answers as files, made in the background with the rights of who asked."""

from typing import Any

from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import audit, files, jobs
from itsm.kernel.actor import Actor
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from itsm.kernel.jobs import BackgroundTask, Progress
from itsm.kernel.records import require
from itsm.kernel.text import _, language
from itsm.reports.builder import document, policy
from itsm.reports.builder.answering import answer_question
from itsm.reports.builder.question import BuiltQuestion, as_json, from_json
from itsm.reports.document import Report
from itsm.reports.exports import FORMATS
from itsm.reports.request import Question

TASK = "report.built"


def written(report: Report, parameters: Question, file_format: str) -> bytes:
    """A report as the bytes of a file."""
    return FORMATS[file_format].make(report, parameters)


def file_name(report: Report, file_format: str) -> str:
    """What the file is called: plain letters, whatever the report's name."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in report.title.lower())
    name = "-".join(part for part in plain.split("-") if part)[:60] or "report"
    first = "all" if report.period.all_time else report.period.first.isoformat()
    return f"{name}-{first}-{report.period.end.isoformat()}.{file_format}"


def ask_for_file(actor: Actor, question: BuiltQuestion, *, title: str, file_format: str) -> BackgroundTask:
    """Ask for an answer as a file; a worker makes it with the rights that the actor has then."""
    require(actor, policy.READ)
    if file_format not in FORMATS:
        raise Invalid.field("format", _("Choose one of: %(names)s.", names=", ".join(FORMATS)))
    if actor.person_id is None:
        raise Forbidden(_("Only a person can ask for a file."))
    found = answer_question(actor, question)
    name = title.strip() or document.answer_title(found)
    payload = {"person_id": actor.person_id, "question": as_json(question), "title": name, "format": file_format}
    task = jobs.enqueue(TASK, payload, title=name[:250], requested_by_id=actor.person_id)
    changes = {"report": [None, name], "format": [None, file_format]}
    audit.record(actor, "report.asked", subject_kind="report", subject_id=task.id, changes=changes)
    return task


def run_task(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Make the file that somebody asked for; answers where it is kept."""
    progress.step(10)
    with reading(), unit_of_work():
        person = session.get(Person, payload["person_id"])
        if person is None or not person.active:
            raise NotFound(_("The person who asked for this report is not there any more."))
        actor = actor_of(person, channel="web")
        require(actor, policy.READ)
        found = answer_question(actor, from_json(payload["question"]))
        report, parameters = document.report_of(found, title=payload["title"])
    with language(report.language):
        told = str(_("Writing the document"))
    progress.step(50, told)
    content = written(report, parameters, payload["format"])
    progress.step(90, told)  # who cancelled meanwhile leaves no file
    with unit_of_work():
        sha256 = files.store(content)
    return {
        "sha256": sha256,
        "name": file_name(report, payload["format"]),
        "media_type": FORMATS[payload["format"]].media_type,
        "digest": report.digest,
    }


TASKS = {TASK: run_task}
