"""Two offices with a case each, and a case of none."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.offices import set_provider, set_staff_office
from integrations.kit import Kit
from integrations.store.sealing import open_json
from models.facts import Person
from models.tables.ledger import Call
from models.tables.people import Address, Case, Child, PhoneNumber, Sponsor
from models.tables.vetting import Application
from tests.builders import (
    DAY,
    NOW,
    a_followed_case,
    a_hearing,
    a_number,
    an_address,
    an_application,
    an_escalation,
)


@dataclass
class Scene:
    """One case of our office, one of another, one of none; each with something in a queue."""

    ours: UUID
    theirs: UUID
    nobodys: UUID
    their_application: str
    their_escalation: UUID
    their_call: UUID
    their_phone: UUID
    their_hearing: UUID
    their_words: tuple[str, ...]


def two_offices(kit: Kit, staff: dict[str, Person]) -> Scene:
    """`cm@example.org` works here, `caller@example.org` there."""
    with kit.transaction() as session:
        cases = {}
        for provider in ("Example House, Here", "Example House, There", "Example Place, Nobody"):
            case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
            case.care_provider = provider
            application = an_application(session, kit.vault, case, state="released")
            alarm = an_escalation(
                session,
                case,
                acknowledge_by=NOW - DAY,
                opened_at=NOW - 3 * DAY,
                queue="rota",
                policy_version="swb-2024r3",
            )
            hearing = a_hearing(session, case)
            an_address(session, kit.vault, application)
            phone = a_number(session, kit.vault, application)
            if provider.endswith("There"):
                their_words, phone_id = sealed_words(session, kit, case, application, phone), phone.id
                hearing_id = hearing.id
            cases[provider] = (case.id, application.reference, alarm.id)
        call = Call(
            case_id=cases["Example House, There"][0], kind="human", party="child", state="due", due_at=NOW
        )
        session.add(call)
        session.flush()
        call_id = call.id
    set_provider(kit, " Example House, HERE", "Here", staff["admin"], wall=NOW)
    set_provider(kit, "Example House, There", "there", staff["admin"], wall=NOW)
    set_staff_office(kit, "cm@example.org", "here", staff["admin"], wall=NOW)
    set_staff_office(kit, "caller@example.org", "there", staff["admin"], wall=NOW)
    (ours, _, _), (theirs, reference, alarm_id), (nobodys, _, _) = cases.values()
    return Scene(ours, theirs, nobodys, reference, alarm_id, call_id, phone_id, hearing_id, their_words)


def sealed_words(
    session: Session, kit: Kit, case: Case, application: Application, phone: PhoneNumber
) -> tuple[str, ...]:
    """What no answer may hold of this case: names, street, phone and A-number, as they lie sealed."""
    home = session.scalars(select(Address).where(col(Address.case_id) == case.id)).one()
    child = open_json(kit.vault, session.get_one(Child, case.child_id), "sealed_details")
    sponsor = open_json(kit.vault, session.get_one(Sponsor, application.sponsor_id), "sealed_details")
    street = open_json(kit.vault, home, "sealed_details")["line1"]
    number = open_json(kit.vault, phone, "sealed_number")["number"]
    names = (one[part] for one in (child, sponsor) for part in ("given_names", "family_names"))
    return (*names, child["a_number"], street, number)
