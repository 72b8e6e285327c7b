"""Full text over `search_part`, stems by language on PostgreSQL, and any piece of names where it has trigrams."""

from alembic import op

from migrations import full_text

STEMS = " ".join(
    f"WHEN '{language}' THEN to_tsvector('{dictionary}', left(words, 60000))"
    for language, dictionary in (("en", "english"), ("sv", "swedish"), ("es", "spanish"), ("el", "greek"))
)
VECTOR = f"{full_text.VECTOR} || CASE language {STEMS} ELSE ''::tsvector END"
# Who may not make extensions goes without: the same questions are then answered from the plain indexes.
TRIGRAMS = """
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX ix_search_document_trigram ON search_document USING gin (names gin_trgm_ops) WHERE names <> '';
  CREATE INDEX ix_person_name_trigram ON person USING gin (name_key gin_trgm_ops);
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'no trigrams: %', SQLERRM;
END $$
"""
ADD = "INSERT INTO search_index_part(rowid, words) VALUES (new.id, new.words); "
REMOVE = "INSERT INTO search_index_part(search_index_part, rowid, words) VALUES ('delete', old.id, old.words); "
SQLITE = (
    "CREATE VIRTUAL TABLE search_index_part USING fts5(words, content='search_part', content_rowid='id', tokenize='unicode61')",
    f"CREATE TRIGGER search_part_added AFTER INSERT ON search_part BEGIN {ADD} END",
    f"CREATE TRIGGER search_part_removed AFTER DELETE ON search_part BEGIN {REMOVE} END",
    f"CREATE TRIGGER search_part_changed AFTER UPDATE ON search_part BEGIN {REMOVE} {ADD} END",
)
SQLITE_DROPS = (
    "DROP TRIGGER search_part_added",
    "DROP TRIGGER search_part_removed",
    "DROP TRIGGER search_part_changed",
    "DROP TABLE search_index_part",
)
MYSQL = ("CREATE FULLTEXT INDEX ft_search_part_words ON search_part (words)",)


# As `itsm.search.text.mark_of` marks what is written from now on; `replace` joins texts in the same way everywhere.
MARKS = tuple(
    f"UPDATE search_document SET words = replace('kind{kind} *', '*', words) WHERE kind = '{kind}'"  # noqa: S608 (our own kinds)
    for kind in ("ci", "asset")
)


def create() -> None:
    """Make what the models do not name, on the database at hand."""
    for statement in MARKS:
        op.execute(statement)
    _run({"postgresql": (*_vectors(VECTOR), TRIGRAMS), "mysql": MYSQL, "mariadb": MYSQL, "sqlite": SQLITE})


def drop() -> None:
    """Take it away again; what hangs on `search_part` goes with that table."""
    trigrams = ("DROP INDEX IF EXISTS ix_search_document_trigram", "DROP INDEX IF EXISTS ix_person_name_trigram")
    vector = _vector("search_document", full_text.VECTOR)
    _run({"postgresql": (*trigrams, *vector), "sqlite": SQLITE_DROPS})


def restore() -> None:
    """Make the triggers of `search_document` again, which SQLite loses where a column of the table is dropped."""
    made = (trigger for trigger in full_text.SQLITE if trigger.startswith("CREATE TRIGGER"))
    _run({"sqlite": tuple(made)})


def _vectors(expression: str) -> tuple[str, ...]:
    return (*_vector("search_document", expression), *_vector("search_part", expression))


def _vector(table: str, expression: str) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {table} DROP COLUMN IF EXISTS vector",
        f"ALTER TABLE {table} ADD COLUMN vector tsvector GENERATED ALWAYS AS ({expression}) STORED",
        f"CREATE INDEX ix_{table}_vector ON {table} USING gin (vector)",
    )


def _run(statements: dict[str, tuple[str, ...]]) -> None:
    for statement in statements.get(op.get_bind().dialect.name, ()):
        op.execute(statement)
