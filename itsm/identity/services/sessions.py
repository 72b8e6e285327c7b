"""Writes to the sessions of people who are signed in."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, update

from itsm.identity.models import LoginSession, Person
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _

COLUMN_CHARACTERS = 250


def begin_session(person: Person, *, address: str, user_agent: str) -> str:
    """Record that a browser is signed in; answers the secret for its cookie."""
    secret = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            person_id=person.id,
            secret_sha256=session_digest(secret),
            address=address[:COLUMN_CHARACTERS],
            user_agent=user_agent[:COLUMN_CHARACTERS],
        )
    )
    session.flush()
    return secret


def session_digest(secret: str) -> str:
    """What is stored of a session's secret: its SHA-256 (the secret is 256 random bits)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def note_seen(session_id: int) -> None:
    """Keep when a session was used last."""
    session.execute(update(LoginSession).where(LoginSession.id == session_id).values(seen_at=clock.now()))


def end_session(secret: str) -> None:
    """End the session with this secret, so that no copy of its cookie opens anything."""
    session.execute(delete(LoginSession).where(LoginSession.secret_sha256 == session_digest(secret)))


def end_own_session(actor: Actor, session_id: int) -> None:
    """End one of one's own sessions; raises `NotFound` for any other."""
    row = session.get(LoginSession, session_id)
    if row is None or row.person_id != actor.person_id:
        raise NotFound(_("There is no such session, or it is not yours."))
    session.delete(row)
    session.flush()
    audit.record(actor, "session.ended", subject_kind="person", subject_id=actor.person_id)


def end_other_sessions(actor: Actor, *, kept_id: int | None) -> int:
    """End all of one's own sessions but the one that asks; answers how many ended."""
    others = delete(LoginSession).where(LoginSession.person_id == actor.person_id, LoginSession.id != (kept_id or 0))
    ended = int(getattr(session.execute(others), "rowcount", 0))
    audit.record(
        actor,
        "session.others_ended",
        subject_kind="person",
        subject_id=actor.person_id,
        changes={"sessions": [None, ended]},
    )
    return ended


def forget_sessions(*, begun_before: datetime) -> int:
    """Remove sessions that are over by their age; answers how many."""
    return int(
        getattr(session.execute(delete(LoginSession).where(LoginSession.created_at < begun_before)), "rowcount", 0)
    )
