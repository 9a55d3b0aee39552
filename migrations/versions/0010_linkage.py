"""Links through people of the home; their queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("household_member", sa.Column("phone_key", sa.LargeBinary(), nullable=True))
    op.create_index("ix_household_member_phone_key", "household_member", ["phone_key"])
    op.add_column(
        "link", sa.Column("through", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.alter_column("link", "through", server_default=None)
    op.create_index("link_waiting", "link", ["at"], postgresql_where=sa.text("state = 'open'"))


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
