"""The gate for a home after the release: its proof is read, a person signs it off, or finds that nobody has moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.new_home import COURT_FORM, VERIFY
from integrations.desk.addresses import followed_case
from integrations.desk.duties import DOERS, settle_by_reading
from integrations.desk.escalations import resolve_settled
from integrations.desk.sight import keep_in_sight
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history, ledger
from integrations.store.applications import POSTAL_REFUSED, postal_answer
from integrations.store.files import file_content, held_by_other_cases, keep_evidence
from integrations.store.revisions import current_packet
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import record_act, require_role
from integrations.store.whereabouts import current_home, whereabouts
from models.errors import BadInput, Problem, Refused, Unavailable
from models.facts import ApplicationFacts, DocumentFacts, Person
from models.packet import Address as StatedAddress
from models.reading import DocumentText, document_text
from models.states import ApplicationState, DocumentKind
from models.tables.base import Sealed
from models.tables.homes import HomeProof, HomeSigning
from models.tables.ledger import Obligation
from models.tables.people import LOCATION_UNKNOWN, Address, Case
from models.tables.vetting import Application
from models.vetting_policy import VettingPolicy
from vetting import new_home
from vetting.new_home import HomeFacts, Lack
from vetting.typed import compare, parse_typed

_ITEM = DocumentKind.PROOF_OF_ADDRESS


def hand_in_proof(
    kit: Kit, case_key: str, content: bytes, person: Person, *, filename: str, now: datetime
) -> UUID:
    """A proof of the current home is on file, and has been read. Returns the case.

    Raises:
        BadInput: the file can't be used. Refused: nobody knows where the child is.
    """
    with kit.transaction() as session:
        case = followed_case(session, case_key)
        home = _known_home(session, case)
        record_act(session, case.id, person, require_role(person, *DOERS), now=now)
        file_id = keep_evidence(session, kit.vault, content, option="--document", filename=filename, now=now)
        row = HomeProof(address_id=home.id, file_id=file_id, handed_in_by=person.id, at=now)
        session.add(row)
        session.flush()
        actor = str(person.id)
        history.record(session, row, old=None, new="handed in", actor=actor, why="proof of address", now=now)
        case_id, proof_id = case.id, row.id
    read_proof(kit, proof_id, now=now)
    return case_id


def read_proof(kit: Kit, proof_id: UUID, *, now: datetime) -> None:
    """What a machine reads of it is on file. What ends or outlasts the reader is a person's to read."""
    with kit.transaction() as session:
        content = file_content(session, kit.vault, session.get_one(HomeProof, proof_id).file_id)
    sharpness, readable, text = None, True, DocumentText().as_json()
    try:
        reading = kit.reader.read(content)
    except Unavailable:
        pass
    else:
        readable = reading.media_type is not None and reading.legibility is not None
        sharpness = reading.legibility.sharpness if reading.legibility is not None else None
        text = reading.text.as_json()
    with kit.transaction() as session:
        row = session.get_one(HomeProof, proof_id, with_for_update=True)
        seal_json(kit.vault, row, "sealed_reading", text)
        row.sharpness, row.readable, row.read_at = sharpness, readable, now
        session.add(row)


def confirm_home(
    kit: Kit, case_key: str, person: Person, *, typed: bytes, reason: str = "", now: datetime
) -> UUID:
    """A person typed what they read on the proof; the home is verified, and the duty settled by that.

    `reason` answers what at intake a person clears with a reason. What was typed is on record also when it is no.

    Raises:
        Refused: with everything that is still lacking.
    """
    parsed = parse_typed(_ITEM, typed)
    with kit.transaction() as session:
        case = followed_case(session, case_key)
        home = _known_home(session, case)
        record_act(session, case.id, person, require_role(person, *DOERS), now=now)
        duties = ledger.open_of(session, case.id, kind=VERIFY)
        if home.verified_at is not None and not duties:
            raise Refused("verified_already", "a person has signed this address off already")
        packet, policy = _measure_of(session, kit, home)
        proof = newest_proof(session, home.id)
        issued_on = date.fromisoformat(parsed["issued_on"]) if parsed.get("issued_on") else None
        facts = home_facts(session, kit, home, proof, issued_on=issued_on)
        lacks = [*_reported(session, home, proof), *new_home.lacking(packet, facts, policy, now)]
        compared = compare(_ITEM, "sponsor", parsed, new_home.packet_there(packet.packet, facts.address))
        cleared = [one.code for one in lacks if one.by_reason and reason.strip()]
        standing = [one for one in lacks if one.code not in cleared]
        if proof is not None:
            signing = HomeSigning(
                address_id=home.id,
                proof_id=proof.id,
                sealed_typed=Sealed(b""),
                agrees=compared.agrees is True,
                differs=list(compared.differs),
                cleared=cleared,
                reason=reason.strip(),
                signed_by=person.id,
                at=now,
            )
            seal_json(kit.vault, signing, "sealed_typed", parsed)
            session.add(signing)
            session.flush()
            if signing.agrees and not standing:
                _sign_off(kit, session, case, home, signing, duties, person, now=now)
                return case.id
    raise Refused(
        "not_verified",
        "this address can't be signed off yet",
        [*(_worded(one) for one in standing), *_differences(compared.differs)],
    )


def _sign_off(
    kit: Kit,
    session: Session,
    case: Case,
    home: Address,
    signing: HomeSigning,
    duties: Sequence[Obligation],
    person: Person,
    *,
    now: datetime,
) -> None:
    actor, why = str(person.id), "the address was signed off by its proof"
    home.verified_at, home.verified_by, home.returned_at = now, person.id, None
    session.add(home)
    history.record(
        session, home, old="stated", new="verified", actor=actor, why=signing.reason or why, now=now
    )
    history.audit(session, actor=actor, act="confirm address", noun="child_case", ids=[case.id], now=now)
    for duty in duties:
        evidence = ledger.add_evidence(
            session,
            case_id=case.id,
            kind="document",
            row_id=signing.id,
            by_staff=person.id,
            actor=actor,
            now=now,
        )
        ledger.settle(session, duty, evidence, actor=actor, why=why, now=now)
        resolve_settled(session, duty, evidence, by=person.id, now=now)
    keep_in_sight(kit, session, case, actor=actor, now=now)


def still_there(kit: Kit, case_key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A person found out that the family has not moved: what a reply or a letter had opened ends with that.

    The court's form for a move that never was is void: what was found takes its place.

    Raises:
        Refused: nothing asks that, or something that only a new address or a sign-off answers.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say how you know.", "Add --reason TEXT."))
    with kit.transaction() as session:
        case = followed_case(session, case_key)
        home = _known_home(session, case)
        record_act(session, case.id, person, require_role(person, *DOERS), now=now)
        duties = ledger.open_of(session, case.id, kind=VERIFY)
        if not duties:
            raise Refused("nothing_to_answer", "nobody has said that this family moved")
        if any(not _may_be_a_slip(duty) for duty in duties):
            raise Refused(
                "needs_evidence",
                "a person heard that they moved, or the address itself is in doubt",
                ["the new address: kinline address change", "or the sign-off: kinline address confirm"],
            )
        actor = str(person.id)
        for form in ledger.open_of(session, case.id, kind=COURT_FORM):
            if form.key in {duty.key for duty in duties} and "address" not in form.detail:
                ledger.void_for(session, form, duties[0].id, actor=actor, why="they have not moved", now=now)
        home.returned_at = None
        session.add(home)
        history.record(session, home, old="in doubt", new="still there", actor=actor, why=reason, now=now)
        for duty in duties:
            settle_by_reading(kit, session, duty, home.id, person, note=reason, now=now)
        return case.id


def _may_be_a_slip(duty: Obligation) -> bool:
    """It came from a reply by text or keypad or from a letter, and nothing else."""
    reports = set(duty.detail.get("reports", ()))
    return bool(reports) and reports <= {"reply", "returned"} and "address" not in duty.detail


# --- what is lacking ---------------------------------------------------------------------------


def lacks_of(session: Session, kit: Kit, case: Case, home: Address | None, *, now: datetime) -> list[Lack]:
    """What stands between this home and a sign-off, while a duty to verify it is open; the sign-off last."""
    duties = ledger_open(session, case.id)
    if home is None or home.state == LOCATION_UNKNOWN:
        return [new_home.pending(new_home.LOCATION_UNKNOWN)]
    if not duties:
        return []
    proof = newest_proof(session, home.id)
    reported = _reported(session, home, proof)
    if any(one.code == new_home.MOVE_REPORTED for one in reported):
        return reported
    facts, policy = _measure_of(session, kit, home)
    found = new_home.lacking(facts, home_facts(session, kit, home, proof), policy, now)
    return [*reported, *found, new_home.pending(new_home.SIGN_OFF)]


def ledger_open(session: Session, case_id: UUID) -> list[Obligation]:
    """The open duties to verify an address, read without a lock."""
    return list(
        session.scalars(
            select(Obligation).where(
                col(Obligation.case_id) == case_id,
                col(Obligation.kind) == VERIFY,
                col(Obligation.state) == "open",
            )
        )
    )


def _reported(session: Session, home: Address, proof: HomeProof | None) -> list[Lack]:
    """What people have told of since this home, the current one, was recorded, and a proof of it can't answer."""
    out = [new_home.MOVE_REPORTED] if whereabouts(session, home.case_id).state == "moved" else []
    if home.returned_at is not None and (proof is None or proof.at <= home.returned_at):
        out.append(new_home.LETTER_RETURNED)
    return [new_home.pending(code) for code in out]


def newest_proof(session: Session, address_id: UUID) -> HomeProof | None:
    """The proof that counts for this home."""
    return session.scalars(
        select(HomeProof)
        .where(col(HomeProof.address_id) == address_id)
        .order_by(col(HomeProof.at).desc(), col(HomeProof.id))
        .limit(1)
    ).first()


def home_facts(
    session: Session, kit: Kit, home: Address, proof: HomeProof | None, *, issued_on: date | None = None
) -> HomeFacts:
    """This home as the gate sees it. `issued_on`: the day that a person read on its proof."""
    return HomeFacts(
        address=StatedAddress.model_validate(open_json(kit.vault, home, "sealed_details")),
        postal=postal_answer(home),
        postal_refused=home.state == POSTAL_REFUSED,
        proof=None if proof is None else _document(session, kit, home, proof, issued_on),
        handed_in_at=None if proof is None else proof.at,
    )


def _document(
    session: Session, kit: Kit, home: Address, proof: HomeProof, issued_on: date | None
) -> DocumentFacts:
    reading = open_json(kit.vault, proof, "sealed_reading")
    return DocumentFacts(
        id=proof.id,
        kind=_ITEM,
        subject="sponsor",
        issued_on=issued_on,
        sharpness=proof.sharpness,
        readable=proof.readable,
        text=None if reading is None else document_text(reading),
        reused_in=held_by_other_cases(session, proof.file_id, home.case_id, before=proof.at),
    )


def _measure_of(session: Session, kit: Kit, home: Address) -> tuple[ApplicationFacts, VettingPolicy]:
    """What a home of this child is measured by: whose it is, and the policy of intake."""
    application = session.get_one(Application, home.application_id)
    facts = ApplicationFacts(
        id=application.id,
        case_id=application.case_id,
        state=ApplicationState(application.state),
        submitted_at=application.submitted_at,
        policy_version=application.policy_version,
        packet=current_packet(session, kit.vault, application),
    )
    return facts, vetting_policy(application.policy_version)


def _known_home(session: Session, case: Case) -> Address:
    home = current_home(session, case.id)
    if home is None or home.state == LOCATION_UNKNOWN:
        raise Refused(
            "location_unknown",
            "nobody knows where this child is",
            ["the address, once it is known: kinline address change"],
        )
    return home


def _worded(lack: Lack) -> str:
    tail = " Or answer it with --reason." if lack.by_reason else ""
    return f"{lack.code}: {lack.message}{tail}"


def _differences(names: Sequence[str]) -> list[str]:
    return [f"{name}: what you typed is not what stands in the address on file" for name in names]
