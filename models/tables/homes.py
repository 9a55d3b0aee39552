"""Homes after the release: the proof of each, who signed it off, and the court's form for the move."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from models.tables.base import Row, Sealed, instant, sealed, words


class HomeProof(Row, table=True):
    """A proof of address handed in for a home after the release, and what was read of it. The newest one counts."""

    __tablename__ = "home_proof"
    address_id: UUID = Field(foreign_key="address.id", index=True)
    file_id: UUID = Field(foreign_key="document_file.id")
    handed_in_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
    sharpness: float | None = None
    readable: bool = True
    sealed_reading: Sealed | None = sealed(default=None)
    read_at: datetime | None = instant(default=None)


class HomeSigning(Row, table=True):
    """A person typed what they read on the proof. It signs the home off where it agrees and nothing else is lacking.

    `cleared`: codes of findings that the reason answers.
    """

    __tablename__ = "home_signing"
    __table_args__ = (
        CheckConstraint(
            "cardinality(cleared) = 0 OR reason <> ''", name="home_signing_cleared_with_a_reason"
        ),
    )
    address_id: UUID = Field(foreign_key="address.id", index=True)
    proof_id: UUID = Field(foreign_key="home_proof.id")
    sealed_typed: Sealed = sealed()
    agrees: bool
    differs: list[str] = words()
    cleared: list[str] = words()
    reason: str = ""
    signed_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class CourtForm(Row, table=True):
    """A change-of-address form as it was printed. `template`: the version of its words."""

    __tablename__ = "court_form"
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    address_id: UUID = Field(foreign_key="address.id", index=True)
    template: str
    digest: str
    sealed_content: Sealed = sealed()
    made_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class CourtFiling(Row, table=True):
    """A named person says that the form went to the court on that day; the receipt, if there is one."""

    __tablename__ = "court_filing"
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    address_id: UUID = Field(foreign_key="address.id")
    form_id: UUID | None = Field(default=None, foreign_key="court_form.id")
    disclosure_id: UUID = Field(foreign_key="disclosure.id")
    filed_on: date
    receipt_id: UUID | None = Field(default=None, foreign_key="document_file.id")
    filed_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
