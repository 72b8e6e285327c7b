"""What callers write for people and places (an address, a name or an id) as ids; unknown ones name their field."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from itsm.identity import queries
from itsm.identity.models import Group, Organisation, Site
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

LONGEST_ID = 18


def person_id(field: str, email: str | None) -> int | None:
    """The person with this address."""
    return person_ids(field, [email])[0] if email else None


def person_ids(field: str, emails: Sequence[str]) -> list[int]:
    """The people with these addresses, in their order."""
    known = queries.ids_by_email(emails)
    for email in emails:
        if email.strip().lower() not in known:
            raise Invalid.field(field, _("Nobody has the address %(email)s.", email=email))
    return [known[email.strip().lower()] for email in emails]


def organisation_id(field: str, reference: str | None) -> int | None:
    """The organisation with this name or id."""
    return _id_of(field, Organisation, reference)


def site_id(field: str, reference: str | None) -> int | None:
    """The site with this name or id."""
    return _id_of(field, Site, reference)


def group_id(field: str, reference: str | None) -> int | None:
    """The group with this name or id."""
    return _id_of(field, Group, reference)


def _id_of(field: str, table: type[Any], reference: str | None) -> int | None:
    if not reference:
        return None
    found: int | None = session.scalar(select(table.id).where(table.name == reference.strip()))
    if found is None and reference.isascii() and reference.isdecimal() and len(reference) <= LONGEST_ID:
        found = session.scalar(select(table.id).where(table.id == int(reference)))
    if found is None:
        raise Invalid.field(field, _("There is no “%(name)s”.", name=reference))
    return found
