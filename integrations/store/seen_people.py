"""The people of applications as rows tell them: keys to search by, and opened details to compare."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from integrations.keys import near_name_keys
from integrations.vault import Place, Vault
from models.tables.base import Sealed
from models.tables.vetting import Application
from vetting.alike import SeenPerson

# Rows, not objects, and both kinds of people at once: this is asked for every application that is vetted.
_OURS = text(
    """
    WITH me AS (SELECT id, sponsor_id, revision FROM application WHERE id = :me),
    sponsors AS (
        SELECT sponsor_id AS id, 0 AS place FROM me
        UNION
        SELECT r.sponsor_id, 1 FROM me JOIN application_revision r
            ON r.application_id = me.id AND r.sponsor_id <> me.sponsor_id
    )
    SELECT p.place, 'sponsor' AS noun, 'sponsor' AS subject, s.id, s.name_key, s.identity_key, s.sealed_details
    FROM sponsors p JOIN sponsor s ON s.id = p.id
    UNION ALL
    SELECT 2, 'household_member', h.subject, h.id, h.name_key, h.identity_key, h.sealed_details
    FROM me JOIN household_member h ON h.application_id = me.id AND h.revision = me.revision
    ORDER BY place, subject, id
    """
)
_THEIRS = text(
    """
    SELECT 'sponsor' AS noun, id, identity_key, sealed_details FROM sponsor
    WHERE id = ANY(CAST(:sponsors AS uuid[]))
    UNION ALL
    SELECT 'household_member', id, identity_key, sealed_details FROM household_member
    WHERE id = ANY(CAST(:members AS uuid[]))
    """
)


@dataclass(frozen=True, slots=True)
class Ours:
    """Somebody of the application whose links are looked for, with the keys under which they may be found."""

    subject: str
    name_key: bytes
    identity_key: bytes | None
    near_keys: frozenset[bytes]
    person: SeenPerson


def our_people(session: Session, vault: Vault, application: Application) -> Sequence[Ours]:
    """The sponsor first, then whom an amendment replaced, then the home and the caregiver of the newest revision."""
    rows = session.execute(_OURS, {"me": application.id}).all()
    sponsor = rows[0]
    # Under one name key it is the same person, whose first name or document an amendment put right.
    return [
        _ours(
            vault,
            row,
            "former_sponsor" if row.place == 1 and row.name_key != sponsor.name_key else row.subject,
        )
        for row in rows
    ]


def people_by_id(
    session: Session, vault: Vault, *, sponsors: Collection[UUID], members: Collection[UUID]
) -> dict[UUID, SeenPerson]:
    """These sponsors and members of households, opened."""
    rows = session.execute(_THEIRS, {"sponsors": list(sponsors), "members": list(members)})
    return {row.id: _seen(vault, row) for row in rows}


def _ours(vault: Vault, row: Row[Any], subject: str) -> Ours:
    person = _seen(vault, row)
    near = near_name_keys(vault, person.family_names, person.born_on)
    return Ours(subject, row.name_key, row.identity_key, near - {row.name_key}, person)


def _seen(vault: Vault, row: Row[Any]) -> SeenPerson:
    details = vault.open_json(Sealed(row.sealed_details), Place(row.noun, "sealed_details", row.id))
    return SeenPerson(
        given_names=details["given_names"],
        family_names=details["family_names"],
        born_on=date.fromisoformat(details["date_of_birth"]),
        other_names=tuple(details.get("other_names", ())),
        document=row.identity_key,
    )
