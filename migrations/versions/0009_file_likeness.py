"""The marks by which a re-compressed or resized scan is found again, and what comparing two files said."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document_file", sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "file_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("marks", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.CheckConstraint("kind IN ('picture', 'words')", name="file_mark_kind_known"),
        sa.ForeignKeyConstraint(["file_id"], ["document_file.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file_id", "page", name="file_mark_once"),
    )
    op.create_index("file_mark_shared", "file_mark", ["marks"], postgresql_using="gin")
    op.create_table(
        "file_likeness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("other_file_id", sa.Uuid(), nullable=False),
        sa.Column("alike", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("file_id <= other_file_id", name="file_likeness_in_order"),
        sa.ForeignKeyConstraint(["file_id"], ["document_file.id"]),
        sa.ForeignKeyConstraint(["other_file_id"], ["document_file.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file_id", "other_file_id", name="file_likeness_once"),
    )
    op.create_index("ix_file_likeness_other_file_id", "file_likeness", ["other_file_id"])
    op.execute(
        "CREATE TRIGGER file_likeness_kept BEFORE UPDATE OR DELETE ON file_likeness"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER file_likeness_not_emptied BEFORE TRUNCATE ON file_likeness"
        " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
