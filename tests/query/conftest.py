"""A small kind of record with every field type, in a database and in memory, and random trees over its fields."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    create_engine,
    delete,
    event,
    exists,
    insert,
    select,
)
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.types import TypeDecorator

from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet, FieldType, FullText, Match
from itsm.query.parser import parse
from itsm.query.predicate import compile_predicate
from itsm.query.sql import column_condition, compile_condition, install_sqlite_functions
from itsm.query.text import fold
from itsm.query.tree import And, Call, Comparison, Literal, Node, Not, Operator, Or, Shifted, Text
from itsm.query.values import Context

NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
STATES = {"new": "New", "open": "In progress", "closed": "Closed"}


class Instant(TypeDecorator[datetime]):
    """UTC in a column without a zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None)


metadata = MetaData()
_key = String(100).with_variant(VARCHAR(100, collation="utf8mb4_bin"), "mysql", "mariadb")
record_table = Table(
    "query_record",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("title", String(100)),
    Column("priority", Integer),
    Column("cost", Float(53)),
    Column("left_seconds", Integer),
    Column("opened_at", Instant),
    Column("planned_on", Date),
    Column("urgent", Boolean),
    Column("state", _key),
    Column("assignee_id", Integer),
    Column("group_id", Integer),
    Column("number", _key),
)
ci_table = Table(
    "query_record_ci",
    metadata,
    Column("record_id", Integer, nullable=False),
    Column("name", String(100)),
)


@dataclass(frozen=True)
class Record:
    id: int
    title: str | None = None
    priority: int | None = None
    cost: float | None = None
    left_seconds: int | None = None
    opened_at: datetime | None = None
    planned_on: date | None = None
    urgent: bool | None = None
    state: str | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    number: str | None = None
    cis: tuple[str, ...] = ()


_CI_NAME = Field(name="name", type=FieldType.TEXT, title="", get=lambda name: name, expression=ci_table.c.name)


def ci_condition(match: Match, values: tuple[Any, ...]) -> ColumnElement[bool]:
    linked = ci_table.c.record_id == record_table.c.id
    if match is Match.EMPTY:
        return ~exists().where(linked)
    return exists().where(and_(linked, column_condition(_CI_NAME, match, values)))


def _plain(name: str, kind: FieldType, column: str, **more: Any) -> Field:
    return Field(
        name=name,
        type=kind,
        title=name.title(),
        get=lambda record: getattr(record, column),
        expression=record_table.c[column],
        **more,
    )


def _people(text: str) -> list[int]:
    return {"anna": [1], "sam": [2, 3]}.get(text.lower(), [])


FULL_TEXT = FullText(
    condition=lambda terms: and_(
        *(column_condition(_plain("t", FieldType.TEXT, "title"), Match.CONTAINS, (term,)) for term in terms)
    ),
    predicate=lambda record, terms: all(fold(term) in fold(record.title or "") for term in terms),
)
FIELDS = FieldSet(
    [
        _plain("title", FieldType.TEXT, "title"),
        _plain("priority", FieldType.NUMBER, "priority"),
        _plain("cost", FieldType.NUMBER, "cost"),
        _plain("sla.resolution.left", FieldType.DURATION, "left_seconds"),
        _plain("opened", FieldType.INSTANT, "opened_at"),
        _plain("planned", FieldType.DAY, "planned_on"),
        _plain("urgent", FieldType.BOOLEAN, "urgent"),
        _plain("state", FieldType.CHOICE, "state", choices=STATES),
        _plain("assignee", FieldType.PERSON, "assignee_id", lookup=_people),
        _plain("group", FieldType.GROUP, "group_id"),
        _plain("number", FieldType.REFERENCE, "number"),
        Field(name="ci", type=FieldType.TEXT, title="CI", get=lambda record: record.cis, condition=ci_condition),
    ],
    full_text=FULL_TEXT,
)


class Desk:
    """Records in a database, asked both ways."""

    fields = FIELDS
    table = record_table
    context = Context(actor_id=1, group_ids=(1, 3), now=NOW, zone=ZoneInfo("Asia/Tehran"))

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.records: list[Record] = []

    def fill(self, *records: Record) -> None:
        self.records = list(records)
        self.connection.execute(delete(record_table))
        self.connection.execute(delete(ci_table))
        rows = [{key: value for key, value in asdict(record).items() if key != "cis"} for record in records]
        links = [{"record_id": record.id, "name": name} for record in records for name in record.cis]
        if rows:
            self.connection.execute(insert(record_table), rows)
        if links:
            self.connection.execute(insert(ci_table), links)

    def by_sql(self, query: str | Node) -> set[int]:
        tree = parse(query) if isinstance(query, str) else query
        condition = compile_condition(tree, self.fields, self.context)
        return set(self.connection.scalars(select(record_table.c.id).where(condition)))

    def by_predicate(self, query: str | Node) -> set[int]:
        tree = parse(query) if isinstance(query, str) else query
        matches = compile_predicate(tree, self.fields, self.context)
        return {record.id for record in self.records if matches(record)}

    def refusal(self, query: str) -> QueryError:
        with pytest.raises(QueryError) as caught:
            compile_condition(parse(query), self.fields, self.context)
        return caught.value


DATABASE_URL = "sqlite://"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    engine = create_engine(DATABASE_URL)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: install_sqlite_functions(connection))
    with engine.connect() as connection:
        metadata.create_all(connection)
        yield Desk(connection)
        connection.rollback()
    engine.dispose()


# Letter case in several scripts, LIKE's and SQL's own signs, Persian with half-space and both forms of yeh, an emoji.
_texts = st.text(alphabet="aAéÉ%_\\/'\"; ςσΣیي\u200c۱😀", min_size=1, max_size=3)
_days = st.dates(date(2026, 11, 17), date(2026, 11, 23))
_instants = st.integers(-72, 72).map(lambda hours: NOW + timedelta(hours=hours))

records = st.builds(
    Record,
    id=st.just(0),
    title=st.none() | st.just("") | _texts,
    priority=st.none() | st.integers(-2, 4),
    cost=st.none() | st.sampled_from([-1.5, 0.0, 1.0, 2.25]),
    left_seconds=st.none() | st.sampled_from([-3600, 0, 3600, 7200]),
    opened_at=st.none() | _instants,
    planned_on=st.none() | _days,
    urgent=st.none() | st.booleans(),
    state=st.none() | st.sampled_from([*STATES]),
    assignee_id=st.none() | st.integers(1, 3),
    group_id=st.none() | st.integers(1, 3),
    number=st.none() | st.sampled_from(["INC1", "inc1", "INC%"]),
    cis=st.lists(_texts, max_size=2).map(tuple),
)

_now = st.sampled_from([Call("now"), Call("today"), Call("startof", (Literal("week"),))])
_moments = (
    _now
    | _days.map(lambda day: Literal(day.isoformat()))
    | _instants.map(lambda instant: Literal(instant.isoformat()))
    | st.builds(Shifted, _now, st.integers(-50, 50).map(lambda hours: hours * 3600))
)
_values: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: _texts.map(Literal),
    FieldType.NUMBER: st.sampled_from(["-2", "1", "1.0", "2.25", "9000000000000000000", "۳"]).map(Literal),
    FieldType.DURATION: st.sampled_from(["1h", "-60m", "0m", "1d"]).map(Literal),
    FieldType.INSTANT: _moments,
    FieldType.DAY: _moments,
    FieldType.BOOLEAN: st.sampled_from(["true", "No"]).map(Literal),
    FieldType.CHOICE: st.sampled_from(["new", "In progress", "CLOSED"]).map(Literal),
    FieldType.PERSON: st.sampled_from([Literal("anna"), Literal("sam"), Call("me")]),
    FieldType.GROUP: st.just(Call("mygroups")),
    FieldType.REFERENCE: st.sampled_from(["INC1", "inc1", "nc", "%"]).map(Literal),
}


@st.composite
def _comparisons(draw: st.DrawFn) -> Comparison:
    field = draw(st.sampled_from(list(FIELDS)))
    operator = draw(st.sampled_from(sorted(field.operators)))
    if operator in (Operator.EMPTY, Operator.NOT_EMPTY):
        return Comparison(field.name, operator)
    most = 3 if operator in (Operator.IN, Operator.NOT_IN) else 1
    return Comparison(field.name, operator, tuple(draw(st.lists(_values[field.type], min_size=1, max_size=most))))


def _larger(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, parts) | st.builds(And, several) | st.builds(Or, several)


_trees = st.recursive(
    _comparisons() | st.lists(_texts, min_size=1, max_size=2).map(lambda terms: Text(tuple(terms))),
    _larger,
    max_leaves=6,
)


@pytest.fixture(scope="session")
def trees() -> st.SearchStrategy[Node]:
    return _trees


@pytest.fixture(scope="session")
def record_lists() -> st.SearchStrategy[list[Record]]:
    return st.lists(records, max_size=6).map(
        lambda items: [Record(**{**vars(item), "id": number}) for number, item in enumerate(items, 1)]
    )


@pytest.fixture(scope="session")
def record() -> type[Record]:
    return Record
