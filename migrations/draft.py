"""Drafts a migration from the difference between the models and the migrations so far: `make migration m="…"`."""

import re
import sys
import tempfile
from pathlib import Path

from flask_migrate import revision

from config.settings import Settings
from itsm.app import create_app
from itsm.kernel import migrate

VERSIONS = Path(__file__).parent / "versions"
IMPORTS = """import itsm.kernel.db
import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.dialects.postgresql import JSONB
"""


def main(message: str) -> int:
    """Write the draft; a person reads and finishes it."""
    number = f"{len(list(VERSIONS.glob('0*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/draft.sqlite3"
        app = create_app(Settings(database_url=address, data_dir=Path(folder), secret_key="draft", testing=True))  # noqa: S106
        with app.app_context():
            if number != "0001":
                migrate.to_head()
            revision(directory=str(VERSIONS.parent), message=message, autogenerate=True, rev_id=number)
    _tidy(next(VERSIONS.glob(f"{number}_*.py")))
    return 0


def _tidy(path: Path) -> None:
    text = path.read_text("utf-8")
    text = re.sub(r"^(import|from) .*\n", "", text, flags=re.MULTILINE)
    text = text.replace('"""\n\n', f'"""\n\n{IMPORTS}\n', 1) if text.count('"""') >= 2 else IMPORTS + text
    text = text.replace("mysql.LONGTEXT", "LONGTEXT").replace("postgresql.JSONB", "JSONB")
    # SQLite writes false as 0, which PostgreSQL does not take for a truth value.
    text = text.replace('sa.Boolean(), server_default=sa.text("0")', "sa.Boolean(), server_default=sa.false()")
    text = text.replace("sa.Boolean(), server_default=sa.text('0')", "sa.Boolean(), server_default=sa.false()")
    text = re.sub(r" *# ###.*\n", "", text)
    path.write_text(re.sub(r"\n{4,}", "\n\n\n", text), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "change"))
