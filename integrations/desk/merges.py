"""Two sponsors are one person, by the word of two people; and not any more, by the word of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.acting import Act, want_reason
from integrations.desk.jobs import enqueue_vetting
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import find_application
from integrations.store.merges import live_merge, merged_with, merges_of, still_meant
from integrations.store.scope import outside_applications
from integrations.store.staff import require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import MergedFacts, Person
from models.states import APPLICATION_OVER, Role
from models.tables.linkage import PersonMerge
from models.tables.vetting import Link
from models.voices import want_another

_MAY_MERGE = (Role.INTEGRITY_REVIEWER, Role.SUPERVISOR)


def merge(kit: Kit, one: str, other: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """One of the two voices that the sponsors of two applications are one person; the second makes it count.

    Returns the first application.

    Raises:
        NotFound: no such application. BadInput: no reason, or one application twice.
        Refused: wrong role, two roles, four eyes, split by a person, merged already, or an amendment has named
            somebody else since the first voice.
    """
    want_reason(reason)
    with kit.transaction() as session:
        asked, acts = _both(kit, session, one, other, person, now)
        role = require_role(person, *_MAY_MERGE)
        first, second = (act.application for act in acts)
        _refuse_split(session, first.id, second.id)
        row = live_merge(session, first.id, second.id)
        if row is None:
            row = PersonMerge(
                one_application_id=first.id,
                other_application_id=second.id,
                one_sponsor_id=first.sponsor_id,
                other_sponsor_id=second.sponsor_id,
                reason=reason,
                proposed_by=person.id,
                proposed_at=now,
            )
            old, new = None, "proposed"
        else:
            _refuse_second_voice(session, row, person)
            row.approved_by, row.approved_at = person.id, now
            old, new = "proposed", "approved"
        session.add(row)
        session.flush()
        history.record(session, row, old=old, new=new, actor=str(person.id), why=reason, now=now)
        _done(session, acts, role, f"person merge {new}", merged_with(session, first.id), now)
        return asked


def unmerge(kit: Kit, one: str, other: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """The merge of these two, or its first voice, no longer counts; everything is found again as it was before.

    Returns the first application.

    Raises:
        NotFound: no such application, or they are not merged. BadInput: no reason, or one application twice.
        Refused: wrong role or two roles.
    """
    want_reason(reason)
    with kit.transaction() as session:
        asked, acts = _both(kit, session, one, other, person, now)
        role = require_role(person, *_MAY_MERGE)
        first, second = (act.application for act in acts)
        row = live_merge(session, first.id, second.id)
        if row is None:
            raise NotFound("merge", str(first.id))
        were_one = merged_with(session, first.id)
        old = "approved" if row.approved_at else "proposed"
        row.undone_by, row.undone_at, row.undone_reason = person.id, now, reason
        session.add(row)
        session.flush()
        history.record(session, row, old=old, new="undone", actor=str(person.id), why=reason, now=now)
        _done(session, acts, role, "person unmerge", were_one, now)
        return asked


def merges_json(session: Session, application_id: UUID, *, office: str | None = None) -> list[dict[str, Any]]:
    """Each merge of this application's sponsor: with whose, who said so, and whether it holds.

    The reasons tell of both families: where the other is of a case that `office` may not see, they are None.
    """
    told = [(row, _other(row, application_id)) for row in merges_of(session, application_id)]
    hidden = outside_applications(session, office, [other for _, other in told])
    return [
        {
            "other_application": str(other),
            "state": _state(session, row),
            "proposed_by": str(row.proposed_by),
            "approved_by": str(row.approved_by) if row.approved_by else None,
            "reason": None if other in hidden else row.reason,
            "undone_by": str(row.undone_by) if row.undone_by else None,
            "undone_reason": None if other in hidden else row.undone_reason,
        }
        for row, other in told
    ]


def _other(row: PersonMerge, application_id: UUID) -> UUID:
    is_one = row.one_application_id == application_id
    return row.other_application_id if is_one else row.one_application_id


def _state(session: Session, row: PersonMerge) -> str:
    if row.undone_at is not None:
        return "undone"
    if not still_meant(session, row):
        return "outdated"
    return "proposed" if row.approved_at is None else "approved"


def _both(
    kit: Kit, session: Session, one: str, other: str, person: Person, now: datetime
) -> tuple[UUID, tuple[Act, Act]]:
    """The first application's id, and an act on each: locked in one order, whoever is named first."""
    asked, beside = find_application(session, one).id, find_application(session, other).id
    if asked == beside:
        raise BadInput(
            Problem("B", "wrong_value", "This is the same application twice.", "Name two applications.")
        )
    low, high = sorted((asked, beside))
    return asked, (Act(kit, session, str(low), person, now), Act(kit, session, str(high), person, now))


def _refuse_split(session: Session, one: UUID, other: UUID) -> None:
    split = select(Link).where(
        col(Link.application_id) == one,
        col(Link.other_application_id) == other,
        col(Link.kind) == "sponsor",
        col(Link.state) == "split",
    )
    if session.scalars(split).first() is not None:
        raise Refused(
            "split", "A person has said that these two are not one.", ["kinline link confirm of that link"]
        )


def _refuse_second_voice(session: Session, row: PersonMerge, person: Person) -> None:
    if row.approved_at is not None:
        raise Refused("already_merged", "These two are merged already.")
    want_another(person, row.proposed_by)
    if not still_meant(session, row):
        raise Refused(
            "outdated",
            "An amendment has named another sponsor since the first voice.",
            ["kinline person unmerge", "kinline person merge"],
        )


def _done(
    session: Session,
    acts: Iterable[Act],
    role: Role,
    word: str,
    touched: Iterable[MergedFacts],
    now: datetime,
) -> None:
    """On record in both files, judged anew in both; whoever else is the same person is vetted again."""
    both = {act.done(role, word, judge="linkage") for act in acts}
    for one in touched:
        if one.application not in both and one.state not in APPLICATION_OVER:
            enqueue_vetting(session, one.application, now=now)
