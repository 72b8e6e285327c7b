"""Search in replies, notes and files, by stems and by pieces of names.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT

from migrations import full_text_parts

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_part",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column(
            "words", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "text", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_part")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("search_part", schema=None) as batch_op:
        batch_op.create_index("ix_search_part_record", ["kind", "record_id"], unique=False)
        batch_op.create_index("uq_search_part", ["part", "part_id"], unique=True)

    with op.batch_alter_table("search_document", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=2), server_default="", nullable=False))
        batch_op.add_column(sa.Column("names", sa.String(length=500), server_default="", nullable=False))
        batch_op.create_index(
            "ix_search_document_names",
            ["kind", "names"],
            sqlite_where=sa.text("names <> ''"),
            postgresql_where=sa.text("names <> ''"),
        )

    with op.batch_alter_table("ticket_attachment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("text_state", sa.String(length=10), server_default="waiting", nullable=False))
        batch_op.create_index("ix_ticket_attachment_text", ["text_state", "id"], unique=False)

    full_text_parts.create()


def downgrade() -> None:
    full_text_parts.drop()
    with op.batch_alter_table("ticket_attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_attachment_text")
        batch_op.drop_column("text_state")

    with op.batch_alter_table("search_document", schema=None) as batch_op:
        batch_op.drop_index("ix_search_document_names")
        batch_op.drop_column("names")
        batch_op.drop_column("language")

    with op.batch_alter_table("search_part", schema=None) as batch_op:
        batch_op.drop_index("uq_search_part")
        batch_op.drop_index("ix_search_part_record")

    op.drop_table("search_part")
    full_text_parts.restore()
