"""The full-text index over `search_document.words`, which each database makes in its own way."""

from alembic import op

VECTOR = "to_tsvector('simple', left(words, 60000))"
POSTGRESQL = (
    f"ALTER TABLE search_document ADD COLUMN vector tsvector GENERATED ALWAYS AS ({VECTOR}) STORED",
    "CREATE INDEX ix_search_document_vector ON search_document USING gin (vector)",
)
MYSQL = ("CREATE FULLTEXT INDEX ft_search_document_words ON search_document (words)",)
ADD = "INSERT INTO search_index(rowid, words) VALUES (new.id, new.words); "
REMOVE = "INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.id, old.words); "
SQLITE = (
    "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_document', content_rowid='id', tokenize='unicode61')",
    f"CREATE TRIGGER search_document_added AFTER INSERT ON search_document BEGIN {ADD} END",
    f"CREATE TRIGGER search_document_removed AFTER DELETE ON search_document BEGIN {REMOVE} END",
    f"CREATE TRIGGER search_document_changed AFTER UPDATE ON search_document BEGIN {REMOVE} {ADD} END",
)
STATEMENTS = {"postgresql": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL, "sqlite": SQLITE}


def create() -> None:
    """Make the index on the database at hand."""
    for statement in STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement)
