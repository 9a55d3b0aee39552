"""A family's numbers and consents, as the ladder and the dispatcher need them: in batches, two queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from integrations.catalogs import spoken_by_machine, written_language
from integrations.store.cases import of_the_followed
from integrations.store.sealing import open_json
from integrations.vault import Vault
from models.contacts import Channel
from models.facts import AttemptFacts, NumberFacts
from models.states import Party
from models.tables.ledger import Attempt
from models.tables.people import Case, Consent, PhoneNumber


def numbers_of(session: Session, case_ids: Collection[UUID]) -> dict[UUID, list[PhoneNumber]]:
    """The numbers in use of the application that each case is followed on, party first, then as listed."""
    rows = session.scalars(
        select(PhoneNumber)
        .join(Case, col(Case.id) == col(PhoneNumber.case_id))
        .where(
            col(PhoneNumber.case_id).in_(case_ids),
            col(PhoneNumber.retired_at).is_(None),
            of_the_followed(PhoneNumber),
        )
        .order_by(col(PhoneNumber.role), col(PhoneNumber.position), col(PhoneNumber.id))
    )
    found: dict[UUID, list[PhoneNumber]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def landlines(rows: Iterable[PhoneNumber], given: Mapping[UUID, bool]) -> frozenset[UUID]:
    """The numbers that take no text and may still be called by a machine: telephones on the wall, with consent,
    of people whose language a machine speaks."""
    return frozenset(
        row.id
        for row in rows
        if row.unusable_because == "landline"
        and row.usable
        and given.get(row.id, False)
        and spoken_by_machine(row.language) is not None
    )


def consents(session: Session, number_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Whether each number's newest word is a consent. A number without any word is absent: no consent."""
    rows = session.execute(
        select(col(Consent.number_id), col(Consent.given))
        .where(col(Consent.number_id).in_(number_ids))
        .distinct(col(Consent.number_id))
        .order_by(col(Consent.number_id), col(Consent.at).desc(), col(Consent.recorded_at).desc())
    )
    return {row[0]: row[1] for row in rows}


def facts_of(rows: Iterable[PhoneNumber], given: Mapping[UUID, bool]) -> list[NumberFacts]:
    """Numbers as the ladder sees them."""
    return [
        NumberFacts(
            id=row.id,
            party=Party(row.party),
            role=row.role,  # type: ignore[arg-type]
            language=row.language,
            usable=row.usable,
            texts=row.usable
            and row.textable
            and not row.shared
            and given.get(row.id, False)
            and written_language(row.language) is not None,
            shared=row.shared,
        )
        for row in rows
    ]


def attempts_of(session: Session, obligation_ids: Collection[UUID]) -> dict[UUID, list[AttemptFacts]]:
    """The tries at each obligation so far, oldest first."""
    rows = session.scalars(
        select(Attempt)
        .where(col(Attempt.obligation_id).in_(obligation_ids))
        .order_by(col(Attempt.at), col(Attempt.serial))
    )
    found: dict[UUID, list[AttemptFacts]] = {}
    for row in rows:
        found.setdefault(row.obligation_id, []).append(
            AttemptFacts(row.step, Channel(row.channel), row.at, row.outcome, row.number_id)
        )
    return found


def add_attempt(
    session: Session,
    *,
    obligation_id: UUID,
    step: int,
    channel: Channel,
    at: datetime,
    actor: str,
    outcome: str,
    number_id: UUID | None = None,
    message_id: UUID | None = None,
    call_id: UUID | None = None,
) -> Attempt:
    """One more try at this obligation stands on record."""
    serial = (
        1
        + session.execute(
            select(func.count()).where(col(Attempt.obligation_id) == obligation_id, col(Attempt.step) == step)
        ).scalar_one()
    )
    row = Attempt(
        obligation_id=obligation_id,
        step=step,
        serial=serial,
        channel=channel.value,
        at=at,
        actor=actor,
        outcome=outcome,
        number_id=number_id,
        message_id=message_id,
        call_id=call_id,
    )
    session.add(row)
    session.flush()
    return row


def plain_number(vault: Vault, row: PhoneNumber) -> str:
    """The number itself, to dial. It goes nowhere else."""
    return str(open_json(vault, row, "sealed_number")["number"])


def zones_of(case: Case) -> tuple[str, ...]:
    """The zones whose quiet hours count for this family."""
    return (case.zone,) if case.zone else ("America/New_York", "America/Los_Angeles")
