"""The database layer: one declarative base, the same typed models on SQLite, PostgreSQL and MariaDB.

A request or a unit of work is one transaction. Services add and flush; whoever opened the unit commits it.
"""

import json
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Any, ClassVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Select,
    String,
    Text,
    bindparam,
    event,
    literal,
    true,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.sql.elements import True_
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from itsm.kernel import clock
from itsm.kernel.text import Message, from_data, to_data

BUSY_TIMEOUT_MS = 15_000
POSTGRESQL_OPTIONS = (
    "timezone=utc",
    "lock_timeout=15s",
    "jit=off",  # our statements are short: compiling one costs more than running it
    "random_page_cost=1.1",  # rows by index, not whole tables: they are in memory or on a disk without a head
    "max_parallel_workers_per_gather=0",  # the other cores serve the other people
)

_reading: ContextVar[bool] = ContextVar("reading", default=False)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: timezone-aware UTC in Python, microseconds kept on every database; a naive value is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        if dialect.name in {"mysql", "mariadb"}:
            precise = mysql.DATETIME(fsp=6)
            return dialect.type_descriptor(precise)
        return dialect.type_descriptor(sqlite.DATETIME())  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("instants must be timezone-aware")
        in_utc = value.astimezone(UTC)
        return in_utc if dialect.name == "postgresql" else in_utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
JsonData = JSON().with_variant(postgresql.JSONB(), "postgresql")
LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


class MessageList(TypeDecorator[list[Message]]):
    """Texts for people, kept so that each reader gets them in the own language; no texts are an empty column.

    A column that holds plain words is read as one text.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(mysql.LONGTEXT() if dialect.name in {"mysql", "mariadb"} else Text())

    def process_bind_param(self, value: list[Message] | None, dialect: Dialect) -> str:
        del dialect
        return compact_json([to_data(message) for message in value]) if value else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> list[Message]:
        del dialect
        if not value:
            return []
        return [from_data(data) for data in json.loads(value)] if value.startswith("[") else [value]


class Base(DeclarativeBase):
    """Base of every table: integer id, constraint names that are the same on all databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JsonData,
        list[Any]: JsonData,
        list[str]: JsonData,
        list[int]: JsonData,
        str: String(255),
    }
    __table_args__: Any = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}  # noqa: RUF012 (SQLAlchemy's own)


class Timestamps:
    """When a row was made and last changed (instants)."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


def compact_json(value: Any) -> str:
    """JSON without blanks and with letters as they are; smaller rows, readable in the database."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read_json(data: bytes | str) -> Any:
    """JSON as PostgreSQL's driver hands it over: most is an empty object, and of bytes the encoding would be guessed."""
    if data == b"{}":
        return {}
    return json.loads(data if isinstance(data, str) else data.decode())


db = SQLAlchemy(metadata=Base.metadata, session_options={"autoflush": False, "expire_on_commit": False})
session: scoped_session[OrmSession] = db.session  # type: ignore[assignment]  # Flask-SQLAlchemy's own Session subclass


def engine_options(url: str) -> dict[str, Any]:
    """Options of the engine for a database address."""
    options: dict[str, Any] = {"json_serializer": compact_json}
    name = make_url(url).get_backend_name()
    if name == "sqlite":
        options["connect_args"] = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    elif name == "postgresql":
        from itsm.kernel.cursors import PlainCursor  # its driver is loaded where it is used

        options |= {
            "pool_size": 8,
            "max_overflow": 8,
            "json_deserializer": _read_json,
            "connect_args": {
                "options": " ".join(f"-c {each}" for each in POSTGRESQL_OPTIONS),
                "cursor_factory": PlainCursor,
            },
        }
    else:
        options |= {
            "pool_size": 8,
            "max_overflow": 8,
            "pool_recycle": 3600,
            "isolation_level": "READ COMMITTED",
            "connect_args": {
                "charset": "utf8mb4",
                "init_command": "SET time_zone='+00:00', sql_mode='ANSI_QUOTES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
            },
        }
    return options


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, record: Any) -> None:
    del record
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # the begin event below opens transactions, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another has written meanwhile;
    # an immediate one waits its turn. Reading requests stay deferred so that they never wait.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def fixed(value: int | str) -> Any:
    """A value written into the statement itself instead of beside it.

    For page sizes and states: PostgreSQL then knows how few rows they ask for, and keeps one plan for all runs of the
    statement where it would plan each run anew.
    """
    return literal(value, literal_execute=True)


MadeOf = Callable[..., Select[*tuple[Any, ...]]]


def made_once(make: MadeOf) -> MadeOf:
    """A statement that is composed once, as that takes longer than asking it; its values are parameters, by name.

    `make` gets the condition of the rows that somebody may read, then what else the statement's form depends on. Where
    the condition says more than `true()` it holds the reader's own ids, and the statement is made anew.
    """

    @cache
    def unlimited(*form: Hashable) -> Select[Any]:
        return make(true(), *form)

    @wraps(make)
    def statement(readable: ColumnElement[bool], *form: Hashable) -> Select[Any]:
        return unlimited(*form) if isinstance(readable, True_) else make(readable, *form)

    return statement


@contextmanager
def reading() -> Iterator[None]:
    """Open transactions inside the block for reading only (on SQLite they then never wait for a writer)."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def set_reading(*, only: bool) -> None:
    """Say for the rest of this context whether transactions are opened for reading only."""
    _reading.set(only)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """One transaction outside of a request: commit at the end, roll back when the block raises."""
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.remove()


def insert_unless_there(table: type[Base], **values: Any) -> None:
    """Insert a row unless one with its unique key is there; of several at once one makes it, the others wait for it.

    On MariaDB a refused plain insert keeps a shared lock, and two such that then lock the row stop each other; this
    statement takes the exclusive lock at once.
    """
    kind = dialect_name()
    if kind == "mysql":
        key = next(iter(table.__table__.primary_key))  # set to what it is: the row stays as it was
        session.execute(mysql.insert(table).values(**values).on_duplicate_key_update({key.name: key}))
    else:
        dialect = postgresql if kind == "postgresql" else sqlite
        session.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())


def held(row: Any) -> Any:
    """Keep a row alive until its session ends, so that one unit of work reads it once (the identity map is weak)."""
    if row is not None:
        session.info.setdefault("held", []).append(row)
    return row


def held_rows(table: type[Base], ids: set[int]) -> dict[int, Any]:
    """Those of these rows that the session holds already, by id."""
    rows = (row for row in session.info.get("held", ()) if isinstance(row, table))
    return {row.id: row for row in rows if row.id in ids}  # type: ignore[attr-defined]  # tables with an id


def dialect_name() -> str:
    """`sqlite`, `postgresql` or `mysql` (which also stands for MariaDB)."""
    name = session.get_bind().dialect.name
    return "mysql" if name == "mariadb" else name


class IdList(TypeDecorator[Sequence[int]]):
    """Ids on their way into a statement as one parameter: a JSON array, on PostgreSQL an array in its own notation."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> str:
        joined = ",".join(map(str, value or ()))
        return f"{{{joined}}}" if dialect.name == "postgresql" else f"[{joined}]"


class GivenIds(FunctionElement[int]):
    """The ids of one parameter as rows; see `among`."""

    inherit_cache = True
    type = BigInteger()


def among(column: Any, parameter: str) -> ColumnElement[bool]:
    """Whether a column holds one of the ids given for a parameter; thousands of them cost as little as one.

    One parameter keeps one statement text and one plan; a list of literals is rendered, parsed and planned each time.
    """
    return cast(
        ColumnElement[bool], column.op("IN", is_comparison=True)(GivenIds(bindparam(parameter, type_=IdList())))
    )


class OneOf(FunctionElement[bool]):
    """Whether a column (first) holds one of the ids of a parameter (second); see `one_of`."""

    inherit_cache = True
    type = Boolean()
    # Else databases without a type of their own for it get “… = 1”, which no index answers.
    _is_implicitly_boolean = True


def one_of(column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    """Whether a column holds one of many ids, given as one parameter: as `among`, with the ids at hand.

    MariaDB gets a list of literals: it would read the whole table beside the parameter's rows.
    """
    if dialect_name() == "mysql":
        return cast(ColumnElement[bool], column.in_(ids))
    return OneOf(column, literal(list(ids), IdList()))


@compiles(OneOf)
def _one_of(element: OneOf, compiler: Any, **options: Any) -> str:
    column, given = (compiler.process(each, **options) for each in element.clauses)
    if compiler.dialect.name == "postgresql":
        return f"{column} = ANY (CAST({given} AS bigint[]))"
    return f"{column} IN (SELECT value FROM json_each({given}))"  # noqa: S608 (the column and the mark of the parameter)


@compiles(GivenIds)
def _given_ids(element: GivenIds, compiler: Any, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    if compiler.dialect.name == "postgresql":
        return f"(SELECT unnest(CAST({given} AS bigint[])))"
    if compiler.dialect.name == "sqlite":
        return f"(SELECT value FROM json_each({given}))"  # noqa: S608 (as above)
    return f"(SELECT given.id FROM JSON_TABLE({given}, '$[*]' COLUMNS (id BIGINT PATH '$')) AS given)"  # noqa: S608 (as above)
