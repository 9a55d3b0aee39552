"""One case, as `kinline case` prints it: what keeps the child in sight, and everything that the ledger holds."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from console.api.schemas.common import Day, Moment, Shown
from models.contacts import CallOutcome, MessageState
from models.states import CaseState, Party


class Roster(Shown):
    """What the official list of releases said of a child whom nothing else had named."""

    reference: str
    released_on: Day


class InSight(Shown):
    ok: bool
    by: str | None = Field(examples=["welfare_call day-30"])
    until: Moment | None


class Lack(Shown):
    code: str
    message: str


class Home(Shown):
    """`where`: how far we know where the child is. `missing`: what stands between the home and its sign-off."""

    id: UUID | None
    line1: str | None = Field(examples=["77 Sample St"])
    unit: str | None
    city: str | None
    state: str | None
    zip: str | None
    where: str = Field(examples=["verified"])
    status: str | None
    zone: str | None = Field(examples=["America/Chicago"])
    since: Moment | None
    source: str | None
    verified_at: Moment | None
    verified_by: UUID | None
    returned_at: Moment | None
    missing: list[Lack]


class Obligation(Shown):
    id: UUID
    kind: str = Field(examples=["welfare_call"])
    party: Party
    key: str
    opens_at: Moment
    due_at: Moment
    state: Literal["open", "settled", "waived", "void"]
    overdue: bool
    queue: str
    rule: str
    in_sight: bool
    restores: UUID | None
    recipient: str | None


class Attempt(Shown):
    obligation: UUID
    step: int
    channel: str
    at: Moment
    outcome: str


class Call(Shown):
    id: UUID
    kind: str
    party: Party
    state: str
    due_at: Moment
    at: Moment | None
    outcome: str | None
    spoke_with: str | None
    simulated: bool
    language: str | None
    interpreter: bool


class Message(Shown):
    id: UUID
    to_party: str
    purpose: str
    state: MessageState
    send_after: Moment
    not_after: Moment
    accepted_at: Moment | None


class Page(Shown):
    rung: int | str
    to: str | None
    state: str
    tries: int
    at: Moment | None
    error_code: int | str | None


class Paging(Shown):
    state: str
    since: Moment
    pages: list[Page]


class Clock(Shown):
    rule: str
    text: str
    days: int | None
    until: Day | None
    source: str
    unverified: bool


class Pointer(Shown):
    rule: str
    text: str
    source: str
    unverified: bool


class Help(Shown):
    """What a family must know after a missed hearing or an order."""

    version: str
    because: str
    counted_from: Day | None
    basis: str
    clocks: list[Clock]
    pointers: list[Pointer]


class Escalation(Shown):
    id: UUID
    level: int
    queue: str
    owner: str | None = Field(examples=["supervisor@example.org"])
    state: Literal["open", "acknowledged", "resolved"]
    acknowledge_by: Moment
    resolve_by: Moment
    reason: str
    outcome: str | None
    nag_count: int
    last_nagged_at: Moment | None
    paging: Paging | None
    help: Help | None


class CourtLook(Shown):
    at: Moment
    status: str
    source: str
    by: str | None
    said_next_at: Moment | None
    said: str | None


class NextLook(Shown):
    opens_at: Moment
    due_at: Moment
    overdue: bool


class Court(Shown):
    status: str
    since: Moment | None
    days: int | None
    next_hearing_at: Moment | None
    last_look: CourtLook | None
    next_look: NextLook | None
    help: Help | None


class HearingRecord(Shown):
    outcome: str
    source: str
    at: Moment
    note: str | None


class Hearing(Shown):
    id: UUID
    hearing_key: str
    court: str
    starts_at: Moment
    kind: str
    state: str
    outcome: str | None
    records: list[HearingRecord]


class LostStep(Shown):
    """What was done and decided to find the child."""

    step: str
    act: str
    outcome: str | None
    spoke_with: str | None
    alone: bool | None
    by: str | None
    at: Moment
    note: str | None


class LastContact(Shown):
    at: Moment
    how: str
    by: str | None
    outcome: CallOutcome | str | None


class Proposed(Shown):
    reason: str
    by: str | None


class ClosingLack(Shown):
    code: str
    message: str
    remedy: str


class ClosingReason(Shown):
    reason: str
    roles: list[str]
    confirmed_by: list[str]
    needs: list[str]
    evidence: str | None
    lacking: list[ClosingLack]
    rule: str
    source: str
    unverified: bool


class Closing(Shown):
    """What each closing would need today."""

    last_contact: LastContact | None
    max_silence_days: int | None
    heard_until: Moment | None
    asked_on_days: int
    proposed: Proposed | None
    reasons: list[ClosingReason]


class Closure(Shown):
    reason: str
    by: UUID
    at: Moment
    rule: str | None = None
    proposed_by: UUID | None = None
    evidence: str | None = None


class Case(Shown):
    """The case of a child. It holds an address: keep it as such."""

    case_id: UUID
    state: CaseState
    policy: str | None
    released_at: Moment | None
    last_contact_at: Moment | None
    roster: Roster | None
    paused: str | None
    prs_level: str | None
    in_sight: InSight
    address: Home
    obligations: list[Obligation]
    attempts: list[Attempt]
    calls: list[Call]
    messages: list[Message]
    escalations: list[Escalation]
    court: Court | None
    hearings: list[Hearing]
    lost: list[LostStep]
    closing: Closing | None
    closure: Closure | None
