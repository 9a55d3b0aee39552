"""The proof of a home after the release, to be looked at: what the machine read, what it still lacks, its pictures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from integrations.desk.documents import drawn, machine_json
from integrations.desk.homes import lacks_of, newest_proof
from integrations.desk.instants import iso
from integrations.documents.pictures import page_count
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.cases import find_case
from integrations.store.files import file_content
from integrations.store.whereabouts import current_home
from models.errors import NotFound
from models.facts import Person
from models.tables.homes import HomeProof
from models.tables.people import Address, Case
from models.tables.vetting import Application, DocumentFile
from vetting.new_home import SIGN_OFF


def home_proof_json(kit: Kit, case_key: str, person: Person, *, now: datetime) -> dict[str, Any]:
    """The proof that counts for the current home, and what else a sign-off waits for. The look is audited.

    `lacks`: `by_reason` says which of them a reason answers. `paper` None: no proof was handed in.

    Raises:
        NotFound: no such case.
    """
    with kit.transaction() as session:
        case = find_case(session, case_key)
        home, proof = _proof(session, case)
        lacks = lacks_of(session, kit, case, home, now=now)
        if proof is not None:
            _note(session, person, "read", proof, now)
        return {
            "case_id": str(case.id),
            "lacks": [
                {"code": one.code, "message": one.message, "by_reason": one.by_reason}
                for one in lacks
                if one.code != SIGN_OFF
            ],
            "verified_at": iso(home.verified_at) if home is not None else None,
            "paper": None if home is None or proof is None else _paper(session, kit, home, proof),
        }


def home_proof_picture(
    kit: Kit, case_key: str, person: Person, *, page: int, long_side: int, now: datetime
) -> bytes:
    """This page of the proof that counts, counted from 0, as a PNG. The look is audited.

    Raises:
        NotFound: no proof, or no such page to draw. Unavailable: it could not be drawn now.
    """
    with kit.transaction() as session:
        _, proof = _proof(session, find_case(session, case_key))
        if proof is None:
            raise NotFound("proof of the home", case_key)
        _note(session, person, "see page", proof, now)
        content = file_content(session, kit.vault, proof.file_id)
    return drawn(kit, content, page=page, long_side=long_side)


def _proof(session: Session, case: Case) -> tuple[Address | None, HomeProof | None]:
    home = current_home(session, case.id)
    return home, None if home is None else newest_proof(session, home.id)


def _paper(session: Session, kit: Kit, home: Address, proof: HomeProof) -> dict[str, Any]:
    measured_by = vetting_policy(session.get_one(Application, home.application_id).policy_version)
    threshold = measured_by.identity.sharpness_at_least
    file = session.get_one(DocumentFile, proof.file_id)
    return {
        "id": str(proof.id),
        "handed_in_at": iso(proof.at),
        "pages": page_count(file_content(session, kit.vault, proof.file_id), file.media_type),
        "sharp_enough": None if proof.sharpness is None else proof.sharpness >= threshold,
        "machine": machine_json(kit, proof),
        "zone": None,
    }


def _note(session: Session, person: Person, act: str, proof: HomeProof, now: datetime) -> None:
    history.audit(session, actor=str(person.id), act=act, noun="home_proof", ids=[proof.id], now=now)
