"""Passwords, failed logins, and the end of what somebody may do."""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_security.utils import hash_password
from sqlalchemy import delete, update

from itsm.identity.common_passwords import COMMON_PASSWORDS
from itsm.identity.models import ApiToken, LoginSession, LoginTries, Person
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import Message, _

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
PASSWORD_FORM: Final = "NFKD"  # noqa: S105 (a Unicode normal form)
FAILURES_BEFORE_LOCK = 5  # from one place
FAILURES_BEFORE_SHUT = 50  # from everywhere
SHORTEST_LOCK_SECONDS = 30
LONGEST_LOCK_SECONDS = 900


def change_password(actor: Actor, person: Person, password: str) -> None:
    """Set a password; ends every session and API token of the person."""
    person.password = hashed(password)
    note_new_password(actor, person)


def note_new_password(actor: Actor, person: Person) -> None:
    """What follows from a new password, by whichever way it was set: sessions, tokens and lock-out end."""
    person.failed_logins, person.locked_until = 0, None
    session.execute(delete(LoginTries).where(LoginTries.person_id == person.id))
    end_access(person)
    audit.record(actor, "person.password_changed", subject_kind="person", subject_id=person.id)


def end_access(person: Person) -> None:
    """End every session and API token of a person at once, on all servers."""
    person.fs_uniquifier = secrets.token_hex(16)
    person.access_version += 1
    session.execute(delete(LoginSession).where(LoginSession.person_id == person.id))
    session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    session.flush()


def password_objection(password: str) -> Message | None:
    """Why a password is not taken, or None: too short, too long, or among the most used ones. Rule: U1 (ASVS 6.2)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return _("A password has 8 to 128 characters; 15 or more are advised.")
    if password.lower() in COMMON_PASSWORDS:
        return _("This password is among the most used ones and would be guessed first. Choose another one.")
    return None


def hashed(password: str | None) -> str | None:
    """The hash of a password that is good enough, None for none; raises `Invalid`."""
    if password is None:
        return None
    objection = password_objection(password)
    if objection is not None:
        raise Invalid.field("password", objection)
    # The login form compares in this normal form, so that the same letters typed on another keyboard match.
    hashed: str = hash_password(unicodedata.normalize(PASSWORD_FORM, password))
    return hashed


@dataclass(frozen=True)
class Place:
    """Where a password is tried from: a network, or a browser that signed in to the account before (`known`)."""

    name: str
    known: bool = False


def note_failed_login(person: Person, place: Place) -> None:
    """Count a wrong password, for the place it came from and for the account.

    From the fifth on the place waits; after 50 from everywhere all places wait that never signed in to the account.
    Rule: U2.
    """
    session.refresh(person, with_for_update=True)  # simultaneous tries are all counted
    tries = session.get(LoginTries, (person.id, place.name), populate_existing=True)
    if tries is None:
        tries = LoginTries(person_id=person.id, place=place.name, failures=0)
        session.add(tries)
    tries.failures, tries.failed_at = tries.failures + 1, clock.now()
    tries.locked_until = _wait_after(tries.failures - FAILURES_BEFORE_LOCK)
    person.failed_logins += 1
    person.locked_until = _wait_after(person.failed_logins - FAILURES_BEFORE_SHUT)
    session.flush()
    audit.record(
        Actor(person_id=None, name="login", channel="web"),
        "login.failed",
        subject_kind="person",
        subject_id=person.id,
        changes={"place": [None, place.name]},
    )


def _wait_after(failures_beyond: int) -> datetime | None:
    """Until when to wait: 30 seconds, doubling with each further failure to 15 minutes; None before the first."""
    if failures_beyond < 0:
        return None
    seconds = min(SHORTEST_LOCK_SECONDS * 2 ** min(failures_beyond, 10), LONGEST_LOCK_SECONDS)
    return clock.now() + timedelta(seconds=seconds)


def note_unknown_login(email: str, place: Place) -> None:
    """Record a try with an address that nobody has: a keyed mark of it, so that repeated ones are seen as such."""
    mark = hmac.new(settings().secret_key.encode(), email.strip().lower().encode(), hashlib.sha256).hexdigest()[:12]
    audit.record(
        Actor(person_id=None, name="login", channel="web"),
        "login.unknown",
        subject_kind="login",
        subject_id=None,
        changes={"mark": [None, mark], "place": [None, place.name]},
    )


def note_login(person: Person, place: Place) -> None:
    """A right password: the count of failures starts anew."""
    person.failed_logins, person.locked_until = 0, None
    session.execute(delete(LoginTries).where(LoginTries.person_id == person.id, LoginTries.place == place.name))
    audit.record(
        Actor(person_id=person.id, name=person.name, channel="web"),
        "login.done",
        subject_kind="person",
        subject_id=person.id,
    )


def is_locked(person: Person, place: Place) -> bool:
    """Whether a place, or every place that the account does not know, waits after too many wrong passwords."""
    now = clock.now()
    if not place.known and person.locked_until is not None and person.locked_until > now:
        return True
    tries = session.get(LoginTries, (person.id, place.name), populate_existing=True)
    return tries is not None and tries.locked_until is not None and tries.locked_until > now


def forget_tries(*, failed_before: datetime) -> int:
    """Remove counts of wrong passwords that are long past; answers how many."""
    return int(getattr(session.execute(delete(LoginTries).where(LoginTries.failed_at < failed_before)), "rowcount", 0))


def renew_access(person_ids: Iterable[int]) -> None:
    """Let these people's cached rights be read anew."""
    session.execute(
        update(Person).where(Person.id.in_(list(person_ids))).values(access_version=Person.access_version + 1)
    )
