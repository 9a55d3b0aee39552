"""Checks: who signed off that one is out at a release, a duty that only its result settles, who judged a hit
and how, and the record behind it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEPT = ("pending_allowance", "check_verdict", "criminal_record")

_TRIGGERS = """
-- A hit is judged by two people, and cleared only where both say so.
CREATE FUNCTION kinline_hit_is_judged_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest integer := (SELECT max(round) FROM check_verdict v WHERE v.check_id = NEW.id);
BEGIN
    IF (SELECT count(*) FROM check_verdict v WHERE v.check_id = NEW.id AND v.round = newest) < 2
       OR (NEW.adjudication = 'clear' AND EXISTS (SELECT 1 FROM check_verdict v
           WHERE v.check_id = NEW.id AND v.round = newest AND v.verdict <> 'clear'))
    THEN
        RAISE EXCEPTION 'check % was not judged so by two people', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_judged_by_two AFTER UPDATE ON background_check
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.adjudication IS NOT NULL AND NEW.adjudication IS DISTINCT FROM OLD.adjudication)
    EXECUTE FUNCTION kinline_hit_is_judged_by_two();
-- Only a bar that has run out is judged anew.
CREATE TRIGGER check_judgement_stays BEFORE UPDATE ON background_check FOR EACH ROW
    WHEN (OLD.adjudication IN ('clear', 'bar') AND NEW.adjudication IS DISTINCT FROM OLD.adjudication)
    EXECUTE FUNCTION kinline_said_stays();
"""

# What was said before this table was there; its reasons stand in the history.
_VOICES = """
INSERT INTO check_verdict (id, check_id, round, verdict, hit_classes, by_staff, at)
SELECT gen_random_uuid(), c.id, (v.n + 1) / 2, split_part(v.voice, ' ', 2), 'hits-2024',
       split_part(v.voice, ' ', 1)::uuid, coalesce(c.as_of, c.result_at)
FROM background_check c CROSS JOIN LATERAL unnest(c.adjudicated_by) WITH ORDINALITY v(voice, n)
WHERE v.voice ~ '^[0-9a-f-]{36} (clear|bar)$'
"""


def upgrade() -> None:
    op.create_table(
        "pending_allowance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("allowed_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["check_id"], ["background_check.id"]),
        sa.ForeignKeyConstraint(["allowed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("check_id", "rule", name="pending_allowance_once"),
    )
    op.create_index("ix_pending_allowance_application_id", "pending_allowance", ["application_id"])
    op.create_check_constraint(
        "obligation_pending_check_is_followup",
        "obligation",
        "kind <> 'pending_check' OR (side = 'followup' AND NOT in_sight)",
    )
    op.create_check_constraint(
        "obligation_pending_check_needs_result",
        "obligation",
        "kind <> 'pending_check' OR state <> 'settled' OR evidence_kind = 'check'",
    )
    _hits()
    for table in _KEPT:
        _keep(table)


def _hits() -> None:
    op.create_table(
        "check_verdict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("bars_until_on", sa.Date(), nullable=True),
        sa.Column("hit_classes", sa.String(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("by_staff", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('clear', 'bar', 'bar_5y')", name="check_verdict_known"),
        sa.CheckConstraint(
            "(verdict = 'bar_5y') = (bars_until_on IS NOT NULL)", name="check_verdict_bars_until"
        ),
        sa.ForeignKeyConstraint(["check_id"], ["background_check.id"]),
        sa.ForeignKeyConstraint(["by_staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("check_id", "round", "by_staff", name="check_verdict_four_eyes"),
    )
    op.create_index("ix_check_verdict_check_id", "check_verdict", ["check_id"])
    op.execute(_VOICES)
    op.drop_column("background_check", "adjudicated_by")
    op.add_column("background_check", sa.Column("bars_until_on", sa.Date(), nullable=True))
    op.create_check_constraint(
        "check_adjudication_known",
        "background_check",
        "adjudication IS NULL OR adjudication IN ('clear', 'bar', 'bar_5y')",
    )
    op.create_check_constraint(
        "check_bars_until_a_day",
        "background_check",
        "coalesce(adjudication = 'bar_5y', false) = (bars_until_on IS NOT NULL)",
    )
    op.create_table(
        "criminal_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["background_check.id"]),
        sa.ForeignKeyConstraint(["file_id"], ["document_file.id"]),
        sa.ForeignKeyConstraint(["recorded_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_criminal_record_check_id", "criminal_record", ["check_id"])
    op.execute(_TRIGGERS)


def _keep(table: str) -> None:
    """What a named person has said is never rewritten."""
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
