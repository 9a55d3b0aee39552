"""What a scan is found again by when it comes re-compressed or resized, and what the comparison said."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from models.tables.base import Row, instant


class FileMark(Row, table=True):
    """The blind marks of one page of a file. Two pages that share enough of them may be the same picture."""

    __tablename__ = "file_mark"
    __table_args__ = (
        CheckConstraint("kind IN ('picture', 'words')", name="file_mark_kind_known"),
        UniqueConstraint("file_id", "page", name="file_mark_once"),
        Index("file_mark_shared", "marks", postgresql_using="gin"),
    )
    file_id: UUID = Field(foreign_key="document_file.id")
    page: int
    kind: str
    marks: list[bytes] = Field(sa_type=ARRAY(LargeBinary), nullable=False)


class FileLikeness(Row, table=True):
    """Two files were laid over each other, once: `alike` or not. The lesser id stands first."""

    __tablename__ = "file_likeness"
    __table_args__ = (
        CheckConstraint("file_id <= other_file_id", name="file_likeness_in_order"),
        UniqueConstraint("file_id", "other_file_id", name="file_likeness_once"),
        Index("ix_file_likeness_other_file_id", "other_file_id"),
    )
    file_id: UUID = Field(foreign_key="document_file.id")
    other_file_id: UUID = Field(foreign_key="document_file.id")
    alike: bool
    at: datetime = instant()
