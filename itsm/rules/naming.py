"""Ids in rules as words: for pages, the API, and for comparing what a rule sets with what another asks."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from itsm.identity.models import Group, Person
from itsm.kernel.db import session
from itsm.rules.models import Macro
from itsm.tickets import queries
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
    """Names of groups, people, categories and macros, each looked up once; those that `learn` is told of, together."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, int], tuple[str, ...]] = {}
        self._categories: dict[int, tuple[str, ...]] | None = None

    def learn(self, many: Iterable[Mapping[str, Any]]) -> None:
        """Look up what actions or changes (column → id) will be asked for, in one statement for each table."""
        wanted: dict[Any, set[int]] = {}
        for values in many:
            for column in TABLES.keys() & values.keys():
                wanted.setdefault(TABLES[column], set()).add(values[column])
            wanted.setdefault(Person, set()).update(values.get("people", ()))
        for table, ids in wanted.items():
            self._read(table, ids - {None})

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
        key = (TABLES[column], value)
        if key not in self._known:
            self._read(TABLES[column], {value})
        return self._known[key]

    def _read(self, table: Any, ids: set[int]) -> None:
        columns = [table.id, table.name, *([table.email] if table is Person else [])]
        rows = session.execute(select(*columns).where(table.id.in_(ids))) if ids else ()
        self._known |= {(table, each): (str(each),) for each in ids}
        self._known |= {(table, row[0]): tuple(each for each in row[1:] if each) for row in rows}

    def _category(self, category_id: int) -> tuple[str, ...]:
        if self._categories is None:
            rows = queries.list_categories(active_only=False)
            titles = queries.titled(rows)
            self._categories = {row.id: (titles[row.id], row.name) for row in rows}
        return self._categories.get(category_id, (str(category_id),))
