"""Named people: who they are, and that nobody acts in two roles on one case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.people import Staff
from models.tables.vetting import Act

SANDBOX_STAFF: tuple[tuple[str, str, Role], ...] = (
    ("officer@example.org", "Olga Example", Role.INTAKE_OFFICER),
    ("cm@example.org", "Carmen Example", Role.CASE_MANAGER),
    ("cc@example.org", "Cory Example", Role.CASE_COORDINATOR),
    ("ffs@example.org", "Fay Example", Role.FEDERAL_FIELD_SPECIALIST),
    ("caller@example.org", "Cal Example", Role.POST_RELEASE_CALLER),
    ("supervisor@example.org", "Sue Example", Role.SUPERVISOR),
    ("integrity@example.org", "Ines Example", Role.INTEGRITY_REVIEWER),
    ("auditor@example.org", "Aude Example", Role.AUDITOR),
    ("admin@example.org", "Ada Example", Role.ADMINISTRATOR),
)

# Who takes escalations.
OWNERS = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.POST_RELEASE_CALLER, Role.FEDERAL_FIELD_SPECIALIST)


def get_person(session: Session, email: str) -> Person:
    """The person with this address.

    Raises:
        BadInput: nobody has it. Refused: the account is shut.
    """
    row = session.scalars(select(Staff).where(col(Staff.email) == email.strip().lower())).one_or_none()
    if row is None:
        raise BadInput(
            Problem(
                "--as",
                "unknown_person",
                "Nobody has this address.",
                "Check it, or add the person with `kinline user add`.",
            )
        )
    if not row.active:
        raise Refused("suspended", "this account is shut")
    return person_of(row)


def person_of(row: Staff) -> Person:
    return Person(id=row.id, email=row.email, roles=frozenset(Role(role) for role in row.roles))


def add_staff(session: Session, *, email: str, name: str, roles: Iterable[Role], now: datetime) -> UUID:
    """A new named person.

    Raises:
        BadInput: this is no address, it is taken, or nobody could be called so.
    """
    if "@" not in email.strip().strip("@"):
        raise BadInput(
            Problem("EMAIL", "wrong_value", "This is not an e-mail address.", "Write it as name@example.org.")
        )
    if not name.strip():
        raise BadInput(
            Problem("--name", "missing", "Say how colleagues call this person.", "Add --name NAME.")
        )
    row = Staff(
        email=email.strip().lower(), display_name=name, roles=[role.value for role in roles], created_at=now
    )
    taken = session.scalars(select(Staff).where(col(Staff.email) == row.email)).first()
    if taken is not None:
        raise BadInput(
            Problem("EMAIL", "taken", "Somebody has this address already.", "Use another address.")
        )
    session.add(row)
    session.flush()
    return row.id


def ensure_sandbox_staff(session: Session, *, now: datetime) -> None:
    """The invented staff of a sandbox are there."""
    for email, name, role in SANDBOX_STAFF:
        row = Staff(email=email, display_name=name, roles=[role.value], created_at=now)
        session.execute(
            insert(Staff).values(row.model_dump()).on_conflict_do_nothing(index_elements=["email"])
        )


def record_act(session: Session, case_id: UUID, person: Person, role: Role, *, now: datetime) -> None:
    """This person has acted on this case as `role`, and may act on it in no other.

    Raises:
        Refused: they have acted on it in another role.
    """
    row = Act(case_id=case_id, staff_id=person.id, role=role.value, at=now)
    session.execute(
        insert(Act).values(row.model_dump()).on_conflict_do_nothing(index_elements=["case_id", "staff_id"])
    )
    stands = session.scalars(
        select(col(Act.role)).where(col(Act.case_id) == case_id, col(Act.staff_id) == person.id)
    ).one()
    if stands != role.value:
        raise Refused(
            "two_roles",
            f"you have acted on this case as {stands}; nobody holds two roles on one case",
            [f"another person acts as {role.value}"],
        )


def require_role(person: Person, *allowed: Role) -> Role:
    """The first of these roles that the person holds.

    Raises:
        Refused: none of them.
    """
    for role in allowed:
        if role in person.roles:
            return role
    words = " or the ".join(role.value.replace("_", " ") for role in allowed)
    raise Refused("wrong_role", f"This is for the {words}.")
