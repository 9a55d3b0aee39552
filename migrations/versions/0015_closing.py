"""How cases are closed and opened again: each closing is a row, what it ended names it, what it is restored by too.
The steps to find a child whose contact is lost, and what people decide about them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_REASONS = (
    "turned_18",
    "status_granted",
    "departed",
    "plan_completed",
    "returned_to_custody",
    "reunified_elsewhere",
    "declined_child_spoken_to",
    "declined_child_not_spoken_to",
    "lost_contact",
    "moved_provider",
    "deceased",
)


def upgrade() -> None:
    _closures()
    _restoring()
    _lost_contact()
    _nags()


def _closures() -> None:
    words = ", ".join(f"'{reason}'" for reason in _REASONS)
    op.create_table(
        "closure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_reference", sa.LargeBinary(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened_by", sa.Uuid(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_because", sa.String(), nullable=True),
        sa.CheckConstraint(f"reason IN ({words})", name="closure_reason_known"),
        sa.CheckConstraint(
            "NOT (reason IN ('lost_contact')) OR (proposed_by IS NOT NULL AND proposed_by <> closed_by)",
            name="closure_four_eyes",
        ),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by IS NULL) AND (reopened_at IS NULL) = (reopened_because IS NULL)",
            name="closure_reopened_by_somebody",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"]),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"]),
        sa.ForeignKeyConstraint(["reopened_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("closure_of_case", "closure", ["case_id"])
    op.create_index(
        "closure_one_standing",
        "closure",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("reopened_at IS NULL"),
    )
    # Why a case was closed stays; that it was opened again is written beside it.
    _keep(
        "closure",
        "DELETE OR UPDATE OF id, case_id, reason, rule, policy_version, note, document_id, sealed_reference,"
        " proposed_by, closed_by, closed_at",
    )


def _restoring() -> None:
    for table in ("obligation", "escalation"):
        op.add_column(table, sa.Column("closure_id", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("restores_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(None, table, "closure", ["closure_id"], ["id"])
        op.create_index(
            f"{table}_closure", table, ["closure_id"], postgresql_where=sa.text("closure_id IS NOT NULL")
        )
    op.create_foreign_key(
        "obligation_restores", "obligation", "obligation", ["restores_id", "case_id"], ["id", "case_id"]
    )
    op.create_foreign_key(None, "escalation", "escalation", ["restores_id"], ["id"])
    op.create_index(
        "obligation_restored_once",
        "obligation",
        ["restores_id"],
        unique=True,
        postgresql_where=sa.text("restores_id IS NOT NULL"),
    )
    op.create_check_constraint(
        "obligation_ended_with_its_closure",
        "obligation",
        "closure_id IS NULL OR (state = 'void' AND by_closure)",
    )
    op.create_check_constraint(
        "escalation_ended_with_its_closure",
        "escalation",
        "closure_id IS NULL OR (state = 'resolved' AND by_closure)",
    )


def _lost_contact() -> None:
    op.create_table(
        "lost_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("spoke_with", sa.String(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=False),
        sa.Column("by_staff", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(act = 'record' AND outcome IN ('found', 'not_found', 'no_answer'))"
            " OR (act = 'decision' AND outcome IN ('yes', 'no'))",
            name="lost_act_known",
        ),
        sa.CheckConstraint(
            "spoke_with IN ('nobody', 'child', 'sponsor', 'other')", name="lost_act_spoke_with_known"
        ),
        sa.CheckConstraint(
            "spoke_with <> 'child' OR (act = 'record' AND outcome = 'found' AND alone IS NOT NULL)",
            name="lost_act_child_was_found",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(
            ["obligation_id", "case_id"], ["obligation.id", "obligation.case_id"], name="lost_act_obligation"
        ),
        sa.ForeignKeyConstraint(["by_staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_lost_act_case_id", "lost_act", ["case_id"])
    op.create_index("ix_lost_act_obligation_id", "lost_act", ["obligation_id"])
    _keep("lost_act", "UPDATE OR DELETE")


def _nags() -> None:
    op.add_column("escalation", sa.Column("nag_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("escalation", sa.Column("nag_count", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("escalation", "nag_count", server_default=None)
    op.add_column("escalation", sa.Column("last_nagged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "escalation_nag",
        "escalation",
        ["nag_at"],
        postgresql_where=sa.text("state = 'open' AND nag_at IS NOT NULL"),
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
