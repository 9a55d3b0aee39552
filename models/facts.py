"""The facts that decisions are made from: frozen values, no behaviour beyond what they are.

Gathering them is the store's work; judging them is `vetting`'s and `followup`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from models.contacts import CallOutcome, Channel
from models.findings import FindingCode, FindingState, Severity, severity_of
from models.interview import Interviewee, QuestionSet
from models.ladder import LadderFacts
from models.packet import Packet
from models.reading import DocumentText, MachineZone, PostalAnswer
from models.states import (
    ApplicationState,
    CaseState,
    CheckKind,
    CheckState,
    DecisionValue,
    DocumentKind,
    Party,
    PrsLevel,
    RequirementState,
    Role,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A named member of staff, as seen by an act: who, and in which roles."""

    id: UUID
    email: str
    roles: frozenset[Role]


# --- vetting -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document of the current revision. `sharpness` None: not measured yet; `text` None: not read yet.

    `zone` None: no machine-readable zone was read, for whatever reason.
    """

    id: UUID
    kind: DocumentKind
    subject: str
    issued_on: date | None
    sharpness: float | None = None
    readable: bool = True
    text: DocumentText | None = None
    reused_in: tuple[UUID, ...] = ()  # applications of other cases that hold the very same file
    alike_in: tuple[UUID, ...] = ()  # those that hold the same picture at another size or quality
    zone: MachineZone | None = None


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """One order of one check; `attempt` counts orders of the same check, from 1."""

    id: UUID
    subject: str
    kind: CheckKind
    jurisdiction: str | None
    state: CheckState
    attempt: int = 1
    ordered_at: datetime | None = None
    result_at: datetime | None = None
    expires_on: date | None = None
    adjudication: str | None = None  # what two people said of its hit; a word of ``models.hits.VERDICTS``
    bars_until_on: date | None = None  # of 'bar_5y': its last day
    disposition: Literal["resolved", "unresolved"] | None = None  # of the arrest or charge behind a hit
    of_earlier_home: bool = False  # ordered before the family moved, and of a kind that looks at the home


@dataclass(frozen=True, slots=True)
class PendingAllowanceFacts:
    """The authority that a policy line names has signed off that this order may be out at the release."""

    check: UUID
    rule: str
    by: UUID
    role: Role
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """A person typed what they read from a document. `agrees` None: nothing to compare with.

    `not_in_zone` names the fields in which what was typed is not what the machine read from the document.
    """

    item: str
    subject: str
    document_id: UUID
    by: UUID
    at: datetime
    agrees: bool | None
    differs: tuple[str, ...] = ()  # names of the fields that differ, never their values
    expires_on: date | None = None
    not_in_zone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaiverFacts:
    """A waiver counts once two people have given it (four eyes)."""

    item: str
    subject: str
    approved: bool


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """Another application or case that shares something with this one.

    `person`: somebody of this packet stands in that one too, not as the sponsor of both. `document`: one
    identity document stands there under another name. `through`: who of here is whom there, as subjects;
    `former_sponsor` was named before an amendment named somebody else. A sponsor's of old says nothing: of both.
    `image`: one picture stands in both, told document by document (`sponsor_identity@sponsor=...`).
    """

    id: UUID
    kind: Literal["sponsor", "person", "document", "address", "contact", "child", "image"]
    tier: Literal["likely", "possible"]
    other_application: UUID
    state: Literal["open", "confirmed", "split"] = "open"
    related_children: int = 0  # other children of the same sponsor, all links and merges taken together
    other_state: ApplicationState | None = None  # where the other application stands; None: not known
    through: tuple[str, ...] = ()
    features: tuple[str, ...] = ()  # what agrees and what does not, in words of `models.linkage`
    score: int = 0


@dataclass(frozen=True, slots=True)
class MergedFacts:
    """Another application whose sponsor is this one's, by the word of two people."""

    application: UUID
    case_id: UUID
    state: ApplicationState


@dataclass(frozen=True, slots=True)
class ConcernFacts:
    """A special concern that a named person wrote down. Its words stay sealed."""

    id: UUID
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class InterviewFacts:
    """What somebody answered before a release, by question code, and under which question set."""

    id: UUID
    party: Interviewee
    question_set: str
    by: UUID
    at: datetime
    answers: Mapping[str, str] = field(default_factory=dict)
    alone: bool | None = None  # said of every talk with a child


@dataclass(frozen=True, slots=True)
class ManualFacts:
    """What people did and wrote down with evidence: a DNA comparison, an identity check in person."""

    id: UUID
    item: str
    subject: str
    result: Literal["confirmed", "failed"]
    on: date


@dataclass(frozen=True, slots=True)
class HomeStudyFacts:
    """One home study of the application, in the order of `number`. `triggers`: what it was made for.

    `override_proposed_by`: who wrote why a negative one does not stand in the way. `overridden`: a second
    person agreed.
    """

    id: UUID
    number: int
    kind: Literal["tvpra", "orr", "discretionary"]
    triggers: tuple[str, ...]
    ordered_at: datetime
    due_at: datetime
    received_at: datetime | None = None
    result: Literal["positive", "negative"] | None = None
    override_proposed_by: UUID | None = None
    overridden: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the pinned policy version asks for, and where it stands."""

    item: str
    subject: str
    kind: Literal["document", "check", "manual", "home_study"]
    rule: str
    source: str
    confirm: bool
    waivable: bool
    state: RequirementState = RequirementState.MISSING
    jurisdiction: str | None = None
    pending_under: str | None = None  # the line under which this check may still be out at the release

    @property
    def key(self) -> str:
        """How the command line names it: the item, with its subject and state where needed."""
        tail = f":{self.jurisdiction}" if self.jurisdiction else ""
        return f"{self.item}@{self.subject}{tail}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found. `evidence` holds ids, codes and dates; never a name, number or address."""

    code: FindingCode
    subject: str
    message: str
    rule: str
    source: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return severity_of(self.code)


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """A finding as it stands in the file."""

    id: UUID
    finding: Finding
    state: FindingState


@dataclass(frozen=True, slots=True)
class OpinionFacts:
    """A recommendation or a decision by a named person in a role."""

    value: DecisionValue
    role: Role
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """Everything vetting needs to know of one application, gathered in one read."""

    id: UUID
    case_id: UUID
    state: ApplicationState
    submitted_at: datetime
    policy_version: str
    packet: Packet
    documents: tuple[DocumentFacts, ...] = ()
    checks: tuple[CheckFacts, ...] = ()
    pending_allowances: tuple[PendingAllowanceFacts, ...] = ()
    confirmations: tuple[ConfirmationFacts, ...] = ()
    waivers: tuple[WaiverFacts, ...] = ()
    findings: tuple[FindingFacts, ...] = ()
    links: tuple[LinkFacts, ...] = ()
    merged: tuple[MergedFacts, ...] = ()
    recommendations: tuple[OpinionFacts, ...] = ()
    decision: OpinionFacts | None = None
    postal: PostalAnswer | None = None
    postal_refused: bool = False  # it will not look this address up as it is written
    concerns: tuple[ConcernFacts, ...] = ()
    interviews: tuple[InterviewFacts, ...] = ()
    question_sets: tuple[
        QuestionSet, ...
    ] = ()  # those of the interviews: judged again, they must be the same
    manual: tuple[ManualFacts, ...] = ()
    home_studies: tuple[HomeStudyFacts, ...] = ()
    prs_offer: Literal["accepted", "declined"] | None = None  # after a home study; None: not offered yet
    acted: Mapping[UUID, Role] = field(default_factory=dict)  # who has acted on this case, and as what
    ladder: LadderFacts = field(default_factory=LadderFacts)


# --- the ledger and follow-up ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation about to be opened. `key` tells two of one kind and party apart."""

    kind: str
    party: Party
    key: str
    opens_at: datetime
    due_at: datetime
    queue: str
    rule: str
    policy_version: str
    in_sight: bool = False
    side: Literal["vetting", "followup"] = "followup"
    detail: Mapping[str, Any] = field(default_factory=dict)  # ids, codes and times only


@dataclass(frozen=True, slots=True)
class ObligationFacts:
    """An open obligation of the follow-up side, as the ladder sees it."""

    id: UUID
    case_id: UUID
    kind: str
    party: Party
    key: str
    opens_at: datetime
    due_at: datetime
    queue: str
    in_sight: bool
    policy_version: str


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One try at an obligation. It never settles by itself."""

    step: int
    channel: Channel
    at: datetime
    outcome: str
    number_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """A phone number of the family, by id; the number itself stays sealed.

    `usable` is false once the provider or a person said that it is out of service, wrong, or not the
    person's. `texts` is false for a landline, after STOP, or without consent. `shared` means that child
    and an adult use one number: it is for human calls only.
    """

    id: UUID
    party: Party
    role: Literal["party", "backup", "care_plan", "home_country"]
    language: str
    usable: bool = True
    texts: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What the follow-up plan is made from, at the moment of release."""

    case_id: UUID
    released_at: datetime
    turns_18_on: date
    zone: str  # IANA, of the verified address
    child_has_number: bool
    text_consent: frozenset[Party] = frozenset()
    prs_level: PrsLevel = PrsLevel.ONE  # of post-release services
    prs_since: datetime | None = None  # when that level began; None: with the release


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What a named person wrote down after a human call."""

    party: Party
    outcome: CallOutcome
    by: UUID
    at: datetime
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EscalationFacts:
    """An escalation as the ladder sees it."""

    id: UUID
    level: int
    state: Literal["open", "acknowledged", "resolved"]
    acknowledge_by: datetime
    resolve_by: datetime


@dataclass(frozen=True, slots=True)
class ChildInSight:
    """One child in follow-up, for the accounting."""

    case_id: UUID
    state: CaseState
    last_contact_at: datetime  # last direct contact with the child; the release counts
    max_silence_days: int
    duties: tuple[tuple[datetime, datetime], ...] = ()  # (due_at, owned_until) of open in-sight duties
    escalations: tuple[datetime, ...] = ()  # owned_until of open escalations
    closed_with_reason_and_person: bool = False
