"""What callers write for people and places (an address, a name or an id) as ids; unknown ones name their field."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

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


def group_ids(field: str, references: Sequence[str]) -> list[int]:
    """The groups with these names or ids, in their order; one statement."""
    return _ids_of(field, Group, references)


def _id_of(field: str, table: type[Any], reference: str | None) -> int | None:
    return _ids_of(field, table, [reference])[0] if reference else None


def _ids_of(field: str, table: type[Any], references: Sequence[str]) -> list[int]:
    numbers = {
        text: int(text) for text in references if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
    }
    called = or_(table.name.in_([text.strip() for text in references]), table.id.in_(numbers.values()))
    rows = session.execute(select(table.id, table.name).where(called)).all() if references else ()
    by_name, ids = {row.name: row.id for row in rows}, {row.id for row in rows}
    found = []
    for text in references:
        place = by_name.get(text.strip(), numbers.get(text))
        if place is None or place not in ids:
            raise Invalid.field(field, _("There is no “%(name)s”.", name=text))
        found.append(place)
    return found
