"""Report builder: questions that people keep, and reports that are mailed on a schedule.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.dialects.postgresql import JSONB

import itsm.kernel.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("question", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("deleted_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_saved_question_owner_id")),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_saved_question_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_question")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("saved_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_question_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_saved_question_scope_group_id", ["scope", "group_id"], unique=False)

    op.create_table(
        "report_subscription",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("saved_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("report", sa.String(length=60), nullable=False),
        sa.Column("arguments", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("rhythm", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("file_format", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column(
            "fault", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("minute BETWEEN 0 AND 1439", name=op.f("ck_report_subscription_minute")),
        sa.CheckConstraint("day BETWEEN 1 AND 31", name=op.f("ck_report_subscription_day")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_report_subscription_owner_id")),
        sa.ForeignKeyConstraint(
            ["saved_id"], ["saved_question.id"], name=op.f("fk_report_subscription_saved_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_subscription")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("report_subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_subscription_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_subscription_saved_id"), ["saved_id"], unique=False)

    op.create_table(
        "report_recipient",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("sent_for_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["report_subscription.id"],
            name=op.f("fk_report_recipient_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_report_recipient_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_recipient")),
        sa.UniqueConstraint("secret", name=op.f("uq_report_recipient_secret")),
        sa.UniqueConstraint("subscription_id", "person_id", name=op.f("uq_report_recipient_subscription_id_person_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("report_recipient", schema=None) as batch_op:
        batch_op.create_index("ix_report_recipient_due", ["active", "next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_recipient_person_id"), ["person_id"], unique=False)
