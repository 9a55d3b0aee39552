"""A family's telephone numbers after the release: a better one takes the place of one that does not work."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.plan import TEXT_REMINDER, release_plan
from integrations import keys
from integrations.desk.duties import open_followup
from integrations.desk.escalations import policy_of, resolve_settled
from integrations.desk.found import call_again
from integrations.desk.sight import keep_in_sight, plan_facts
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case, followed_application
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.numbers import NewNumber
from models.packet import parse_part
from models.states import FOLLOWED, Party, Role
from models.tables.base import Sealed
from models.tables.ledger import Obligation
from models.tables.people import Case, Consent, PhoneNumber

MAY_ADD = (Role.CASE_MANAGER, Role.POST_RELEASE_CALLER, Role.SUPERVISOR)
PLACES = ("party", "backup", "care_plan", "home_country")


def add_number(
    kit: Kit, case_key: str, raw: bytes, person: Person, *, party: Party, role: str, now: datetime
) -> UUID:
    """This is how the child, the sponsor or a contact is reached from now on. Returns the case.

    The party's own number that it replaces is retired; what looked for a number is settled; calls whose tries had
    come to their end are a person's task again; texts that the plan foresees from now on are planned.

    Raises:
        BadInput: the number or the word about texts can't be used. Refused: wrong role, not in follow-up.
    """
    stated: NewNumber = parse_part(NewNumber, raw, "number")
    _want_place(party, role)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state not in FOLLOWED:
            raise Refused("not_in_follow_up", f"this case is {case.state}; amend its packet instead")
        held = require_role(person, *MAY_ADD)
        record_act(session, case.id, person, held, now=now)
        row = _row(kit, session, case, stated, party, role)
        if role == "party":
            _retire_the_old(session, row, person, now=now)
        _keep_consent(session, row, stated, person, now=now)
        history.record(
            session, row, old=None, new="in use", actor=str(person.id), why="a number to reach them", now=now
        )
        session.flush()
        _settle_the_search(session, case, row, person, now=now)
        _plan_texts(kit, session, case, row, person, now=now)
        call_again(session, case, now=now)
        keep_in_sight(kit, session, case, actor=str(person.id), now=now)
        history.audit(
            session, actor=str(person.id), act="add number", noun="child_case", ids=[case.id], now=now
        )
        return case.id


def _want_place(party: Party, role: str) -> None:
    if role not in PLACES:
        raise BadInput(
            Problem("--role", "wrong_value", "There is no such place.", f"Use one of: {', '.join(PLACES)}.")
        )
    if role == "party" and party == Party.CASE:
        raise BadInput(
            Problem(
                "--party",
                "wrong_value",
                "A number of their own is the child's or the sponsor's.",
                "Say whose.",
            )
        )


def _row(kit: Kit, session: Session, case: Case, stated: NewNumber, party: Party, role: str) -> PhoneNumber:
    """The number at its place, in use; one that stood there before is taken up again, with a clean record."""
    application_id = followed_application(session, case.id)
    if application_id is None:
        raise Refused("no_packet", "no packet of this child is here yet", ["kinline submit"])
    key = keys.phone_key(kit.vault, stated.number)
    others = session.scalars(
        select(PhoneNumber).where(
            col(PhoneNumber.application_id) == application_id,
            col(PhoneNumber.phone_key) == key,
            col(PhoneNumber.retired_at).is_(None),
        )
    ).all()
    row = session.scalars(
        select(PhoneNumber).where(
            col(PhoneNumber.application_id) == application_id,
            col(PhoneNumber.party) == party.value,
            col(PhoneNumber.role) == role,
            col(PhoneNumber.phone_key) == key,
        )
    ).one_or_none()
    if row is None:
        row = PhoneNumber(
            case_id=case.id,
            application_id=application_id,
            party=party.value,
            role=role,
            sealed_number=Sealed(b""),
            phone_key=key,
            language=stated.language,
        )
        seal_json(kit.vault, row, "sealed_number", {"number": stated.number})
    shared = [n for n in others if n.id != row.id and n.party != party.value]
    row.retired_at, row.usable, row.textable, row.unusable_because = None, True, True, None
    row.language, row.shared = stated.language, stated.shared or bool(shared)
    for other in shared:
        # A number that the child shares with an adult is for human calls only, whoever named it first.
        other.shared = True
        session.add(other)
    session.add(row)
    session.flush()
    return row


def _retire_the_old(session: Session, row: PhoneNumber, person: Person, *, now: datetime) -> None:
    for old in session.scalars(
        select(PhoneNumber).where(
            col(PhoneNumber.application_id) == row.application_id,
            col(PhoneNumber.party) == row.party,
            col(PhoneNumber.role) == "party",
            col(PhoneNumber.id) != row.id,
            col(PhoneNumber.retired_at).is_(None),
        )
    ):
        old.retired_at = now
        session.add(old)
        history.record(
            session,
            old,
            old="in use",
            new="retired",
            actor=str(person.id),
            why="another took its place",
            now=now,
        )


def _keep_consent(
    session: Session, row: PhoneNumber, stated: NewNumber, person: Person, *, now: datetime
) -> None:
    """Consent is of this person for this number: none is carried over from another."""
    said = stated.text_consent
    if said is None:
        return
    session.add(
        Consent(
            number_id=row.id,
            given=said.given,
            language=said.language,
            method=said.method or "spoken",
            at=said.at or now,
            recorded_at=now,
            actor=str(person.id),
        )
    )


def _settle_the_search(
    session: Session, case: Case, row: PhoneNumber, person: Person, *, now: datetime
) -> None:
    searches = [
        duty
        for duty in ledger.open_of(session, case.id, kind="find_number")
        if duty.party in (row.party, Party.CASE.value)
    ]
    if not searches or row.role != "party":
        return
    evidence = ledger.add_evidence(
        session,
        case_id=case.id,
        kind="review",
        row_id=row.id,
        by_staff=person.id,
        actor=str(person.id),
        note="a number was found",
        now=now,
    )
    for duty in searches:
        ledger.settle(session, duty, evidence, actor=str(person.id), why="a number was found", now=now)
        resolve_settled(session, duty, evidence, by=person.id, now=now)


def _plan_texts(
    kit: Kit, session: Session, case: Case, row: PhoneNumber, person: Person, *, now: datetime
) -> None:
    """The plan's texts to this party that lie ahead stand open, once each: those that were sent stay sent."""
    known = set(
        session.scalars(
            select(col(Obligation.key)).where(
                col(Obligation.case_id) == case.id,
                col(Obligation.kind) == TEXT_REMINDER,
                col(Obligation.party) == row.party,
            )
        )
    )
    wanted = [
        duty
        for duty in release_plan(plan_facts(kit, session, case), policy_of(case))
        if duty.kind == TEXT_REMINDER
        and duty.party.value == row.party
        and duty.opens_at > now
        and duty.key not in known
    ]
    open_followup(session, case, wanted, actor=str(person.id), why="they can be written to now", now=now)
