"""The applications of a sponsor are found by index: linkage asks for them at every vetting."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_application_sponsor_id", "application", ["sponsor_id"])


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
