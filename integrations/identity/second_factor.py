"""The second factor: a code that an app on the person's own telephone shows for half a minute.

Its secret is sealed. A code is taken once; recovery codes stand in for a lost telephone, once each. Times are the wall's.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from integrations.identity.accounts import end_sessions, staff_row
from integrations.kit import Kit
from integrations.store import history
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import require_role
from integrations.vault import Vault
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.people import Staff
from models.tables.sign_in import RecoveryCode

ISSUER = "Kinline"
# Source: RFC 6238, 5.2 and 6: half-minute steps, and one step of drift either way for a clock that is a little off.
DRIFT_STEPS = 1
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 bits each; their digests are keyed as well


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the person's app is given. `uri` is what the picture to scan holds."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def has_factor(session: Session, person_id: UUID) -> bool:
    return _row(session, person_id).totp_secret is not None


def begin_enrolment(session: Session, vault: Vault, person_id: UUID) -> None:
    """A new secret waits for its first code; one that is in use stays in use until then."""
    row = _row(session, person_id)
    seal_json(vault, row, "pending_totp_secret", {"secret": pyotp.random_base32()})
    session.add(row)


def find_enrolment(session: Session, vault: Vault, person_id: UUID) -> Enrolment | None:
    """The secret that waits for its first code, if one does."""
    row = _row(session, person_id)
    kept = open_json(vault, row, "pending_totp_secret")
    if kept is None:
        return None
    uri = pyotp.TOTP(kept["secret"], name=row.email, issuer=ISSUER).provisioning_uri()
    return Enrolment(kept["secret"], uri)


def confirm_enrolment(
    session: Session, vault: Vault, person_id: UUID, code: str, *, wall: datetime
) -> list[str] | None:
    """The waiting secret is in use from now on. Answers with new recovery codes, shown once; None: not its code."""
    row = _row(session, person_id)
    kept = open_json(vault, row, "pending_totp_secret")
    step = _step_of(kept["secret"], code, wall) if kept is not None else None
    if kept is None or step is None:
        return None
    old = "a second factor" if row.totp_secret is not None else "no second factor"
    seal_json(vault, row, "totp_secret", kept)
    row.pending_totp_secret, row.totp_step = None, step
    session.add(row)
    why = "set up by its owner"
    history.record(session, row, old=old, new="a second factor", actor=str(row.id), why=why, now=wall)
    return _new_recovery_codes(session, vault, row, wall)


def take_code(session: Session, vault: Vault, person_id: UUID, code: str, *, wall: datetime) -> bool:
    """Whether this is a code of the person's app, or a recovery code; either is taken once."""
    row = _row(session, person_id)
    kept = open_json(vault, row, "totp_secret")
    if kept is None:
        return False
    step = _step_of(kept["secret"], code, wall)
    if step is not None and (row.totp_step is None or step > row.totp_step):
        row.totp_step = step
        session.add(row)
        return True
    return step is None and _take_recovery_code(session, vault, row, code, wall)


def recovery_codes_left(session: Session, person_id: UUID) -> int:
    left = select(func.count()).where(
        col(RecoveryCode.staff_id) == person_id, col(RecoveryCode.used_at).is_(None)
    )
    return int(session.execute(left).scalar_one())


def reset_factor(kit: Kit, email: str, by: Person, *, reason: str, wall: datetime) -> dict[str, Any]:
    """The person's second factor and recovery codes are gone, and their sessions over; they set it up anew.

    Raises:
        BadInput: nobody has this address, or no reason. Refused: not an administrator, or there is none.
    """
    require_role(by, Role.ADMINISTRATOR)
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        row = staff_row(session, email)
        if row.totp_secret is None:
            raise Refused("no_factor", "this person has no second factor")
        row.totp_secret = row.pending_totp_secret = row.totp_step = None
        session.add(row)
        session.execute(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == row.id))
        end_sessions(session, row.id, now=wall)
        old, new = "a second factor", "no second factor"
        history.record(session, row, old=old, new=new, actor=str(by.id), why=reason, now=wall)
        return {"email": row.email, "factor": "reset"}


def _row(session: Session, person_id: UUID) -> Staff:
    """The person's row, locked: two requests with one code are one after the other."""
    return session.scalars(
        select(Staff).where(col(Staff.id) == person_id).with_for_update(key_share=True)
    ).one()


def _step_of(secret: str, code: str, wall: datetime) -> int | None:
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            _plain(code), for_time=wall, valid_window=DRIFT_STEPS
        )
    except OTPVerificationError:
        return None


def _plain(code: str) -> str:
    """As an app shows it, `123 456`, or as it stands on paper, in any case and with or without its dashes."""
    return "".join(c for c in code if c.isalnum()).upper()


def _new_recovery_codes(session: Session, vault: Vault, row: Staff, wall: datetime) -> list[str]:
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == row.id))
    codes = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(staff_id=row.id, code_key=_key(vault, row, code), made_at=wall) for code in codes
    )
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _take_recovery_code(session: Session, vault: Vault, row: Staff, code: str, wall: datetime) -> bool:
    taken = session.execute(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.code_key) == _key(vault, row, _plain(code)), col(RecoveryCode.used_at).is_(None)
        )
        .values(used_at=wall)
        .returning(col(RecoveryCode.id))
    ).scalar_one_or_none()
    if taken is None:
        return False
    why = "a recovery code was used to sign in"
    history.record(session, row, old=None, new="recovery code used", actor=str(row.id), why=why, now=wall)
    return True


def _key(vault: Vault, row: Staff, code: str) -> bytes:
    return vault.blind("recovery_code", row.id.bytes, code)
