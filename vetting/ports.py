"""What vetting asks of the outside world: two ports, and the values that cross them.

Integrations implement them; flows call them. Everything personal here is kept out of `repr`, because a
repr is what ends up in a traceback or a log line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NewType, Protocol
from uuid import UUID

from models.reading import PostalAnswer
from models.states import CheckKind

ProviderRef = NewType("ProviderRef", str)
"""How the provider names one order. Opaque to us."""

ReportState = Literal["pending", "clear", "hit_review", "hit_bar", "unreadable", "error"]
"""The `CheckState` words that a provider can bring about. A word that we do not know is `error`."""


@dataclass(frozen=True, slots=True)
class CheckOrder:
    """One check of one person, as it is ordered. `jurisdiction` is a state code, where the kind needs one."""

    check_id: UUID
    kind: CheckKind
    jurisdiction: str | None
    given_names: str = field(repr=False)
    family_names: str = field(repr=False)
    other_names: tuple[str, ...] = field(repr=False)
    date_of_birth: date = field(repr=False)
    identity_number: str | None = field(repr=False)
    prints_ref: str | None
    callback_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the provider says of one order.

    `received_at` is when the result came to be at the provider, None while there is none. `as_of` is the
    instant at which all of this was so: of two reports on one order, the later `as_of` is the newer word.
    `provider_code` is the provider's own word, for the file; it decides nothing.
    """

    ref: ProviderRef
    state: ReportState
    received_at: datetime | None
    valid_until: date | None
    provider_code: str
    as_of: datetime | None = None


class BackgroundCheck(Protocol):
    """A provider of background checks.

    Each method raises `Unavailable` (nothing changed, try again later) or `Rejected` (a person must look);
    `submit` also `OutcomeUnknown`: ask `find` with the same key before anything else.
    """

    @property
    def name(self) -> str:
        """The provider's short name, as it stands in settings and in the webhook's path."""

    def submit(self, order: CheckOrder, *, key: str) -> ProviderRef:
        """The order stands at the provider, once, however often it is submitted under this key."""

    def read(self, ref: ProviderRef) -> CheckReport:
        """What the provider says of this order now."""

    def find(self, key: str) -> ProviderRef | None:
        """The order that was submitted under this key; None when the provider never got it."""


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """An address to look up, as it was stated. `zip` has 5 or 9 digits, with or without the hyphen."""

    line1: str = field(repr=False)
    unit: str | None = field(repr=False)
    city: str = field(repr=False)
    state: str
    zip: str = field(repr=False)


class PostalReference(Protocol):
    """The postal service's own word on whether mail can be delivered to an address."""

    def look_up(self, query: AddressQuery, *, at: datetime | None = None) -> PostalAnswer:
        """Its answer. `at`: what time it is, for who asks about many; else the client looks at its clock.

        Raises:
            Unavailable: nothing is known; try again later.
            Rejected: the service refuses the question; a person must look.
        """
