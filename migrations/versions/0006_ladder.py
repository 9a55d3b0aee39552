"""The ladder: stages, questions, waived review, consultation, denial letters, appeals, reviews, amendments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STAGES = (
    "cm_initiated",
    "cc_review",
    "cm_further_information",
    "ffs_review",
    "case_consultation",
    "hs_requested",
    "hs_completed_cm_review",
    "hs_completed_cc_review",
    "hs_completed_ffs_review",
    "dnf_generated",
    "completed",
    "inactive",
)
# Where each application stands, from what its row and its opinions say.
_STAGE_NOW = """
UPDATE application a SET stage = CASE
    WHEN a.state = 'withdrawn' THEN 'inactive'
    WHEN a.state IN ('denied', 'released') THEN 'completed'
    WHEN a.state = 'approved' THEN 'dnf_generated'
    WHEN a.home_study_ordered_at IS NOT NULL AND a.home_study_received_at IS NULL THEN 'hs_requested'
    WHEN a.state = 'remanded' THEN 'cm_further_information'
    ELSE CASE WHEN a.home_study_received_at IS NULL THEN '' ELSE 'hs_completed_' END || CASE
        WHEN a.state = 'recommended' THEN 'ffs_review'
        WHEN EXISTS (SELECT 1 FROM recommendation r WHERE r.application_id = a.id
                     AND r.superseded_at IS NULL AND r.role = 'case_manager') THEN 'cc_review'
        WHEN a.home_study_received_at IS NULL THEN 'cm_initiated'
        ELSE 'cm_review'
    END
END
"""
_KEPT = ("question", "answer", "denial_letter", "pending_review", "amendment")
_NOT_REMOVED = ("review_waiver", "consultation", "appeal")
# What was concluded or decided is not said anew.
_SAID_ONCE = """
CREATE TRIGGER consultation_stays BEFORE UPDATE ON consultation FOR EACH ROW
    WHEN (NEW.application_id <> OLD.application_id OR NEW.asked_by <> OLD.asked_by
          OR (OLD.outcome IS NOT NULL
              AND (NEW.outcome, NEW.reasoning, NEW.concluded_by, NEW.concluded_at)
                  IS DISTINCT FROM (OLD.outcome, OLD.reasoning, OLD.concluded_by, OLD.concluded_at)))
    EXECUTE FUNCTION kinline_said_stays();
CREATE TRIGGER appeal_stays BEFORE UPDATE ON appeal FOR EACH ROW
    WHEN (NEW.decision_id <> OLD.decision_id OR NEW.denied_by <> OLD.denied_by OR OLD.outcome IS NOT NULL)
    EXECUTE FUNCTION kinline_said_stays();
"""


def upgrade() -> None:
    # The defaults are for the rows that stand already; a new one says it itself.
    op.add_column("application", sa.Column("stage", sa.String(), nullable=False, server_default=_STAGES[0]))
    op.alter_column("application", "stage", server_default=None)
    op.execute(_STAGE_NOW)
    known = ", ".join(repr(stage) for stage in _STAGES)
    op.create_check_constraint("application_stage_known", "application", f"stage IN ({known})")
    op.add_column(
        "decision", sa.Column("grounds", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.alter_column("decision", "grounds", server_default=None)
    _tables()
    _refusals()


def _tables() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_as", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "number", name="question_once"),
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("question_id"),
    )
    op.create_table(
        "review_waiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("waived_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('intake_officer', 'case_manager', 'case_coordinator', 'federal_field_specialist', 'post_release_caller', 'supervisor', 'integrity_reviewer', 'auditor', 'administrator')",
            name="review_waiver_role_known",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["waived_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "review_waiver_once",
        "review_waiver",
        ["application_id", "role"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "consultation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reasoning", sa.String(), nullable=True),
        sa.Column("concluded_by", sa.Uuid(), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('denial_supported', 'denial_not_supported')",
            name="consultation_outcome_known",
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (concluded_by IS NULL) AND (outcome IS NULL) = (concluded_at IS NULL) AND (outcome IS NULL) = (reasoning IS NULL)",
            name="consultation_concluded_whole",
        ),
        sa.CheckConstraint("concluded_by <> asked_by", name="consultation_four_eyes"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["concluded_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "consultation_once",
        "consultation",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "denial_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision_id"),
    )
    op.create_table(
        "appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("denied_by", sa.Uuid(), nullable=False),
        sa.Column("appellant", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("with_hearing", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_by", sa.Uuid(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("withheld_reason", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reasoning", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("appellant IN ('sponsor', 'child')", name="appeal_appellant_known"),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome = 'moot' OR (decided_by IS NOT NULL AND reasoning IS NOT NULL)",
            name="appeal_decided_needs_person_and_reason",
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('upheld', 'reversed', 'moot')", name="appeal_outcome_known"
        ),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="appeal_decided_at_a_time"),
        sa.CheckConstraint(
            "NOT withheld OR withheld_reason IS NOT NULL", name="appeal_file_kept_back_needs_reason"
        ),
        sa.CheckConstraint("decided_by <> denied_by", name="appeal_neutral"),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
        ),
        sa.ForeignKeyConstraint(
            ["delivered_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["denied_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision_id"),
    )
    op.create_index(op.f("ix_appeal_application_id"), "appeal", ["application_id"], unique=False)
    op.create_table(
        "pending_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_pending_review_application_id"), "pending_review", ["application_id"], unique=False
    )
    op.create_table(
        "amendment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reopened", postgresql.JSONB(), nullable=False),
        sa.Column("another_home", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "revision", name="amendment_once"),
    )


def _refusals() -> None:
    op.execute(_SAID_ONCE)
    for tables, change in ((_KEPT, "UPDATE OR DELETE"), (_NOT_REMOVED, "DELETE")):
        for table in tables:
            op.execute(
                f"CREATE TRIGGER {table}_kept BEFORE {change} ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
            )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
