"""Checks that may be out at a release: who signed that off, and a duty that only their result settles."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEPT = ("pending_allowance",)


def upgrade() -> None:
    op.create_table(
        "pending_allowance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("allowed_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["check_id"], ["background_check.id"]),
        sa.ForeignKeyConstraint(["allowed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("check_id", "rule", name="pending_allowance_once"),
    )
    op.create_index("ix_pending_allowance_application_id", "pending_allowance", ["application_id"])
    op.create_check_constraint(
        "obligation_pending_check_is_followup",
        "obligation",
        "kind <> 'pending_check' OR (side = 'followup' AND NOT in_sight)",
    )
    op.create_check_constraint(
        "obligation_pending_check_needs_result",
        "obligation",
        "kind <> 'pending_check' OR state <> 'settled' OR evidence_kind = 'check'",
    )
    for table in _KEPT:
        _keep(table)


def _keep(table: str) -> None:
    """What a named person has said is never rewritten."""
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
