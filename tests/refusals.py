"""How a test says that the database itself refused, and which of its rules did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session


def rule_of(error: DBAPIError) -> str:
    """The constraint that was broken; for a trigger's refusal, what it said."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is None:
        return str(error)
    return diagnosis.constraint_name or diagnosis.message_primary or str(error)


@contextmanager
def refused(session: Session, rule: str) -> Iterator[None]:
    """The block's statements are refused by `rule` (a constraint's name, or part of what a trigger says).

    The block runs in a savepoint: the transaction can be used on.
    """
    with pytest.raises(DBAPIError) as caught, session.begin_nested():  # noqa: PT012 - one block of a caller
        yield
        session.flush()
    _expect(caught.value, rule)


@contextmanager
def refused_at_commit(session: Session, rule: str) -> Iterator[None]:
    """The block's statements pass, and the COMMIT of them is refused by `rule`."""
    yield
    session.flush()
    with pytest.raises(DBAPIError) as caught:
        session.commit()
    session.rollback()
    _expect(caught.value, rule)


def _expect(error: DBAPIError, rule: str) -> None:
    assert rule in rule_of(error), f"refused by {rule_of(error)!r}, not by {rule!r}"
    assert isinstance(error.orig, errors.IntegrityError), f"an accident, not a refusal: {error}"
