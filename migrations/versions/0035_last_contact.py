"""Whose last contact lies longest ago, by index: the lists of the children who were not heard."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "case_last_contact",
        "child_case",
        ["last_contact_at", "id"],
        postgresql_where=sa.text("state IN ('in_follow_up', 'lost_contact')"),
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
