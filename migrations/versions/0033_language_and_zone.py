"""The language and the time zone in which a person reads the console."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("language", sa.String(), nullable=True))
    op.add_column("staff", sa.Column("time_zone", sa.String(), nullable=True))
    op.create_check_constraint("staff_language_known", "staff", "language IN ('en', 'es')")


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
