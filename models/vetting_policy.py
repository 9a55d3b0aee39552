"""The frozen types that a version of vetting's policy is made of (``vetting/policies``)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from models.policy import Frozen, Line, Suspension
from models.states import (
    CheckKind,
    DecisionValue,
    DenialGround,
    DocumentKind,
    Role,
)

Category = Literal["1", "2A", "2B", "3"]
SubjectKind = Literal["sponsor", "household", "alternate_caregiver", "child"]
Circumstance = Literal["trafficking_victim", "disability", "abused", "especially_vulnerable"]
Risk = Literal[
    "concern",  # a named person wrote down a special concern
    "trafficking_indicator",
    "denied_before",
    "child_abuse_hit",
    "public_records_hit",  # of this person
    "unresolved_disposition",  # of this person: an arrest or charge that has not ended
]
ManualItem = Literal["dna", "in_person_identity"]


class When(Frozen):
    """When a line applies: every condition that is given must hold; none given means always."""

    categories: tuple[Category, ...] | None = None
    related: bool | None = None
    circumstances_any: tuple[Circumstance, ...] | None = None
    child_age_at_most: int | None = None
    sponsored_before_at_least: int | None = None
    seeking_now_at_least: int | None = None
    risk_any: tuple[Risk, ...] | None = None
    biological_kin: bool | None = None
    submitted_from: date | None = None
    home_study_required: bool | None = None
    subject_age_at_least: int | None = None
    case_manager_helps: bool | None = None


class AppliesIf(Frozen):
    """Which cases a version is for: by the day the child entered care (both ends included), the sponsor's
    category, and court orders that name the case (any of them)."""

    entered_care_from: date | None = None
    entered_care_until: date | None = None
    categories: tuple[Category, ...] | None = None
    court_orders_any: tuple[str, ...] | None = None


class DocumentRule(Line):
    """A document that must be there. `confirm`: a person types what they read from it.

    `accepted_types`: the identity documents that count, by the packet's word for the type; None: any.
    """

    item: DocumentKind
    subject: SubjectKind
    when: When = When()
    confirm: bool = False
    waivable: bool = True
    accepted_types: tuple[str, ...] | None = None


class CheckRule(Line):
    """A background check that must be clear. `statutory` lines can't be waived.

    `per_state`: once for each state lived in. `fallback` is ordered after `rejections_before_fallback`
    unreadable results.
    """

    item: CheckKind
    subject: SubjectKind
    when: When = When()
    valid_days: int
    per_state: bool = False
    fallback: CheckKind | None = None
    rejections_before_fallback: int = 2
    statutory: bool = False
    waivable: bool = True


class PendingReleaseRule(Line):
    """A check of this kind may still be out when the child is released, once `authority` has signed it off.

    The result stays a duty of `queue` from the release on, due after `due_days`. Only for the categories that
    `when` names, and never for what statute asks.
    """

    item: CheckKind
    subject: SubjectKind
    when: When
    authority: Role
    due_days: int
    queue: str


class ManualRule(Line):
    """Something that people do and write down with its evidence: a DNA comparison, an identity check in person."""

    item: ManualItem
    subject: SubjectKind
    when: When = When()
    waivable: bool = True


class HomeStudyRule(Line):
    """A trigger of a mandatory home study; TVPRA ones can't be waived."""

    code: str
    statutory: bool
    when: When = When()


class AddressRule(Line):
    """Proof of address: its window counts from the day of submission."""

    document_window_days: int


class IdentityRule(Line):
    """Identity documents: how long an expired one is still taken, and how sharp a scan must be."""

    expired_tolerance_days: int
    sharpness_at_least: float


class VettingDuty(Line):
    """How long a vetting duty may take, and in whose queue it stands. Of several that apply the shortest counts."""

    kind: str
    within_hours: int
    queue: str
    when: When = When()


class ConsultationRule(Line):
    """The denial of a sponsor of these categories goes through case consultation first."""

    categories: tuple[Category, ...]


class AppealRule(Line):
    """Who may appeal against a denial, until when, and how soon an appeal is acknowledged.

    `child_alone_on`: the child may appeal when this is the only ground.
    """

    categories: tuple[Category, ...]
    child_alone_on: DenialGround
    window_days: int
    acknowledge_business_days: int
    queue: str


class PendingReviewRule(Line):
    """A supervisor reviews what is still pending so many days after the child entered custody, and again each time."""

    every_days: int
    within_hours: int
    queue: str


class ReleaseNoticeRule(Line):
    """Who is told of a release, and on what legal basis. The notice is a disclosure, on record as one."""

    recipient: str
    legal_basis: str


class RecommendationRule(Line):
    """Who recommends and who decides, in this order. Nobody may act in two of these roles on one case."""

    recommend: tuple[Role, ...]
    decide: Role
    decisions_that_release: tuple[DecisionValue, ...]


class VettingPolicy(Frozen):
    version: str
    title: str
    effective_from: date
    applies_if: AppliesIf = AppliesIf()
    suspended_by: tuple[Suspension, ...] = ()
    active: bool = True
    documents: tuple[DocumentRule, ...]
    checks: tuple[CheckRule, ...]
    manual: tuple[ManualRule, ...] = ()
    home_studies: tuple[HomeStudyRule, ...]
    address: AddressRule
    identity: IdentityRule
    roles: RecommendationRule
    duties: tuple[VettingDuty, ...]
    ladder: tuple[VettingDuty, ...]
    consultation: ConsultationRule
    appeal: AppealRule
    pending_review: PendingReviewRule
    release_notice: ReleaseNoticeRule
    # Empty: every required check must be clear before a release.
    pending_release: tuple[PendingReleaseRule, ...] = ()
    inactive: tuple[Line, ...] = ()
