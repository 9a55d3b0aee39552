"""Addresses after the release: a move is a new row through the same look-up, never an overwrite."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations import keys
from integrations.desk.address_round import recheck
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import policy_of
from integrations.desk.rezoning import live_by
from integrations.kit import Kit
from integrations.store import history
from integrations.store.cases import find_case, followed_application
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from integrations.zones import zone_of
from models.errors import Refused
from models.facts import Person
from models.packet import Address as StatedAddress
from models.packet import parse_part
from models.states import FOLLOWED, Role
from models.tables.base import Sealed
from models.tables.people import Address, Case


def change_address(
    kit: Kit, case_key: str, raw: bytes, person: Person, *, moved_at: datetime, now: datetime
) -> UUID:
    """The family lives elsewhere now: old address kept with its dates, new one looked up, duties opened.

    In another time zone what stands open is planned anew for their hours there.

    Raises:
        BadInput: the address can't be used; nothing was stored. Refused: no packet of the child ever came in.
    """
    stated: StatedAddress = parse_part(StatedAddress, raw, "address")
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state not in FOLLOWED:
            raise Refused("not_in_follow_up", f"this case is {case.state}; amend its packet instead")
        role = require_role(person, Role.CASE_MANAGER, Role.POST_RELEASE_CALLER, Role.SUPERVISOR)
        record_act(session, case.id, person, role, now=now)
        row = _replace(kit, session, case, stated, moved_at)
        live_by(session, case, row.zone, actor=str(person.id), now=now)
        _open_duties(session, case, row, person, moved_at, now)
        history.record(
            session, row, old=None, new="current", actor=str(person.id), why="the family moved", now=now
        )
        case_id, address_id = case.id, row.id
    recheck(kit, address_id, now=now)
    return case_id


def _replace(kit: Kit, session: Session, case: Case, stated: StatedAddress, moved_at: datetime) -> Address:
    application_id = followed_application(session, case.id)
    if application_id is None:
        raise Refused(
            "no_packet",
            "this child is known from the list of releases alone, and no home of theirs is on file to change",
            ["the child's packet (kinline submit)"],
        )
    for old in session.scalars(
        select(Address).where(col(Address.application_id) == application_id, col(Address.until_at).is_(None))
    ):
        old.until_at = moved_at
        session.add(old)
    session.flush()
    dwelling, building = keys.dwelling_keys(kit.vault, stated)
    row = Address(
        case_id=case.id,
        application_id=application_id,
        sealed_details=Sealed(b""),
        dwelling_key=dwelling,
        building_key=building,
        zone=zone_of(stated.zip, stated.state),
        source="staff",
        since_at=moved_at,
    )
    seal_json(kit.vault, row, "sealed_details", stated.model_dump(mode="json"))
    session.add(row)
    session.flush()
    return row


def _open_duties(
    session: Session, case: Case, row: Address, person: Person, moved_at: datetime, now: datetime
) -> None:
    """The new address is verified, and the court told of it: within its days from the move, not from this record."""
    policy = policy_of(case)
    key = str(row.id)[:8]
    open_followup(
        session,
        case,
        [
            review_duty(policy, "verify_address", key=key, now=now),
            review_duty(policy, "court_address_form", key=key, now=min(moved_at, now)),
        ],
        actor=str(person.id),
        why="the family moved",
        now=now,
    )
