"""Intake by form: drafts of packets with their files, what a sender does not have, and zips sent many at once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_KINDS = (
    "'sponsor_identity', 'household_identity', 'caregiver_identity', 'child_identity', 'proof_of_address',"
    " 'proof_of_relationship', 'proof_of_income', 'release_authorization', 'sponsor_care_agreement',"
    " 'home_study_report', 'legal_guardianship', 'other'"
)


def upgrade() -> None:
    op.create_index("application_of_sender", "application", ["submitted_by", "submitted_at"])
    _drafts()
    _not_at_hand()
    _batches()


def _drafts() -> None:
    op.create_table(
        "packet_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed_answers", sa.LargeBinary(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'abandoned')", name="packet_draft_state_known"),
        sa.CheckConstraint(
            "(state = 'submitted') = (application_id IS NOT NULL)", name="packet_draft_submitted_is_somewhere"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("packet_draft_of_owner", "packet_draft", ["owner_id", "saved_at"])
    op.create_index(op.f("ix_packet_draft_application_id"), "packet_draft", ["application_id"], unique=False)
    op.create_table(
        "packet_draft_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("sharpness", sa.Float(), nullable=True),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("removed_at", _MOMENT, nullable=True),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="packet_draft_file_kind_known"),
        sa.CheckConstraint(
            "seen IN ('legible', 'blurred', 'blank', 'not_looked_at')", name="packet_draft_file_seen_known"
        ),
        sa.ForeignKeyConstraint(["draft_id"], ["packet_draft.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_packet_draft_file_draft_id"), "packet_draft_file", ["draft_id"], unique=False)


def _not_at_hand() -> None:
    op.create_table(
        "paper_not_at_hand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["said_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_paper_not_at_hand_application_id"), "paper_not_at_hand", ["application_id"], unique=False
    )
    op.execute(
        "CREATE TRIGGER paper_not_at_hand_kept BEFORE UPDATE OR DELETE ON paper_not_at_hand"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER paper_not_at_hand_not_emptied BEFORE TRUNCATE ON paper_not_at_hand"
        " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
    )


def _batches() -> None:
    op.create_table(
        "packet_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sent_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("packet_batch_of_sender", "packet_batch", ["sent_by", "at"])
    op.create_table(
        "packet_batch_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'new', 'amended', 'unchanged', 'problems', 'failed')",
            name="packet_batch_row_state_known",
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)", name="packet_batch_row_ends_with_time"
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["packet_batch.id"]),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("batch_id", "number", name="packet_batch_row_once"),
    )
    op.create_index(op.f("ix_packet_batch_row_batch_id"), "packet_batch_row", ["batch_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
