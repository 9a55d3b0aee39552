"""Offices: which providers' children are whose, who works where, and the opening of another office's case.

Times of openings are the wall's: they are about the person at the keyboard.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.instants import iso
from integrations.identity.accounts import staff_row
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import find_application
from integrations.store.cases import find_case
from integrations.store.scope import is_given, outside, provider_key
from integrations.store.staff import require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.ledger import Call, Escalation, Hearing, Obligation
from models.tables.messages import Message
from models.tables.offices import CaseOpening, OfficeProvider
from models.tables.people import PhoneNumber, Staff
from models.tables.reports import Notice

# Source: ours. Long enough for one piece of work, and over before the next shift.
OPEN_FOR = timedelta(hours=4)
# Source: ours. Nobody's reason is read only when it no longer matters.
REVIEW_WITHIN = timedelta(hours=24)
# What an address of the console may name, besides a case and an application, and whose case it is about.
_ABOUT: Mapping[str, Any] = {
    "escalations": Escalation,
    "duties": Obligation,
    "calls": Call,
    "hearings": Hearing,
    "messages": Message,
    "notices": Notice,
    "sandbox": PhoneNumber,
}
NOUNS = frozenset({"cases", "applications", *_ABOUT})


def set_provider(kit: Kit, care_provider: str, office: str, by: Person, *, wall: datetime) -> dict[str, Any]:
    """The children of this provider are that office's from now on.

    Raises:
        BadInput: a word is missing. Refused: not an administrator.
    """
    require_role(by, Role.ADMINISTRATOR)
    office = _office(office)
    if not care_provider.strip():
        raise BadInput(Problem("PROVIDER", "missing", "Say which provider.", "Write it as in the packet."))
    with kit.transaction() as session:
        key = provider_key(session, care_provider.strip())
        row = session.scalars(
            select(OfficeProvider).where(col(OfficeProvider.care_provider) == key).with_for_update()
        ).one_or_none()
        old = None if row is None else row.office
        if row is None:
            row = OfficeProvider(care_provider=key, office=office, set_by=by.id, set_at=wall)
        row.office, row.set_by, row.set_at = office, by.id, wall
        session.add(row)
        session.flush()
        actor, why = str(by.id), "whose children they are"
        history.record(session, row, old=old, new=office, actor=actor, why=why, now=wall)
        return {"provider": key, "office": office}


def set_staff_office(
    kit: Kit, email: str, office: str | None, by: Person, *, wall: datetime
) -> dict[str, Any]:
    """The office in which this person works; None: they see all offices.

    Raises:
        BadInput: nobody has this address, or no office is named. Refused: not an administrator.
    """
    require_role(by, Role.ADMINISTRATOR)
    with kit.transaction() as session:
        row = staff_row(session, email)
        old, row.office = row.office, None if office is None else _office(office)
        session.add(row)
        new = row.office or "all offices"
        history.record(
            session,
            row,
            old=old or "all offices",
            new=new,
            actor=str(by.id),
            why="where they work",
            now=wall,
        )
        return {"email": row.email, "office": row.office}


def offices_json(kit: Kit) -> list[dict[str, Any]]:
    """Each office with its providers and its people."""
    with kit.transaction() as session:
        providers = session.scalars(select(OfficeProvider).order_by(col(OfficeProvider.care_provider))).all()
        people = session.scalars(
            select(Staff).where(col(Staff.active), col(Staff.office).is_not(None)).order_by(col(Staff.email))
        ).all()
        names = {row.office for row in providers} | {one.office for one in people if one.office}
        return [
            {
                "office": name,
                "providers": [row.care_provider for row in providers if row.office == name],
                "people": [one.email for one in people if one.office == name],
            }
            for name in sorted(names)
        ]


def _office(word: str) -> str:
    if not word.strip():
        raise BadInput(Problem("OFFICE", "missing", "Say which office.", "Use its short name: harlingen."))
    return word.strip().lower()


def closed_case(
    kit: Kit, noun: str, key: str, person: Person, office: str | None, *, wall: datetime
) -> UUID | None:
    """The case behind this address, when it is another office's and this person has not opened it; else None."""
    with kit.transaction() as session:
        case_id = _case_behind(session, noun, key)
        if case_id is None or not outside(session, office, [case_id]):
            return None
        return None if _is_open(session, case_id, person, wall) else case_id


def closed_among(
    kit: Kit, noun: str, ids: Collection[UUID], person: Person, office: str | None, *, wall: datetime
) -> list[UUID]:
    """The cases behind these rows that are another office's and that this person has not opened."""
    if office is None or not ids:
        return []
    table = _ABOUT[noun]
    with kit.transaction() as session:
        cases = session.scalars(select(col(table.case_id)).where(col(table.id).in_(ids))).all()
        hidden = outside(session, office, set(cases))
        return sorted(one for one in hidden if not _is_open(session, one, person, wall))


def _case_behind(session: Session, noun: str, key: str) -> UUID | None:
    """None when there is none: whose page it is says so itself."""
    try:
        if noun == "cases":
            return find_case(session, key).id
        if noun == "applications":
            return find_application(session, key).case_id
        row = session.get(_ABOUT[noun], UUID(key))
    except (NotFound, BadInput, ValueError):
        return None
    return None if row is None else row.case_id


def _is_open(session: Session, case_id: UUID, person: Person, wall: datetime) -> bool:
    """True of another office's case that they have opened, or in which an escalation is theirs."""
    living = select(col(CaseOpening.id)).where(
        col(CaseOpening.case_id) == case_id,
        col(CaseOpening.staff_id) == person.id,
        col(CaseOpening.ends_at) > wall,
    )
    return session.scalars(living.limit(1)).first() is not None or is_given(session, case_id, person.id)


def open_case(
    kit: Kit, key: str, person: Person, office: str | None, *, reason: str, wall: datetime
) -> dict[str, Any]:
    """This person sees a case of another office for a few hours. It stands on the supervisors' list.

    Raises:
        NotFound: no such case. BadInput: no reason. Refused: the case is not closed to them.
    """
    if not reason.strip():
        raise BadInput(Problem("reason", "missing", "Say why you must see this case.", "Write a sentence."))
    with kit.transaction() as session:
        case = find_case(session, key)
        if not outside(session, office, [case.id]) or _is_open(session, case.id, person, wall):
            raise Refused("not_closed", "this case is open to you already")
        row = CaseOpening(
            case_id=case.id,
            staff_id=person.id,
            reason=reason.strip(),
            opened_at=wall,
            ends_at=wall + OPEN_FOR,
        )
        session.add(row)
        session.flush()
        actor = str(person.id)
        history.record(session, row, old=None, new="opened", actor=actor, why=row.reason, now=wall)
        history.audit(session, actor=actor, act="break glass", noun="child_case", ids=[case.id], now=wall)
        return {"id": str(row.id), "case_id": str(case.id), "ends_at": iso(row.ends_at)}


def openings_json(kit: Kit) -> list[dict[str, Any]]:
    """Those that nobody has reviewed, the oldest first; then the reviewed ones, the newest first, 200 at most."""
    with kit.transaction() as session:
        waiting = select(CaseOpening).where(col(CaseOpening.reviewed_at).is_(None))
        done = select(CaseOpening).where(col(CaseOpening.reviewed_at).is_not(None))
        rows = [
            *session.scalars(waiting.order_by(col(CaseOpening.opened_at))),
            *session.scalars(done.order_by(col(CaseOpening.reviewed_at).desc()).limit(200)),
        ]
        named = {row.staff_id for row in rows} | {row.reviewed_by for row in rows}
        emails = {one.id: one.email for one in session.scalars(select(Staff).where(col(Staff.id).in_(named)))}
        return [
            {
                "id": str(row.id),
                "case_id": str(row.case_id),
                "by": emails[row.staff_id],
                "reason": row.reason,
                "opened_at": iso(row.opened_at),
                "ends_at": iso(row.ends_at),
                "was_right": row.was_right,
                "reviewed_by": emails[row.reviewed_by] if row.reviewed_by else None,
                "review": row.review,
            }
            for row in rows
        ]


def review_opening(
    kit: Kit, key: str, by: Person, *, was_right: bool | None, words: str, wall: datetime
) -> dict[str, Any]:
    """A supervisor says whether it was right to open the case. What was not right ends now.

    Raises:
        NotFound: no such opening. BadInput: not said, or no words. Refused: the wrong role, one's own, or reviewed before.
    """
    require_role(by, Role.SUPERVISOR)
    missing = []
    if was_right is None:
        missing.append(Problem("was_right", "missing", "Say whether it was right.", "Choose yes or no."))
    if not words.strip():
        missing.append(Problem("words", "missing", "Say what you found.", "Write a sentence."))
    if was_right is None or missing:
        raise BadInput(missing)
    with kit.transaction() as session:
        row = session.get(CaseOpening, _id(key), with_for_update=True)
        if row is None:
            raise NotFound("opening", key)
        if row.staff_id == by.id:
            raise Refused("own_act", "nobody reviews their own opening", ["another supervisor"])
        if row.reviewed_at is not None:
            raise Refused("not_open", "this opening was reviewed before")
        row.was_right, row.review, row.reviewed_by, row.reviewed_at = was_right, words.strip(), by.id, wall
        if not was_right and row.ends_at > wall > row.opened_at:
            row.ends_at = wall
        session.add(row)
        new = "right" if was_right else "not right"
        history.record(session, row, old="opened", new=new, actor=str(by.id), why=row.review, now=wall)
        return {"id": str(row.id), "was_right": was_right}


def _id(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError:
        raise NotFound("opening", "") from None
