"""Full text over `search_part`, stems by language on PostgreSQL, and any piece of names by trigrams where there are such."""

from alembic import op

from migrations import full_text

STEMS = " ".join(
    f"WHEN '{language}' THEN to_tsvector('{dictionary}', left(words, 60000))"
    for language, dictionary in (("en", "english"), ("sv", "swedish"), ("es", "spanish"), ("el", "greek"))
)
# Beside the words the number of a bucket of rows, as `itsm.search.postgresql` asks for the newest ones first.
VECTOR = f"{full_text.VECTOR} || CASE language {STEMS} ELSE ''::tsvector END || array_to_tsvector(ARRAY['#' || (%s / 16384)])"
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
# Only what has names is in this index; its kind beside it, so that few assets are not sought among all CIs.
ADD_NAMES = """INSERT INTO search_index_names(rowid, kind, names)
  SELECT new.id, 'kind' || new.kind, new.names WHERE new.names <> '';"""
REMOVE_NAMES = """INSERT INTO search_index_names(search_index_names, rowid, kind, names)
  SELECT 'delete', old.id, 'kind' || old.kind, old.names WHERE old.names <> '';"""
SQLITE_NAMES = (
    """CREATE VIEW search_document_named AS
    SELECT id, 'kind' || kind AS kind, names FROM search_document WHERE names <> ''""",
    """CREATE VIRTUAL TABLE search_index_names USING fts5(
    kind, names, content='search_document_named', content_rowid='id', columnsize=0, tokenize='trigram case_sensitive 1')""",
    f"CREATE TRIGGER search_names_added AFTER INSERT ON search_document BEGIN {ADD_NAMES} END",
    f"CREATE TRIGGER search_names_removed AFTER DELETE ON search_document BEGIN {REMOVE_NAMES} END",
    f"CREATE TRIGGER search_names_changed AFTER UPDATE OF kind, names ON search_document BEGIN {REMOVE_NAMES} {ADD_NAMES} END",
)
SQLITE = (
    "CREATE VIRTUAL TABLE search_index_part USING fts5(words, content='search_part', content_rowid='id', tokenize='unicode61')",
    f"CREATE TRIGGER search_part_added AFTER INSERT ON search_part BEGIN {ADD} END",
    f"CREATE TRIGGER search_part_removed AFTER DELETE ON search_part BEGIN {REMOVE} END",
    f"CREATE TRIGGER search_part_changed AFTER UPDATE ON search_part BEGIN {REMOVE} {ADD} END",
    *SQLITE_NAMES,
)
SQLITE_DROPS = (
    "DROP TRIGGER search_part_added",
    "DROP TRIGGER search_part_removed",
    "DROP TRIGGER search_part_changed",
    "DROP TABLE search_index_part",
    "DROP TRIGGER search_names_added",
    "DROP TRIGGER search_names_removed",
    "DROP TRIGGER search_names_changed",
    "DROP TABLE search_index_names",
    "DROP VIEW search_document_named",
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
    vectors = (*_vector("search_document", VECTOR % "record_id"), *_by_kind(), *_vector("search_part", VECTOR % "id"))
    _run({"postgresql": (*vectors, TRIGRAMS), "mysql": MYSQL, "mariadb": MYSQL, "sqlite": SQLITE})


def drop() -> None:
    """Take it away again; what hangs on `search_part` goes with that table."""
    trigrams = ("DROP INDEX IF EXISTS ix_search_document_trigram", "DROP INDEX IF EXISTS ix_person_name_trigram")
    vector = _vector("search_document", full_text.VECTOR)
    _run({"postgresql": (*trigrams, *vector), "sqlite": SQLITE_DROPS})


def restore() -> None:
    """Make the triggers of `search_document` again, which SQLite loses where a column of the table is dropped."""
    made = (trigger for trigger in full_text.SQLITE if trigger.startswith("CREATE TRIGGER"))
    _run({"sqlite": tuple(made)})


def _vector(table: str, expression: str) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {table} DROP COLUMN IF EXISTS vector",
        f"ALTER TABLE {table} ADD COLUMN vector tsvector GENERATED ALWAYS AS ({expression}) STORED",
        f"CREATE INDEX ix_{table}_vector ON {table} USING gin (vector)",
    )


def _by_kind() -> tuple[str, ...]:
    """An index for tickets and one for the rest: beginnings of words cost for all that begins so, in the whole index."""
    return (
        "DROP INDEX ix_search_document_vector",
        "CREATE INDEX ix_search_document_vector ON search_document USING gin (vector) WHERE kind = 'ticket'",
        "CREATE INDEX ix_search_document_vector_rest ON search_document USING gin (vector) WHERE kind <> 'ticket'",
    )


def _run(statements: dict[str, tuple[str, ...]]) -> None:
    for statement in statements.get(op.get_bind().dialect.name, ()):
        op.execute(statement)
