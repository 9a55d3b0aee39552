"""Addresses after the release: a move is a new row through the gate of intake, never an overwrite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.calendar import EVENING, local_day, local_instant
from followup.new_home import MoveFacts
from integrations import keys
from integrations.desk.address_round import recheck
from integrations.desk.moves import open_for_new_home
from integrations.desk.rezoning import live_by
from integrations.kit import Kit
from integrations.store import history
from integrations.store.cases import find_case, followed_application
from integrations.store.contacts import zones_of
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import record_act, require_role
from integrations.zones import zone_of
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.packet import Address as StatedAddress
from models.packet import parse_part
from models.states import FOLLOWED, PrsLevel, Role
from models.tables.base import Sealed
from models.tables.people import LOCATION_UNKNOWN, Address, Case


@dataclass(frozen=True, slots=True)
class Moved:
    """When they moved: a day, where that is what is known, or an instant. `source`: how we came to know."""

    at: datetime | None = None
    on: date | None = None
    source: str = "staff"


def change_address(
    kit: Kit,
    case_key: str,
    raw: bytes,
    person: Person,
    *,
    moved_at: datetime | None = None,
    moved: Moved | None = None,
    now: datetime,
) -> UUID:
    """The family lives elsewhere now: old address kept with its dates, new one looked up, duties opened.

    It is `stated` until a person signs it off. In another time zone what stands open is planned anew for their hours.

    Raises:
        BadInput: the address or the day can't be used; nothing was stored. Refused: no packet of the child came in,
            or this is the home that is on file.
    """
    stated: StatedAddress = parse_part(StatedAddress, raw, "address")
    told = moved or Moved(at=moved_at)
    with kit.transaction() as session:
        case = followed_case(session, case_key)
        role = require_role(person, Role.CASE_MANAGER, Role.POST_RELEASE_CALLER, Role.SUPERVISOR)
        record_act(session, case.id, person, role, now=now)
        row = record_move(kit, session, case, stated, told, actor=str(person.id), now=now)
        history.audit(
            session, actor=str(person.id), act="change address", noun="child_case", ids=[case.id], now=now
        )
        case_id, address_id = case.id, row.id
    recheck(kit, address_id, now=now)
    return case_id


def record_move(
    kit: Kit, session: Session, case: Case, stated: StatedAddress, told: Moved, *, actor: str, now: datetime
) -> Address:
    """The new home, with what its move opens. The case is locked; the postal service is to be asked afterwards.

    Raises:
        BadInput, Refused: as `change_address`.
    """
    zone = zone_of(stated.zip, stated.state)
    at = _moved_at(case, told, zone, now)
    row, move = _replace(kit, session, case, stated, at, told.source, now)
    live_by(session, case, row.zone, actor=actor, now=now)
    open_for_new_home(session, case, row, move, moved_at=at, actor=actor, now=now)
    history.record(session, row, old=None, new="current", actor=actor, why="the family moved", now=now)
    return row


def followed_case(session: Session, case_key: str) -> Case:
    """The case, locked, of a child who is followed.

    Raises:
        Refused: it is in care or closed.
    """
    case = find_case(session, case_key, lock=True)
    if case.state not in FOLLOWED:
        raise Refused("not_in_follow_up", f"this case is {case.state}; amend its packet instead")
    return case


def _moved_at(case: Case, told: Moved, there: str, now: datetime) -> datetime:
    """The evening of the day of the move where they live now (zone `there`), or the instant; no later than now.

    By the clocks of the old home a move to the east would be read back as one of the day after.

    Raises:
        BadInput: a day to come, or one before the release.
    """
    zone = zones_of(case)[0]
    on = told.on or local_day(told.at or now, zone)
    if on > local_day(now, zone) or (told.at is not None and told.at > now):
        raise BadInput(
            Problem("--moved-on", "in_the_future", "That day lies ahead.", "Record the move once it was.")
        )
    if case.released_at is not None and on < local_day(case.released_at, zone):
        raise BadInput(
            Problem("--moved-on", "before_release", "The child was not released yet then.", "Check the day.")
        )
    if told.on is None:
        return told.at or now
    return min(now, max(local_instant(on, EVENING, there), case.released_at or case.created_at))


def _replace(
    kit: Kit, session: Session, case: Case, stated: StatedAddress, at: datetime, source: str, now: datetime
) -> tuple[Address, MoveFacts]:
    application_id = followed_application(session, case.id)
    if application_id is None:
        raise Refused(
            "no_packet",
            "this child is known from the list of releases alone, and no home of theirs is on file to change",
            ["the child's packet (kinline submit)"],
        )
    dwelling, building = keys.dwelling_keys(kit.vault, stated)
    _refuse_the_same(kit, session, application_id, dwelling, stated)
    old = end_current(session, application_id, at)
    row = Address(
        case_id=case.id,
        application_id=application_id,
        sealed_details=Sealed(b""),
        dwelling_key=dwelling,
        building_key=building,
        zone=zone_of(stated.zip, stated.state),
        source=source,
        since_at=at,
        recorded_at=now,
    )
    seal_json(kit.vault, row, "sealed_details", stated.model_dump(mode="json"))
    session.add(row)
    session.flush()
    return row, _move(kit, case, old, row, stated)


def _refuse_the_same(
    kit: Kit, session: Session, application_id: UUID, dwelling: bytes, stated: StatedAddress
) -> None:
    """Who types the address that is on file takes no sign-off away, and sends no form to the court.

    Raises:
        Refused: it is that address, at most spelt otherwise.
    """
    old = _current(session, application_id)
    if old is None or old.state == LOCATION_UNKNOWN or old.dwelling_key != dwelling:
        return
    before = StatedAddress.model_validate(open_json(kit.vault, old, "sealed_details"))
    if before.state == stated.state and before.city.casefold() == stated.city.casefold():
        raise Refused(
            "same_address",
            "this is the address on file",
            [
                "another address, if they moved",
                "if they have not moved after all: kinline address still",
                "a proof of this one: kinline address proof",
            ],
        )


def _current(session: Session, application_id: UUID) -> Address | None:
    return session.scalars(
        select(Address).where(col(Address.application_id) == application_id, col(Address.until_at).is_(None))
    ).one_or_none()


def end_current(session: Session, application_id: UUID, at: datetime) -> Address | None:
    """The home that was the current one until now, with its last day."""
    old = _current(session, application_id)
    if old is not None:
        old.until_at = max(at, old.since_at)
        session.add(old)
        session.flush()
    return old


def _move(kit: Kit, case: Case, old: Address | None, row: Address, stated: StatedAddress) -> MoveFacts:
    before: dict[str, Any] = {}
    if old is not None and old.state != LOCATION_UNKNOWN:
        before = open_json(kit.vault, old, "sealed_details")
    # The same house, of which no unit was on file: the address was only written better.
    same = (
        old is not None
        and bool(before)
        and (
            old.dwelling_key == row.dwelling_key
            or (old.building_key == row.building_key and not before.get("unit"))
        )
    )
    return MoveFacts(
        same_dwelling=same,
        old_state=before.get("state"),
        new_state=stated.state,
        old_zip=before.get("zip"),
        new_zip=stated.zip,
        prs_level=PrsLevel(case.prs_level) if case.prs_level else None,
    )
