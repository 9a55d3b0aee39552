"""The shape of a staged story: the people of a packet, their papers, and how it should end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Ends = Literal["in_follow_up", "lost_contact", "not_released", "escalated"]


@dataclass(frozen=True)
class Card:
    """An identity paper: the kind, the number (its end stages the checks), the day it runs out."""

    kind: Literal["passport", "consular_id", "state_id"]
    number: str
    expires_on: date


@dataclass(frozen=True)
class Child:
    """`a_suffix` stages what a caller finds, `phone` (the last two digits) what the child's own phone does."""

    given: str
    family: str
    born_on: date
    sex: Literal["female", "male"]
    entered_on: date
    a_suffix: int = 1
    country: str = "GT"
    languages: tuple[str, ...] = ("es",)
    phone: int | None = None


@dataclass(frozen=True)
class Sponsor:
    """`phone` and `backup` are the last two digits of 555-01xx in the story's area code."""

    given: str
    family: str
    born_on: date
    sex: Literal["female", "male"]
    relationship: str
    spanish: str
    card: Card
    related: bool = True
    was_primary_caregiver: bool = False
    languages: tuple[str, ...] = ("es",)
    phone: int = 1
    backup: int = 2
    other_names: tuple[str, ...] = ()
    email: str | None = None


@dataclass(frozen=True)
class Adult:
    """A household member, or with a phone the alternate caregiver. A child of the house has no card."""

    given: str
    family: str
    born_on: date
    sex: Literal["female", "male"]
    relationship: str
    card: Card | None = None
    phone: int = 3


@dataclass(frozen=True)
class Home:
    """The stated address."""

    line1: str
    unit: str | None
    city: str
    state: str
    zip: str
    dwelling: str
    moved_in_on: date


@dataclass(frozen=True)
class Proof:
    """The proof of address: which paper, in which language, how it was handed in, and its date."""

    paper: str
    language: str
    look: str
    issued_on: date


@dataclass(frozen=True)
class Expect:
    """What vetting must find at its first look, and how the story ends."""

    findings: tuple[str, ...] = ()
    released: bool = True
    final_state: str = "released"
    ends: Ends = "in_follow_up"
    may_find: tuple[str, ...] = ()
    release_after_days: int | None = None


@dataclass(frozen=True)
class Amendment:
    """What the second version of the packet changes."""

    proof: Proof
    home: Home | None = None


@dataclass(frozen=True)
class Story:
    """One packet and its plot."""

    name: str
    title: str
    area: str
    child: Child
    sponsor: Sponsor
    home: Home
    proof: Proof
    caregiver: Adult
    signed_on: date
    expect: Expect = Expect()
    household: tuple[Adult, ...] = ()
    previous_states: tuple[str, ...] = ()
    contacts: tuple[int, ...] = (4, 5)
    hearing: tuple[str, str] | None = None
    care_provider: str = "Example Shelter, Harlingen"
    amendment: Amendment | None = None
    clear: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The story's place in the row, from its name."""
        return int(self.name[:2])
