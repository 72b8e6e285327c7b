"""Checks that the migrations build what the models say, on each database: run by `make check`."""

import os
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from itsm.app import create_app
from itsm.kernel import migrate
from itsm.kernel.db import Base, db
from tests.conftest import settings_for
from tests.databases import DATABASES

OURS_BY_HAND = ("search_index", "vector", "ft_search_", "_trigram")


def differences(url: str) -> list[str]:
    """What the models have and the migrated database has not, or the other way round."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(url, Path(folder)))
        with app.app_context():
            migrate.to_head()
            with db.engine.connect() as connection:
                context = MigrationContext.configure(connection, opts={"compare_type": False})
                found = [str(each) for each in compare_metadata(context, Base.metadata)]
            db.engine.dispose()
    return [each for each in found if not any(name in each for name in OURS_BY_HAND)]


def main() -> int:
    """Compare on every database; answers 1 when something differs."""
    failed = 0
    for name, address in DATABASES.items():
        if name == "sqlite":
            with tempfile.TemporaryDirectory() as folder:
                found = differences(f"sqlite:///{folder}/check.sqlite3")
        else:
            found = _on_server(name, address)
        sys.stdout.write(f"{name}: {'migrations and models agree' if not found else f'{len(found)} differences'}\n")
        for each in found:
            sys.stdout.write(f"  {each}\n")
        failed = failed or bool(found)
    return int(failed)


def _on_server(name: str, address: str) -> list[str]:
    database = f"itsm_check_{os.getpid()}"
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    encoding = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if name == "mariadb" else ""
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {database}{encoding}"))
    try:
        return differences(make_url(address).set(database=database).render_as_string(hide_password=False))
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {database}"))
        server.dispose()


if __name__ == "__main__":
    sys.exit(main())
