"""Homes after the release: who signed each off and by which proof, letters that came back, the court's form for a move,
and a child whose location nobody knows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _addresses()
    _sign_what_was_signed()
    _proofs()
    _signings()
    _court_forms()
    for table, change in (
        ("home_proof", "DELETE"),
        ("home_signing", "UPDATE OR DELETE"),
        ("court_form", "UPDATE OR DELETE"),
        ("court_filing", "UPDATE OR DELETE"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {change} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def _addresses() -> None:
    for name in ("recorded_at", "returned_at", "verified_at"):
        op.add_column("address", sa.Column(name, _MOMENT, nullable=True))
    op.add_column("address", sa.Column("verified_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "address", "staff", ["verified_by"], ["id"])
    op.alter_column("address", "dwelling_key", nullable=True)
    op.alter_column("address", "building_key", nullable=True)
    op.drop_constraint("address_state_known", "address", type_="check")
    op.create_check_constraint(
        "address_state_known",
        "address",
        "state IN ('stated', 'deliverable', 'defective', 'unknown', 'location_unknown')",
    )
    op.create_check_constraint(
        "address_keys_unless_unknown",
        "address",
        "(state = 'location_unknown') = (dwelling_key IS NULL)"
        " AND (state = 'location_unknown') = (building_key IS NULL)",
    )
    op.create_check_constraint(
        "address_verified_by_a_person",
        "address",
        "(verified_at IS NULL) = (verified_by IS NULL) AND (verified_at IS NULL OR state <> 'location_unknown')",
    )
    op.create_index(
        "address_unknown",
        "address",
        ["case_id"],
        postgresql_where=sa.text("state = 'location_unknown' AND until_at IS NULL"),
    )


def _sign_what_was_signed() -> None:
    """A home that a child was released to was signed off before: by whoever last confirmed its proof."""
    op.execute(
        """
        UPDATE address SET verified_at = signed.at, verified_by = signed.confirmed_by
        FROM (SELECT DISTINCT ON (c.application_id) c.application_id, c.at, c.confirmed_by
              FROM confirmation c JOIN release r ON r.application_id = c.application_id
              WHERE c.item = 'proof_of_address' AND c.at <= r.at
              ORDER BY c.application_id, c.at DESC) AS signed
        WHERE address.application_id = signed.application_id AND address.source = 'packet'
          AND address.since_at <= signed.at AND (address.until_at IS NULL OR address.until_at > signed.at)
        """
    )


def _proofs() -> None:
    op.create_table(
        "home_proof",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("handed_in_by", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("sharpness", sa.Float(), nullable=True),
        sa.Column("readable", sa.Boolean(), nullable=False),
        sa.Column("sealed_reading", sa.LargeBinary(), nullable=True),
        sa.Column("read_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"]),
        sa.ForeignKeyConstraint(["file_id"], ["document_file.id"]),
        sa.ForeignKeyConstraint(["handed_in_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_home_proof_address_id"), "home_proof", ["address_id"], unique=False)


def _signings() -> None:
    op.create_table(
        "home_signing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_typed", sa.LargeBinary(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("differs", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("cleared", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "cardinality(cleared) = 0 OR reason <> ''", name="home_signing_cleared_with_a_reason"
        ),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"]),
        sa.ForeignKeyConstraint(["proof_id"], ["home_proof.id"]),
        sa.ForeignKeyConstraint(["signed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_home_signing_address_id"), "home_signing", ["address_id"], unique=False)


def _court_forms() -> None:
    op.create_table(
        "court_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"]),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_court_form_case_id"), "court_form", ["case_id"], unique=False)
    op.create_index(op.f("ix_court_form_address_id"), "court_form", ["address_id"], unique=False)
    op.create_table(
        "court_filing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=True),
        sa.Column("disclosure_id", sa.Uuid(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"]),
        sa.ForeignKeyConstraint(["form_id"], ["court_form.id"]),
        sa.ForeignKeyConstraint(["disclosure_id"], ["disclosure.id"]),
        sa.ForeignKeyConstraint(["receipt_id"], ["document_file.id"]),
        sa.ForeignKeyConstraint(["filed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_court_filing_case_id"), "court_filing", ["case_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
