"""Checks that several services make."""

from datetime import datetime

from sqlalchemy import select

from itsm.identity.models import GroupMember, Person
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _


def check_span(from_at: datetime, until_at: datetime) -> None:
    """Raise `Invalid` unless a span has a length."""
    if from_at >= until_at:
        raise Invalid.field("until_at", _("The end must lie after the beginning."))


def check_works(field: str, person_id: int | None) -> None:
    """Raise `Invalid` unless this is an active person who works in some group."""
    works = select(GroupMember.person_id).join(Person, Person.id == GroupMember.person_id)
    works = works.where(GroupMember.person_id == person_id, Person.active).limit(1)
    if person_id is not None and session.scalar(works) is None:
        raise Invalid.field(field, _("This person works in no group. Choose a colleague who does."))
