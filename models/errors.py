"""Every error that Kinline raises on purpose, by what the caller can do about it.

    KinlineError
    ├── BadInput            the input is wrong: each problem names the field, the reason and the remedy
    ├── Refused             the answer is "no": gate closed, wrong role, four eyes, a move that is not allowed
    ├── NotFound            no such row
    ├── Stale               somebody else changed the row first: load it again
    └── IntegrationError    an outside service failed us
        ├── Unavailable     nothing changed there; safe to try again
        ├── Rejected        trying again will not help; a person must look
        └── OutcomeUnknown  it may have happened; look it up by key before repeating

None of them knows HTTP or the command line, and none may carry a name, a phone number, an
A-number, an address or a message body: ids only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where, which rule (`code`), why (`message`), what to do (`remedy`)."""

    field: str
    code: str
    message: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "code": self.code, "message": self.message, "remedy": self.remedy}


class KinlineError(Exception):
    """The root of every error that Kinline raises on purpose. It survives pickling, as Prefect may ask."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, dict(self.__dict__))


def _restored(kind: type[KinlineError], args: tuple[Any, ...], state: dict[str, Any]) -> KinlineError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class BadInput(KinlineError):
    """The input cannot be taken as it is. Nothing was stored."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.code}" for p in self.problems))


class Refused(KinlineError):
    """The answer is no. `missing` names what would have to be there first."""

    def __init__(self, code: str, message: str, missing: Sequence[str] = ()) -> None:
        self.code = code
        self.message = message
        self.missing = tuple(missing)
        super().__init__(f"{code}: {message}")


class NotFound(KinlineError):
    """There is no such row."""

    def __init__(self, noun: str, key: str) -> None:
        self.noun = noun
        self.key = key
        super().__init__(f"no {noun} {key}")


class Stale(KinlineError):
    """Somebody else changed the row first; load it again and look."""


class IntegrationError(KinlineError):
    """An outside service failed us. `service` names it; `detail` holds codes, never bodies."""

    def __init__(self, service: str, detail: str, *, retry_after_seconds: float | None = None) -> None:
        self.service = service
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{service}: {detail}")


class Unavailable(IntegrationError):
    """Nothing changed there; safe to try again later."""


class Rejected(IntegrationError):
    """Trying again will not help; a person must look. `code` is the provider's own."""

    def __init__(self, service: str, detail: str, *, code: str = "") -> None:
        self.code = code
        super().__init__(service, detail)


class OutcomeUnknown(IntegrationError):
    """It may have happened; look it up by key before repeating."""
