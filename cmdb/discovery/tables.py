"""Reading tables column by column; a table that fails costs only itself."""

from collections.abc import Iterable
from typing import Any, Final

from cmdb.discovery.client import BudgetExceeded, Client, SnmpFailure, Value
from cmdb.discovery.facts import TableError

Index = tuple[int, ...]
Column = dict[Index, Value]
TABLE_MAX_VARBINDS: Final = 20_000


class TableReader:
    """Reads from one device and keeps what went wrong; after the budget is used up nothing more is asked."""

    def __init__(self, client: Client[Any], address: str) -> None:
        self._client = client
        self._address = address
        self._is_spent = False
        self.errors: list[TableError] = []

    async def values(self, table: str, oids: Iterable[str]) -> dict[str, Value]:
        """Read single objects."""
        wanted = list(dict.fromkeys(oids))
        if self._is_spent or not wanted:
            return {}
        try:
            return await self._client.get(self._address, wanted)
        except SnmpFailure as error:
            self._note(table, error)
            return {}

    async def column(self, table: str, oid: str, *, limit: int = TABLE_MAX_VARBINDS) -> Column:
        """Read one column; the keys are the index numbers behind the column's OID."""
        if self._is_spent:
            return {}
        try:
            walk = await self._client.walk(self._address, oid, max_varbinds=limit)
        except SnmpFailure as error:
            self._note(table, error)
            return {}
        if walk.incomplete is not None:
            self.errors.append(TableError(table, walk.incomplete))
        start = len(oid) + 1
        return {tuple(map(int, row_oid[start:].split("."))): value for row_oid, value in walk.rows}

    async def columns(self, table: str, entry: str, numbers: Iterable[int]) -> dict[int, Column]:
        """Read chosen columns of a table; the others stay unread when the first one fails."""
        read: dict[int, Column] = {}
        failures = len(self.errors)
        for number in numbers:
            read[number] = await self.column(table, f"{entry}.{number}") if len(self.errors) == failures else {}
        return read

    def _note(self, table: str, error: SnmpFailure) -> None:
        self._is_spent = isinstance(error, BudgetExceeded)
        self.errors.append(TableError(table, str(error)))
