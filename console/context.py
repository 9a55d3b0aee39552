"""What a request has at hand: the kit, the clock, who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from jinja2 import Environment

from console.errors import NotSignedIn
from console.metrics import Metrics
from console.permissions import (
    ACT_ON_CASES,
    HAND_IN,
    JUDGE_OPENINGS,
    READ_CASES,
    READ_INTERVIEWS,
    READ_LINKS,
    READ_NOTICES,
    READ_OPENINGS,
    READ_RECORDS,
    WRITE_NOTICES,
    Permission,
)
from console.scope import require_scope
from console.speech import speech
from console.throttle import KeyThrottle, PasswordSlots
from integrations.identity.accounts import Awaits, SignedIn, find_session
from integrations.kit import Kit


@dataclass(frozen=True)
class Console:
    """One console. `wall` is the wall's clock, for sessions and heartbeats; Kinline's own is `now()`."""

    kit: Kit
    live: Callable[[], Mapping[str, Any]]
    wall: Callable[[], datetime]
    templates: Environment
    metrics: Metrics
    slots: PasswordSlots
    version: str
    key_throttle: KeyThrottle = field(default_factory=KeyThrottle)

    def now(self) -> datetime:
        """What time it is for Kinline."""
        return self.kit.now()

    @property
    def is_sandbox(self) -> bool:
        return self.kit.settings.environment == "sandbox"

    @property
    def is_https(self) -> bool:
        return self.kit.public_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """With https the name itself forbids a neighbour domain to set it; browsers know the prefix."""
        return "__Host-kinline" if self.is_https else "kinline_session"


def console_of(request: Request) -> Console:
    console: Console = request.app.state.console
    return console


def find_signed_in(request: Request, awaits: Awaits | None = None) -> SignedIn | None:
    """Who this request's cookie belongs to; None when nobody is signed in (or, when asked, half signed in)."""
    console = console_of(request)
    token = request.cookies.get(console.cookie_name)
    if not token:
        return None
    with console.kit.transaction() as session:
        found = find_session(
            session, token, now=console.wall(), awaits=awaits, by_itself=renews_itself(request)
        )
    if found is not None:
        speech().suit(found)
    return found


def renews_itself(request: Request) -> bool:
    """Whether a page asked, and no person: htmx says so, and its reads are all by the clock here."""
    return request.method == "GET" and request.headers.get("hx-request") == "true"


def signed_in(request: Request) -> SignedIn:
    """Who is signed in.

    Raises:
        NotSignedIn: nobody; a page leads to the sign-in, the API answers 401.
    """
    who = find_signed_in(request)
    if who is None:
        raise NotSignedIn
    request.state.who = who
    return who


def holder(permission: Permission) -> Callable[[Request, SignedIn], SignedIn]:
    """A dependency: who is signed in, when they hold this permission and the case of this address is in their scope.

    Raises:
        NotSignedIn, Forbidden: they don't, or it is another office's.
    """

    def held(request: Request, who: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
        permission.require(who.person)
        console = console_of(request)
        require_scope(request, console.kit, who.person, who.office, wall=console.wall())
        return who

    return held


def half_signed_in(request: Request) -> SignedIn:
    """Who has given the password, and not yet the code.

    Raises:
        NotSignedIn: nobody.
    """
    half = find_signed_in(request, Awaits.CODE)
    if half is None:
        raise NotSignedIn
    return half


def enroller(request: Request) -> SignedIn:
    """Who may set up a second factor: anybody who is signed in, or who must set one up to be.

    Raises:
        NotSignedIn: neither.
    """
    half = find_signed_in(request, Awaits.ENROLMENT)
    return signed_in(request) if half is None else half


# What a page's `who` is: anybody who is signed in, who may read cases, who may act on them, who may see links, who
# may read what interviews and the records behind hits say, who may read and write notices of concern, who may hand
# packets in.
AnyStaff = Annotated[SignedIn, Depends(signed_in)]
Reader = Annotated[SignedIn, Depends(holder(READ_CASES))]
Actor = Annotated[SignedIn, Depends(holder(ACT_ON_CASES))]
LinkReader = Annotated[SignedIn, Depends(holder(READ_LINKS))]
InterviewReader = Annotated[SignedIn, Depends(holder(READ_INTERVIEWS))]
RecordReader = Annotated[SignedIn, Depends(holder(READ_RECORDS))]
NoticeReader = Annotated[SignedIn, Depends(holder(READ_NOTICES))]
NoticeWriter = Annotated[SignedIn, Depends(holder(WRITE_NOTICES))]
Sender = Annotated[SignedIn, Depends(holder(HAND_IN))]
OpeningReader = Annotated[SignedIn, Depends(holder(READ_OPENINGS))]
OpeningJudge = Annotated[SignedIn, Depends(holder(JUDGE_OPENINGS))]
CaseReader = Reader
HalfSignedIn = Annotated[SignedIn, Depends(half_signed_in)]
Enroller = Annotated[SignedIn, Depends(enroller)]
