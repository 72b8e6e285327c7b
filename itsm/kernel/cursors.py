"""The cursor on PostgreSQL."""

from collections.abc import Sequence
from typing import Any, overload

from psycopg import Column, Cursor


class _Columns(Sequence[Column]):
    """The columns of a result, each described when it is looked at."""

    def __init__(self, cursor: Cursor[Any], number: int) -> None:
        self._cursor, self._number = cursor, number

    def __len__(self) -> int:
        return self._number

    @overload
    def __getitem__(self, index: int) -> Column: ...

    @overload
    def __getitem__(self, index: slice) -> list[Column]: ...

    def __getitem__(self, index: int | slice) -> Column | list[Column]:
        every = range(self._number)[index]
        return Column(self._cursor, every) if isinstance(every, int) else [Column(self._cursor, each) for each in every]


class PlainCursor(Cursor[Any]):
    """Describes its columns only when asked: SQLAlchemy knows those of its own statements, and a row here has dozens."""

    @property
    def description(self) -> Any:
        result = self.pgresult
        return _Columns(self, result.nfields) if result and result.nfields else super().description
