"""Scheduled work: mailing the reports that are due, each to each recipient once.

A report is read and written first, in no writer's transaction. Then one transaction keeps the file, queues the mail under a
key of recipient and due instant, and sets the next instant: whoever dies before leaves all of it to be done again, and the
key refuses a second mail.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import clock, files, outbox
from itsm.kernel.actor import Actor
from itsm.kernel.apart import Ended
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Forbidden, ItsmError
from itsm.kernel.formats import Reader
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, language
from itsm.notifications.compose import render_text
from itsm.notifications.delivery import ADDRESS_FAILED
from itsm.reports import catalogue
from itsm.reports.builder import document, queries, services
from itsm.reports.builder.files import file_name, written
from itsm.reports.builder.models import Recipient, SavedQuestion, Subscription
from itsm.reports.builder.subscriptions import check_readable, rhythm_of
from itsm.reports.document import Report
from itsm.reports.exports import FORMATS
from itsm.reports.periods import checked_period, presets
from itsm.reports.request import Question, ask

log = structlog.get_logger()

TRIED_AGAIN = timedelta(minutes=10)  # of a failure that may pass; a run a minute
PASSING = (OperationalError, InterfaceError, Ended)
UNEXPECTED = _("Something went wrong while the report was made; the administrator's log says what.")


@dataclass(frozen=True)
class Due:
    """A mail to be made: for whom, for which due instant, and the report with its parameters."""

    recipient_id: int
    due_at: datetime
    next_at: datetime
    planned_at: datetime
    report: Report
    parameters: Question
    period: str
    file_format: str
    reader: Actor
    address: str


def send_due() -> Outcome:
    """Mail the reports that are due; one that fails costs only itself and is told to its owner."""
    with reading(), unit_of_work():
        ids = queries.list_due(clock.now())
    outcome = Outcome(more=len(ids) == queries.BATCH)
    for recipient_id in ids:
        try:
            due = _read(recipient_id)
            if due is not None:
                _send(due, written(due.report, due.parameters, due.file_format))
            outcome.done += 1
        except Exception as error:
            message = error.message if isinstance(error, ItsmError) else UNEXPECTED
            if not isinstance(error, ItsmError):
                log.exception("report not mailed", recipient=recipient_id)
            if _passes(error) and _is_kept(recipient_id, message):
                outcome.more = False  # the next run comes soon enough
                outcome.failed += 1
                outcome.errors.append(f"recipient {recipient_id}: {message}")
            else:
                _fail(recipient_id, message, outcome)
    return outcome


def _passes(error: Exception) -> bool:
    """Whether a failure may be over soon: the database was away or busy, or ended a statement that took too long."""
    return isinstance(error, PASSING) or isinstance(error.__cause__, DBAPIError)


def _is_kept(recipient_id: int, message: Any) -> bool:
    """Leave a report due, to be tried again by the next runs; False when that has gone on for long enough.

    The subscription keeps since when: the first failure of this due instant.
    """
    with unit_of_work():
        recipient = session.get(Recipient, recipient_id, with_for_update=True)
        if recipient is None or recipient.next_at is None:
            return False
        row = session.get_one(Subscription, recipient.subscription_id, with_for_update=True)
        now = clock.now()
        if row.failed_at is None or row.failed_at < recipient.next_at:
            row.failed_at = now
            with language(actor_of(session.get_one(Person, row.owner_id), channel="mail").language):
                row.fault = str(message)
            session.flush()
        return now - row.failed_at < TRIED_AGAIN


def _read(recipient_id: int) -> Due | None:
    """The report of a recipient who is due, with the recipient's own rights, language and zone; None when nobody is."""
    with reading(), unit_of_work():
        recipient = session.get(Recipient, recipient_id)
        now = clock.now()
        if recipient is None or not recipient.active or recipient.next_at is None or recipient.next_at > now:
            return None  # somebody changed it meanwhile
        row = session.get_one(Subscription, recipient.subscription_id)
        person = session.get_one(Person, recipient.person_id)
        if not person.active or not person.email:
            raise Forbidden(_("%(name)s has no address or is not active.", name=person.name))
        reader = actor_of(person, channel="mail")
        rhythm = rhythm_of(row, reader.timezone)
        due_at = rhythm.last_due(recipient.next_at, now)
        check_readable(row, reader)
        _check_owner(row)
        report, parameters, period = _report(row, reader, due_at)
        return Due(
            recipient_id, due_at, rhythm.next_instant(now), recipient.next_at, report, parameters, period, row.file_format,
            reader, person.email,
        )  # fmt: skip


def _check_owner(row: Subscription) -> None:
    """Raise `NotFound` unless the subscription's owner may still see the kept question: others get it in the owner's name."""
    if row.saved_id is not None:
        queries.get_saved(actor_of(session.get_one(Person, row.owner_id), channel="mail"), row.saved_id)


def _report(row: Subscription, reader: Actor, due_at: datetime) -> tuple[Report, Question, str]:
    """The report, its parameters, and its period in words."""
    if row.saved_id is not None:
        saved = session.get_one(SavedQuestion, row.saved_id)
        found = queries.answer(reader, saved, at=due_at)
        with language(reader.language):
            period = document.period_words(found.answer)
        return *document.report_of(found.answer, title=saved.name), period
    question = _ready_question(row, reader, due_at)
    report = catalogue.build(reader, row.report, question, complete=FORMATS[row.file_format].complete)
    here = Reader(reader.language, reader.timezone)
    last = question.period.end - timedelta(days=1)
    return report, question, f"{here.day(question.period.first)} – {here.day(last)}"


def _ready_question(row: Subscription, reader: Actor, due_at: datetime) -> Question:
    """A ready report over its named period as of the due instant, in the recipient's calendar."""
    jalali = reader.language == "fa"
    today = due_at.astimezone(ZoneInfo(reader.timezone)).date()
    days = {name: (first, end) for name, _title, first, end in presets(today, jalali=jalali)}
    first, end = days[row.arguments.get("preset", "last_month")]
    period = checked_period(first, end, timezone=reader.timezone, jalali=jalali)
    question = ask(
        period,
        language=reader.language,
        organisation_id=row.arguments.get("organisation"),
        agreement_id=row.arguments.get("agreement"),
    )
    question.selection(reader)
    return question


def _send(due: Due, content: bytes) -> None:
    with unit_of_work():
        recipient = session.get(Recipient, due.recipient_id, with_for_update=True, populate_existing=True)
        if recipient is None or not recipient.active or recipient.next_at != due.planned_at:
            return  # another worker was first, or somebody changed it
        row = session.get_one(Subscription, recipient.subscription_id, with_for_update=True)
        name = file_name(due.report, due.file_format)
        kept = {"name": name, "sha256": files.store(content), "media_type": FORMATS[due.file_format].media_type}
        _queue(due, recipient, kept)
        recipient.sent_for_at, recipient.next_at = due.due_at, due.next_at
        row.failed_at, row.fault = None, ""
        session.flush()


def _queue(due: Due, recipient: Recipient, kept: dict[str, str]) -> None:
    link = f"{settings().public_url}/reports/unsubscribe/{recipient.secret}"
    person = session.get_one(Person, recipient.person_id)
    with language(due.reader.language):
        values: dict[str, Any] = {
            "name": due.reader.name,
            "title": due.report.title,
            "period": due.period,
            "summary": list(due.report.summary),
            "link": link,
            "sender": settings().organisation_name,
        }
        outbox.queue_mail(
            to=due.address,
            subject=str(_("Report: %(title)s", title=due.report.title)),
            text=render_text("report", values),
            event_key=f"report:{recipient.id}:{due.due_at.isoformat()}",
            headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
            attachments=[kept],
            held_because=ADDRESS_FAILED if person.mail_failed_at is not None else "",
        )


def _fail(recipient_id: int, message: Any, outcome: Outcome) -> None:
    """Note the failure, go on to the next time, and tell the owner once for each recipient and due instant."""
    outcome.failed += 1
    outcome.errors.append(f"recipient {recipient_id}: {message}")
    with unit_of_work():
        recipient = session.get(Recipient, recipient_id, with_for_update=True)
        if recipient is None or recipient.next_at is None:
            return
        row = session.get_one(Subscription, recipient.subscription_id, with_for_update=True)
        person = session.get_one(Person, recipient.person_id)
        owner = session.get_one(Person, row.owner_id)
        reader = actor_of(owner, channel="mail")
        due_at, now = recipient.next_at, clock.now()
        recipient.next_at = rhythm_of(row, actor_of(person, channel="mail").timezone).next_instant(now)
        with language(reader.language):
            row.failed_at, row.fault = now, str(message)
            if owner.email and owner.active:
                _tell_owner(row, owner.email, person.name, f"report-failed:{recipient.id}:{due_at.isoformat()}")
        session.flush()


def _tell_owner(row: Subscription, email: str, name: str, key: str) -> None:
    title = row.report or queries.names_of_saved({row.saved_id or 0}).get(row.saved_id or 0, "")
    values = {
        "title": title,
        "recipient": name,
        "reason": row.fault,
        "link": f"{settings().public_url}/reports/subscriptions/{row.id}",
        "sender": settings().organisation_name,
    }
    subject = str(_("The report “%(title)s” could not be sent", title=title))
    outbox.queue_mail(to=email, subject=subject, text=render_text("report_failed", values), event_key=key)


JOBS = (
    Job("reports.send_due", _("Mail reports that are due"), send_due, every_seconds=60),
    Job("reports.forget_deleted", _("Forget deleted reports"), services.forget_deleted, every_seconds=6 * 3600),
)
