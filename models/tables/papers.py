"""What is made and told at a release: its papers, and each disclosure to somebody outside."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.states import ReleasePaperKind
from models.tables.base import Row, Sealed, instant, one_of, sealed, words


class ReleasePaper(Row, table=True):
    """A paper as it was made at the release. `sealed_content`: the PDF; `template`: the version of its words."""

    __tablename__ = "release_paper"
    __table_args__ = (
        CheckConstraint(one_of("kind", ReleasePaperKind), name="release_paper_kind_known"),
        UniqueConstraint("release_id", "kind", name="release_paper_once"),
    )
    release_id: UUID = Field(foreign_key="release.id")
    kind: str
    template: str
    digest: str
    sealed_content: Sealed = sealed()
    at: datetime = instant()


class Disclosure(Row, table=True):
    """What was told of a case to somebody outside: to whom, on what legal basis, which fields, and who approved.

    `fields` are names; what they held is in the paper, if one was given.
    """

    __tablename__ = "disclosure"
    __table_args__ = (
        CheckConstraint("cardinality(fields) > 0", name="disclosure_names_its_fields"),
        CheckConstraint("legal_basis <> '' AND recipient <> ''", name="disclosure_says_to_whom_and_why"),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    recipient: str
    legal_basis: str
    fields: list[str] = words()
    rule: str
    policy_version: str
    paper_id: UUID | None = Field(default=None, foreign_key="release_paper.id")
    approved_by: UUID = Field(foreign_key="staff.id")
    recorded_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
