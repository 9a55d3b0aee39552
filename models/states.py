"""The words for states, and which moves between them are allowed.

Every word is the lower-case string that is stored and printed. Display text lives in templates,
so rewording a page never needs a migration.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from models.errors import Refused

S = TypeVar("S", bound=StrEnum)

# The languages that the console speaks.
CONSOLE_LANGUAGES = ("en", "es")


class Role(StrEnum):
    """What a named person may do. Nobody holds two roles on one case."""

    INTAKE_OFFICER = "intake_officer"
    CASE_MANAGER = "case_manager"
    CASE_COORDINATOR = "case_coordinator"
    FEDERAL_FIELD_SPECIALIST = "federal_field_specialist"
    POST_RELEASE_CALLER = "post_release_caller"
    SUPERVISOR = "supervisor"
    INTEGRITY_REVIEWER = "integrity_reviewer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class ApplicationState(StrEnum):
    SUBMITTED = "submitted"
    INCOMPLETE = "incomplete"
    IN_CHECKS = "in_checks"
    IN_REVIEW = "in_review"
    HOME_STUDY = "home_study"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    DENIED = "denied"
    REMANDED = "remanded"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"


_A = ApplicationState
_VETTING = frozenset({_A.INCOMPLETE, _A.IN_CHECKS, _A.IN_REVIEW, _A.HOME_STUDY})
_DECIDED = frozenset({_A.APPROVED, _A.DENIED, _A.REMANDED})
# Nothing more is done for an application in one of these, unless it is taken up again.
APPLICATION_OVER = frozenset({_A.DENIED, _A.WITHDRAWN, _A.RELEASED})

# While vetting runs, the state follows the facts and may go either way. A decision may come only
# after a recommendation; an amendment sends a decided application back to vetting.
APPLICATION_MOVES: Mapping[ApplicationState, frozenset[ApplicationState]] = {
    _A.SUBMITTED: _VETTING | {_A.WITHDRAWN},
    _A.INCOMPLETE: (_VETTING - {_A.INCOMPLETE}) | {_A.WITHDRAWN, _A.SUBMITTED, _A.RECOMMENDED},
    _A.IN_CHECKS: (_VETTING - {_A.IN_CHECKS}) | {_A.WITHDRAWN, _A.SUBMITTED, _A.RECOMMENDED},
    _A.IN_REVIEW: (_VETTING - {_A.IN_REVIEW}) | {_A.WITHDRAWN, _A.SUBMITTED, _A.RECOMMENDED},
    _A.HOME_STUDY: (_VETTING - {_A.HOME_STUDY}) | {_A.WITHDRAWN, _A.SUBMITTED, _A.RECOMMENDED},
    _A.RECOMMENDED: _DECIDED | {_A.HOME_STUDY, _A.WITHDRAWN, _A.SUBMITTED},
    _A.APPROVED: frozenset({_A.RELEASED, _A.WITHDRAWN, _A.SUBMITTED}),
    # An appeal that succeeds brings it back to the decision.
    _A.DENIED: frozenset({_A.SUBMITTED, _A.RECOMMENDED}),
    _A.REMANDED: frozenset({_A.WITHDRAWN, _A.SUBMITTED, _A.RECOMMENDED}),
    _A.WITHDRAWN: frozenset({_A.SUBMITTED}),
    _A.RELEASED: frozenset(),
}


class Stage(StrEnum):
    """Where a release request stands, in the words of ORR's case system (domain brief, section 2)."""

    CM_INITIATED = "cm_initiated"
    CC_REVIEW = "cc_review"
    CM_FURTHER_INFORMATION = "cm_further_information"
    FFS_REVIEW = "ffs_review"
    CASE_CONSULTATION = "case_consultation"
    HS_REQUESTED = "hs_requested"
    HS_COMPLETED_CM_REVIEW = "hs_completed_cm_review"
    HS_COMPLETED_CC_REVIEW = "hs_completed_cc_review"
    HS_COMPLETED_FFS_REVIEW = "hs_completed_ffs_review"
    DNF_GENERATED = "dnf_generated"  # approved: the discharge notification is what comes next
    COMPLETED = "completed"  # released, or denied
    INACTIVE = "inactive"  # cancelled, with a reason


_S = Stage
# Where an amendment may send it that takes the opinions back: to the case manager, before or after a study.
_BACK = frozenset({_S.CM_INITIATED, _S.HS_COMPLETED_CM_REVIEW})
_WITH_CM = frozenset({_S.HS_REQUESTED, _S.INACTIVE})
STAGE_MOVES: Mapping[Stage, frozenset[Stage]] = {
    _S.CM_INITIATED: _WITH_CM | {_S.CC_REVIEW, _S.FFS_REVIEW},
    _S.CC_REVIEW: _WITH_CM | {_S.FFS_REVIEW, _S.CM_FURTHER_INFORMATION, _S.CM_INITIATED},
    _S.CM_FURTHER_INFORMATION: _WITH_CM
    | {_S.CC_REVIEW, _S.FFS_REVIEW, _S.HS_COMPLETED_CC_REVIEW, _S.HS_COMPLETED_FFS_REVIEW}
    | _BACK,
    _S.FFS_REVIEW: _WITH_CM
    | {
        _S.DNF_GENERATED,
        _S.COMPLETED,
        _S.CASE_CONSULTATION,
        _S.CM_FURTHER_INFORMATION,
        # The case manager recommends anew, and the coordinator must too.
        _S.CC_REVIEW,
        _S.CM_INITIATED,
    },
    _S.CASE_CONSULTATION: _BACK | _WITH_CM | {_S.FFS_REVIEW, _S.HS_COMPLETED_FFS_REVIEW},
    # Bad news need not wait for the report: a denial may come while the study is out.
    _S.HS_REQUESTED: frozenset(
        {
            _S.HS_COMPLETED_CM_REVIEW,
            _S.CM_FURTHER_INFORMATION,
            _S.CASE_CONSULTATION,
            _S.COMPLETED,
            _S.INACTIVE,
        }
    ),
    _S.HS_COMPLETED_CM_REVIEW: _WITH_CM | {_S.HS_COMPLETED_CC_REVIEW, _S.HS_COMPLETED_FFS_REVIEW},
    _S.HS_COMPLETED_CC_REVIEW: _WITH_CM
    | {_S.HS_COMPLETED_FFS_REVIEW, _S.CM_FURTHER_INFORMATION, _S.HS_COMPLETED_CM_REVIEW},
    _S.HS_COMPLETED_FFS_REVIEW: _WITH_CM
    | {
        _S.DNF_GENERATED,
        _S.COMPLETED,
        _S.CASE_CONSULTATION,
        _S.CM_FURTHER_INFORMATION,
        _S.HS_COMPLETED_CC_REVIEW,
        _S.HS_COMPLETED_CM_REVIEW,
    },
    _S.DNF_GENERATED: _BACK | _WITH_CM | {_S.COMPLETED},
    # A denial that was reversed on appeal, or whose packet was amended.
    _S.COMPLETED: _BACK | {_S.FFS_REVIEW, _S.HS_COMPLETED_FFS_REVIEW, _S.HS_REQUESTED},
    # A packet that was withdrawn is handed in again.
    _S.INACTIVE: _BACK | {_S.HS_REQUESTED, _S.CM_FURTHER_INFORMATION},
}


class CaseState(StrEnum):
    IN_CARE = "in_care"
    IN_FOLLOW_UP = "in_follow_up"
    LOST_CONTACT = "lost_contact"
    CLOSED = "closed"


# A released child who is followed: in sight, or looked for.
FOLLOWED = (CaseState.IN_FOLLOW_UP, CaseState.LOST_CONTACT)
CASE_MOVES: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.IN_CARE: frozenset({CaseState.IN_FOLLOW_UP, CaseState.CLOSED}),
    CaseState.IN_FOLLOW_UP: frozenset({CaseState.LOST_CONTACT, CaseState.CLOSED}),
    CaseState.LOST_CONTACT: frozenset({CaseState.IN_FOLLOW_UP, CaseState.CLOSED}),
    # Reopening: a closed child may always be followed again.
    CaseState.CLOSED: frozenset({CaseState.IN_FOLLOW_UP}),
}


class ClosureReason(StrEnum):
    TURNED_18 = "turned_18"
    STATUS_GRANTED = "status_granted"
    DEPARTED = "departed"
    PLAN_COMPLETED = "plan_completed"
    RETURNED_TO_CUSTODY = "returned_to_custody"
    REUNIFIED_ELSEWHERE = "reunified_elsewhere"
    DECLINED_CHILD_SPOKEN_TO = "declined_child_spoken_to"
    DECLINED_CHILD_NOT_SPOKEN_TO = "declined_child_not_spoken_to"
    LOST_CONTACT = "lost_contact"
    MOVED_PROVIDER = "moved_provider"
    DECEASED = "deceased"


class LostOutcome(StrEnum):
    """What came of a step to find a child. `found` says where the child is, not yet that anybody has spoken with it."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NO_ANSWER = "no_answer"


# Closed never looks like safe (design rule 8).
CLOSURES_FOR_A_SUPERVISOR = frozenset(
    {
        ClosureReason.PLAN_COMPLETED,
        ClosureReason.DECLINED_CHILD_SPOKEN_TO,
        ClosureReason.DECLINED_CHILD_NOT_SPOKEN_TO,
        ClosureReason.LOST_CONTACT,
    }
)
# Four eyes (design rule 9): one proposes, another confirms.
CLOSURES_FOR_FOUR_EYES = frozenset({ClosureReason.LOST_CONTACT})


class CheckKind(StrEnum):
    """Immigration status is never a check."""

    PUBLIC_RECORDS = "public_records"
    SEX_OFFENDER_REGISTRY = "sex_offender_registry"
    FBI_FINGERPRINT = "fbi_fingerprint"
    FBI_NAME = "fbi_name"
    CHILD_ABUSE_REGISTRY = "child_abuse_registry"
    STATE_CRIMINAL = "state_criminal"


class CheckState(StrEnum):
    REQUIRED = "required"
    ORDERED = "ordered"
    PENDING = "pending"
    CLEAR = "clear"
    HIT_REVIEW = "hit_review"
    HIT_BAR = "hit_bar"
    UNREADABLE = "unreadable"
    ERROR = "error"
    EXPIRED = "expired"


_C = CheckState
# A result is never un-said: a clear may expire, a hit stays a hit (a late, worse word may come).
CHECK_MOVES: Mapping[CheckState, frozenset[CheckState]] = {
    _C.REQUIRED: frozenset({_C.ORDERED, _C.PENDING, _C.CLEAR, _C.HIT_REVIEW, _C.HIT_BAR, _C.ERROR}),
    _C.ORDERED: frozenset({_C.PENDING, _C.CLEAR, _C.HIT_REVIEW, _C.HIT_BAR, _C.UNREADABLE, _C.ERROR}),
    _C.PENDING: frozenset({_C.CLEAR, _C.HIT_REVIEW, _C.HIT_BAR, _C.UNREADABLE, _C.ERROR}),
    _C.CLEAR: frozenset({_C.EXPIRED, _C.HIT_REVIEW, _C.HIT_BAR}),
    _C.HIT_REVIEW: frozenset({_C.HIT_BAR}),
    _C.HIT_BAR: frozenset(),
    _C.UNREADABLE: frozenset({_C.ORDERED}),
    _C.ERROR: frozenset({_C.ORDERED, _C.PENDING, _C.CLEAR, _C.HIT_REVIEW, _C.HIT_BAR, _C.UNREADABLE}),
    _C.EXPIRED: frozenset(),
}


# The kind of duty that a check out at the release becomes: nothing but its result settles it.
PENDING_CHECK = "pending_check"


class RequirementState(StrEnum):
    MISSING = "missing"
    RECEIVED = "received"
    CONFIRMED = "confirmed"
    WAIVED = "waived"


class DecisionValue(StrEnum):
    """What may be recommended and decided."""

    APPROVE = "approve"
    APPROVE_WITH_PRS = "approve_with_prs"
    HOME_STUDY = "home_study"
    REMAND = "remand"
    DENY = "deny"


class DenialGround(StrEnum):
    """Why a release is denied. The letter names them in words; an appeal of the child's own turns on one."""

    SPONSOR_RISK = "sponsor_risk"  # the sponsor or the home is a risk to the child
    BARRING_RECORD = "barring_record"  # a result of a check that bars
    IDENTITY_UNPROVEN = "identity_unproven"
    RELATIONSHIP_UNPROVEN = "relationship_unproven"
    HOME_UNSUITABLE = "home_unsuitable"
    INCOMPLETE = "incomplete"  # what was asked for did not come
    DANGER_TO_SELF_OR_OTHERS = "danger_to_self_or_others"  # the child is


class ConsultationOutcome(StrEnum):
    """What a case consultation comes to."""

    DENIAL_SUPPORTED = "denial_supported"
    DENIAL_NOT_SUPPORTED = "denial_not_supported"


class Appellant(StrEnum):
    """Who appeals against a denial."""

    SPONSOR = "sponsor"
    CHILD = "child"


class AppealOutcome(StrEnum):
    """How an appeal ends. `moot`: the denial fell for another reason, before it was decided."""

    UPHELD = "upheld"
    REVERSED = "reversed"
    MOOT = "moot"


class ReleasePaperKind(StrEnum):
    """A paper that is made at the release."""

    VERIFICATION = "verification_of_release"
    DISCHARGE_NOTICE = "discharge_notice"


APPROVALS = frozenset({DecisionValue.APPROVE, DecisionValue.APPROVE_WITH_PRS})
# Decisions that send a case back to work: what was recommended before them no longer speaks.
SENT_BACK = frozenset({DecisionValue.REMAND, DecisionValue.HOME_STUDY})


class ObligationState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    WAIVED = "waived"
    VOID = "void"


class EscalationState(StrEnum):
    OPEN = "open"  # nobody has taken it yet
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Party(StrEnum):
    CHILD = "child"
    SPONSOR = "sponsor"
    CASE = "case"  # a duty about the case as a whole


class PrsLevel(StrEnum):
    """How much a child is helped after the release: 1 check-ins by phone, 2 case management with visits, 3
    intensive services at home; `tvpra` what the law wants after a home study of its own, until 18."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    TVPRA = "tvpra"


class DraftState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ABANDONED = "abandoned"


DRAFT_MOVES: Mapping[DraftState, frozenset[DraftState]] = {
    DraftState.DRAFT: frozenset({DraftState.SUBMITTED, DraftState.ABANDONED}),
    DraftState.ABANDONED: frozenset({DraftState.DRAFT}),
    DraftState.SUBMITTED: frozenset(),
}


class FileSeen(StrEnum):
    """What a machine made of a file at once. What it could not look at in time is a person's to look at."""

    LEGIBLE = "legible"
    BLURRED = "blurred"
    BLANK = "blank"
    NOT_LOOKED_AT = "not_looked_at"


class BatchRowState(StrEnum):
    """What became of one zip of many. `failed`: the machine could not, and a person must look."""

    WAITING = "waiting"
    NEW = "new"
    AMENDED = "amended"
    UNCHANGED = "unchanged"
    PROBLEMS = "problems"
    FAILED = "failed"


class DocumentKind(StrEnum):
    SPONSOR_IDENTITY = "sponsor_identity"
    HOUSEHOLD_IDENTITY = "household_identity"
    CAREGIVER_IDENTITY = "caregiver_identity"
    CHILD_IDENTITY = "child_identity"
    PROOF_OF_ADDRESS = "proof_of_address"
    PROOF_OF_RELATIONSHIP = "proof_of_relationship"
    PROOF_OF_INCOME = "proof_of_income"
    RELEASE_AUTHORIZATION = "release_authorization"
    SPONSOR_CARE_AGREEMENT = "sponsor_care_agreement"
    HOME_STUDY_REPORT = "home_study_report"
    LEGAL_GUARDIANSHIP = "legal_guardianship"
    OTHER = "other"


IDENTITY_DOCUMENTS = frozenset(
    {
        DocumentKind.SPONSOR_IDENTITY,
        DocumentKind.HOUSEHOLD_IDENTITY,
        DocumentKind.CAREGIVER_IDENTITY,
        DocumentKind.CHILD_IDENTITY,
    }
)


def require_move(moves: Mapping[S, frozenset[S]], frm: S, to: S) -> None:
    """Nothing, when `frm` -> `to` is allowed.

    Raises:
        Refused: with code `move_not_allowed`; reload and look at the row.
    """
    if to not in moves[frm]:
        raise Refused("move_not_allowed", f"{frm} does not become {to}")
