"""Files that people add to tickets: what is taken, how much of it in a day, and as what it is kept."""

from datetime import timedelta

from sqlalchemy import func, select

from itsm.kernel import audit, clock, files, media_types
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.tickets import queries
from itsm.tickets.models import Attachment, Ticket

MEGABYTE = 1_048_576


class Upload:
    """A file on its way in: its bytes and the name and media type that the sender claims."""

    def __init__(
        self, name: str, content: bytes, media_type: str, *, inline: bool = False, content_id: str = ""
    ) -> None:
        self.name = queries.safe_name(name)
        self.content, self.media_type = content, media_type or media_types.UNKNOWN
        self.inline, self.content_id = inline, content_id


def attach(
    actor: Actor, ticket: Ticket, upload: Upload, *, journal_id: int | None = None, public: bool = True
) -> Attachment:
    """Keep a file with a ticket; raises `Invalid` when it is too large, too much for one day, or not what its name says.

    What came by mail has limits of its own and is always kept, as plain bytes where its name is wrong.
    """
    _check_size(upload)
    if actor.channel != "mail":
        _check_content(upload)
        _check_quota(actor, upload)
    row = Attachment(
        ticket_id=ticket.id,
        journal_id=journal_id,
        name=upload.name,
        media_type=media_types.settled_type(upload.name, upload.media_type, upload.content)[:120],
        size_bytes=len(upload.content),
        sha256=files.store(upload.content),
        inline=upload.inline,
        content_id=upload.content_id[:250],
        public=public,
        added_by_id=actor.person_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        actor, "attachment.added", subject_kind=ticket.kind, subject_id=ticket.id, changes={"file": [None, upload.name]}
    )
    return row


def _check_size(upload: Upload) -> None:
    limit = settings().attachment_limit_bytes
    if len(upload.content) > limit:
        raise Invalid.field(
            "files", _("“%(name)s” is too large: %(most)s MB is the most.", name=upload.name, most=limit // MEGABYTE)
        )


def _check_content(upload: Upload) -> None:
    if media_types.is_disguised(upload.name, upload.content):
        raise Invalid.field(
            "files",
            _(
                "“%(name)s” is not what its name says: it holds a program or a web page. Send it under its right name.",
                name=upload.name,
            ),
        )


def _check_quota(actor: Actor, upload: Upload) -> None:
    if actor.person_id is None:
        return
    since = clock.now() - timedelta(days=1)
    counted = select(func.count(), func.coalesce(func.sum(Attachment.size_bytes), 0)).where(
        Attachment.added_by_id == actor.person_id, Attachment.created_at > since
    )
    number, size = session.execute(counted).one()
    if number >= settings().upload_files_per_day or size + len(upload.content) > settings().upload_bytes_per_day:
        raise Invalid.field(
            "files",
            _(
                "“%(name)s” is more than one person may send in a day (%(files)s files, %(most)s MB). Try again tomorrow.",
                name=upload.name,
                files=settings().upload_files_per_day,
                most=settings().upload_bytes_per_day // MEGABYTE,
            ),
        )
