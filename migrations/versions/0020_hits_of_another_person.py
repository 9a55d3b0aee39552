"""Two people may show, each with a paper, that a hit is another person's: a bar too."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_VERDICTS = "'clear', 'bar', 'bar_5y', 'not_this_person'"

_TRIGGERS = """
-- A hit is judged by two people, and stands in the way no more only where both say so, of a hit as grave as it is now.
CREATE OR REPLACE FUNCTION kinline_hit_is_judged_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest integer := (SELECT max(round) FROM check_verdict v WHERE v.check_id = NEW.id);
BEGIN
    IF (SELECT count(*) FROM check_verdict v WHERE v.check_id = NEW.id AND v.round = newest) < 2
       OR (NEW.adjudication = 'clear' AND EXISTS (SELECT 1 FROM check_verdict v
           WHERE v.check_id = NEW.id AND v.round = newest AND v.verdict NOT IN ('clear', 'not_this_person')))
       OR (NEW.adjudication = 'not_this_person' AND EXISTS (SELECT 1 FROM check_verdict v
           WHERE v.check_id = NEW.id AND v.round = newest
             AND (v.verdict <> 'not_this_person' OR v.judged_state <> NEW.state)))
    THEN
        RAISE EXCEPTION 'check % was not judged so by two people', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
-- What was judged stays, but for a bar that has run out, a record that is another person's, and a graver word of the
-- provider's, which opens it anew.
DROP TRIGGER check_judgement_stays ON background_check;
CREATE TRIGGER check_judgement_stays BEFORE UPDATE ON background_check FOR EACH ROW
    WHEN ((OLD.adjudication IN ('clear', 'bar', 'not_this_person')
           AND NEW.adjudication IS DISTINCT FROM OLD.adjudication
           AND NEW.adjudication IS DISTINCT FROM 'not_this_person'
           AND NOT (NEW.adjudication IS NULL AND OLD.state <> 'hit_bar' AND NEW.state = 'hit_bar'))
          OR (OLD.adjudication = 'not_this_person' AND NEW.adjudication IS NOT NULL AND NEW.state <> OLD.state))
    EXECUTE FUNCTION kinline_said_stays();
"""


def upgrade() -> None:
    for table, name, condition in (
        ("check_verdict", "check_verdict_known", f"verdict IN ({_VERDICTS})"),
        (
            "background_check",
            "check_adjudication_known",
            f"adjudication IS NULL OR adjudication IN ({_VERDICTS})",
        ),
    ):
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, condition)
    # Until now only a hit that needs review could be judged. The default is for those rows alone.
    op.add_column(
        "check_verdict", sa.Column("judged_state", sa.String(), nullable=False, server_default="hit_review")
    )
    op.alter_column("check_verdict", "judged_state", server_default=None)
    op.add_column("check_verdict", sa.Column("evidence_file_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "check_verdict", "document_file", ["evidence_file_id"], ["id"])
    op.create_check_constraint(
        "check_verdict_of_a_hit", "check_verdict", "judged_state IN ('hit_review', 'hit_bar')"
    )
    op.create_check_constraint(
        "check_verdict_needs_paper",
        "check_verdict",
        "(verdict = 'not_this_person') = (evidence_file_id IS NOT NULL)",
    )
    op.execute(_TRIGGERS)


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
