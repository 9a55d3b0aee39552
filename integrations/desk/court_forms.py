"""The court is told of a move: the form is printed for a person to sign, and a named person says when it was filed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from followup.calendar import local_day
from followup.new_home import COURT_FORM
from followup.policy import in_force, review_of
from integrations.desk.duties import DOERS
from integrations.desk.reports import disclose, reporting_policy, settle_on_paper
from integrations.desk.sight import keep_in_sight
from integrations.kit import Kit
from integrations.letters.court_form import TEMPLATE, CourtFormFacts, child_of, court_form, fields_told
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.contacts import zones_of
from integrations.store.files import keep_evidence
from integrations.store.revisions import current_packet
from integrations.store.sealing import open_json, seal_bytes
from integrations.store.staff import record_act, require_role
from integrations.store.whereabouts import current_home
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.packet import Address as StatedAddress
from models.reports import Recipient
from models.states import FOLLOWED
from models.tables.base import Sealed
from models.tables.homes import CourtFiling, CourtForm
from models.tables.ledger import Obligation
from models.tables.papers import Disclosure
from models.tables.people import LOCATION_UNKNOWN, Address, Case
from models.tables.vetting import Application


@dataclass(frozen=True, slots=True)
class Filing:
    """What a person says of it: the day, the receipt if there is one, and when DHS was given its copy."""

    on: date
    receipt: bytes | None = None
    filename: str = ""
    copy_on: date | None = None


def print_form(kit: Kit, case_key: str, person: Person, *, now: datetime) -> bytes:
    """The form for the newest move, as a PDF to be signed. It is kept as it was made, and the look is on record.

    Raises:
        Refused: no new home is on file that the court could be told of.
    """
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        home = _new_home(session, case)
        record_act(session, case.id, person, require_role(person, *DOERS), now=now)
        content = court_form(_facts(session, kit, case, home))
        row = CourtForm(
            case_id=case.id,
            address_id=home.id,
            template=TEMPLATE,
            digest=hashlib.sha256(content).hexdigest(),
            sealed_content=Sealed(b""),
            made_by=person.id,
            at=now,
        )
        seal_bytes(kit.vault, row, "sealed_content", content)
        session.add(row)
        session.flush()
        actor = str(person.id)
        history.record(session, row, old=None, new="printed", actor=actor, why=TEMPLATE, now=now)
        history.audit(session, actor=actor, act="print court form", noun="child_case", ids=[case.id], now=now)
        return content


def record_filing(kit: Kit, case_key: str, person: Person, filing: Filing, *, now: datetime) -> UUID:
    """The court was told by the form, on that day: the duty is settled, and the disclosure is on record.

    Raises:
        BadInput: the day or the receipt can't be used. Refused: no form is owed, or no new home is on file.
    """
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        home = _new_home(session, case)
        record_act(session, case.id, person, require_role(person, *DOERS), now=now)
        duties = ledger.open_of(session, case.id, kind=COURT_FORM)
        if not duties:
            raise Refused("nothing_owed", "no form for the court stands open on this case")
        _want_days(case, home, filing, now)
        row = _write(session, kit, case, home, person, filing, now)
        for duty in duties:
            settle_on_paper(session, duty, row.id, person, why=f"filed on {filing.on.isoformat()}", now=now)
        actor = str(person.id)
        history.audit(session, actor=actor, act="file court form", noun="child_case", ids=[case.id], now=now)
        keep_in_sight(kit, session, case, actor=actor, now=now)
        return case.id


def _new_home(session: Session, case: Case) -> Address:
    """The home that the court is told of: one recorded after the release, and after the move was first told of."""
    if case.state not in FOLLOWED:
        raise Refused("not_in_follow_up", f"this case is {case.state}, not in follow-up")
    home = current_home(session, case.id)
    told = session.scalars(
        select(Obligation).where(
            col(Obligation.case_id) == case.id,
            col(Obligation.kind) == COURT_FORM,
            col(Obligation.state) == "open",
        )
    ).all()
    known = None if home is None else home.recorded_at
    if home is None or home.state == LOCATION_UNKNOWN or known is None or _is_older(known, told):
        raise Refused(
            "no_new_home",
            "no new address is on file that the court could be told of",
            ["the new address: kinline address change"],
        )
    return home


def _is_older(known: datetime, told: Sequence[Obligation]) -> bool:
    """This home was on file before people told of a move to one that is not."""
    return any("address" not in duty.detail and duty.created_at > known for duty in told)


def _facts(session: Session, kit: Kit, case: Case, home: Address) -> CourtFormFacts:
    application = session.get_one(Application, home.application_id)
    zone = zones_of(case)[0]
    before = _told_before(session, home)
    policy = reporting_policy(case)
    line = review_of(policy, COURT_FORM)
    open_forms = ledger.open_of(session, case.id, kind=COURT_FORM)
    due_at = open_forms[0].due_at if open_forms else home.since_at
    return CourtFormFacts(
        child=child_of(current_packet(session, kit.vault, application).child),
        old=None if before is None else _stated(kit, before),
        new=_stated(kit, home),
        moved_on=local_day(home.since_at, zone),
        due_on=local_day(due_at, zone),
        legal_basis=line.legal_basis or "",
    )


def _told_before(session: Session, home: Address) -> Address | None:
    """The newest home before this one that the court can know: of the packet, or of a form that was filed.

    One that was recorded and put right before anybody told the court is not what stands in its file.
    """
    filed = select(col(CourtFiling.address_id)).where(col(CourtFiling.case_id) == home.case_id)
    return session.scalars(
        select(Address)
        .where(
            col(Address.application_id) == home.application_id,
            col(Address.until_at).is_not(None),
            col(Address.dwelling_key).is_not(None),
            col(Address.id) != home.id,
            or_(col(Address.recorded_at).is_(None), col(Address.id).in_(filed)),
        )
        .order_by(col(Address.until_at).desc(), col(Address.since_at).desc())
        .limit(1)
    ).first()


def _stated(kit: Kit, row: Address) -> StatedAddress:
    return StatedAddress.model_validate(open_json(kit.vault, row, "sealed_details"))


def _want_days(case: Case, home: Address, filing: Filing, now: datetime) -> None:
    """Nothing, where both days lie between the move and today."""
    zone = zones_of(case)[0]
    for option, day in (("--on", filing.on), ("--copy-on", filing.copy_on)):
        if day is None:
            continue
        if day > local_day(now, zone):
            raise BadInput(Problem(option, "in_the_future", "That day lies ahead.", "Record it once it was."))
        if day < local_day(home.since_at, zone):
            raise BadInput(
                Problem(option, "before_the_move", "They had not moved yet then.", "Check the day.")
            )


def _write(
    session: Session,
    kit: Kit,
    case: Case,
    home: Address,
    person: Person,
    filing: Filing,
    now: datetime,
) -> CourtFiling:
    receipt = None
    if filing.receipt is not None:
        receipt = keep_evidence(
            session, kit.vault, filing.receipt, option="--receipt", filename=filing.filename, now=now
        )
    form = session.scalars(
        select(CourtForm)
        .where(col(CourtForm.address_id) == home.id)
        .order_by(col(CourtForm.at).desc())
        .limit(1)
    ).first()
    told = disclose(
        session,
        case,
        COURT_FORM,
        Recipient.COURT,
        fields_told(),
        approved_by=person.id,
        by=person.id,
        now=now,
    )
    if filing.copy_on is not None:
        _disclose_copy(session, case, person, now)
    row = CourtFiling(
        case_id=case.id,
        address_id=home.id,
        form_id=None if form is None else form.id,
        disclosure_id=told.id,
        filed_on=filing.on,
        receipt_id=receipt,
        filed_by=person.id,
        at=now,
    )
    session.add(row)
    session.flush()
    history.record(session, row, old=None, new="filed", actor=str(person.id), why=COURT_FORM, now=now)
    return row


def _disclose_copy(session: Session, case: Case, person: Person, now: datetime) -> None:
    """The copy that the form's proof of service speaks of was given to DHS: told outside, too."""
    policy = reporting_policy(case)
    line = next(line for line in in_force(policy.reviews) if line.kind == COURT_FORM)
    session.add(
        Disclosure(
            case_id=case.id,
            recipient="dhs",
            legal_basis=line.legal_basis or "",
            fields=list(fields_told()),
            rule=line.rule,
            policy_version=policy.version,
            approved_by=person.id,
            recorded_by=person.id,
            at=now,
        )
    )
