"""Passwords, failed logins, and the end of what somebody may do."""

import secrets
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from flask_security.utils import hash_password
from sqlalchemy import update

from itsm.identity.common_passwords import COMMON_PASSWORDS
from itsm.identity.models import ApiToken, Person
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
PASSWORD_FORM: Final = "NFKD"  # noqa: S105 (a Unicode normal form)
FAILURES_BEFORE_LOCK = 5
LONGEST_LOCK_SECONDS = 900


def change_password(actor: Actor, person: Person, password: str) -> None:
    """Set a password; ends every session and API token of the person."""
    person.password = hashed(password)
    note_new_password(actor, person)


def note_new_password(actor: Actor, person: Person) -> None:
    """What follows from a new password, by whichever way it was set: sessions, tokens and lock-out end."""
    person.failed_logins, person.locked_until = 0, None
    end_access(person)
    audit.record(actor, "person.password_changed", subject_kind="person", subject_id=person.id)


def end_access(person: Person) -> None:
    """End every session and API token of a person at once, on all servers."""
    person.fs_uniquifier = secrets.token_hex(16)
    person.access_version += 1
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


def note_failed_login(person: Person) -> None:
    """Count a wrong password; from the fifth on the account waits, doubling from 30 seconds to 15 minutes."""
    session.refresh(person, with_for_update=True)  # simultaneous tries are all counted
    person.failed_logins += 1
    beyond = person.failed_logins - FAILURES_BEFORE_LOCK
    if beyond >= 0:
        person.locked_until = clock.now() + timedelta(seconds=min(30 * 2**beyond, LONGEST_LOCK_SECONDS))
    audit.record(
        Actor(person_id=None, name="login", channel="web"), "login.failed", subject_kind="person", subject_id=person.id
    )


def note_login(person: Person) -> None:
    """A right password: the count of failures starts anew."""
    person.failed_logins, person.locked_until = 0, None
    audit.record(
        Actor(person_id=person.id, name=person.name, channel="web"),
        "login.done",
        subject_kind="person",
        subject_id=person.id,
    )


def is_locked(person: Person) -> bool:
    """Whether the account waits after too many wrong passwords."""
    return person.locked_until is not None and person.locked_until > clock.now()


def renew_access(person_ids: Iterable[int]) -> None:
    """Let these people's cached rights be read anew."""
    session.execute(
        update(Person).where(Person.id.in_(list(person_ids))).values(access_version=Person.access_version + 1)
    )
