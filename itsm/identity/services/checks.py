"""What the writes of this package check in the same way."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select

from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import LANGUAGES, _


def check_place_in_time(facts: Mapping[str, Any]) -> None:
    """Raise `Invalid` when `timezone` or `language` among some facts is not one that exists (empty: the site's)."""
    zone, code = facts.get("timezone"), facts.get("language")
    if zone and zone not in available_timezones():
        raise Invalid.field("timezone", _("There is no time zone “%(name)s”. Write one like Europe/Madrid.", name=zone))
    if code and code not in LANGUAGES:
        raise Invalid.field("language", _("There is no language “%(name)s” here.", name=code))


def check_exists(name: str, table: type[Any], row_id: int | None) -> None:
    """Raise `Invalid` that names the field unless the row is there (None: nothing is asked for)."""
    check_all_exist(name, table, {row_id} if row_id else set())


def check_all_exist(name: str, table: type[Any], row_ids: set[int]) -> None:
    """Raise `Invalid` that names the field unless all rows are there."""
    if row_ids and set(session.scalars(select(table.id).where(table.id.in_(row_ids)))) != row_ids:
        raise Invalid.field(name, _("There is no such record. Choose one of the list."))


def check_free_name(table: type[Any], changes: Mapping[str, Any], *, ignore_id: int) -> None:
    """Raise `Invalid` when another row has the name that `changes` bring."""
    name = changes.get("name")
    if name and session.scalar(select(table.id).where(table.name == name, table.id != ignore_id)):
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name))
