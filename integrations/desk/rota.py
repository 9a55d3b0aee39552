"""The rota of who is on call for a cry for help, the telephones of staff, and where nobody stands ready."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.paging import gaps
from integrations import keys
from integrations.desk.escalations import OWNER_ROLES
from integrations.desk.instants import iso
from integrations.kit import Kit
from integrations.paging_rules import paging_rules
from integrations.store import history
from integrations.store.rota import can_be_paged, shifts, standing
from integrations.store.sealing import seal_json
from integrations.store.staff import require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.numbers import is_e164
from models.paging import FALLBACK, FIRST, ON_CALL_RUNGS, Gap
from models.states import Role
from models.tables.paging import OnCall
from models.tables.people import Staff

# A sandbox is born with somebody on both places for this long.
_SANDBOX_ROTA = timedelta(days=36500)
# Plainly invented, each its own, and none of a family's: their area codes are telephones' own.
SANDBOX_PHONES = {
    "caller@example.org": "+19995550101",
    "cm@example.org": "+19995550102",
    "supervisor@example.org": "+19995550103",
}
_SANDBOX_PLACES = {"caller@example.org": FIRST, "cm@example.org": FALLBACK}


def set_phone(kit: Kit, email: str, number: str, by: Person, *, now: datetime) -> dict[str, Any]:
    """This is where the person is paged from now on. Nobody is shown the number, not even who set it.

    Raises:
        BadInput: not a telephone number, or nobody has this address. Refused: not by an administrator, or who has
            left.
    """
    if not is_e164(number):
        raise BadInput(
            Problem(
                "PHONE",
                "wrong_value",
                "This is not a telephone number.",
                "Write it with + and the country, such as +12025550100.",
            )
        )
    with kit.transaction() as session:
        require_role(by, Role.ADMINISTRATOR)
        person = _person(session, email, "EMAIL")
        had = person.sealed_phone is not None
        seal_phone(kit, person, number)
        session.add(person)
        history.record(
            session,
            person,
            old="a telephone" if had else "no telephone",
            new="a telephone",
            actor=str(by.id),
            why="where they are paged",
            now=now,
        )
        history.audit(session, actor=str(by.id), act="set phone", noun="staff", ids=[person.id], now=now)
        return {"email": person.email, "phone": "set"}


def seal_phone(kit: Kit, person: Staff, number: str) -> None:
    seal_json(kit.vault, person, "sealed_phone", {"number": number})
    person.phone_key = keys.phone_key(kit.vault, number)


def _person(session: Session, email: str, field: str) -> Staff:
    """The person with this address, locked."""
    row = session.scalars(
        select(Staff).where(col(Staff.email) == email.strip().lower()).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise BadInput(
            Problem(field, "unknown_person", "Nobody has this address.", "Check it, or `kinline user add`.")
        )
    if not row.active:
        raise Refused("suspended", "this account is shut")
    return row


def add(
    kit: Kit,
    email: str,
    by: Person,
    *,
    rung: int,
    begins_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> dict[str, Any]:
    """This person is on call in this time: first (1) or as the fallback (2).

    Raises:
        BadInput: no such rung, the time is over or ends before it begins, or they are on call then already.
        Refused: the wrong role, or somebody who can't be paged or could not take what they are paged for.
    """
    _want_time(rung, begins_at, ends_at, now)
    with kit.transaction() as session:
        require_role(by, Role.SUPERVISOR, Role.ADMINISTRATOR)
        person = _person(session, email, "EMAIL")
        if not OWNER_ROLES.intersection(person.roles):
            raise Refused(
                "wrong_role", "this person's role takes no escalations", ["somebody who can take one"]
            )
        if not can_be_paged(person):
            raise Refused(
                "no_phone",
                "this person has no telephone to be paged on",
                [f"kinline user phone {person.email}"],
            )
        _want_free(session, person, begins_at, ends_at)
        row = OnCall(
            staff_id=person.id,
            rung=rung,
            begins_at=begins_at,
            ends_at=ends_at,
            added_by=by.id,
            added_at=now,
        )
        session.add(row)
        session.flush()
        history.record(
            session, row, old=None, new="on call", actor=str(by.id), why="put on the rota", now=now
        )
    return rota_json(kit, now=now)


def _want_time(rung: int, begins_at: datetime, ends_at: datetime, now: datetime) -> None:
    if rung not in ON_CALL_RUNGS:
        raise BadInput(
            Problem("--rung", "wrong_value", "There is no such rung.", "Use 1 (first) or 2 (fallback).")
        )
    if ends_at <= begins_at:
        raise BadInput(
            Problem("--until", "before_it_begins", "It ends before it begins.", "Give a later --until.")
        )
    if ends_at <= now:
        raise BadInput(
            Problem("--until", "is_over", "This time is over already.", "Give a time that lies ahead.")
        )


def _want_free(session: Session, person: Staff, begins_at: datetime, ends_at: datetime) -> None:
    """Nobody is their own fallback, and nobody stands twice in one place."""
    taken = session.scalars(
        select(col(OnCall.id)).where(
            col(OnCall.staff_id) == person.id,
            col(OnCall.ended_at).is_(None),
            col(OnCall.begins_at) < ends_at,
            col(OnCall.ends_at) > begins_at,
        )
    ).first()
    if taken is not None:
        raise BadInput(
            Problem(
                "--from",
                "on_call_already",
                "This person is on call in that time already.",
                "Choose another time or person, or end the other with `kinline rota end`.",
            )
        )


def end(kit: Kit, on_call_id: UUID, by: Person, *, reason: str, now: datetime) -> dict[str, Any]:
    """This time on the rota is over from now on, whether it had begun or not.

    Raises:
        NotFound: there is none. BadInput: no reason. Refused: the wrong role, or it is over already.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        require_role(by, Role.SUPERVISOR, Role.ADMINISTRATOR)
        row = session.get(OnCall, on_call_id, with_for_update=True)
        if row is None:
            raise NotFound("time on the rota", str(on_call_id))
        if row.ended_at is not None or row.ends_at <= now:
            raise Refused("over_already", "this time on the rota is over already")
        end_row(session, row, by.id, why=reason, now=now)
    return rota_json(kit, now=now)


def end_row(session: Session, row: OnCall, by: UUID, *, why: str, now: datetime) -> None:
    row.ended_at, row.ended_by, row.ended_because = now, by, why
    session.add(row)
    history.record(session, row, old="on call", new="ended", actor=str(by), why=why, now=now)


def take_off(session: Session, person: Staff, by: UUID, *, why: str, now: datetime) -> None:
    """Who leaves is on call no more, and their telephone is forgotten."""
    for row, one in standing(session, now):
        if one.id == person.id:
            end_row(session, row, by, why=why, now=now)
    person.sealed_phone = person.phone_key = None
    session.add(person)


def gaps_ahead(session: Session, *, now: datetime) -> tuple[Gap, ...]:
    """The times ahead, as far as the rules look, in which nobody who can be paged is on call."""
    ends_at = now + timedelta(days=paging_rules().rota.ahead_days)
    return gaps(shifts(session, now), now, ends_at)


def gaps_json(session: Session, *, now: datetime) -> list[dict[str, Any]]:
    return [
        {"rung": gap.place, "from": iso(gap.begins_at), "until": iso(gap.ends_at)}
        for gap in gaps_ahead(session, now=now)
    ]


def rota_json(kit: Kit, *, now: datetime) -> dict[str, Any]:
    """Who is on call now and ahead, and each gap. No number is ever shown."""
    with kit.transaction() as session:
        return {
            "as_of": iso(now),
            "look_ahead_days": paging_rules().rota.ahead_days,
            "on_call": [
                {
                    "id": str(row.id),
                    "email": person.email,
                    "rung": row.rung,
                    "from": iso(row.begins_at),
                    "until": iso(row.ends_at),
                    "now": row.begins_at <= now,
                    "reachable": can_be_paged(person),
                }
                for row, person in standing(session, now)
            ],
            "gaps": gaps_json(session, now=now),
        }


def ensure_sandbox_rota(kit: Kit, *, now: datetime) -> None:
    """The invented staff of a new sandbox have telephones, and both places of the rota somebody, from its birth."""
    with kit.transaction() as session:
        if session.scalars(select(col(OnCall.id)).limit(1)).first() is not None:
            return
        # Two commands may begin at once: one of them fills the rota.
        people = session.scalars(
            select(Staff)
            .where(col(Staff.email).in_(SANDBOX_PHONES))
            .order_by(col(Staff.email))
            .with_for_update(key_share=True)
        ).all()
        if session.scalars(select(col(OnCall.id)).limit(1)).first() is not None:
            return
        for person in people:
            if person.sealed_phone is None:
                seal_phone(kit, person, SANDBOX_PHONES[person.email])
                session.add(person)
            if person.email in _SANDBOX_PLACES:
                session.add(
                    OnCall(
                        staff_id=person.id,
                        rung=_SANDBOX_PLACES[person.email],
                        begins_at=now,
                        ends_at=now + _SANDBOX_ROTA,
                        added_by=person.id,
                        added_at=now,
                    )
                )
