"""Owners put off the sight of an escalation until a time, with a reason; its own times stay as they were."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "snooze",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("escalation_id", sa.Uuid(), sa.ForeignKey("escalation.id"), nullable=False),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("until > at", name="snooze_is_ahead"),
        sa.CheckConstraint("reason <> ''", name="snooze_needs_reason"),
    )
    op.create_index("snooze_latest", "snooze", ["escalation_id", "staff_id", "at"])
    for change, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = "snooze_kept" if each == "ROW" else "snooze_not_emptied"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON snooze FOR EACH {each}"
            " EXECUTE FUNCTION kinline_refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
