"""Dashboards that people arrange.

Revision: 0009, after 0008
"""

import itsm.kernel.db
import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.dialects.postgresql import JSONB


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('dashboard',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('group_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('tiles', sa.JSON().with_variant(JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('deleted_at', itsm.kernel.db.UtcDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', itsm.kernel.db.UtcDateTime(), nullable=False),
    sa.Column('updated_at', itsm.kernel.db.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['support_group.id'], name=op.f('fk_dashboard_group_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_dashboard_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dashboard')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin'
    )
    with op.batch_alter_table('dashboard', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dashboard_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index('ix_dashboard_scope_group_id', ['scope', 'group_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('dashboard', schema=None) as batch_op:
        batch_op.drop_index('ix_dashboard_scope_group_id')
        batch_op.drop_index(batch_op.f('ix_dashboard_owner_id'))

    op.drop_table('dashboard')
