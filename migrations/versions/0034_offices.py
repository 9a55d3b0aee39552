"""Offices: whose children are in which provider's care, who works where, and the opening of another office's case."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("staff", sa.Column("office", sa.String(), nullable=True))
    op.create_table(
        "office_provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("care_provider", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("care_provider"),
    )
    op.create_table(
        "case_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", _MOMENT, nullable=True),
        sa.Column("was_right", sa.Boolean(), nullable=True),
        sa.Column("review", sa.String(), nullable=True),
        sa.CheckConstraint("ends_at > opened_at", name="case_opening_ends"),
        sa.CheckConstraint("reviewed_by <> staff_id", name="case_opening_reviewed_by_another"),
        sa.CheckConstraint(
            "(reviewed_by IS NULL) = (reviewed_at IS NULL) AND (reviewed_by IS NULL) = (was_right IS NULL)"
            " AND (reviewed_by IS NULL) = (review IS NULL)",
            name="case_opening_reviewed_whole",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_case_opening_case_id"), "case_opening", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_opening_staff_id"), "case_opening", ["staff_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
