"""Writes to mailboxes."""

from collections.abc import Mapping
from typing import Any

from itsm.channels.mail.addresses import is_address
from itsm.channels.mail.credentials import encrypt
from itsm.channels.mail.models import Mailbox
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _

LAST_ERROR_CHARACTERS = 1000
WHERE_A_PASSWORD_GOES = ("host", "port", "security")


def create_mailbox(actor: Actor, *, name: str, address: str, password: str = "", **facts: Any) -> Mailbox:
    """Record a mailbox; with a `host` it is polled."""
    require(actor, "mail.edit")
    mailbox = Mailbox(name=name.strip(), address=_checked(address), password_encrypted=encrypt(password), **facts)
    return create(actor, mailbox, kind="mailbox")


def edit_mailbox(actor: Actor, mailbox_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Mailbox:
    """Change a mailbox; `password` is kept when it is not among the changes, and never recorded.

    A kept password goes to no other server than the one it was entered for.
    """
    require(actor, "mail.edit")
    mailbox = get(Mailbox, mailbox_id)
    check_version(mailbox, version)
    rest = dict(changes)
    _check_kept_password(mailbox, rest)
    if rest.get("password"):
        mailbox.password_encrypted = encrypt(rest["password"])
    rest.pop("password", None)
    if "address" in rest:
        rest["address"] = _checked(rest["address"])
    apply_changes(actor, mailbox, rest, kind="mailbox")
    session.flush()
    return mailbox


def _check_kept_password(mailbox: Mailbox, changes: Mapping[str, Any]) -> None:
    moved = any(name in changes and changes[name] != getattr(mailbox, name) for name in WHERE_A_PASSWORD_GOES)
    if moved and mailbox.password_encrypted and not changes.get("password"):
        raise Invalid.field("password", _("The mail server changed: enter the password again."))


def note_poll(mailbox_id: int, *, error: str) -> None:
    """Keep when a mailbox was read last and what went wrong; not a change by anyone."""
    mailbox = session.get(Mailbox, mailbox_id)
    if mailbox is not None:
        mailbox.last_polled_at, mailbox.last_error = clock.now(), error[:LAST_ERROR_CHARACTERS]
        session.flush()


def _checked(address: str) -> str:
    plain = address.strip().lower()
    if not is_address(plain):
        raise Invalid.field("address", _("Enter a mail address, such as help@example.org."))
    return plain
