"""Foundation: every table of the first release, and the full-text index.

Revision: 0001, after
"""

import itsm.kernel.db
import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.dialects.postgresql import JSONB

from migrations import full_text


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_name", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=255), nullable=False),
        sa.Column("subject_kind", sa.String(length=255), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changes", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=255), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("chain", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("number", name=op.f("uq_audit_entry_number")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_subject", ["subject_kind", "subject_id", "id"], unique=False)

    op.create_table(
        "background_task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("progress", sa.String(length=255), nullable=False),
        sa.Column("result", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=True),
        sa.Column(
            "error", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("requested_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("beat_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("finished_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_task")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("background_task", schema=None) as batch_op:
        batch_op.create_index("ix_background_task_state", ["state", "id"], unique=False)

    op.create_table(
        "ci_class",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("abstract", sa.Boolean(), nullable=False),
        sa.Column("icon", sa.String(length=255), nullable=False),
        sa.Column("attributes", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("shown_to_requesters", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["ci_class.id"], name=op.f("fk_ci_class_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci_class")),
        sa.UniqueConstraint("key", name=op.f("uq_ci_class_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "ci_relation_type",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("forward", sa.String(length=255), nullable=False),
        sa.Column("backward", sa.String(length=255), nullable=False),
        sa.Column("impact", sa.String(length=20), nullable=False),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.CheckConstraint("effect IN ('stops', 'degrades', 'redundant')", name=op.f("ck_ci_relation_type_effect")),
        sa.CheckConstraint(
            "impact IN ('to_source', 'to_target', 'both', 'none')", name=op.f("ck_ci_relation_type_impact")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ci_relation_type")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "external_reference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("system", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_reference")),
        sa.UniqueConstraint(
            "kind", "system", "external_id", name=op.f("uq_external_reference_kind_system_external_id")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_sha256", sa.String(length=255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column(
            "body", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("etag", sa.String(length=255), nullable=False),
        sa.Column("location", sa.String(length=255), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_key_created_at"), ["created_at"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job", sa.String(length=255), nullable=False),
        sa.Column("worker", sa.String(length=255), nullable=False),
        sa.Column("started_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column(
            "error", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_job_started_at", ["job", "started_at"], unique=False)

    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("holder", sa.String(length=255), nullable=False),
        sa.Column("expires_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_path"), ["path"], unique=False)

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("recipient", sa.String(length=255), nullable=False),
        sa.Column("event_key", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column(
            "last_error",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("event_key", name=op.f("uq_outbox_message_event_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_message_recipient_created_at", ["recipient", "created_at"], unique=False)
        batch_op.create_index("ix_outbox_message_state_next_at", ["state", "next_at"], unique=False)

    op.create_table(
        "preference",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("value", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_preference")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("name", name=op.f("uq_role_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "search_document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "words", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_document")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("search_document", schema=None) as batch_op:
        batch_op.create_index("uq_search_document_record", ["kind", "record_id"], unique=True)

    op.create_table(
        "site",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("timezone", sa.String(length=255), nullable=False),
        sa.Column("city", sa.String(length=255), nullable=False),
        sa.Column("country", sa.String(length=255), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("name", name=op.f("uq_site_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "sla_calendar",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("timezone", sa.String(length=255), nullable=False),
        sa.Column("definition", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_calendar")),
        sa.UniqueConstraint("name", name=op.f("uq_sla_calendar_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "snmp_credential",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("snmp_version", sa.String(length=255), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("auth_protocol", sa.String(length=255), nullable=False),
        sa.Column("priv_protocol", sa.String(length=255), nullable=False),
        sa.Column("context", sa.String(length=255), nullable=False),
        sa.Column(
            "sealed", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snmp_credential")),
        sa.UniqueConstraint("name", name=op.f("uq_snmp_credential_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(length=255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_stored_file")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "thread_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "message_id",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("message_id_sha256", sa.String(length=255), nullable=False),
        sa.Column("received_by", sa.String(length=255), nullable=False),
        sa.Column("participants", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_message")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("thread_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thread_message_message_id_sha256"), ["message_id_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_thread_message_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("manager_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(length=255), nullable=False),
        sa.Column("timezone", sa.String(length=255), nullable=False),
        sa.Column("theme", sa.String(length=255), nullable=False),
        sa.Column("vip", sa.Boolean(), nullable=False),
        sa.Column("sees_colleagues", sa.Boolean(), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=255), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("mail_failed_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("access_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("fk_person_manager_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_person_organisation_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_person_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_person_fs_uniquifier")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index("ix_person_name_key", ["name_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_phone"), ["phone"], unique=False)

    op.create_table(
        "scan_range",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "network", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "exclusions",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("credential_ids", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("packets_per_second", sa.Integer(), nullable=False),
        sa.Column("every_hours", sa.Integer(), nullable=False),
        sa.Column("allow_public", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_run_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("current_run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_scan_range_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_range")),
        sa.UniqueConstraint("name", name=op.f("uq_scan_range_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "sla_agreement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "condition", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pause_response", sa.Boolean(), nullable=False),
        sa.Column("reopen_counts", sa.Boolean(), nullable=False),
        sa.Column("target_change", sa.String(length=255), nullable=False),
        sa.Column("valid_from", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("valid_to", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("terms_id", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["sla_calendar.id"], name=op.f("fk_sla_agreement_calendar_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sla_agreement_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_agreement")),
        sa.UniqueConstraint("name", name=op.f("uq_sla_agreement_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("sla_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sla_agreement_calendar_id"), ["calendar_id"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("token_sha256", sa.String(length=255), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("last_used_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_token_token_sha256")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_kind", sa.String(length=255), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=255), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("asked_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint("quorum >= 1", name=op.f("ck_approval_quorum")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_approval_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.create_index("ix_approval_subject", ["subject_kind", "subject_id", "id"], unique=False)

    op.create_table(
        "change_model",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "plan", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "test_plan", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "backout_plan",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_change_model_approved_by_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_change_model_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_model")),
        sa.UniqueConstraint("name", name=op.f("uq_change_model_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "person_role",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_role_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_person_role_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "role_id", name=op.f("pk_person_role")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "scan_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("range_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "targets", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("requested_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("requested_by_name", sa.String(length=255), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("started_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("finished_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("scanned", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column(
            "error", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["range_id"], ["scan_range.id"], name=op.f("fk_scan_run_range_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name=op.f("fk_scan_run_requested_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_run")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("scan_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scan_run_range_id"), ["range_id"], unique=False)
        batch_op.create_index("ix_scan_run_state", ["state", "id"], unique=False)

    op.create_table(
        "scan_target",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("range_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("last_ok_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("fail_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["snmp_credential.id"], name=op.f("fk_scan_target_credential_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["range_id"], ["scan_range.id"], name=op.f("fk_scan_target_range_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_target")),
        sa.UniqueConstraint("address", name=op.f("uq_scan_target_address")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "sla_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("actions", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla_agreement.id"], name=op.f("fk_sla_step_agreement_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_step")),
        sa.UniqueConstraint("agreement_id", "metric", "percent", name=op.f("uq_sla_step_agreement_id_metric_percent")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "sla_target",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_sla_target_priority")),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_sla_target_seconds")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla_agreement.id"], name=op.f("fk_sla_target_agreement_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_target")),
        sa.UniqueConstraint(
            "agreement_id", "metric", "priority", name=op.f("uq_sla_target_agreement_id_metric_priority")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "sla_terms",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla_agreement.id"], name=op.f("fk_sla_terms_agreement_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_terms")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("sla_terms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sla_terms_agreement_id"), ["agreement_id"], unique=False)

    op.create_table(
        "support_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("manager_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("escalates_to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_support_group_level")),
        sa.ForeignKeyConstraint(
            ["escalates_to_id"], ["support_group.id"], name=op.f("fk_support_group_escalates_to_id")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("fk_support_group_manager_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_group")),
        sa.UniqueConstraint("name", name=op.f("uq_support_group_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "approval_vote",
        sa.Column("approval_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("vote", sa.String(length=255), nullable=True),
        sa.Column(
            "reason", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("voted_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_approval_vote_approval_id")),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_approval_vote_approver_id")),
        sa.PrimaryKeyConstraint("approval_id", "approver_id", name=op.f("pk_approval_vote")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("approval_vote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_vote_approver_id"), ["approver_id"], unique=False)

    op.create_table(
        "ci",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("class_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("class_key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("serial", sa.String(length=255), nullable=False),
        sa.Column("criticality", sa.SmallInteger(), nullable=False),
        sa.Column("attributes", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("last_seen_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("criticality BETWEEN 1 AND 4", name=op.f("ck_ci_criticality")),
        sa.ForeignKeyConstraint(["class_id"], ["ci_class.id"], name=op.f("fk_ci_class_id")),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_ci_group_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_ci_organisation_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_ci_owner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_ci_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ci", schema=None) as batch_op:
        batch_op.create_index("ix_ci_class", ["class_id", "id"], unique=False)
        batch_op.create_index("ix_ci_class_name", ["class_key", "name_key", "id"], unique=False)
        batch_op.create_index("ix_ci_name_key_id", ["name_key", "id"], unique=False)
        batch_op.create_index("ix_ci_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ci_serial"), ["serial"], unique=False)
        batch_op.create_index("ix_ci_state_name", ["state", "name_key", "id"], unique=False)

    op.create_table(
        "group_member",
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["support_group.id"], name=op.f("fk_group_member_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_group_member_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", name=op.f("pk_group_member")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_member_person_id"), ["person_id"], unique=False)

    op.create_table(
        "mailbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(length=255), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column(
            "password_encrypted",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("folder", sa.String(length=255), nullable=False),
        sa.Column("archive_folder", sa.String(length=255), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("accepts_unknown", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_polled_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column(
            "last_error",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_mailbox_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("name", name=op.f("uq_mailbox_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailbox_address"), ["address"], unique=False)

    op.create_table(
        "scan_result",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column(
            "text", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.ForeignKeyConstraint(["run_id"], ["scan_run.id"], name=op.f("fk_scan_result_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_result")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("scan_result", schema=None) as batch_op:
        batch_op.create_index("ix_scan_result_run_id", ["run_id", "id"], unique=False)

    op.create_table(
        "ticket_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_ticket_category_group_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["ticket_category.id"], name=op.f("fk_ticket_category_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_category")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_category", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_category_path"), ["path"], unique=False)

    op.create_table(
        "asset",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("manufacturer", sa.String(length=255), nullable=False),
        sa.Column("serial", sa.String(length=255), nullable=False),
        sa.Column("serial_key", sa.String(length=255), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("stock_state", sa.String(length=255), nullable=False),
        sa.Column("disposal", sa.String(length=255), nullable=False),
        sa.Column("certificate", sa.String(length=255), nullable=False),
        sa.Column("supplier", sa.String(length=255), nullable=False),
        sa.Column("order_number", sa.String(length=255), nullable=False),
        sa.Column("purchased_on", sa.Date(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=255), nullable=False),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "notes", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_asset_price")),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_asset_ci_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_asset_organisation_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_asset_owner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_asset_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("tag", name=op.f("uq_asset_tag")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asset_ci_id"), ["ci_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_name_key"), ["name_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_serial_key"), ["serial_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_site_id"), ["site_id"], unique=False)
        batch_op.create_index("ix_asset_state", ["state", "tag"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_warranty_until"), ["warranty_until"], unique=False)

    op.create_table(
        "ci_fact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("confidence", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_ci_fact_ci_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci_fact")),
        sa.UniqueConstraint("ci_id", "attribute", "source", name=op.f("uq_ci_fact_ci_id_attribute_source")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "ci_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("strong_key", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_ci_key_ci_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci_key")),
        sa.UniqueConstraint("ci_id", "kind", "value", name=op.f("uq_ci_key_ci_id_kind_value")),
        sa.UniqueConstraint("strong_key", name=op.f("uq_ci_key_strong_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ci_key", schema=None) as batch_op:
        batch_op.create_index("ix_ci_key_kind_value", ["kind", "value"], unique=False)

    op.create_table(
        "ci_relation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type_key", sa.String(length=60), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("first_seen_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["ci.id"], name=op.f("fk_ci_relation_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["ci.id"], name=op.f("fk_ci_relation_target_id")),
        sa.ForeignKeyConstraint(["type_key"], ["ci_relation_type.key"], name=op.f("fk_ci_relation_type_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci_relation")),
        sa.UniqueConstraint(
            "source_id", "target_id", "type_key", name=op.f("uq_ci_relation_source_id_target_id_type_key")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ci_relation", schema=None) as batch_op:
        batch_op.create_index("ix_ci_relation_target", ["target_id", "type_key", "source_id"], unique=False)

    op.create_table(
        "device_record",
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("chassis_id", sa.String(length=255), nullable=True),
        sa.Column("weak_key", sa.String(length=255), nullable=True),
        sa.Column("interfaces", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("seen_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_device_record_ci_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ci_id", name=op.f("pk_device_record")),
        sa.UniqueConstraint("weak_key", name=op.f("uq_device_record_weak_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("device_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_record_chassis_id"), ["chassis_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_record_name"), ["name"], unique=False)

    op.create_table(
        "inventory_agent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.Column("agent_version", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("is_duplicated", sa.Boolean(), nullable=False),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("last_contact_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("document_sha256", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_inventory_agent_ci_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_agent")),
        sa.UniqueConstraint("source_id", name=op.f("uq_inventory_agent_source_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("inventory_agent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inventory_agent_ci_id"), ["ci_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inventory_agent_document_sha256"), ["document_sha256"], unique=False)

    op.create_table(
        "inventory_snapshot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("taken_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("changes", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("change_count", sa.Integer(), nullable=False),
        sa.Column("changed_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("serial", sa.String(length=255), nullable=False),
        sa.Column("serial_source", sa.String(length=255), nullable=False),
        sa.Column("maker", sa.String(length=255), nullable=False),
        sa.Column("uuid", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_inventory_snapshot_ci_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_snapshot")),
        sa.UniqueConstraint("ci_id", name=op.f("uq_inventory_snapshot_ci_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "neighbour_sighting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("neighbour_ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("digest", sa.String(length=255), nullable=False),
        sa.Column("protocol", sa.String(length=255), nullable=False),
        sa.Column("local_port", sa.String(length=255), nullable=False),
        sa.Column("chassis_id", sa.String(length=255), nullable=False),
        sa.Column("port", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column(
            "description",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("seen_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_neighbour_sighting_ci_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["neighbour_ci_id"], ["ci.id"], name=op.f("fk_neighbour_sighting_neighbour_ci_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_neighbour_sighting")),
        sa.UniqueConstraint("ci_id", "digest", name=op.f("uq_neighbour_sighting_ci_id_digest")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("neighbour_sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_neighbour_sighting_chassis_id"), ["chassis_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_neighbour_sighting_neighbour_ci_id"), ["neighbour_ci_id"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column(
            "description",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("state_category", sa.String(length=255), nullable=False),
        sa.Column("unfinished", sa.SmallInteger(), nullable=False),
        sa.Column("impact", sa.SmallInteger(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("priority_reason", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("assignment_reason", sa.String(length=255), nullable=False),
        sa.Column("hold_reason", sa.String(length=255), nullable=False),
        sa.Column("wake_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("resolution_code", sa.String(length=255), nullable=False),
        sa.Column(
            "resolution",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("reassignments", sa.Integer(), nullable=False),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("responded_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("resolved_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("due_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("due_from_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("due_left_seconds", sa.Integer(), nullable=True),
        sa.Column("due_target_seconds", sa.Integer(), nullable=True),
        sa.Column("due_state", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("impact BETWEEN 1 AND 4", name=op.f("ck_ticket_impact")),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_ticket_priority")),
        sa.CheckConstraint("urgency BETWEEN 1 AND 4", name=op.f("ck_ticket_urgency")),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_ticket_assignee_id")),
        sa.ForeignKeyConstraint(["category_id"], ["ticket_category.id"], name=op.f("fk_ticket_category_id")),
        sa.ForeignKeyConstraint(["group_id"], ["support_group.id"], name=op.f("fk_ticket_group_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_ticket_opened_by_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_ticket_organisation_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_ticket_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_kind_created", ["kind", "created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_ticket_open_assignee_due", ["unfinished", "assignee_id", "due_at", "id"], unique=False
        )
        batch_op.create_index("ix_ticket_open_category", ["unfinished", "state_category"], unique=False)
        batch_op.create_index("ix_ticket_open_due", ["unfinished", "due_at", "id"], unique=False)
        batch_op.create_index("ix_ticket_open_due_state", ["unfinished", "due_state"], unique=False)
        batch_op.create_index("ix_ticket_open_group_due", ["unfinished", "group_id", "due_at", "id"], unique=False)
        batch_op.create_index("ix_ticket_open_level", ["unfinished", "level"], unique=False)
        batch_op.create_index("ix_ticket_organisation", ["organisation_id", "id"], unique=False)
        batch_op.create_index("ix_ticket_requester", ["requester_id", "id"], unique=False)
        batch_op.create_index("ix_ticket_state_resolved", ["state_category", "resolved_at"], unique=False)
        batch_op.create_index("ix_ticket_wake", ["unfinished", "wake_at"], unique=False)

    op.create_table(
        "change_record",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("change_type", sa.String(length=255), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "reason", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "plan", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "test_plan", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column(
            "backout_plan",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("planned_start_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("planned_end_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("risk_level", sa.String(length=255), nullable=False),
        sa.Column(
            "risk_reason",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("outage_expected", sa.Boolean(), nullable=False),
        sa.Column("approver_ids", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("touched_services", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.Column("touched_people", sa.Integer(), nullable=False),
        sa.Column("review_outcome", sa.String(length=255), nullable=False),
        sa.Column(
            "review_notes",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "change_type IN ('normal', 'standard', 'emergency')", name=op.f("ck_change_record_change_type")
        ),
        sa.CheckConstraint("risk_level IN ('low', 'medium', 'high')", name=op.f("ck_change_record_risk_level")),
        sa.ForeignKeyConstraint(["model_id"], ["change_model.id"], name=op.f("fk_change_record_model_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_change_record_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_change_record")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("change_record", schema=None) as batch_op:
        batch_op.create_index("ix_change_record_window", ["planned_start_at", "planned_end_at"], unique=False)

    op.create_table(
        "incident",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reopened_from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_contact", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["reopened_from_id"], ["ticket.id"], name=op.f("fk_incident_reopened_from_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_incident_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_incident")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "incoming_mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unique_key", sa.String(length=255), nullable=False),
        sa.Column(
            "message_id",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("sha256", sa.String(length=255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column(
            "detail", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("received_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_incoming_mail_mailbox_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_incoming_mail_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_mail")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_incoming_mail_unique_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("incoming_mail", schema=None) as batch_op:
        batch_op.create_index("ix_incoming_mail_state_id", ["state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_mail_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "inventory_body",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=255), nullable=False),
        sa.Column("header_agent_id", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column(
            "reason", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["inventory_agent.id"], name=op.f("fk_inventory_body_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_body")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("inventory_body", schema=None) as batch_op:
        batch_op.create_index("ix_inventory_body_agent", ["agent_id", "sha256"], unique=False)
        batch_op.create_index("ix_inventory_body_state", ["state", "id"], unique=False)

    op.create_table(
        "problem",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "root_cause",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "workaround",
            sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("known_error", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_problem_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_problem")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_known_error"), ["known_error"], unique=False)

    op.create_table(
        "sla_clock",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("target_seconds", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("started_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("due_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("stopped_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("breached_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("elapsed_seconds", sa.Integer(), nullable=False),
        sa.Column("remaining_seconds", sa.Integer(), nullable=True),
        sa.Column("next_step_at", itsm.kernel.db.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("terms", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["sla_agreement.id"], name=op.f("fk_sla_clock_agreement_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_sla_clock_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_clock")),
        sa.UniqueConstraint("ticket_id", "metric", "generation", name=op.f("uq_sla_clock_ticket_id_metric_generation")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("sla_clock", schema=None) as batch_op:
        batch_op.create_index("ix_sla_clock_agreement_due_at", ["agreement_id", "due_at"], unique=False)
        batch_op.create_index("ix_sla_clock_ended_at", ["ended_at", "agreement_id"], unique=False)
        batch_op.create_index("ix_sla_clock_next_step_at", ["next_step_at"], unique=False)

    op.create_table(
        "sla_fired_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("fired_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_sla_fired_step_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_fired_step")),
        sa.UniqueConstraint(
            "ticket_id",
            "metric",
            "generation",
            "percent",
            name=op.f("uq_sla_fired_step_ticket_id_metric_generation_percent"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "ticket_ci",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ci_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ci_id"], ["ci.id"], name=op.f("fk_ticket_ci_ci_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_ci_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "ci_id", name=op.f("pk_ticket_ci")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_ci", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_ci_ci_id"), ["ci_id"], unique=False)

    op.create_table(
        "ticket_journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_name", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column(
            "body", sa.Text().with_variant(LONGTEXT(), "mariadb").with_variant(LONGTEXT(), "mysql"), nullable=False
        ),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("by_requester", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.JSON().with_variant(JSONB(astext_type=Text()), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_journal_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_journal")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_journal", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_journal_at", ["at"], unique=False)
        batch_op.create_index("ix_ticket_journal_ticket_id_id", ["ticket_id", "id"], unique=False)

    op.create_table(
        "ticket_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.String(length=255), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["ticket.id"], name=op.f("fk_ticket_link_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["ticket.id"], name=op.f("fk_ticket_link_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_link")),
        sa.UniqueConstraint(
            "source_id", "target_id", "relation", name=op.f("uq_ticket_link_source_id_target_id_relation")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_link_target_id"), ["target_id"], unique=False)

    op.create_table(
        "ticket_watcher",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ticket_watcher_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_watcher_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "person_id", name=op.f("pk_ticket_watcher")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_watcher", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_watcher_person_id"), ["person_id"], unique=False)

    op.create_table(
        "ticket_attachment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=255), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("content_id", sa.String(length=255), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("created_at", itsm.kernel.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["journal_id"], ["ticket_journal.id"], name=op.f("fk_ticket_attachment_journal_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_attachment_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_attachment")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("ticket_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_attachment_ticket_id"), ["ticket_id"], unique=False)
    full_text.create()


def downgrade() -> None:
    with op.batch_alter_table("ticket_attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_attachment_ticket_id"))

    op.drop_table("ticket_attachment")
    with op.batch_alter_table("ticket_watcher", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_watcher_person_id"))

    op.drop_table("ticket_watcher")
    with op.batch_alter_table("ticket_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_link_target_id"))

    op.drop_table("ticket_link")
    with op.batch_alter_table("ticket_journal", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_journal_ticket_id_id")
        batch_op.drop_index("ix_ticket_journal_at")

    op.drop_table("ticket_journal")
    with op.batch_alter_table("ticket_ci", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_ci_ci_id"))

    op.drop_table("ticket_ci")
    op.drop_table("sla_fired_step")
    with op.batch_alter_table("sla_clock", schema=None) as batch_op:
        batch_op.drop_index("ix_sla_clock_next_step_at")
        batch_op.drop_index("ix_sla_clock_ended_at")
        batch_op.drop_index("ix_sla_clock_agreement_due_at")

    op.drop_table("sla_clock")
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_problem_known_error"))

    op.drop_table("problem")
    with op.batch_alter_table("inventory_body", schema=None) as batch_op:
        batch_op.drop_index("ix_inventory_body_state")
        batch_op.drop_index("ix_inventory_body_agent")

    op.drop_table("inventory_body")
    with op.batch_alter_table("incoming_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incoming_mail_ticket_id"))
        batch_op.drop_index("ix_incoming_mail_state_id")

    op.drop_table("incoming_mail")
    op.drop_table("incident")
    with op.batch_alter_table("change_record", schema=None) as batch_op:
        batch_op.drop_index("ix_change_record_window")

    op.drop_table("change_record")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_wake")
        batch_op.drop_index("ix_ticket_state_resolved")
        batch_op.drop_index("ix_ticket_requester")
        batch_op.drop_index("ix_ticket_organisation")
        batch_op.drop_index("ix_ticket_open_level")
        batch_op.drop_index("ix_ticket_open_group_due")
        batch_op.drop_index("ix_ticket_open_due_state")
        batch_op.drop_index("ix_ticket_open_due")
        batch_op.drop_index("ix_ticket_open_category")
        batch_op.drop_index("ix_ticket_open_assignee_due")
        batch_op.drop_index("ix_ticket_kind_created")

    op.drop_table("ticket")
    with op.batch_alter_table("neighbour_sighting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_neighbour_sighting_neighbour_ci_id"))
        batch_op.drop_index(batch_op.f("ix_neighbour_sighting_chassis_id"))

    op.drop_table("neighbour_sighting")
    op.drop_table("inventory_snapshot")
    with op.batch_alter_table("inventory_agent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inventory_agent_document_sha256"))
        batch_op.drop_index(batch_op.f("ix_inventory_agent_ci_id"))

    op.drop_table("inventory_agent")
    with op.batch_alter_table("device_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_record_name"))
        batch_op.drop_index(batch_op.f("ix_device_record_chassis_id"))

    op.drop_table("device_record")
    with op.batch_alter_table("ci_relation", schema=None) as batch_op:
        batch_op.drop_index("ix_ci_relation_target")

    op.drop_table("ci_relation")
    with op.batch_alter_table("ci_key", schema=None) as batch_op:
        batch_op.drop_index("ix_ci_key_kind_value")

    op.drop_table("ci_key")
    op.drop_table("ci_fact")
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_asset_warranty_until"))
        batch_op.drop_index("ix_asset_state")
        batch_op.drop_index(batch_op.f("ix_asset_site_id"))
        batch_op.drop_index(batch_op.f("ix_asset_serial_key"))
        batch_op.drop_index(batch_op.f("ix_asset_owner_id"))
        batch_op.drop_index(batch_op.f("ix_asset_name_key"))
        batch_op.drop_index(batch_op.f("ix_asset_ci_id"))

    op.drop_table("asset")
    with op.batch_alter_table("ticket_category", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_category_path"))

    op.drop_table("ticket_category")
    with op.batch_alter_table("scan_result", schema=None) as batch_op:
        batch_op.drop_index("ix_scan_result_run_id")

    op.drop_table("scan_result")
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailbox_address"))

    op.drop_table("mailbox")
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_member_person_id"))

    op.drop_table("group_member")
    with op.batch_alter_table("ci", schema=None) as batch_op:
        batch_op.drop_index("ix_ci_state_name")
        batch_op.drop_index(batch_op.f("ix_ci_serial"))
        batch_op.drop_index("ix_ci_owner")
        batch_op.drop_index("ix_ci_name_key_id")
        batch_op.drop_index("ix_ci_class_name")
        batch_op.drop_index("ix_ci_class")

    op.drop_table("ci")
    with op.batch_alter_table("approval_vote", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_vote_approver_id"))

    op.drop_table("approval_vote")
    op.drop_table("support_group")
    with op.batch_alter_table("sla_terms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sla_terms_agreement_id"))

    op.drop_table("sla_terms")
    op.drop_table("sla_target")
    op.drop_table("sla_step")
    op.drop_table("scan_target")
    with op.batch_alter_table("scan_run", schema=None) as batch_op:
        batch_op.drop_index("ix_scan_run_state")
        batch_op.drop_index(batch_op.f("ix_scan_run_range_id"))

    op.drop_table("scan_run")
    op.drop_table("person_role")
    op.drop_table("change_model")
    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.drop_index("ix_approval_subject")

    op.drop_table("approval")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_person_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("sla_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sla_agreement_calendar_id"))

    op.drop_table("sla_agreement")
    op.drop_table("scan_range")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_phone"))
        batch_op.drop_index(batch_op.f("ix_person_organisation_id"))
        batch_op.drop_index("ix_person_name_key")

    op.drop_table("person")
    with op.batch_alter_table("thread_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thread_message_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_thread_message_message_id_sha256"))

    op.drop_table("thread_message")
    op.drop_table("stored_file")
    op.drop_table("snmp_credential")
    op.drop_table("sla_calendar")
    op.drop_table("site")
    with op.batch_alter_table("search_document", schema=None) as batch_op:
        batch_op.drop_index("uq_search_document_record")

    op.drop_table("search_document")
    op.drop_table("role")
    op.drop_table("preference")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_message_state_next_at")
        batch_op.drop_index("ix_outbox_message_recipient_created_at")

    op.drop_table("outbox_message")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_path"))

    op.drop_table("organisation")
    op.drop_table("lease")
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index("ix_job_run_job_started_at")

    op.drop_table("job_run")
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_key_created_at"))

    op.drop_table("idempotency_key")
    op.drop_table("external_reference")
    op.drop_table("ci_relation_type")
    op.drop_table("ci_class")
    with op.batch_alter_table("background_task", schema=None) as batch_op:
        batch_op.drop_index("ix_background_task_state")

    op.drop_table("background_task")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_subject")

    op.drop_table("audit_entry")
