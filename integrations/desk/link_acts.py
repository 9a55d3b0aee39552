"""What a person says of a link: two applications speak of the same thing, or they do not."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from integrations.desk.acting import Act, want_reason
from integrations.desk.jobs import enqueue_vetting
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import find_application
from integrations.store.merges import live_merge
from integrations.store.staff import require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.vetting import Link

_SAYS = {"confirm": "confirmed", "split": "split"}


def decide_link(
    kit: Kit,
    link: str,
    person: Person,
    *,
    verdict: Literal["confirm", "split"],
    reason: str,
    of: str | None = None,
    now: datetime,
) -> UUID:
    """The link is confirmed, or split for good, seen from either application. Returns its application; `of`, if given, must name that one.

    Raises:
        NotFound: there is no such link, or it is not of that application. Refused: wrong role, or the two are merged. BadInput: no reason.
    """
    want_reason(reason)
    try:
        link_id = UUID(link.strip())
    except ValueError:
        raise BadInput(
            Problem("LINK", "wrong_value", "This is not an id.", "Copy it from `kinline show --json`: links.")
        ) from None
    with kit.transaction() as session:
        application_id = session.scalars(
            select(col(Link.application_id)).where(col(Link.id) == link_id)
        ).one_or_none()
        if application_id is None or (of is not None and find_application(session, of).id != application_id):
            raise NotFound("link", link)
        act = Act(kit, session, str(application_id), person, now)
        role = require_role(person, Role.INTEGRITY_REVIEWER, Role.SUPERVISOR)
        row = session.get_one(Link, link_id, with_for_update=True)
        if verdict == "split" and row.kind == "sponsor":
            _refuse_merged(session, row)
        _say(act, row, _SAYS[verdict], reason)
        _say(act, _seen_from_the_other(session, row, now), _SAYS[verdict], reason)
        enqueue_vetting(session, row.other_application_id, now=now)
        # What a picture in two cases is found as belongs to the papers.
        step = "identity" if row.kind == "image" else "linkage"
        return act.done(role, f"{verdict} link", judge=step)


def _refuse_merged(session: Session, row: Link) -> None:
    if live_merge(session, row.application_id, row.other_application_id) is not None:
        raise Refused("merged", "These two sponsors are merged, or about to be.", ["kinline person unmerge"])


def _say(act: Act, row: Link, state: str, reason: str) -> None:
    old, row.state = row.state, state
    row.decided_by, row.reason = act.person.id, reason
    act.session.add(row)
    history.record(act.session, row, old=old, new=state, actor=act.actor, why=reason, now=act.now)
    act.session.flush()


def _seen_from_the_other(session: Session, row: Link, now: datetime) -> Link:
    """The same pair in the other application's file, or its look-up would propose the pair again."""
    session.execute(
        insert(Link)
        .values(
            id=uuid4(),
            application_id=row.other_application_id,
            other_application_id=row.application_id,
            kind=row.kind,
            about=row.about,
            tier=row.tier,
            features=row.features,
            score=row.score,
            weighed_by=row.weighed_by,
            state="open",
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["application_id", "other_application_id", "kind", "about"])
    )
    return session.scalars(
        select(Link)
        .where(
            col(Link.application_id) == row.other_application_id,
            col(Link.other_application_id) == row.application_id,
            col(Link.kind) == row.kind,
            col(Link.about) == row.about,
        )
        .with_for_update()
    ).one()
