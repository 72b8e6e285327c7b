"""Databases for tests: empty ones, and copies of one that is migrated and filled once for the whole run."""

import fcntl
import itertools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

DATABASES = {
    "sqlite": "",
    "postgresql": os.environ.get("ITSM_TEST_POSTGRESQL", "postgresql+psycopg://root@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("ITSM_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}
_numbers = itertools.count(1)
_kept: list[str] = []  # addresses of copies on MariaDB that no test uses now


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database of its own, dropped at the end; raises `OperationalError` where none answers."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.sqlite3'}"
        return
    name = f"itsm_test_{os.getpid()}_{next(_numbers)}"
    server = _server(kind)
    with server.connect() as connection:
        _create(connection, kind, name)
    yield _address(kind, name)
    with server.connect() as connection:
        _drop(connection, kind, name)
    server.dispose()


@contextmanager
def prepared_database(kind: str, folder: Path, shared: Path, prepare: Callable[[str], None]) -> Iterator[str]:
    """As `fresh_database`, with what `prepare(address)` writes, which runs once for all processes that share a folder.

    Building the schema takes seconds, copying it a few tenths of one. MariaDB copies table by table, which takes seconds
    too: its copies are kept, and the tables that a test changed are filled anew.
    """
    with _one_at_a_time(shared / f"{kind}.lock"):
        template = _template(kind, shared, prepare)
    if kind == "mariadb":
        with _kept_copy(template) as url:
            yield url
        return
    with fresh_database(kind, folder) as url:
        _copy(kind, template, url)
        yield url


@contextmanager
def _kept_copy(template: str) -> Iterator[str]:
    if _kept:
        url = _kept.pop()
        _fill_changed_tables(template, url)
    else:
        url = _address("mariadb", name := f"itsm_test_{os.getpid()}_{next(_numbers)}")
        server = _server("mariadb")
        with server.connect() as connection:
            _create(connection, "mariadb", name)
        server.dispose()
        _copy("mariadb", template, url)
    yield url
    _kept.append(url)


def _fill_changed_tables(template: str, url: str) -> None:
    source, target = str(make_url(template).database), str(make_url(url).database)
    server = _server("mariadb")
    with server.connect() as connection:
        wanted, found = (_states_of_tables(connection, name) for name in (source, target))
        connection.execute(text(f"USE {target}"))
        connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
        for table in found.keys() - wanted.keys():
            connection.execute(text(f"DROP TABLE `{table}`"))
        for table in (table for table, state in wanted.items() if found.get(table) != state):
            connection.execute(text(f"DROP TABLE IF EXISTS `{table}`"))
            _copy_table(connection, source, table)
    server.dispose()


def _states_of_tables(connection: Connection, database: str) -> dict[str, tuple[object, ...]]:
    """Table → a checksum over its rows and the next number that it gives."""
    names = "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = :name"
    numbers = {row[0]: row[1] for row in connection.execute(text(names), {"name": database})}
    tables = ", ".join(f"`{database}`.`{table}`" for table in numbers)
    sums = {row[0].split(".", 1)[1]: row[1] for row in connection.execute(text(f"CHECKSUM TABLE {tables}"))}
    return {table: (sums[table], number) for table, number in numbers.items()}


def drop_kept() -> None:
    """Remove from the server the copies that this process kept."""
    if _kept:
        server = _server("mariadb")
        with server.connect() as connection:
            while _kept:
                _drop(connection, "mariadb", str(make_url(_kept.pop()).database))
        server.dispose()


def drop_templates(shared: Path) -> None:
    """Remove from the servers what the run prepared once."""
    for kind in ("postgresql", "mariadb"):
        made = shared / f"{kind}.template"
        if made.exists():
            server = _server(kind)
            with server.connect() as connection:
                _drop(connection, kind, str(make_url(made.read_text()).database))
            server.dispose()


def _template(kind: str, shared: Path, prepare: Callable[[str], None]) -> str:
    made = shared / f"{kind}.template"
    if not made.exists():
        if kind == "sqlite":
            url = f"sqlite:///{shared / 'template.sqlite3'}"
        else:
            name = f"itsm_template_{os.getpid()}"
            server = _server(kind)
            with server.connect() as connection:
                _create(connection, kind, name)
            server.dispose()
            url = _address(kind, name)
        prepare(url)
        made.write_text(url)
    return made.read_text()


def _copy(kind: str, template: str, url: str) -> None:
    source, target = str(make_url(template).database), str(make_url(url).database)
    if kind == "sqlite":
        with closing(sqlite3.connect(source)) as made, closing(sqlite3.connect(target)) as copy:
            made.backup(copy)
        return
    server = _server(kind)
    with server.connect() as connection:
        if kind == "postgresql":
            connection.execute(text(f"DROP DATABASE {target}"))
            connection.execute(text(f"CREATE DATABASE {target} TEMPLATE {source}"))
        else:
            _copy_tables(connection, source, target)
    server.dispose()


def _copy_tables(connection: Connection, source: str, target: str) -> None:
    tables = connection.execute(text(f"SHOW TABLES FROM {source}")).scalars().all()
    connection.execute(text(f"USE {target}"))
    connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
    for table in tables:
        _copy_table(connection, source, table)


def _copy_table(connection: Connection, source: str, table: str) -> None:
    wording = connection.execute(text(f"SHOW CREATE TABLE {source}.`{table}`")).one()[1]
    connection.exec_driver_sql(wording.replace("%", "%%"))
    connection.execute(text(f"INSERT INTO `{table}` SELECT * FROM {source}.`{table}`"))  # noqa: S608 – names of our own


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _server(kind: str) -> Engine:
    return create_engine(DATABASES[kind], isolation_level="AUTOCOMMIT")


def _address(kind: str, name: str) -> str:
    return make_url(DATABASES[kind]).set(database=name).render_as_string(hide_password=False)


def _create(connection: Connection, kind: str, name: str) -> None:
    encoding = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if kind == "mariadb" else ""
    _drop(connection, kind, name)
    connection.execute(text(f"CREATE DATABASE {name}{encoding}"))


def _drop(connection: Connection, kind: str, name: str) -> None:
    force = " WITH (FORCE)" if kind == "postgresql" else ""
    connection.execute(text(f"DROP DATABASE IF EXISTS {name}{force}"))
