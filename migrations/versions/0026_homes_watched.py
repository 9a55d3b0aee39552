"""When a home was last asked about, and which homes have not been looked at for who else lives there."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("address", sa.Column("postal_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("address", sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "address_not_watched", "address", ["dwelling_key"], postgresql_where=sa.text("watched_at IS NULL")
    )
    op.create_index(
        "address_of_a_business", "address", ["building_key"], postgresql_where=sa.text("postal_business")
    )
    _places()
    for table, change in (("concentration", "DELETE"), ("concentration_child", "UPDATE OR DELETE")):
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {change} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def _places() -> None:
    op.create_table(
        "concentration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("place_key", sa.LargeBinary(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("children", sa.Integer(), nullable=False),
        sa.Column("families", sa.Integer(), nullable=False),
        sa.Column("sponsors", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("first_at", "last_at", "opened_at", "looked_at")
        ),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("by IN ('dwelling', 'building')", name="concentration_place_known"),
        sa.CheckConstraint("state IN ('open', 'reviewed')", name="concentration_state_known"),
        sa.CheckConstraint(
            "state = 'open' OR (reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL AND reason IS NOT NULL)",
            name="concentration_reviewed_by_a_person",
        ),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("by", "place_key", name="concentration_once"),
    )
    op.create_index(
        "concentration_waiting", "concentration", ["opened_at"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "concentration_child",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concentration_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["concentration_id"], ["concentration.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("concentration_id", "case_id", name="concentration_child_once"),
    )
    op.create_index(op.f("ix_concentration_child_case_id"), "concentration_child", ["case_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
