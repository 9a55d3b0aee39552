"""When a home was last asked about, and which homes have not been looked at for who else lives there."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("address", sa.Column("postal_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("address", sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "address_not_watched", "address", ["dwelling_key"], postgresql_where=sa.text("watched_at IS NULL")
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
