"""Answers of the API that are kept for a while, so that a request sent twice is done once."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint

from models.tables.base import Row, Sealed, instant, sealed


class ApiAnswer(Row, table=True):
    """One request that came with an `Idempotency-Key`, by keyed digests alone, and what it was answered.

    `acted_at` is written in the transaction of the act itself. Times are the wall's.
    """

    __tablename__ = "api_answer"
    __table_args__ = (
        UniqueConstraint("owner", "idempotency_key", name="api_answer_one"),
        CheckConstraint("(status IS NULL) = (sealed_answer IS NULL)", name="api_answer_whole"),
        CheckConstraint("status IS NULL OR acted_at IS NOT NULL", name="api_answer_after_the_act"),
        Index("api_answer_began", "began_at"),
    )
    owner: str  # the key or the person that sent it
    idempotency_key: bytes
    request_key: bytes
    began_at: datetime = instant()
    lease_until: datetime = instant()
    acted_at: datetime | None = instant(default=None)
    status: int | None = None
    sealed_answer: Sealed | None = sealed(default=None)
