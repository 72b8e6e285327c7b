"""Calendars: names of days, recurring days, sources of holidays and what they propose.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.dialects.postgresql import JSONB

import itsm.kernel.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sla_calendar", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("details", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=True)
        )

    op.create_table(
        "sla_calendar_source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=500), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("proposed_to", sa.Integer(), nullable=True),
        sa.Column("read_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("tried_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column(
            "fault", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["sla_calendar.id"], name=op.f("fk_sla_calendar_source_calendar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_calendar_source")),
        sa.UniqueConstraint("calendar_id", "kind", "code", name=op.f("uq_sla_calendar_source_calendar_id_kind_code")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )

    op.create_table(
        "sla_holiday_proposal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("falls_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("decided_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["sla_calendar.id"], name=op.f("fk_sla_holiday_proposal_calendar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sla_calendar_source.id"],
            name=op.f("fk_sla_holiday_proposal_source_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_holiday_proposal")),
        sa.UniqueConstraint(
            "source_id", "falls_on", "action", name=op.f("uq_sla_holiday_proposal_source_id_falls_on_action")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("sla_holiday_proposal", schema=None) as batch_op:
        batch_op.create_index("ix_sla_holiday_proposal_calendar", ["calendar_id", "state", "falls_on"], unique=False)
