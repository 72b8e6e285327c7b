"""Alembic's environment: migrations run on the application's own engine, in one transaction where the database can."""

from alembic import context

from itsm.kernel.db import Base, db


def run() -> None:
    """Apply migrations on a connection of the application's engine."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            include_object=_ours,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def _ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Full-text structures are made by hand in migrations and unknown to the models."""
    del item, other
    if kind == "table" and name is not None and name.startswith("search_index"):
        return False
    return not (
        reflected
        and kind in {"column", "index"}
        and name is not None
        and (name == "vector" or name.startswith("ft_search_") or name.endswith(("_vector", "_trigram")))
    )


run()
