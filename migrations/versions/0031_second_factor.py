"""Sign-in: a second factor, codes for when it is lost, the count of wrong tries; and accounts that are confirmed in time."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("staff", sa.Column("pending_totp_secret", sa.LargeBinary(), nullable=True))
    op.add_column("staff", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("staff", sa.Column("confirmed_at", _MOMENT, nullable=True))
    op.add_column("staff", sa.Column("confirmed_by", sa.Uuid(), nullable=True))
    op.add_column("staff", sa.Column("suspended_at", _MOMENT, nullable=True))
    op.create_foreign_key(None, "staff", "staff", ["confirmed_by"], ["id"])
    op.create_check_constraint("staff_suspended_is_not_active", "staff", "suspended_at IS NULL OR NOT active")
    # The time to confirm an account begins today for those that are there: none is suspended without a warning.
    op.execute("UPDATE staff SET confirmed_at = CURRENT_TIMESTAMP")
    op.add_column("staff_session", sa.Column("awaits", sa.String(), nullable=True))
    op.create_check_constraint(
        "staff_session_awaits_known", "staff_session", "awaits IN ('code', 'enrolment')"
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code_key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_key"),
    )
    op.create_index(op.f("ix_recovery_code_staff_id"), "recovery_code", ["staff_id"], unique=False)
    op.create_table(
        "sign_in_count",
        sa.Column("address_key", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("paused_until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("address_key"),
    )
    op.create_index(op.f("ix_sign_in_count_last_at"), "sign_in_count", ["last_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
