"""A negative home study is overridden by two people; one that a single person overrode waits for the second."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("home_study", sa.Column("override_approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("home_study", sa.Column("override_approved_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "home_study", "staff", ["override_approved_by"], ["id"])
    op.create_check_constraint(
        "home_study_override_four_eyes",
        "home_study",
        "override_approved_by IS NULL OR (override_by IS NOT NULL AND override_approved_by <> override_by"
        " AND override_approved_at IS NOT NULL)",
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
