"""A duty that is planned anew ends before the one in its place opens under the same key, in one transaction: which one
that is, is looked at a moment later where an act asks for that.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE obligation ALTER CONSTRAINT obligation_successor DEFERRABLE INITIALLY IMMEDIATE")


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
