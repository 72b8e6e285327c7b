"""Full text over tickets and CIs: SQLite FTS5, PostgreSQL tsvector, MariaDB FULLTEXT behind one question."""
