"""The official list of released children: its readings, whom it alone named, and cases without a packet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_KEPT = {"roster_run": "DELETE", "roster_release": "UPDATE OR DELETE"}


def upgrade() -> None:
    op.add_column("child_case", sa.Column("origin", sa.String(), nullable=False, server_default="packet"))
    op.alter_column("child_case", "origin", server_default=None)
    for column in ("entered_care_on", "care_provider", "vetting_policy"):
        op.alter_column("child_case", column, nullable=True)
    op.create_check_constraint("case_origin_known", "child_case", "origin IN ('packet', 'roster')")
    op.create_check_constraint(
        "case_of_a_packet_is_whole",
        "child_case",
        "origin = 'roster' OR (entered_care_on IS NOT NULL AND care_provider IS NOT NULL"
        " AND vetting_policy IS NOT NULL)",
    )
    op.create_table(
        "roster_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_roster_run_file_key", "roster_run", ["file_key"])
    op.create_table(
        "roster_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["roster_run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id"),
    )
    op.create_index("ix_roster_release_run_id", "roster_release", ["run_id"])
    op.create_index("ix_roster_release_reference", "roster_release", ["reference"])
    for table, change in _KEPT.items():
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {change} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
