"""Each link says what agrees and what does not, how many points that is, and by which rules. Words, never values.

Links that stand already get theirs when they are looked for again; until then they stand last in their queue.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("link", sa.Column("features", sa.ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.alter_column("link", "features", server_default=None)
    op.add_column("link", sa.Column("score", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("link", "score", server_default=None)
    op.add_column("link", sa.Column("weighed_by", sa.String(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
