"""One message from the door to the commit: retried when the database is busy, quarantined when handling fails."""

import time

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from itsm.channels.mail import services
from itsm.channels.mail.models import Mailbox
from itsm.channels.mail.reasons import Outcome
from itsm.kernel.db import session, unit_of_work

log = structlog.get_logger()

ATTEMPTS = 4
PAUSE_SECONDS = 0.2


class NotStored(Exception):
    """The message could not be stored now; whoever delivers it must keep it and try again."""


def take_in(raw: bytes, mailbox_id: int | None = None) -> Outcome:
    """Store and handle one message in a transaction of its own; raises `NotStored`, and nothing else. Rules: R27, R28."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with unit_of_work():
                return services.receive(raw, _mailbox(mailbox_id))
        except (OperationalError, InterfaceError, IntegrityError) as error:
            log.warning("mail not stored yet", attempt=attempt, error=repr(error)[:300])
            time.sleep(PAUSE_SECONDS * attempt)
        except OSError as error:
            raise NotStored(f"{type(error).__name__}: {error}") from error
        except Exception as error:
            log.exception("mail could not be handled")
            return _quarantined(raw, mailbox_id, f"{type(error).__name__}: {error}"[:500])
    raise NotStored("the database does not take it now")


def _mailbox(mailbox_id: int | None) -> Mailbox | None:
    return session.get(Mailbox, mailbox_id) if mailbox_id is not None else None


def _quarantined(raw: bytes, mailbox_id: int | None, detail: str) -> Outcome:
    try:
        with unit_of_work():
            return services.quarantine(raw, _mailbox(mailbox_id), detail=detail)
    except (DBAPIError, OSError) as error:
        raise NotStored(f"{type(error).__name__}: {error}") from error
