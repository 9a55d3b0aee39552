"""Column types and helpers that every table shares.

`Encrypted` columns take `Sealed` bytes alone: a plain string or plain bytes raise before they can reach
the database. Sealing and opening, bound to the row, are the vault's work (`integrations.vault`).
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig


class Sealed(bytes):
    """Bytes that the vault has sealed: version, key id, nonce, ciphertext."""


class Encrypted(TypeDecorator[Sealed]):
    """A column for sealed bytes. Plaintext is refused here, whatever the caller forgot."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Any) -> bytes | None:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("an Encrypted column takes what the vault has sealed, never plaintext")
        return None if value is None else bytes(value)

    def process_result_value(self, value: Any, dialect: Any) -> Sealed | None:
        return None if value is None else Sealed(value)


class Instant(TypeDecorator[datetime]):
    """An aware moment, UTC inside. A naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise TypeError("a moment needs its zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


class Row(SQLModel):
    """The root of every table with a uuid of its own, made before the insert so that seals can bind to it."""

    model_config = SQLModelConfig(arbitrary_types_allowed=True)

    id: UUID = Field(default_factory=uuid4, primary_key=True)


def instant(**options: Any) -> Any:
    return Field(sa_type=Instant, **options)


def sealed(**options: Any) -> Any:
    return Field(sa_type=Encrypted, **options)


def words(**options: Any) -> Any:
    """A list of short words (states, codes, states lived in)."""
    options.setdefault("default_factory", list)
    return Field(sa_type=ARRAY(Text), nullable=False, **options)


def json_object(**options: Any) -> Any:
    options.setdefault("default_factory", dict)
    return Field(sa_type=JSONB, nullable=False, **options)


def one_of(column: str, values: Any) -> str:
    """The SQL of a CHECK that `column` holds one of these words."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
