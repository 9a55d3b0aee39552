"""Staff's telephones, the rota, pages to the person on call, and what a person read in a reply."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("sealed_phone", sa.LargeBinary(), nullable=True))
    op.add_column("staff", sa.Column("phone_key", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_staff_phone_key"), "staff", ["phone_key"], unique=False)
    op.add_column("inbound_text", sa.Column("staff_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "inbound_text", "staff", ["staff_id"], ["id"])
    _rota()
    _pagings()
    _pages()
    _readings()
    for table, change in (
        ("on_call", "DELETE"),
        ("paging", "DELETE"),
        ("page", "DELETE"),
        ("reply_reading", "UPDATE OR DELETE"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {change} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def _rota() -> None:
    op.create_table(
        "on_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.CheckConstraint("rung IN (1, 2)", name="on_call_rung_known"),
        sa.CheckConstraint("ends_at > begins_at", name="on_call_window"),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_because IS NULL)",
            name="on_call_ended_by_a_person",
        ),
        *(sa.ForeignKeyConstraint([column], ["staff.id"]) for column in ("staff_id", "added_by", "ended_by")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_on_call_staff_id"), "on_call", ["staff_id"], unique=False)
    op.create_index("on_call_standing", "on_call", ["ends_at"], postgresql_where=sa.text("ended_at IS NULL"))


def _pagings() -> None:
    op.create_table(
        "paging",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.Column("inbound_id", sa.Uuid(), nullable=True),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("(escalation_id IS NULL) <> (inbound_id IS NULL)", name="paging_about_one_thing"),
        sa.CheckConstraint("(ended_at IS NULL) = (next_at IS NOT NULL)", name="paging_goes_on_until_it_ends"),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL) AND (outcome IS NULL"
            " OR outcome IN ('taken', 'read', 'unanswered'))",
            name="paging_ends_with_an_outcome",
        ),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"]),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound_text.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("escalation_id"),
        sa.UniqueConstraint("inbound_id"),
    )
    op.create_index("paging_due", "paging", ["next_at"], postgresql_where=sa.text("ended_at IS NULL"))


def _pages() -> None:
    op.create_table(
        "page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("paging_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('claimed', 'accepted', 'delivered', 'failed', 'nobody')", name="page_state_known"
        ),
        sa.CheckConstraint("(state = 'nobody') = (staff_id IS NULL)", name="page_goes_to_a_person"),
        sa.ForeignKeyConstraint(["paging_id"], ["paging.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("paging_id", "step", "staff_id", name="page_once_a_turn"),
    )
    op.create_index(
        "page_nobody_once",
        "page",
        ["paging_id", "step"],
        unique=True,
        postgresql_where=sa.text("staff_id IS NULL"),
    )


def _readings() -> None:
    op.create_table(
        "reply_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inbound_id", sa.Uuid(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("read_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound_text.id"]),
        sa.ForeignKeyConstraint(["read_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("inbound_id"),
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
