"""Ids in rules as words: for pages, the API, and for comparing what a rule sets with what another asks."""

from typing import Any

from sqlalchemy import select

from itsm.identity.models import Group, Person
from itsm.kernel.db import session
from itsm.rules.models import Macro
from itsm.tickets import queries
from itsm.tickets.models import Category
from itsm.tickets.priority import TITLES

TABLES: dict[str, Any] = {
    "group_id": Group,
    "assignee_id": Person,
    "owner_id": Person,
    "person_id": Person,
    "requester_id": Person,
    "macro_id": Macro,
}


class Names:
    """Names of groups, people, categories and macros, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[str, ...]] = {}
        self._categories: dict[int, str] | None = None

    def of(self, column: str, value: Any) -> str:
        """A value of a column in words."""
        if value is None:
            return "–"
        if column == "priority":
            return str(TITLES.get(value, value))
        return self.written(column, value)[0]

    def written(self, column: str, value: Any) -> tuple[str, ...]:
        """The ways in which a filter may name the value; the first is for people."""
        if value is None:
            return ("",)
        if column == "category_id":
            return self._category(value)
        if column not in TABLES:
            return (str(value),)
        if (column, value) not in self._known:
            self._known[column, value] = self._read(TABLES[column], value)
        return self._known[column, value]

    def _read(self, table: Any, row_id: int) -> tuple[str, ...]:
        columns = [table.name, *([table.email] if table is Person else [])]
        row = session.execute(select(*columns).where(table.id == row_id)).first()
        return tuple(each for each in row if each) if row is not None else (str(row_id),)

    def _category(self, category_id: int) -> tuple[str, ...]:
        if self._categories is None:
            self._categories = queries.category_titles()
        row = session.get(Category, category_id)
        title = self._categories.get(category_id, str(category_id))
        return (title, row.name) if row is not None else (title,)
