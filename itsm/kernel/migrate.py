"""Bringing the database to the newest migration."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask_migrate import Migrate, upgrade

from itsm.kernel.db import db

FOLDER = Path(__file__).resolve().parents[2] / "migrations"

migrate = Migrate(db=db, directory=str(FOLDER), compare_type=True)


def to_head() -> None:
    """Apply every migration that the database does not have yet; needs an application context."""
    upgrade(directory=str(FOLDER))


@cache
def head_revision() -> str | None:
    """The newest migration in the source."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head()
