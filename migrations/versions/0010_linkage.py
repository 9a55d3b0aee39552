"""Links through people of the home, and their queue; interviews before a release;
which sponsors are one person.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("household_member", sa.Column("phone_key", sa.LargeBinary(), nullable=True))
    op.create_index("ix_household_member_phone_key", "household_member", ["phone_key"])
    op.add_column(
        "link", sa.Column("through", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.alter_column("link", "through", server_default=None)
    op.create_index("link_waiting", "link", ["at"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "interview",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("question_set", sa.String(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=True),
        sa.Column("sealed_answers", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("party IN ('child', 'sponsor', 'parent_abroad')", name="interview_party_known"),
        sa.CheckConstraint("party <> 'child' OR alone IS NOT NULL", name="interview_child_alone_or_not"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["recorded_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_interview_application_id", "interview", ["application_id"])
    op.create_table(
        "person_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("one_application_id", sa.Uuid(), nullable=False),
        sa.Column("other_application_id", sa.Uuid(), nullable=False),
        sa.Column("one_sponsor_id", sa.Uuid(), nullable=False),
        sa.Column("other_sponsor_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.String(), nullable=True),
        sa.CheckConstraint("one_application_id < other_application_id", name="person_merge_in_order"),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL) AND approved_by IS DISTINCT FROM proposed_by",
            name="person_merge_four_eyes",
        ),
        sa.CheckConstraint(
            "(undone_by IS NULL) = (undone_at IS NULL) AND (undone_by IS NULL) = (undone_reason IS NULL)",
            name="person_merge_undone_with_reason",
        ),
        sa.ForeignKeyConstraint(["one_application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["other_application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["one_sponsor_id"], ["sponsor.id"]),
        sa.ForeignKeyConstraint(["other_sponsor_id"], ["sponsor.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"]),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"]),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "person_merge_once",
        "person_merge",
        ["one_application_id", "other_application_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index(
        "person_merge_other",
        "person_merge",
        ["other_application_id"],
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    _keep("interview", "UPDATE OR DELETE")
    # What was said stays; a second voice and an undoing are written beside it.
    _keep(
        "person_merge",
        "DELETE OR UPDATE OF id, one_application_id, other_application_id, one_sponsor_id, other_sponsor_id,"
        " reason, proposed_by, proposed_at",
    )


def _keep(table: str, events: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE {events} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
