"""One application, as `kinline show` prints it: what is required and there, what was found, said and decided."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from console.api.schemas.common import Day, Moment, Shown
from models.states import ApplicationState, CheckKind, CheckState, DecisionValue

# What stands in the file for an item; its keys follow the item's kind.
Evidence = Annotated[
    dict[str, Any], Field(examples=[{"by_hand": "…", "result": "match", "on": "2026-02-02"}])
]


class AskedBy(Shown):
    rule: str
    source: str
    unverified: bool
    because: list[str]


class Required(Shown):
    item: str = Field(examples=["proof_of_address"])
    subject: str = Field(examples=["sponsor"])
    kind: str
    state: Literal["missing", "received", "confirmed", "waived"]
    rule: str
    source: str
    jurisdiction: str | None
    confirm: bool | str | None
    waivable: bool
    key: str
    asked_by: list[AskedBy]
    evidence: list[Evidence]


class Check(Shown):
    check_id: UUID
    subject: str
    kind: CheckKind
    jurisdiction: str | None
    attempt: int
    state: CheckState
    expires_on: Day | None
    adjudication: str | None
    bars_until_on: Day | None


class Finding(Shown):
    id: UUID
    key: str
    code: str = Field(examples=["ADDRESS_UNIT_MISSING"])
    severity: Literal["block", "review", "note"]
    subject: str
    state: str
    message: str
    rule: str
    source: str
    evidence: dict[str, Any]


class Link(Shown):
    id: UUID
    kind: str
    tier: str | int | None
    state: str
    other_application: UUID
    through: list[Any]
    features: list[Any]
    score: float | None


class Merge(Shown):
    other_application: UUID
    state: str
    proposed_by: UUID
    approved_by: UUID | None
    reason: str | None
    undone_by: UUID | None
    undone_reason: str | None


class Override(Shown):
    proposed_by: UUID
    proposed_at: Moment | None
    reason: str | None
    approved_by: UUID | None
    approved_at: Moment | None


class HomeStudy(Shown):
    number: int
    kind: str
    triggers: list[str]
    ordered_at: Moment
    due_at: Moment | None
    received_at: Moment | None
    result: str | None
    overridden: bool
    override: Override | None


class Services(Shown):
    required: bool
    offer: str | bool | None
    level: str | None


class Interview(Shown):
    id: UUID
    with_: str = Field(alias="with")
    question_set: str
    alone: bool | None
    unanswered: list[str]
    by: UUID
    at: Moment


class Concern(Shown):
    by: UUID
    at: Moment


class Recommendation(Shown):
    value: DecisionValue
    role: str
    by: UUID
    at: Moment
    reason: str


class Decision(Recommendation):
    grounds: list[str]


class Voice(Shown):
    by: UUID
    role: str | None
    at: Moment


class Waiver(Shown):
    item: str
    counts: bool
    reason: str
    proposed: Voice
    approved: Voice | None


class Adjudication(Voice):
    check_id: UUID
    kind: str
    subject: str
    jurisdiction: str | None
    round: int
    verdict: str | None


class PolicyMove(Voice):
    from_: str = Field(alias="from")
    to: str
    state: str
    reason: str


class Gate(Shown):
    open: bool
    missing: list[str]


class Pending(Shown):
    """What the gate lets through without its result."""

    check_id: UUID
    subject: str
    kind: CheckKind
    jurisdiction: str | None
    rule: str
    source: str
    due_days: int
    role: str
    by: UUID
    at: Moment
    reason: str


class Paper(Shown):
    kind: str
    template: str
    digest: str


class Disclosure(Shown):
    recipient: str
    legal_basis: str
    fields: list[str]
    rule: str
    approved_by: UUID
    recorded_by: UUID
    at: Moment


class Release(Shown):
    on: Day
    by: UUID
    at: Moment
    prs: str | bool | None
    papers: list[Paper]
    disclosures: list[Disclosure]


class Stage(Shown):
    stage: str
    by: str
    at: Moment


class Reply(Shown):
    text: str
    by: UUID
    at: Moment


class Question(Shown):
    number: int
    text: str
    by: UUID
    as_: str = Field(alias="as")
    at: Moment
    answer: Reply | None


class WaivedReview(Shown):
    role: str
    by: UUID
    at: Moment
    reason: str


class Consultation(Shown):
    asked_by: UUID
    asked_at: Moment
    reason: str
    outcome: str | None
    reasoning: str | None
    concluded_by: UUID | None
    concluded_at: Moment | None


class Review(Shown):
    due_on: Day
    by: UUID
    at: Moment
    reason: str


class Letter(Shown):
    sent_on: Day
    method: str
    template: str
    digest: str
    by: UUID


class Appeal(Shown):
    by: str
    received_on: Day
    with_hearing: bool
    acknowledged_at: Moment | None
    delivered_at: Moment | None
    withheld: Any
    outcome: str | None
    decided_by: UUID | None
    reasoning: str | None


class Against(Shown):
    by: UUID
    at: Moment
    grounds: list[str]
    reason: str


class PastAppeal(Appeal):
    against: Against
    decided_at: Moment | None


class Denial(Shown):
    grounds: list[str]
    may_appeal: list[str]
    appeal_until: Day
    letter: Letter | None
    appeal: Appeal | None


class Amendment(Shown):
    revision: int
    by: str
    at: Moment
    changed: list[str]
    reopened: list[dict[str, Any]]


class Application(Shown):
    """An application, from the packet to the release."""

    application_id: UUID
    reference: str = Field(examples=["KL-EXAMPLE-1"])
    state: ApplicationState
    revision: int
    policy: str
    category: str
    required: list[Required]
    checks: list[Check]
    findings: list[Finding]
    links: list[Link]
    merges: list[Merge]
    home_studies: list[HomeStudy]
    post_release_services: Services
    interviews: list[Interview]
    concerns: list[Concern]
    recommendations: list[Recommendation]
    decision: Decision | None
    waivers: list[Waiver]
    adjudications: list[Adjudication]
    policy_moves: list[PolicyMove]
    stage: str | None
    stages: list[Stage]
    questions: list[Question]
    reviews_waived: list[WaivedReview]
    consultation: Consultation | None
    pending_reviews: list[Review]
    next_review_on: Day | None
    denial: Denial | None
    appeals: list[PastAppeal]
    amendments: list[Amendment]
    gate: Gate
    pending_allowed: list[Pending]
    release: Release | None
    case_id: UUID
