"""Keys that act for a person; answers of the API that are kept, so that a request sent twice is done once."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("api_key", sa.Column("for_staff", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "api_key", "staff", ["for_staff"], ["id"])
    op.create_table(
        "api_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.LargeBinary(), nullable=False),
        sa.Column("request_key", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("lease_until", _MOMENT, nullable=False),
        sa.Column("acted_at", _MOMENT, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(status IS NULL) = (sealed_answer IS NULL)", name="api_answer_whole"),
        sa.CheckConstraint("status IS NULL OR acted_at IS NOT NULL", name="api_answer_after_the_act"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner", "idempotency_key", name="api_answer_one"),
    )
    op.create_index("api_answer_began", "api_answer", ["began_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
