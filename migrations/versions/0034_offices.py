"""Offices: whose children are in which provider's care, who works where, and the opening of another office's case."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)

# A case's office is that of its care provider, whoever writes either: lists ask for it by index.
_TRIGGERS = """
CREATE FUNCTION kinline_office_of_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.office := (SELECT p.office FROM office_provider p WHERE p.care_provider = lower(btrim(NEW.care_provider)));
    RETURN NEW;
END $$;
CREATE TRIGGER child_case_office BEFORE INSERT OR UPDATE OF care_provider, office ON child_case FOR EACH ROW
    EXECUTE FUNCTION kinline_office_of_case();
CREATE FUNCTION kinline_office_of_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A case that is coming in now would else be missed by this and still not know of it.
    LOCK TABLE child_case IN SHARE ROW EXCLUSIVE MODE;
    UPDATE child_case SET office = NEW.office WHERE lower(btrim(care_provider)) = NEW.care_provider;
    RETURN NULL;
END $$;
CREATE TRIGGER office_provider_cases AFTER INSERT OR UPDATE ON office_provider FOR EACH ROW
    EXECUTE FUNCTION kinline_office_of_provider();
"""


def upgrade() -> None:
    op.add_column("staff", sa.Column("office", sa.String(), nullable=True))
    op.add_column("child_case", sa.Column("office", sa.String(), nullable=True))
    op.create_index("case_office", "child_case", ["office"])
    op.create_index("case_office_of", "child_case", ["id"], postgresql_include=["office"])
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
    op.execute(_TRIGGERS)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
