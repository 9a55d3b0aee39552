"""Where a case stands in court, looks at the court's own word, what came of past hearings, and who says they will go."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STATUS = (
    "nta_not_served",
    "served_not_filed",
    "filed_no_date",
    "dated",
    "completed",
    "ordered_removed",
    "unknown",
)
_SOURCE = ("acis_web", "acis_phone", "feed", "lawyer", "family", "paper")
# Children who are followed already: a hearing on file makes it dated since it was seen, or since the release. The court
# round sets right what has passed: no clock is asked here.
_DATED_NOW = """
UPDATE child_case c
SET court_status = 'dated', court_since = greatest(h.seen_at, c.released_at)
FROM (
    SELECT case_id, min(seen_at) AS seen_at FROM hearing
    WHERE state IN ('scheduled', 'moved')
    GROUP BY case_id
) h
WHERE h.case_id = c.id AND c.released_at IS NOT NULL
"""


def upgrade() -> None:
    # The default is for the rows that stand already; a new one says it itself.
    op.add_column(
        "child_case", sa.Column("court_status", sa.String(), nullable=False, server_default="unknown")
    )
    op.alter_column("child_case", "court_status", server_default=None)
    op.add_column("child_case", sa.Column("court_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE child_case SET court_since = released_at WHERE released_at IS NOT NULL")
    op.execute(_DATED_NOW)
    op.create_check_constraint("case_court_status_known", "child_case", _one_of("court_status", _STATUS))
    op.create_check_constraint(
        "case_court_status_has_an_age", "child_case", "court_status = 'unknown' OR court_since IS NOT NULL"
    )
    op.drop_constraint("attempt_channel_known", "attempt")
    op.create_check_constraint(
        "attempt_channel_known",
        "attempt",
        _one_of("channel", ("text", "automated_call", "human_call", "visit", "look_up")),
    )
    _looks()
    _records()
    _words()
    for table in ("court_look", "hearing_record", "hearing_word"):
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def _looks() -> None:
    op.create_table(
        "court_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("said_next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hearing_id", sa.Uuid(), nullable=True),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("sealed_said", sa.LargeBinary(), nullable=True),
        sa.Column("obligation_id", sa.Uuid(), nullable=True),
        sa.Column("by_staff", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_one_of("status", _STATUS), name="court_look_status_known"),
        sa.CheckConstraint(_one_of("source", _SOURCE), name="court_look_source_known"),
        sa.CheckConstraint("by_staff IS NOT NULL OR source = 'feed'", name="court_look_by_a_person"),
        sa.CheckConstraint(
            "said_next_at IS NULL OR (status = 'dated' AND hearing_id IS NOT NULL)",
            name="court_look_names_its_hearing",
        ),
        sa.CheckConstraint(
            "ordered_on IS NULL OR status = 'ordered_removed'", name="court_look_day_is_of_an_order"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["hearing_id"], ["hearing.id"]),
        sa.ForeignKeyConstraint(
            ["obligation_id", "case_id"],
            ["obligation.id", "obligation.case_id"],
            name="court_look_obligation",
        ),
        sa.ForeignKeyConstraint(["by_staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("court_look_case", "court_look", ["case_id", "at"])


def _records() -> None:
    op.create_table(
        "hearing_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hearing_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("by_staff", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            _one_of("outcome", ("attended", "missed", "continued", "unknown")),
            name="hearing_record_outcome_known",
        ),
        sa.CheckConstraint(_one_of("source", _SOURCE), name="hearing_record_source_known"),
        sa.CheckConstraint("by_staff IS NOT NULL OR source = 'feed'", name="hearing_record_by_a_person"),
        sa.ForeignKeyConstraint(["hearing_id"], ["hearing.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["by_staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("hearing_record_hearing", "hearing_record", ["hearing_id", "at"])
    op.create_index(op.f("ix_hearing_record_case_id"), "hearing_record", ["case_id"])


def _words() -> None:
    op.create_table(
        "hearing_word",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hearing_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("by_staff", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_one_of("word", ("going", "not_going", "no_ride")), name="hearing_word_known"),
        sa.CheckConstraint("party IN ('child', 'sponsor')", name="hearing_word_party_known"),
        sa.ForeignKeyConstraint(["hearing_id"], ["hearing.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["child_case.id"]),
        sa.ForeignKeyConstraint(["by_staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("hearing_word_hearing", "hearing_word", ["hearing_id", "at"])
    op.create_index(op.f("ix_hearing_word_case_id"), "hearing_word", ["case_id"])


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
