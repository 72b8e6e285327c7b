"""Agreements with groups and suppliers, metrics of the site's own, and clocks of each.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT

import itsm.kernel.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql")
CONDITIONS = ("start", "pause", "resume", "stop", "reset", "cancel")


def upgrade() -> None:
    _agreements()
    _own_metrics()
    _clocks()
    _fired_steps()


def _agreements() -> None:
    with op.batch_alter_table("sla_agreement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_id", ID, nullable=True))
        batch_op.add_column(sa.Column("supplier_id", ID, nullable=True))
        batch_op.add_column(sa.Column("service_id", ID, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_sla_agreement_group_id"), "support_group", ["group_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_sla_agreement_supplier_id"), "organisation", ["supplier_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_sla_agreement_service_id"), "ci", ["service_id"], ["id"])
    with op.batch_alter_table("sla_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sla_step_agreement_id"), ["agreement_id"], unique=False)
        batch_op.drop_constraint(batch_op.f("uq_sla_step_agreement_id_metric_percent"), type_="unique")
        batch_op.alter_column("percent", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("minutes", sa.Integer(), nullable=True))
    with op.batch_alter_table("sla_terms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("made_by", sa.String(length=255), server_default="", nullable=False))
    _number_terms()


def _number_terms() -> None:
    """Number what each agreement has said so far, oldest first."""
    terms = sa.table(
        "sla_terms",
        sa.column("id", sa.String()),
        sa.column("agreement_id", sa.BigInteger()),
        sa.column("made_at", itsm.kernel.db.UtcDateTime()),
        sa.column("number", sa.Integer()),
    )
    connection, numbers = op.get_bind(), dict[int, int]()
    ordered = sa.select(terms.c.id, terms.c.agreement_id).order_by(terms.c.agreement_id, terms.c.made_at, terms.c.id)
    for terms_id, agreement_id in connection.execute(ordered).all():
        numbers[agreement_id] = numbers.get(agreement_id, 0) + 1
        connection.execute(terms.update().where(terms.c.id == terms_id).values(number=numbers[agreement_id]))


def _own_metrics() -> None:
    op.create_table(
        "sla_metric",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        *(sa.Column(name, LONG_TEXT, nullable=False) for name in CONDITIONS),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_metric")),
        sa.UniqueConstraint("key", name=op.f("uq_sla_metric_key")),
        sa.UniqueConstraint("name", name=op.f("uq_sla_metric_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def _clocks() -> None:
    with op.batch_alter_table("sla_clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=3), server_default="sla", nullable=False))
        batch_op.add_column(sa.Column("owner_id", ID, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("customer_seconds", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("supplier_seconds", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_unique_constraint(
            batch_op.f("uq_sla_clock_ticket_id_kind_owner_id_metric_generation"),
            ["ticket_id", "kind", "owner_id", "metric", "generation"],
        )
        batch_op.drop_constraint(batch_op.f("uq_sla_clock_ticket_id_metric_generation"), type_="unique")


def _fired_steps() -> None:
    with op.batch_alter_table("sla_fired_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=3), server_default="sla", nullable=False))
        batch_op.add_column(sa.Column("owner_id", ID, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("place", sa.String(length=12), server_default="", nullable=False))
    fired = sa.table("sla_fired_step", sa.column("percent", sa.Integer()), sa.column("place", sa.String()))
    op.execute(fired.update().values(place=sa.cast(fired.c.percent, sa.String(10)).concat("%")))
    with op.batch_alter_table("sla_fired_step", schema=None) as batch_op:
        batch_op.create_unique_constraint(
            batch_op.f("uq_sla_fired_step_ticket_id_kind_owner_id_metric_generation_place"),
            ["ticket_id", "kind", "owner_id", "metric", "generation", "place"],
        )
        batch_op.drop_constraint(batch_op.f("uq_sla_fired_step_ticket_id_metric_generation_percent"), type_="unique")
        batch_op.drop_column("percent")
        batch_op.alter_column("place", existing_type=sa.String(length=12), server_default=None, nullable=False)
