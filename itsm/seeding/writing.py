"""Writing very many rows: by the driver's own means, and with indexes that are made afterwards."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Dialect, Table, func, inspect, select, text

from itsm.kernel.db import Base, UtcDateTime, dialect_name, session, unit_of_work

Convert = Callable[[Any], Any]

BATCH = 2000
INSTANTS_HELD = 20_000  # a ticket's instants come again in its entries and clocks

# Name, and the statement that makes it again.
SQLITE_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL"
POSTGRESQL_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :table "
    "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
)
SQLITE_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
SQLITE_FULL_TEXT = (
    "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE % USING fts5(%' AND sql LIKE :kept"
)


def table_of(model: type[Base]) -> Table:
    """The table with a model's own columns."""
    return cast(Table, inspect(model).local_table)


def next_id(model: Any) -> int:
    """The id that the next row of a table gets."""
    return int(session.scalar(select(func.max(model.id))) or 0) + 1


def follow_ids(model: type[Base]) -> None:
    """PostgreSQL's sequences know nothing of ids that were written by hand."""
    if dialect_name() == "postgresql":
        name = table_of(model).name
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))  # noqa: S608 (a table's own name)


def write(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns, in the present transaction; columns that they leave out get their defaults."""
    if not rows:
        return
    table = table_of(model)
    defaults = _defaults(table, rows[0].keys())
    columns = [table.c[name] for name in (*rows[0], *defaults)]
    converters = _converters(columns)
    _send(table, columns, (_line(row, defaults.values(), converters) for row in rows))


def _line(row: dict[str, Any], defaults: Iterable[Any], converters: Mapping[int, Convert]) -> list[Any]:
    values = [*row.values(), *[each.arg if each.is_scalar else each.arg(None) for each in defaults]]
    for place, convert in converters.items():
        values[place] = convert(values[place])
    return values


def _defaults(table: Table, named: Container[str]) -> dict[str, Any]:
    """What the model gives to the columns that the rows do not name."""
    return {
        column.name: column.default for column in table.c if column.default is not None and column.name not in named
    }


def _converters(columns: Sequence[Column[Any]]) -> dict[int, Convert]:
    """What turns values into what the driver takes, by the place of the column; most need nothing."""
    dialect = session.get_bind().dialect
    found = {place: _converter(column, dialect) for place, column in enumerate(columns)}
    return {place: convert for place, convert in found.items() if convert is not None}


def _converter(column: Column[Any], dialect: Dialect) -> Convert | None:
    if isinstance(column.type, UtcDateTime):
        return _instant_converter(dialect)
    return column.type.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=4)
def _instant_converter(dialect: Dialect) -> Convert | None:
    convert = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=INSTANTS_HELD)(convert) if convert else None


def _send(table: Table, columns: list[Column[Any]], lines: Iterable[list[Any]]) -> None:
    dialect = session.get_bind().dialect
    names = ", ".join(dialect.identifier_preparer.format_column(column) for column in columns)
    target = f"{dialect.identifier_preparer.format_table(table)} ({names})"
    cursor = session.connection().connection.cursor()
    if dialect_name() == "postgresql":
        with cursor.copy(f"COPY {target} FROM STDIN") as copy:  # psycopg's own
            for line in lines:
                copy.write_row(line)
    else:
        marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {target} VALUES ({marks})", list(lines))  # noqa: S608 (a table's own names)
    cursor.close()


@contextmanager
def indexes_afterwards(models: Iterable[type[Base]]) -> Iterator[None]:
    """Drop what the database keeps beside these tables' rows, and make it anew after the block, also if that raises.

    MariaDB keeps its indexes: it would copy each table to drop and make them.
    """
    names = [table_of(model).name for model in models]
    if dialect_name() == "mysql":
        yield
        return
    with unit_of_work():
        remakes = [remake for name in names for remake in _drop_beside(name)]
    try:
        yield
    finally:
        for remake in remakes:
            with unit_of_work():
                _roomy()
                _run(remake)


def _roomy() -> None:
    """Memory to sort by, for this transaction."""
    if dialect_name() == "postgresql":
        _run("SET LOCAL maintenance_work_mem = '256MB'")


def _run(statement: str) -> None:
    """Run a statement as it stands: colons and per cent signs in what the database itself wrote mean no parameters."""
    session.connection().connection.cursor().execute(statement)


def _drop_beside(table: str) -> list[str]:
    """Drop a table's indexes; the statements that make them again."""
    on_sqlite = dialect_name() == "sqlite"
    indexes = session.execute(text(SQLITE_INDEXES if on_sqlite else POSTGRESQL_INDEXES), {"table": table}).all()
    for name, _make in indexes:
        _run(f"DROP INDEX {name}")
    return [make for _name, make in indexes] + (_drop_full_text(table) if on_sqlite else [])


def _drop_full_text(table: str) -> list[str]:
    """Drop the triggers that fill SQLite's full-text tables from a table; the statements that fill and make them again."""
    full_text = session.scalars(text(SQLITE_FULL_TEXT), {"kept": f"%content='{table}%"}).all()
    triggers = session.execute(text(SQLITE_TRIGGERS), {"table": table}).all() if full_text else []
    for name, _make in triggers:
        _run(f"DROP TRIGGER {name}")
    filled = [f"INSERT INTO {name}({name}) VALUES ('rebuild')" for name in full_text]  # noqa: S608 (names of our own tables)
    return filled + [make for _name, make in triggers]
