"""Released families, built by rows, with the follow-up plan that the desk opens for them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from followup.plan import release_plan
from integrations import keys
from integrations.desk.duties import open_followup
from integrations.desk.release import facts_for_plan
from integrations.kit import Kit
from integrations.policies import followup_policy
from integrations.store.sealing import seal_bytes, seal_json
from models.facts import Person
from models.tables.base import Sealed
from models.tables.people import Case, Consent, PhoneNumber
from models.tables.vetting import Application, ApplicationRevision, Release
from tests.builders import NOW, a_case, a_child, an_address, an_application
from tests.integration.scenes import a_packet

POLICY = "swb-2024r3"
BORN_ON = date(2011, 5, 2)
_areas = itertools.count(201)


def a_phone(ends: int) -> str:
    """A sandbox phone that behaves as its last two digits say; each call another area code."""
    return f"+1{next(_areas) % 700 + 201}55501{ends:02d}"


@dataclass(frozen=True)
class Family:
    """One released child, by ids alone; and the invented phones."""

    case_id: UUID
    application_id: UUID
    phones: dict[str, str]
    numbers: dict[str, UUID]

    @property
    def key(self) -> str:
        return str(self.case_id)


def a_family(
    kit: Kit,
    staff: dict[str, Person],
    *,
    child: int | str | None = 0,
    sponsor: int | str = 1,
    consent: Sequence[str] = ("child", "sponsor"),
    shared: bool = False,
    backup: int | None = None,
    language: str = "en",
    zone: str = "America/Chicago",
    released_at: datetime = NOW,
    born_on: date = BORN_ON,
    a_number: str = "220500001",
    plan: bool = True,
) -> Family:
    """A child released at `released_at` with the policy's whole plan, as the desk opens it.

    `child` and `sponsor` are the last two digits of a phone, or a whole number; `child=None`: no phone of its own.
    `a_number`: its end says what an invented caller finds.
    """
    phones = {"sponsor": sponsor if isinstance(sponsor, str) else a_phone(sponsor)}
    if child is not None:
        phones["child"] = child if isinstance(child, str) else a_phone(child)
    if backup is not None:
        phones["backup"] = a_phone(backup)
    with kit.transaction() as session:
        case, application = _rows(session, kit, zone, born_on, a_number)
        numbers = {
            who: _number(session, kit, application, who, phone, language, shared)
            for who, phone in phones.items()
        }
        for who in consent:
            if who in numbers:
                session.add(
                    Consent(
                        number_id=numbers[who].id,
                        given=True,
                        method="signed_form",
                        at=released_at,
                        recorded_at=released_at,
                        actor="cli",
                    )
                )
        _release(session, case, application, staff, released_at)
        if plan:
            facts = facts_for_plan(session, case, application.id, born_on)
            duties = release_plan(facts, followup_policy(POLICY))
            open_followup(
                session, case, duties, actor="cli", why="planned at the release", now=max(released_at, NOW)
            )
        return Family(case.id, application.id, phones, {who: row.id for who, row in numbers.items()})


def _rows(session: Session, kit: Kit, zone: str, born_on: date, a_number: str) -> tuple[Case, Application]:
    child = a_child(session, kit.vault)
    details = {
        "given_names": "Ixchel",
        "family_names": "Example Coj",
        "a_number": a_number,
        "date_of_birth": born_on.isoformat(),
    }
    seal_json(kit.vault, child, "sealed_details", details)
    case = a_case(session, kit.vault, child_id=child.id)
    application = an_application(session, kit.vault, case, state="released")
    an_address(session, kit.vault, application, zone=zone)
    _packet(session, kit, application)
    case.zone = zone
    return case, application


def _packet(session: Session, kit: Kit, application: Application) -> None:
    """The packet that they were vetted on: of an aunt, and of a child in her home."""
    row = ApplicationRevision(
        application_id=application.id,
        number=application.revision,
        content_key=kit.vault.blind("packet", application.id.bytes),
        sealed_packet=Sealed(b""),
        at=NOW,
        actor="cli",
    )
    seal_bytes(kit.vault, row, "sealed_packet", json.dumps(a_packet()).encode())
    session.add(row)


def _number(
    session: Session, kit: Kit, application: Application, who: str, phone: str, language: str, shared: bool
) -> PhoneNumber:
    row = PhoneNumber(
        case_id=application.case_id,
        application_id=application.id,
        party="child" if who == "child" else "sponsor",
        role="backup" if who == "backup" else "party",
        sealed_number=Sealed(b""),
        phone_key=keys.phone_key(kit.vault, phone),
        language=language,
        shared=shared and who != "backup",
    )
    seal_json(kit.vault, row, "sealed_number", {"number": phone})
    session.add(row)
    session.flush()
    return row


def _release(
    session: Session, case: Case, application: Application, staff: dict[str, Person], at: datetime
) -> None:
    session.add(
        Release(
            application_id=application.id,
            case_id=case.id,
            released_on=at.date(),
            released_by=staff["ffs"].id,
            at=at,
        )
    )
    case.state, case.followup_policy = "in_follow_up", POLICY
    case.released_at = case.last_contact_at = at
    case.max_silence_days = followup_policy(POLICY).silence.max_silence_days
    session.add(case)
    session.flush()
