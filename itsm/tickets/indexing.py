"""By what tickets are found: their own words, what is written to them, and what their files say."""

from collections.abc import Collection, Sequence
from typing import Any

import structlog
from sqlalchemy import delete, select, update

from itsm.kernel import files, jobs
from itsm.kernel.db import reading, session, unit_of_work
from itsm.search import reading as documents
from itsm.search import services as search
from itsm.search.models import SearchPart
from itsm.search.services import Part
from itsm.tickets.models import Attachment, JournalEntry, Ticket

log = structlog.get_logger()

KIND = "ticket"
ENTRY, FILE = "entry", "file"
FILES_AT_ONCE = 20


def index_new(ticket: Ticket) -> None:
    """Store the words of a ticket that was just made."""
    search.index_new(KIND, ticket.id, *_words(ticket))


def index(ticket: Ticket) -> None:
    """Store or replace the words of a ticket."""
    search.index(KIND, ticket.id, *_words(ticket))


def index_entry(entry: JournalEntry) -> None:
    """Store the words of an entry that was just written; its first one says what the ticket says."""
    search.index_parts(_parts([entry]))


def forget_entries(entry_ids: Collection[int]) -> None:
    """Let entries of steps that were taken back leave the index."""
    search.forget_parts(ENTRY, entry_ids)


def _words(ticket: Ticket) -> tuple[str, ...]:
    return ticket.number, ticket.title, ticket.description, ticket.resolution


def _parts(entries: Sequence[Any]) -> list[Part]:
    """What is found of entries: all that people wrote but the description, public only where requesters read it."""
    return [
        Part(KIND, entry.ticket_id, ENTRY, entry.id, entry.kind == "public", (entry.body,))
        for entry in entries
        if entry.body and entry.kind != "created" and not entry.retracted
    ]


def index_again(after_id: int, limit: int) -> int:
    """Index the next tickets after an id with what was written to them; answers the last one's id, 0 at the end.

    Their files are read again by the job. Who writes to one of the tickets waits meanwhile.
    """
    chosen = select(Ticket).where(Ticket.id > after_id).order_by(Ticket.id).limit(limit)
    tickets = session.scalars(chosen.with_for_update()).all()
    ids = [ticket.id for ticket in tickets]
    search.index_all(KIND, [search.Indexed(ticket.id, _words(ticket)) for ticket in tickets])
    session.execute(delete(SearchPart).where(SearchPart.part == ENTRY, SearchPart.record_id.in_(ids)))
    columns: Sequence[Any] = (
        JournalEntry.id,
        JournalEntry.ticket_id,
        JournalEntry.kind,
        JournalEntry.body,
        JournalEntry.retracted,
    )
    entries = select(*columns).where(JournalEntry.ticket_id.in_(ids), JournalEntry.body != "")
    search.index_parts(_parts(session.execute(entries).all()))
    session.execute(update(Attachment).where(Attachment.ticket_id.in_(ids)).values(text_state="waiting"))
    return ids[-1] if ids else 0


def read_files() -> jobs.Outcome:
    """Index files that nobody read yet, each once: what is broken is kept as `unreadable`."""
    with unit_of_work(), reading():
        columns: Sequence[Any] = (Attachment.id, Attachment.name, Attachment.media_type, Attachment.sha256)
        waiting = select(*columns).where(Attachment.text_state == "waiting")
        rows: Sequence[Any] = session.execute(waiting.order_by(Attachment.id).limit(FILES_AT_ONCE)).all()
    outcome = jobs.each(rows, _index_file, job="tickets.files")
    outcome.more = len(rows) == FILES_AT_ONCE and not outcome.failed
    return outcome


def _index_file(row: Any) -> None:
    # Read first: a file may take seconds, and the transaction begins with the first statement.
    state, text = _read(row)
    attachment = session.get(Attachment, row.id)
    if attachment is None:
        return
    search.forget_parts(FILE, [row.id])
    part = Part(KIND, attachment.ticket_id, FILE, row.id, attachment.public, (attachment.name, text), shown=text)
    search.index_parts([part])
    attachment.text_state = state


def _read(row: Any) -> tuple[str, str]:
    """How far the text of a file is, and the text."""
    form = documents.form_of(row.name, row.media_type)
    if not form:
        return "none", ""
    try:
        with files.open_file(row.sha256) as stream:
            return "read", documents.text_of(form, stream.read(documents.LARGEST_FILE + 1))
    except (documents.Unreadable, OSError) as error:
        log.info("file has no text that can be read", attachment=row.id, reason=str(error))
        return "unreadable", ""
