"""Polling mailboxes. One bad mail or unreachable server costs only itself. Rules: R27, R28."""

import structlog

from itsm.channels.mail import imap, intake, mailboxes, queries
from itsm.channels.mail.imap import Connection, Folder
from itsm.channels.mail.models import Mailbox
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Invalid
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.text import _

log = structlog.get_logger()

BATCH = 100


def poll() -> Outcome:
    """Read every active mailbox, at most one batch of each."""
    with reading(), unit_of_work():
        ids = queries.list_polled_ids()
    outcome = Outcome()
    for mailbox_id in ids:
        _poll_one(mailbox_id, outcome)
    return outcome


def _poll_one(mailbox_id: int, outcome: Outcome) -> None:
    error = ""
    try:
        with reading(), unit_of_work():
            connection = imap.connection_of(session.get_one(Mailbox, mailbox_id))
        with imap.open_folder(connection) as folder:
            _read_new(folder, connection, outcome)
    except (*imap.FAULTS, Invalid, intake.NotStored) as fault:
        error = f"{type(fault).__name__}: {fault}"
        outcome.failed += 1
        outcome.errors.append(f"mailbox {mailbox_id}: {error}"[:500])
        log.warning("mailbox not read", mailbox=mailbox_id, error=error)
    with unit_of_work():
        mailboxes.note_poll(mailbox_id, error=error)


def _read_new(folder: Folder, connection: Connection, outcome: Outcome) -> None:
    waiting = folder.list_new()
    for uid in waiting[:BATCH]:
        try:
            raw = folder.fetch(uid)
        except KeyError:  # deleted or moved by someone else meanwhile
            continue
        intake.take_in(raw, connection.mailbox_id)
        folder.finish(uid)
        outcome.done += 1
    outcome.more = outcome.more or len(waiting) > BATCH


JOBS = (Job("mail.poll", _("Read mailboxes"), poll, every_seconds=10),)
