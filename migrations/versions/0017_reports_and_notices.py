"""Reports outside, notices of concern, and the answers of a call while they are typed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ON_PAPER = (
    "notice_of_concern",
    "notice_acknowledged",
    "report_police",
    "report_ncmec",
    "report_orr",
    "report_cps",
    "report_otip",
    "report_labor",
    "request_vor",
)
# A notice goes one step at a time, its facts stay as they were approved, and no statement moves two of them: a
# backlog can't be closed in bulk.
_NOTICES = """
CREATE FUNCTION kinline_notice_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (
           ('draft', 'draft'), ('draft', 'approved'), ('approved', 'approved'), ('approved', 'certified'),
           ('certified', 'certified'), ('certified', 'acknowledged'))
       OR (NEW.case_id, NEW.obligation_id, NEW.learned_at, NEW.drafted_by, NEW.drafted_at)
          IS DISTINCT FROM (OLD.case_id, OLD.obligation_id, OLD.learned_at, OLD.drafted_by, OLD.drafted_at)
       OR (OLD.state <> 'draft'
           AND (NEW.sealed_facts, NEW.approved_by, NEW.approved_at)
               IS DISTINCT FROM (OLD.sealed_facts, OLD.approved_by, OLD.approved_at))
       OR (OLD.state = 'certified'
           AND (NEW.certified_by, NEW.certified_at, NEW.method)
               IS DISTINCT FROM (OLD.certified_by, OLD.certified_at, OLD.method))
    THEN
        RAISE EXCEPTION 'notice % stays as it was written', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notice_stays BEFORE UPDATE ON notice
    FOR EACH ROW EXECUTE FUNCTION kinline_notice_stays();

CREATE FUNCTION kinline_notices_one_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM were JOIN are USING (id) WHERE were.state <> are.state) > 1 THEN
        RAISE EXCEPTION 'notices are moved one by one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER notice_one_by_one AFTER UPDATE ON notice REFERENCING OLD TABLE AS were NEW TABLE AS are
    FOR EACH STATEMENT EXECUTE FUNCTION kinline_notices_one_by_one();
"""


def upgrade() -> None:
    kinds = ", ".join(repr(kind) for kind in _ON_PAPER)
    op.create_check_constraint(
        "obligation_reported_on_paper",
        "obligation",
        f"state <> 'settled' OR NOT (kind IN ({kinds})) OR evidence_kind = 'document'",
    )
    _reports()
    _notices()
    _drafts()
    op.execute(_NOTICES)
    for table, change in (("report", "UPDATE OR DELETE"), ("notice", "DELETE")):
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {change} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def _reports() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("sealed_told", sa.LargeBinary(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "recipient IN ('orr', 'otip', 'police', 'ncmec', 'cps', 'labor', 'court')",
            name="report_recipient_known",
        ),
        sa.CheckConstraint("method IN ('phone', 'web', 'form', 'in_person')", name="report_method_known"),
        sa.CheckConstraint("reference <> ''", name="report_has_its_reference"),
        sa.CheckConstraint("reported_at <= recorded_at", name="report_was_made_before_it_was_recorded"),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(
            ["obligation_id", "case_id"], ["obligation.id", "obligation.case_id"], name="report_of_its_duty"
        ),
        sa.ForeignKeyConstraint(["reported_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("obligation_id"),
    )
    op.create_index(op.f("ix_report_case_id"), "report", ["case_id"], unique=False)


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sealed_facts", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certified_by", sa.Uuid(), nullable=True),
        sa.Column("certified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("acknowledgement_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'certified', 'acknowledged')", name="notice_state_known"
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (approved_at IS NULL) AND (approved_at IS NULL) = (approved_by IS NULL)",
            name="notice_approved_by_a_person",
        ),
        sa.CheckConstraint("approved_by <> drafted_by", name="notice_four_eyes"),
        sa.CheckConstraint(
            "(state = 'draft' OR state = 'approved') = (certified_at IS NULL)"
            " AND (certified_at IS NULL) = (certified_by IS NULL) AND (certified_at IS NULL) = (method IS NULL)",
            name="notice_certified_by_a_person",
        ),
        sa.CheckConstraint(
            "(state = 'acknowledged') = (acknowledged_at IS NOT NULL)"
            " AND (acknowledged_at IS NULL) = (reference IS NULL)"
            " AND (acknowledged_at IS NULL) = (acknowledgement_by IS NULL) AND reference <> ''",
            name="notice_acknowledged_with_reference",
        ),
        sa.CheckConstraint("learned_at <= drafted_at", name="notice_is_of_what_was_learned"),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(
            ["obligation_id", "case_id"], ["obligation.id", "obligation.case_id"], name="notice_of_its_duty"
        ),
        *(
            sa.ForeignKeyConstraint([column], ["staff.id"])
            for column in ("owner", "drafted_by", "approved_by", "certified_by", "acknowledgement_by")
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("obligation_id"),
    )
    op.create_index(op.f("ix_notice_case_id"), "notice", ["case_id"], unique=False)
    op.create_index(
        "notice_open", "notice", ["learned_at"], postgresql_where=sa.text("acknowledged_at IS NULL")
    )


def _drafts() -> None:
    op.create_table(
        "call_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_answers", sa.LargeBinary(), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"]),
        sa.ForeignKeyConstraint(["saved_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_id"),
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
