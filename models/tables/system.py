"""History, audit, jobs, rounds, and the one row that says which environment this database belongs to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, text
from sqlmodel import Field, SQLModel

from models.tables.base import Row, instant, json_object, one_of


class History(SQLModel, table=True):
    """One change of state: who, when, why. Rows are never changed or removed (trigger)."""

    __tablename__ = "history"
    __table_args__ = (Index("history_row", "row_id"),)
    seq: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    noun: str
    row_id: UUID
    old: str | None = None
    new: str
    actor: str  # a staff id, or engine:<part>
    why: str
    at: datetime = instant()


class AuditEntry(SQLModel, table=True):
    """One read or change by an actor. A batch is one row with its count and the digest of its ids."""

    __tablename__ = "audit_entry"
    seq: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    at: datetime = instant()
    actor: str
    act: str
    noun: str
    row_id: UUID | None = None
    count: int = 1
    digest: bytes | None = None


class AuditBlock(SQLModel, table=True):
    """A sealed run of audit entries: count, digest, the head of the block before, all under a key."""

    __tablename__ = "audit_block"
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    first_seq: int = Field(sa_type=BigInteger)
    last_seq: int = Field(sa_type=BigInteger)
    count: int
    digest: bytes
    previous_head: bytes
    head: bytes
    at: datetime = instant()


class Job(Row, table=True):
    """Work for the resident worker. Claimed with SKIP LOCKED under a lease; ids only in `payload`."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(one_of("state", ("waiting", "claimed", "done", "failed")), name="job_state_known"),
        Index("job_one_waiting", "kind", "key", unique=True, postgresql_where=text("state = 'waiting'")),
        Index("job_waiting", "run_after", postgresql_where=text("state = 'waiting'")),
    )
    kind: str
    key: str
    payload: dict[str, Any] = json_object()
    state: str = "waiting"
    run_after: datetime = instant()
    lease_until: datetime | None = instant(default=None)
    tries: int = 0
    error: str | None = None
    prefect_run: str | None = None
    created_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)


class RoundSlot(SQLModel, table=True):
    """A round's slot in time, claimed once: a second trigger does nothing."""

    __tablename__ = "round_slot"
    round: str = Field(primary_key=True)
    slot: datetime = instant(primary_key=True)
    claimed_at: datetime = instant()
    counts: dict[str, Any] = json_object()


class Environment(SQLModel, table=True):
    """The one row: sandbox or production. In the sandbox, how far its clock stands from the wall's."""

    __tablename__ = "environment"
    __table_args__ = (
        CheckConstraint("singleton", name="environment_one_row"),
        CheckConstraint(one_of("name", ("sandbox", "production")), name="environment_name_known"),
        CheckConstraint(
            "name = 'sandbox' OR (clock_at IS NULL AND wall_at IS NULL)", name="environment_clock_sandbox"
        ),
    )
    singleton: bool = Field(default=True, primary_key=True)
    name: str
    clock_at: datetime | None = instant(default=None)
    wall_at: datetime | None = instant(default=None)
    created_at: datetime = instant()


class Heartbeat(SQLModel, table=True):
    """When a resident part was last alive, by the wall's clock."""

    __tablename__ = "heartbeat"
    name: str = Field(primary_key=True)
    at: datetime = instant()
