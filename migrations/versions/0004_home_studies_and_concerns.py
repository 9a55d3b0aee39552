"""Home studies with their reports, offers of services, special concerns, what people did by hand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = ("prs_offer", "concern", "manual_item")


def upgrade() -> None:
    op.create_table(
        "home_study",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("triggers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("report_file_id", sa.Uuid(), nullable=True),
        sa.Column("override_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("override_by", sa.Uuid(), nullable=True),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('tvpra', 'orr', 'discretionary')", name="home_study_kind_known"),
        sa.CheckConstraint(
            "result IS NULL OR result IN ('positive', 'negative')", name="home_study_result_known"
        ),
        sa.CheckConstraint(
            "(received_at IS NULL) = (result IS NULL) AND (received_at IS NULL) = (report_file_id IS NULL)"
            " AND (received_at IS NULL) = (received_by IS NULL)",
            name="home_study_received_with_report_and_result",
        ),
        sa.CheckConstraint(
            "override_by IS NULL OR (result = 'negative' AND override_at IS NOT NULL"
            " AND override_reason IS NOT NULL)",
            name="home_study_override_needs_reason",
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["ordered_by"], ["staff.id"]),
        sa.ForeignKeyConstraint(["received_by"], ["staff.id"]),
        sa.ForeignKeyConstraint(["report_file_id"], ["document_file.id"]),
        sa.ForeignKeyConstraint(["override_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "number", name="home_study_number"),
    )
    op.create_index(op.f("ix_home_study_application_id"), "home_study", ["application_id"], unique=False)
    op.create_index(
        "home_study_one_open",
        "home_study",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("received_at IS NULL"),
    )
    op.create_table(
        "prs_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("offered_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("answer IN ('accepted', 'declined')", name="prs_offer_answer_known"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["offered_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_prs_offer_application_id"), "prs_offer", ["application_id"], unique=False)
    op.create_table(
        "concern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["raised_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_concern_application_id"), "concern", ["application_id"], unique=False)
    op.create_table(
        "manual_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person_key", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("evidence_file_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_custody", sa.LargeBinary(), nullable=False),
        sa.Column("samples_destroyed_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("item IN ('dna', 'in_person_identity')", name="manual_item_known"),
        sa.CheckConstraint("result IN ('confirmed', 'failed')", name="manual_item_result_known"),
        sa.CheckConstraint(
            "item <> 'dna' OR samples_destroyed_on IS NOT NULL", name="manual_item_samples_are_destroyed"
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["evidence_file_id"], ["document_file.id"]),
        sa.ForeignKeyConstraint(["recorded_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_manual_item_application_id"), "manual_item", ["application_id"], unique=False)
    op.add_column("background_check", sa.Column("disposition", sa.String(), nullable=True))
    op.add_column("background_check", sa.Column("evidence_file_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "background_check_evidence", "background_check", "document_file", ["evidence_file_id"], ["id"]
    )
    op.create_check_constraint(
        "check_disposition_known",
        "background_check",
        "disposition IS NULL OR disposition IN ('resolved', 'unresolved')",
    )
    for table in _KEPT:
        _keep(table, "UPDATE OR DELETE")
    _keep("home_study", "DELETE")


def _keep(table: str, events: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE {events} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
