"""The level of a child's post-release services, visits to the home, and their duties settled only by who was heard."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SPOKEN = "kind IN ('welfare_call', 'sight_check', 'hear_child_alone', 'prs_contact', 'prs_visit')"


def upgrade() -> None:
    op.add_column("child_case", sa.Column("prs_level", sa.String(), nullable=True))
    op.add_column("child_case", sa.Column("prs_since", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        "case_prs_level_known",
        "child_case",
        "prs_level IS NULL OR (prs_level IN ('1', '2', '3', 'tvpra') AND prs_since IS NOT NULL)",
    )
    _replace("call", "call_kind_known", "kind IN ('human', 'automated', 'visit')")
    _replace(
        "call",
        "call_spoke_needs_a_person",
        "spoke_with = 'nobody' OR (kind <> 'automated' AND state = 'done' AND called_by IS NOT NULL"
        " AND outcome IS NOT NULL)",
    )
    _replace("obligation", "obligation_spoken_is_followup", f"NOT ({_SPOKEN}) OR side = 'followup'")
    _replace(
        "obligation",
        "obligation_spoken_needs_call",
        f"state <> 'settled' OR NOT ({_SPOKEN}) OR (evidence_kind = 'call'"
        " AND (party = 'case' OR spoke_with = party))",
    )
    op.execute("DROP TRIGGER call_stays ON call")
    op.execute(
        """
CREATE TRIGGER call_stays BEFORE UPDATE ON call FOR EACH ROW
    WHEN (OLD.kind <> 'automated' AND OLD.state = 'done'
          AND (NEW.case_id, NEW.kind, NEW.party, NEW.state, NEW.outcome, NEW.spoke_with, NEW.called_by, NEW.simulated, NEW.at)
              IS DISTINCT FROM
              (OLD.case_id, OLD.kind, OLD.party, OLD.state, OLD.outcome, OLD.spoke_with, OLD.called_by, OLD.simulated, OLD.at))
    EXECUTE FUNCTION kinline_said_stays();
"""
    )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")


def _replace(table: str, name: str, condition: str) -> None:
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)
