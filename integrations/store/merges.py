"""Which sponsors are one person by the word of two people: looked up through their rows, nothing is rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlmodel import Session, col

from models.facts import MergedFacts
from models.states import ApplicationState
from models.tables.linkage import PersonMerge
from models.tables.people import Sponsor
from models.tables.vetting import Application

# From application to application by what holds: both voices, not undone, and each side still names the one
# who was meant (an amendment may correct a number or a first name, and makes a new row for the sponsor).
_SAME_PERSON = text(
    """
    WITH RECURSIVE holding AS NOT MATERIALIZED (
        SELECT m.one_application_id AS one, m.other_application_id AS other
        FROM person_merge m
        JOIN application a ON a.id = m.one_application_id
        JOIN sponsor a_now ON a_now.id = a.sponsor_id
        JOIN sponsor a_then ON a_then.id = m.one_sponsor_id AND a_then.name_key = a_now.name_key
        JOIN application b ON b.id = m.other_application_id
        JOIN sponsor b_now ON b_now.id = b.sponsor_id
        JOIN sponsor b_then ON b_then.id = m.other_sponsor_id AND b_then.name_key = b_now.name_key
        WHERE m.approved_at IS NOT NULL AND m.undone_at IS NULL
    ), seen AS NOT MATERIALIZED (
        SELECT application_id AS one, other_application_id AS other FROM link
        WHERE kind = 'sponsor' AND state <> 'split' AND (tier = 'likely' OR state = 'confirmed')
            -- Of both today: through somebody whom an amendment replaced, two others would become one.
            AND (through = '{}' OR 'sponsor=sponsor' = ANY(through))
    ), same AS (
        -- From this one, and from whom it is likely, or was said, to be.
        SELECT CAST(:me AS uuid) AS id, false AS by_merge
        UNION ALL
        SELECT other, false FROM seen WHERE one = :me
        UNION
        SELECT step.id, true FROM same, LATERAL (
            SELECT other AS id FROM holding WHERE one = same.id
            UNION ALL
            SELECT one FROM holding WHERE other = same.id
        ) step
    ), reached AS (
        SELECT id FROM same WHERE by_merge
        UNION
        SELECT seen.other FROM same JOIN seen ON seen.one = same.id WHERE same.by_merge
    )
    SELECT a.id, a.case_id, a.state FROM reached r JOIN application a ON a.id = r.id
    WHERE a.id <> :me AND NOT EXISTS (
        SELECT 1 FROM link l WHERE l.application_id = :me AND l.other_application_id = a.id
                               AND l.kind = 'sponsor' AND l.state = 'split')
    ORDER BY a.id
    """
)


def merged_with(session: Session, application_id: UUID) -> tuple[MergedFacts, ...]:
    """The other applications whose sponsor is this one's by a merge that holds, directly or through others."""
    return tuple(
        MergedFacts(application=row.id, case_id=row.case_id, state=ApplicationState(row.state))
        for row in session.execute(_SAME_PERSON, {"me": application_id})
    )


def live_merge(session: Session, one: UUID, other: UUID) -> PersonMerge | None:
    """The merge of these two, proposed or approved, that has not been undone; locked."""
    first, second = sorted((one, other))
    return session.scalars(
        select(PersonMerge)
        .where(
            col(PersonMerge.one_application_id) == first,
            col(PersonMerge.other_application_id) == second,
            col(PersonMerge.undone_at).is_(None),
        )
        .with_for_update()
    ).one_or_none()


def merges_of(session: Session, application_id: UUID) -> Sequence[PersonMerge]:
    """Every merge of this application's sponsor, undone ones too, the oldest first."""
    return session.scalars(
        select(PersonMerge)
        .where(
            or_(
                col(PersonMerge.one_application_id) == application_id,
                col(PersonMerge.other_application_id) == application_id,
            )
        )
        .order_by(col(PersonMerge.proposed_at), col(PersonMerge.id))
    ).all()


def still_meant(session: Session, merge: PersonMerge) -> bool:
    """True while both applications name the sponsors whom the merge was about."""
    sides = (
        (merge.one_application_id, merge.one_sponsor_id),
        (merge.other_application_id, merge.other_sponsor_id),
    )
    for application_id, sponsor_id in sides:
        now = session.get_one(Sponsor, session.get_one(Application, application_id).sponsor_id)
        if now.name_key != session.get_one(Sponsor, sponsor_id).name_key:
            return False
    return True
