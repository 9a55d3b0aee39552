"""Invented staff find out where a family lives: they record the new home, read its proof and sign it off, file the form."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.calendar import local_day
from followup.new_home import COURT_FORM, VERIFY
from integrations.desk import addresses, court_forms, homes
from integrations.kit import Kit
from integrations.letters.pages import day_in_words, printed
from integrations.store.cases import followed_application
from integrations.store.revisions import current_packet
from integrations.store.sealing import open_json
from integrations.store.whereabouts import current_home
from models.errors import Refused
from models.facts import Person
from models.tables.ledger import Obligation
from models.tables.people import LOCATION_UNKNOWN, Case
from models.tables.vetting import Application
from vetting import new_home

_BRINGS_A_PROOF = frozenset({new_home.PROOF_MISSING, new_home.LETTER_RETURNED})
_WHY = "simulated: compared by eye"
_CHARGE = "Invented charge for the delivery of electricity and the upkeep of the line"


def open_verifications(session: Session) -> list[Obligation]:
    """Duties to verify the home of a child of whom somebody knows where to ask, earliest due first."""
    rows = session.execute(
        select(Obligation, Case)
        .join(Case, col(Case.id) == col(Obligation.case_id))
        .where(col(Obligation.state) == "open", col(Obligation.kind) == VERIFY)
        .order_by(col(Obligation.due_at), col(Obligation.id))
    ).all()
    return [duty for duty, case in rows if _is_askable(session, case)]


def _is_askable(session: Session, case: Case) -> bool:
    home = current_home(session, case.id)
    return home is not None and home.state != LOCATION_UNKNOWN


def open_forms(session: Session) -> list[Obligation]:
    """Forms that the court is owed for a home that is on file."""
    return list(
        session.scalars(
            select(Obligation)
            .where(
                col(Obligation.state) == "open",
                col(Obligation.kind) == COURT_FORM,
                col(Obligation.detail)["address"].astext.is_not(None),
            )
            .order_by(col(Obligation.due_at), col(Obligation.id))
        )
    )


def verify(kit: Kit, case_id: UUID, person: Person, *, now: datetime) -> str:
    """The home is signed off, after the family told of the right one where it was wrong. A word for the count."""
    key, codes = str(case_id), _lacking(kit, case_id, now)
    if codes & _needs_another():
        raw = json.dumps(_new_home(kit, case_id)).encode()
        addresses.change_address(kit, key, raw, person, now=now)
        codes = _lacking(kit, case_id, now)
    if new_home.POSTAL_PENDING in codes:
        return "waits"
    stated, name = _told(kit, case_id)
    if codes & _BRINGS_A_PROOF:
        proof = _bill(stated, name, now)
        homes.hand_in_proof(kit, key, proof, person, filename="simulated.pdf", now=now)
    typed = json.dumps({**stated, "name": name}).encode()
    try:
        homes.confirm_home(kit, key, person, typed=typed, reason=_WHY, now=now)
    except Refused as err:
        if err.code != "not_verified":
            raise
        return "refused"
    return "verified"


def file_form(kit: Kit, case_id: UUID, person: Person, *, now: datetime) -> None:
    """The court's form is printed, signed and filed."""
    with kit.transaction() as session:
        zone = session.get_one(Case, case_id).zone or "America/Chicago"
    court_forms.print_form(kit, str(case_id), person, now=now)
    filing = court_forms.Filing(on=local_day(now, zone))
    court_forms.record_filing(kit, str(case_id), person, filing, now=now)


def _needs_another() -> frozenset[str]:
    """What only another address puts right."""
    return frozenset(
        {
            new_home.MOVE_REPORTED,
            "ADDRESS_UNDELIVERABLE",
            "ADDRESS_UNIT_MISSING",
            "ADDRESS_NOT_RESIDENTIAL",
        }
    )


def _lacking(kit: Kit, case_id: UUID, now: datetime) -> set[str]:
    with kit.transaction() as session:
        case = session.get_one(Case, case_id)
        return {
            one.code for one in homes.lacks_of(session, kit, case, current_home(session, case_id), now=now)
        }


def _new_home(kit: Kit, case_id: UUID) -> dict[str, Any]:
    """An invented home in the same town, one of two for each child: who tells of a move again goes to the other.

    The postal service knows both.
    """
    with kit.transaction() as session:
        home = current_home(session, case_id)
        details = {} if home is None else open_json(kit.vault, home, "sealed_details")
    number = 2001 + case_id.int % 400 * 2
    first, second = f"{number} Invented Ave", f"{number + 800} Invented Ave"
    street = second if details.get("line1") == first else first
    return {"line1": street, **{k: details[k] for k in ("city", "state", "zip")}}


def _told(kit: Kit, case_id: UUID) -> tuple[dict[str, Any], str]:
    """The address on file, and the sponsor's name."""
    with kit.transaction() as session:
        home = current_home(session, case_id)
        details = {} if home is None else open_json(kit.vault, home, "sealed_details")
        application_id = followed_application(session, case_id)
        packet = current_packet(session, kit.vault, session.get_one(Application, application_id))
    stated = {k: details.get(k) for k in ("line1", "unit", "city", "state", "zip")}
    return stated, f"{packet.sponsor.given_names} {packet.sponsor.family_names}"


def _bill(stated: dict[str, Any], name: str, now: datetime) -> bytes:
    """An invented power bill for this home."""
    street = f"{stated['line1']} {stated['unit']}" if stated["unit"] else stated["line1"]
    place = f"{stated['city']}, {stated['state']} {stated['zip']}"
    # A page with little print on it counts as blank: a bill has its lines.
    charges = "\n".join(f"{_CHARGE} {number} ............ {number}.50" for number in range(1, 25))
    text = (
        f"Sample Power and Light\n\nStatement date: {day_in_words(now.date())}\n\n"
        f"{name}\n{street}\n{place}\n\nSimulated: an invented bill of an invented company.\n\n{charges}"
    )
    return printed(text, title="Simulated bill")
