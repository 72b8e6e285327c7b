"""Escalation steps for one group's tickets, and the instants at which steps fell.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

import itsm.kernel.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("sla_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_id", ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_sla_step_group_id"), "support_group", ["group_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(batch_op.f("ix_sla_step_group_id"), ["group_id"], unique=False)
    with op.batch_alter_table("sla_fired_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fell_at", itsm.kernel.db.UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_sla_fired_step_fired_at"), ["fired_at"], unique=False)
