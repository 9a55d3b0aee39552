"""Hearings from the court's list: which list named one, what vanished, each reading, and rows in doubt."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hearing", sa.Column("source", sa.String(), nullable=False, server_default="packet"))
    op.alter_column("hearing", "source", server_default=None)
    op.add_column("hearing", sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "hearing_coming",
        "hearing",
        ["starts_at"],
        postgresql_where=sa.text("state IN ('scheduled', 'moved')"),
    )
    op.create_table(
        "hearing_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_hearing_import_file_key", "hearing_import", ["file_key"])
    op.create_table(
        "hearing_doubt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("row_key", sa.LargeBinary(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_row", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("hearing_id", sa.Uuid(), nullable=True),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "why IN ('unknown_child', 'birth_date_differs', 'padded_number')", name="hearing_doubt_why_known"
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (answer IS NULL)"
            " AND (answer IS NULL OR settled_by IS NOT NULL OR answer = 'known_now')",
            name="hearing_doubt_is_settled_by_a_person",
        ),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('yes', 'no', 'known_now')", name="hearing_doubt_answer_known"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["hearing_import.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["hearing_id"], ["hearing.id"]),
        sa.ForeignKeyConstraint(["settled_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_hearing_doubt_import_id", "hearing_doubt", ["import_id"])
    op.create_index("ix_hearing_doubt_case_id", "hearing_doubt", ["case_id"])
    op.create_index("hearing_doubt_once", "hearing_doubt", ["row_key", "why"], unique=True)
    op.create_index(
        "hearing_doubt_open", "hearing_doubt", ["since_at"], postgresql_where=sa.text("settled_at IS NULL")
    )
    op.execute(
        "CREATE TRIGGER hearing_import_kept BEFORE DELETE ON hearing_import"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER hearing_doubt_kept BEFORE DELETE ON hearing_doubt"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    for table in ("hearing_import", "hearing_doubt"):
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
