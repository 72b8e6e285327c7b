"""Service desk: views, tasks, rules, own fields, staffing, major incidents, sessions and undo.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.dialects.postgresql import JSONB

import itsm.kernel.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_type",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("hour_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_type")),
        sa.UniqueConstraint("name", name=op.f("uq_activity_type_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "field_definition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("key", sa.String(length=50), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("titles", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("hints", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("section", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("options", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("scope_ids", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column(
            "show_if", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "require_if",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("unique", sa.Boolean(), nullable=False),
        sa.Column("in_lists", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_definition")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_field_definition_kind_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "lifecycle_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_by_name", sa.String(length=255), nullable=False),
        sa.Column("made_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lifecycle_version")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_lifecycle_version_kind_number")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "major_candidate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_kind", sa.String(length=255), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("open_key", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("ticket_ids", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("first_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("last_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_major_candidate")),
        sa.UniqueConstraint("open_key", name=op.f("uq_major_candidate_open_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("major_candidate", schema=None) as batch_op:
        batch_op.create_index("ix_major_candidate_state", ["state", "last_at"], unique=False)

    op.create_table(
        "skill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        sa.UniqueConstraint("name", name=op.f("uq_skill_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "undo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column(
            "title", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "back", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("payload", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("made_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("undone_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undo")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.create_index("ix_undo_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_undo_person_id_id", ["person_id", "id"], unique=False)

    op.create_table(
        "field_value",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("unique_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["field_id"], ["field_definition.id"], name=op.f("fk_field_value_field_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_value")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_field_value_unique_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("field_value", schema=None) as batch_op:
        batch_op.create_index("ix_field_value_at", ["field_id", "at"], unique=False)
        batch_op.create_index("ix_field_value_number", ["field_id", "number"], unique=False)
        batch_op.create_index("ix_field_value_record", ["record_id", "field_id"], unique=False)
        batch_op.create_index("ix_field_value_text", ["field_id", "text"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("until_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_absence_order")),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name=op.f("fk_absence_deputy_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_absence_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index("ix_absence_person_id_until_at", ["person_id", "until_at"], unique=False)
        batch_op.create_index("ix_absence_until_at", ["until_at"], unique=False)

    op.create_table(
        "desk_choice",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("columns", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("favourite", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_desk_choice_person_id")),
        sa.PrimaryKeyConstraint("person_id", "queue", name=op.f("pk_desk_choice")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_sha256", sa.String(length=255), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("seen_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_login_session_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_login_session_secret_sha256")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "login_tries",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("locked_until", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_login_tries_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "place", name=op.f("pk_login_tries")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("login_tries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_tries_failed_at"), ["failed_at"], unique=False)

    op.create_table(
        "person_skill",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_person_skill_level")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_skill_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name=op.f("fk_person_skill_skill_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "skill_id", name=op.f("pk_person_skill")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("person_skill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_skill_skill_id"), ["skill_id"], unique=False)

    op.create_table(
        "rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "note", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("kinds", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("trigger", sa.String(length=255), nullable=False),
        sa.Column("options", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column(
            "condition", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("actions", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("changed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["person.id"], name=op.f("fk_rule_changed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_rule_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("rule", schema=None) as batch_op:
        batch_op.create_index("ix_rule_next_at", ["next_at"], unique=False)

    op.create_table(
        "sla_person_hours",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["sla_calendar.id"], name=op.f("fk_sla_person_hours_calendar_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sla_person_hours_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_sla_person_hours")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("sla_person_hours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sla_person_hours_calendar_id"), ["calendar_id"], unique=False)

    op.create_table(
        "work_limit",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("most_open", sa.Integer(), nullable=False),
        sa.CheckConstraint("most_open >= 0", name=op.f("ck_work_limit_most_open")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_work_limit_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_work_limit")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "assignment_turn",
        sa.Column(
            "group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["support_group.id"], name=op.f("fk_assignment_turn_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_assignment_turn")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "body", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_canned_reply_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_canned_reply_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "macro",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kinds", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("actions", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_macro_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_macro_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macro")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "rota",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("timezone", sa.String(length=255), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("handover_minute", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("handover_minute BETWEEN 0 AND 1439", name=op.f("ck_rota_handover_minute")),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_rota_group_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota")),
        sa.UniqueConstraint("name", name=op.f("uq_rota_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("rota", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rota_group_id"), ["group_id"], unique=False)

    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "query", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("open_only", sa.Boolean(), nullable=False),
        sa.Column("columns", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("sort", sa.String(length=255), nullable=False),
        sa.Column("grouping", sa.String(length=255), nullable=False),
        sa.Column("colours", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_saved_view_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_saved_view_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_view_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_saved_view_scope_group_id", ["scope", "group_id"], unique=False)

    op.create_table(
        "sla_group_hours",
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["sla_calendar.id"], name=op.f("fk_sla_group_hours_calendar_id")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["support_group.id"], name=op.f("fk_sla_group_hours_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_sla_group_hours")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("sla_group_hours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sla_group_hours_calendar_id"), ["calendar_id"], unique=False)

    op.create_table(
        "ticket_template",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("values", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_ticket_template_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_ticket_template_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_template")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "category_skill",
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("least_level", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("least_level BETWEEN 1 AND 5", name=op.f("ck_category_skill_least_level")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["ticket_category.id"], name=op.f("fk_category_skill_category_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skill.id"], name=op.f("fk_category_skill_skill_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("category_id", "skill_id", name=op.f("pk_category_skill")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("category_skill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_category_skill_skill_id"), ["skill_id"], unique=False)

    op.create_table(
        "rota_member",
        sa.Column("rota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_rota_member_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_rota_member_rota_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rota_id", "position", name=op.f("pk_rota_member")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "rota_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_name", sa.String(length=255), nullable=False),
        sa.Column(
            "body", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_rota_note_rota_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_note")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("rota_note", schema=None) as batch_op:
        batch_op.create_index("ix_rota_note_rota_id_id", ["rota_id", "id"], unique=False)

    op.create_table(
        "rota_override",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("until_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_rota_override_order")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_rota_override_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["rota_id"], ["rota.id"], name=op.f("fk_rota_override_rota_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_override")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("rota_override", schema=None) as batch_op:
        batch_op.create_index("ix_rota_override_rota_id_until_at", ["rota_id", "until_at"], unique=False)

    op.create_table(
        "task_template",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kinds", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("items", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["ticket_category.id"], name=op.f("fk_task_template_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_template")),
        sa.UniqueConstraint("name", name=op.f("uq_task_template_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "major_incident",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("phase", sa.String(length=255), nullable=False),
        sa.Column("phase_since", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("headline", sa.String(length=255), nullable=False),
        sa.Column(
            "reason", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("declared_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("declared_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("declared_by_name", sa.String(length=255), nullable=False),
        sa.Column("manager_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("communicator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "conference_url",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("on_portal", sa.Boolean(), nullable=False),
        sa.Column("cadence_minutes", sa.Integer(), nullable=False),
        sa.Column("next_update_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("reminded_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("resolved_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("cadence_minutes BETWEEN 0 AND 1440", name=op.f("ck_major_incident_cadence_minutes")),
        sa.ForeignKeyConstraint(["communicator_id"], ["person.id"], name=op.f("fk_major_incident_communicator_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["person.id"], name=op.f("fk_major_incident_lead_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("fk_major_incident_manager_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_major_incident_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_major_incident")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("major_incident", schema=None) as batch_op:
        batch_op.create_index("ix_major_incident_phase", ["phase", "next_update_at"], unique=False)

    op.create_table(
        "recurrence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column(
            "description",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("impact", sa.SmallInteger(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("ci_ids", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column(
            "rule", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=255), nullable=False),
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("off_days", sa.String(length=255), nullable=False),
        sa.Column("skip_if_open", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("last_ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("impact BETWEEN 1 AND 4", name=op.f("ck_recurrence_impact")),
        sa.CheckConstraint("minute BETWEEN 0 AND 1439", name=op.f("ck_recurrence_minute")),
        sa.CheckConstraint("urgency BETWEEN 1 AND 4", name=op.f("ck_recurrence_urgency")),
        sa.ForeignKeyConstraint(["calendar_id"], ["sla_calendar.id"], name=op.f("fk_recurrence_calendar_id")),
        sa.ForeignKeyConstraint(["category_id"], ["ticket_category.id"], name=op.f("fk_recurrence_category_id")),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_recurrence_group_id")),
        sa.ForeignKeyConstraint(["last_ticket_id"], ["ticket.id"], name=op.f("fk_recurrence_last_ticket_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_recurrence_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurrence")),
        sa.UniqueConstraint("name", name=op.f("uq_recurrence_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("recurrence", schema=None) as batch_op:
        batch_op.create_index("ix_recurrence_due", ["active", "next_at"], unique=False)

    op.create_table(
        "rule_firing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_name", sa.String(length=255), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("trigger", sa.String(length=255), nullable=False),
        sa.Column(
            "condition", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("outcome", sa.String(length=255), nullable=False),
        sa.Column("done", itsm.kernel.db.MessageList(), nullable=False),
        sa.Column("caused_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_rule_firing_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_firing")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("rule_firing", schema=None) as batch_op:
        batch_op.create_index("ix_rule_firing_at", ["at"], unique=False)
        batch_op.create_index("ix_rule_firing_rule_id_id", ["rule_id", "id"], unique=False)
        batch_op.create_index("ix_rule_firing_ticket_id_id", ["ticket_id", "id"], unique=False)

    op.create_table(
        "rule_match",
        sa.Column("rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rule.id"], name=op.f("fk_rule_match_rule_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_rule_match_ticket_id")),
        sa.PrimaryKeyConstraint("rule_id", "ticket_id", name=op.f("pk_rule_match")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("rule_match", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_match_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "ticket_draft",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column(
            "body", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ticket_draft_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_draft_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "person_id", name=op.f("pk_ticket_draft")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_draft_person_id"), ["person_id"], unique=False)

    op.create_table(
        "ticket_presence",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("typing", sa.Boolean(), nullable=False),
        sa.Column("seen_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ticket_presence_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_presence_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "person_id", name=op.f("pk_ticket_presence")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_presence", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_presence_seen_at", ["seen_at"], unique=False)

    op.create_table(
        "ticket_reminder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("told_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_ticket_reminder_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_reminder_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_reminder")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_reminder", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_reminder_person", ["person_id", "state", "at"], unique=False)
        batch_op.create_index("ix_ticket_reminder_state_at", ["state", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_reminder_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "ticket_task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column(
            "note", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("checklist", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("done_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("done_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_ticket_task_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_ticket_task_owner_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_task_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_task")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_task", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_task_group_due", ["group_id", "done", "due_at", "id"], unique=False)
        batch_op.create_index("ix_ticket_task_owner_due", ["owner_id", "done", "due_at", "id"], unique=False)
        batch_op.create_index("ix_ticket_task_ticket_position", ["ticket_id", "position", "id"], unique=False)

    op.create_table(
        "ticket_timer",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("started_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity_type.id"], name=op.f("fk_ticket_timer_activity_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ticket_timer_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_timer_ticket_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_ticket_timer")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_timer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_timer_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "major_action",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("becomes", sa.String(length=255), nullable=False),
        sa.Column("done_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_major_action_owner_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["major_incident.ticket_id"], name=op.f("fk_major_action_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_major_action")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("major_action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_major_action_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "major_audience",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("addresses", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["major_incident.ticket_id"], name=op.f("fk_major_audience_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_major_audience")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("major_audience", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_major_audience_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "major_review",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "what_happened",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "causes", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "lessons", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("finished_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("finished_by_name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["major_incident.ticket_id"], name=op.f("fk_major_review_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_major_review")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "major_update",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_name", sa.String(length=255), nullable=False),
        sa.Column("phase", sa.String(length=255), nullable=False),
        sa.Column(
            "body", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("mailed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_major_update_author_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["major_incident.ticket_id"], name=op.f("fk_major_update_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_major_update")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("major_update", schema=None) as batch_op:
        batch_op.create_index("ix_major_update_ticket_id_id", ["ticket_id", "id"], unique=False)

    op.create_table(
        "recurrence_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=255), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.Column(
            "reason", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["recurrence_id"], ["recurrence.id"], name=op.f("fk_recurrence_run_recurrence_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_recurrence_run_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurrence_run")),
        sa.UniqueConstraint("recurrence_id", "due_at", name=op.f("uq_recurrence_run_recurrence_id_due_at")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "ticket_shared_entry",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ticket_journal.id"], name=op.f("fk_ticket_shared_entry_entry_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_shared_entry_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "entry_id", name=op.f("pk_ticket_shared_entry")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_shared_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_shared_entry_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "ticket_task_need",
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("needs_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["needs_id"], ["ticket_task.id"], name=op.f("fk_ticket_task_need_needs_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["ticket_task.id"], name=op.f("fk_ticket_task_need_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "needs_id", name=op.f("pk_ticket_task_need")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_task_need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_task_need_needs_id"), ["needs_id"], unique=False)

    op.create_table(
        "ticket_work",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=255), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity_type.id"], name=op.f("fk_ticket_work_activity_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ticket_journal.id"], name=op.f("fk_ticket_work_entry_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ticket_work_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_work_ticket_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ticket_work")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_work", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_work_at", ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_work_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "major_told",
        sa.Column(
            "update_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_major_told_ticket_id")),
        sa.ForeignKeyConstraint(["update_id"], ["major_update.id"], name=op.f("fk_major_told_update_id")),
        sa.PrimaryKeyConstraint("update_id", "ticket_id", name=op.f("pk_major_told")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("close_warned_at", itsm.kernel.db.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("is_major", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("sla_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("support_group", schema=None) as batch_op:
        batch_op.add_column(sa.Column("strategy", sa.String(length=255), server_default="none", nullable=False))

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "custom",
                sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"),
                server_default=sa.text("('{}')"),
                nullable=False,
            )
        )
        batch_op.add_column(
            sa.Column("merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_ticket_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index("ix_ticket_open_priority_due", ["unfinished", "priority", "due_at", "id"], unique=False)
        batch_op.create_index("ix_ticket_open_updated", ["unfinished", "updated_at", "id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_ticket_merged_into_id"), "ticket", ["merged_into_id"], ["id"])

    with op.batch_alter_table("ticket_attachment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("added_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index("ix_ticket_attachment_person_created", ["added_by_id", "created_at"], unique=False)

    with op.batch_alter_table("ticket_journal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retracted", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("ticket_journal", schema=None) as batch_op:
        batch_op.drop_column("retracted")

    with op.batch_alter_table("ticket_attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_attachment_person_created")
        batch_op.drop_column("added_by_id")

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_ticket_merged_into_id"), type_="foreignkey")
        batch_op.drop_index("ix_ticket_open_updated")
        batch_op.drop_index("ix_ticket_open_priority_due")
        batch_op.drop_index(batch_op.f("ix_ticket_merged_into_id"))
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("custom")

    with op.batch_alter_table("support_group", schema=None) as batch_op:
        batch_op.drop_column("strategy")

    with op.batch_alter_table("sla_step", schema=None) as batch_op:
        batch_op.drop_column("urgent")

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("is_major")
        batch_op.drop_column("close_warned_at")

    op.drop_table("major_told")
    with op.batch_alter_table("ticket_work", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_work_ticket_id"))
        batch_op.drop_index("ix_ticket_work_at")

    op.drop_table("ticket_work")
    with op.batch_alter_table("ticket_task_need", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_task_need_needs_id"))

    op.drop_table("ticket_task_need")
    with op.batch_alter_table("ticket_shared_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_shared_entry_entry_id"))

    op.drop_table("ticket_shared_entry")
    op.drop_table("recurrence_run")
    with op.batch_alter_table("major_update", schema=None) as batch_op:
        batch_op.drop_index("ix_major_update_ticket_id_id")

    op.drop_table("major_update")
    op.drop_table("major_review")
    with op.batch_alter_table("major_audience", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_major_audience_ticket_id"))

    op.drop_table("major_audience")
    with op.batch_alter_table("major_action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_major_action_ticket_id"))

    op.drop_table("major_action")
    with op.batch_alter_table("ticket_timer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_timer_ticket_id"))

    op.drop_table("ticket_timer")
    with op.batch_alter_table("ticket_task", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_task_ticket_position")
        batch_op.drop_index("ix_ticket_task_owner_due")
        batch_op.drop_index("ix_ticket_task_group_due")

    op.drop_table("ticket_task")
    with op.batch_alter_table("ticket_reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_reminder_ticket_id"))
        batch_op.drop_index("ix_ticket_reminder_state_at")
        batch_op.drop_index("ix_ticket_reminder_person")

    op.drop_table("ticket_reminder")
    with op.batch_alter_table("ticket_presence", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_presence_seen_at")

    op.drop_table("ticket_presence")
    with op.batch_alter_table("ticket_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_draft_person_id"))

    op.drop_table("ticket_draft")
    with op.batch_alter_table("rule_match", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rule_match_ticket_id"))

    op.drop_table("rule_match")
    with op.batch_alter_table("rule_firing", schema=None) as batch_op:
        batch_op.drop_index("ix_rule_firing_ticket_id_id")
        batch_op.drop_index("ix_rule_firing_rule_id_id")
        batch_op.drop_index("ix_rule_firing_at")

    op.drop_table("rule_firing")
    with op.batch_alter_table("recurrence", schema=None) as batch_op:
        batch_op.drop_index("ix_recurrence_due")

    op.drop_table("recurrence")
    with op.batch_alter_table("major_incident", schema=None) as batch_op:
        batch_op.drop_index("ix_major_incident_phase")

    op.drop_table("major_incident")
    op.drop_table("task_template")
    with op.batch_alter_table("rota_override", schema=None) as batch_op:
        batch_op.drop_index("ix_rota_override_rota_id_until_at")

    op.drop_table("rota_override")
    with op.batch_alter_table("rota_note", schema=None) as batch_op:
        batch_op.drop_index("ix_rota_note_rota_id_id")

    op.drop_table("rota_note")
    op.drop_table("rota_member")
    with op.batch_alter_table("category_skill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_category_skill_skill_id"))

    op.drop_table("category_skill")
    op.drop_table("ticket_template")
    with op.batch_alter_table("sla_group_hours", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sla_group_hours_calendar_id"))

    op.drop_table("sla_group_hours")
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.drop_index("ix_saved_view_scope_group_id")
        batch_op.drop_index(batch_op.f("ix_saved_view_owner_id"))

    op.drop_table("saved_view")
    with op.batch_alter_table("rota", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rota_group_id"))

    op.drop_table("rota")
    op.drop_table("macro")
    op.drop_table("canned_reply")
    op.drop_table("assignment_turn")
    op.drop_table("work_limit")
    with op.batch_alter_table("sla_person_hours", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sla_person_hours_calendar_id"))

    op.drop_table("sla_person_hours")
    with op.batch_alter_table("rule", schema=None) as batch_op:
        batch_op.drop_index("ix_rule_next_at")

    op.drop_table("rule")
    with op.batch_alter_table("person_skill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_skill_skill_id"))

    op.drop_table("person_skill")
    with op.batch_alter_table("login_tries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_tries_failed_at"))

    op.drop_table("login_tries")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_person_id"))
        batch_op.drop_index(batch_op.f("ix_login_session_created_at"))

    op.drop_table("login_session")
    op.drop_table("desk_choice")
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.drop_index("ix_absence_until_at")
        batch_op.drop_index("ix_absence_person_id_until_at")

    op.drop_table("absence")
    with op.batch_alter_table("field_value", schema=None) as batch_op:
        batch_op.drop_index("ix_field_value_text")
        batch_op.drop_index("ix_field_value_record")
        batch_op.drop_index("ix_field_value_number")
        batch_op.drop_index("ix_field_value_at")

    op.drop_table("field_value")
    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.drop_index("ix_undo_person_id_id")
        batch_op.drop_index("ix_undo_expires_at")

    op.drop_table("undo")
    op.drop_table("skill")
    with op.batch_alter_table("major_candidate", schema=None) as batch_op:
        batch_op.drop_index("ix_major_candidate_state")

    op.drop_table("major_candidate")
    op.drop_table("lifecycle_version")
    op.drop_table("field_definition")
    op.drop_table("activity_type")
