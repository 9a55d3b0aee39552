"""Concerns that nobody has drafted a notice of yet, by index: the queue counts them at each visit."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "obligation_notice",
        "obligation",
        ["case_id"],
        postgresql_where=sa.text("kind = 'notice_of_concern' AND state = 'open'"),
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
