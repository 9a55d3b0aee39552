"""Each revision of a packet names its sponsor, so that one whom an amendment replaced is found again; and a link
may be about one picture, so that each picture in two cases is judged by itself.

Of revisions that stand already: the newest has its application's sponsor; an older one has the only sponsor
row that nobody names now and that came in at the same instant. Where two came in at one instant, it stays open.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NEWEST = """
    UPDATE application_revision r SET sponsor_id = a.sponsor_id
    FROM application a WHERE a.id = r.application_id AND a.revision = r.number
"""
_OLDER = """
    WITH left_over AS (
        SELECT s.id, s.created_at, count(*) OVER (PARTITION BY s.created_at) AS at_once
        FROM sponsor s WHERE NOT EXISTS (SELECT FROM application a WHERE a.sponsor_id = s.id)
    ), older AS (
        SELECT id, at, count(*) OVER (PARTITION BY at) AS at_once
        FROM application_revision WHERE sponsor_id IS NULL
    )
    UPDATE application_revision r SET sponsor_id = s.id
    FROM older o JOIN left_over s ON s.created_at = o.at AND s.at_once = 1
    WHERE r.id = o.id AND o.at_once = 1
"""


def upgrade() -> None:
    op.add_column("application_revision", sa.Column("sponsor_id", sa.Uuid(), nullable=True))
    # The rows are kept as they were written; what is added here they did not say before.
    op.execute("ALTER TABLE application_revision DISABLE TRIGGER application_revision_kept")
    op.execute(_NEWEST)
    op.execute(_OLDER)
    op.execute("ALTER TABLE application_revision ENABLE TRIGGER application_revision_kept")
    op.create_foreign_key(
        "application_revision_sponsor_id_fkey", "application_revision", "sponsor", ["sponsor_id"], ["id"]
    )
    op.create_index("ix_application_revision_sponsor_id", "application_revision", ["sponsor_id"])
    op.add_column("link", sa.Column("about", sa.String(), nullable=False, server_default=""))
    op.alter_column("link", "about", server_default=None)
    op.drop_constraint("link_once", "link", type_="unique")
    op.create_unique_constraint(
        "link_once", "link", ["application_id", "other_application_id", "kind", "about"]
    )
    op.create_check_constraint("link_about_a_picture", "link", "(kind = 'image') = (about <> '')")


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")
