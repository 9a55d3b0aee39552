"""Pages that count every child: what was counted last, and indexes for lists over all."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taken_overview",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("application_newest", "application", [sa.text("submitted_at DESC"), "id"])
    op.create_index(
        "obligation_settled", "obligation", ["ended_at"], postgresql_where=sa.text("state = 'settled'")
    )
    op.create_index(
        "case_followed_policy",
        "child_case",
        ["followup_policy"],
        postgresql_where=sa.text("state IN ('in_follow_up', 'lost_contact')"),
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
