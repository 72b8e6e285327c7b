"""Licences and who holds them.

Revision: 0010, after 0009
"""

import itsm.kernel.db
import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.dialects.postgresql import JSONB


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('licence',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('name_key', sa.String(length=255), nullable=False),
    sa.Column('publisher', sa.String(length=255), nullable=False),
    sa.Column('metric', sa.String(length=255), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('supplier', sa.String(length=255), nullable=False),
    sa.Column('order_number', sa.String(length=255), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(length=255), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('notes', sa.Text().with_variant(LONGTEXT(), 'mariadb').with_variant(LONGTEXT(), 'mysql'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('retired_at', itsm.kernel.db.UtcDateTime(), nullable=True),
    sa.Column('created_at', itsm.kernel.db.UtcDateTime(), nullable=False),
    sa.Column('updated_at', itsm.kernel.db.UtcDateTime(), nullable=False),
    sa.CheckConstraint("(metric = 'site') = (seats IS NULL)", name=op.f('ck_licence_metric_seats')),
    sa.CheckConstraint('price_minor >= 0', name=op.f('ck_licence_price')),
    sa.CheckConstraint('seats > 0', name=op.f('ck_licence_seats')),
    sa.CheckConstraint('valid_until >= valid_from', name=op.f('ck_licence_validity')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_licence_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_licence')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin'
    )
    with op.batch_alter_table('licence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_licence_name_key'), ['name_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_licence_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_licence_valid_until'), ['valid_until'], unique=False)

    op.create_table('licence_use',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('licence_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ci_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('from_at', itsm.kernel.db.UtcDateTime(), nullable=False),
    sa.Column('to_at', itsm.kernel.db.UtcDateTime(), nullable=True),
    sa.CheckConstraint('(person_id IS NULL) <> (ci_id IS NULL)', name=op.f('ck_licence_use_holder')),
    sa.CheckConstraint('to_at >= from_at', name=op.f('ck_licence_use_ends')),
    sa.ForeignKeyConstraint(['ci_id'], ['ci.id'], name=op.f('fk_licence_use_ci_id')),
    sa.ForeignKeyConstraint(['licence_id'], ['licence.id'], name=op.f('fk_licence_use_licence_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_licence_use_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_licence_use')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin'
    )
    with op.batch_alter_table('licence_use', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_licence_use_ci_id'), ['ci_id'], unique=False)
        batch_op.create_index('ix_licence_use_licence_id_to_at', ['licence_id', 'to_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_licence_use_person_id'), ['person_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('licence_use', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_licence_use_person_id'))
        batch_op.drop_index('ix_licence_use_licence_id_to_at')
        batch_op.drop_index(batch_op.f('ix_licence_use_ci_id'))

    op.drop_table('licence_use')
    with op.batch_alter_table('licence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_licence_valid_until'))
        batch_op.drop_index(batch_op.f('ix_licence_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_licence_name_key'))

    op.drop_table('licence')
