"""Pictures that stand in two cases, as links: the same file, or one that was found to be the same picture.

Each picture is a link of its own: whoever says that a shared blank form means nothing has not said so of a card that
comes up later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session, col

from integrations.store.links import News
from models.tables.vetting import Application, Link

_PROPOSE = text(
    """
    WITH mine AS (
        SELECT file_id, kind || '@' || subject AS place FROM document
        WHERE application_id = :me AND revision = :revision
    ), alike AS (
        SELECT place, file_id, file_id AS other_file FROM mine
        UNION
        SELECT place, m.file_id, k.other_file_id
        FROM mine m JOIN file_likeness k ON k.file_id = m.file_id AND k.alike
        UNION
        SELECT place, m.file_id, k.file_id
        FROM mine m JOIN file_likeness k ON k.other_file_id = m.file_id AND k.alike
    ), pair AS (
        SELECT d.application_id AS other,
               concat(least(m.file_id, m.other_file), '+', greatest(m.file_id, m.other_file)) AS about,
               array_agg(DISTINCT m.place || '=' || d.kind || '@' || d.subject) AS mine,
               array_agg(DISTINCT d.kind || '@' || d.subject || '=' || m.place) AS theirs
        FROM alike m JOIN document d ON d.file_id = m.other_file
                     JOIN application a ON a.id = d.application_id AND a.case_id <> :case
        GROUP BY 1, 2
    ), told AS (
        -- `find_links` weighs it, in this same transaction.
        INSERT INTO link (id, application_id, other_application_id, kind, about, tier, through, features, score, state,
                          at)
        SELECT gen_random_uuid(), one, two, 'image', about, 'likely', through, '{}', 0, 'open', :now
        FROM (SELECT CAST(:me AS uuid) AS one, other AS two, about, mine AS through FROM pair
              UNION ALL
              SELECT other, CAST(:me AS uuid), about, theirs FROM pair) AS both_ways
        -- In one order, whoever looks, as in `find_links`.
        ORDER BY least(one, two), greatest(one, two), about, one
        ON CONFLICT (application_id, other_application_id, kind, about) DO NOTHING
        RETURNING application_id, kind, tier
    )
    SELECT DISTINCT o.id, o.case_id, o.state, o.category, t.kind, t.tier
    FROM told t JOIN application o ON o.id = t.application_id
    WHERE o.id <> :me ORDER BY o.id
    """
)


def find_image_links(session: Session, application: Application, *, now: datetime) -> Sequence[News]:
    """Every application of another case that holds a picture of this one is linked to it, and it to them.

    One that a person has judged stays as they left it. Returns what the others have to learn.
    """
    mine = {
        "me": application.id,
        "revision": application.revision,
        "case": application.case_id,
        "now": now,
    }
    return [News(*row) for row in session.execute(_PROPOSE, mine)]


def about_files(one: UUID, other: UUID) -> str:
    """How a link names the picture that it is about: the two files, the same from both sides."""
    return "+".join(map(str, sorted((one, other))))


def split_pictures(session: Session, application_id: UUID) -> frozenset[tuple[UUID, str]]:
    """The pictures of which a person said that they mean nothing, each with the other application."""
    rows = session.execute(
        select(col(Link.other_application_id), col(Link.about)).where(
            col(Link.application_id) == application_id,
            col(Link.kind) == "image",
            col(Link.state) == "split",
        )
    )
    return frozenset((other, about) for other, about in rows)
