"""What people did on the ladder beside recommending and deciding: frozen values, as the file holds them.

Texts of questions and answers are not among them: they are sealed, and no rule turns on their words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.states import AppealOutcome, Appellant, ConsultationOutcome, DenialGround, Role


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """A question that the case manager must answer. `answered_at` None: not yet."""

    id: UUID
    number: int
    asked_by: UUID
    asked_at: datetime
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReviewWaiverFacts:
    """The federal field specialist's logged act: this role's recommendation is not waited for."""

    id: UUID
    role: Role
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsultationFacts:
    """A case consultation before a denial. `outcome` None: not concluded yet."""

    id: UUID
    asked_by: UUID
    asked_at: datetime
    outcome: ConsultationOutcome | None = None
    concluded_by: UUID | None = None
    concluded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AppealFacts:
    """An appeal against the denial that stands. `received_on`: the day on which it came in."""

    id: UUID
    appellant: Appellant
    received_on: date
    filed_at: datetime
    acknowledged_at: datetime | None = None
    delivered_at: datetime | None = None
    outcome: AppealOutcome | None = None


@dataclass(frozen=True, slots=True)
class LadderFacts:
    """The ladder of one application. Only what still speaks: nothing that was superseded.

    `letter_sent_at`: when the letter of the denial that stands went out. `grounds`: why it was denied.
    `reviewed_at`: when a supervisor last reviewed it for being pending so long. `revised_at`: when the
    newest revision came in. `is_unvetted_amendment`: it amended, and vetting has not run since.
    `home_changed_at`: when an amendment last named another home, or somebody more in it.
    """

    questions: tuple[QuestionFacts, ...] = ()
    review_waivers: tuple[ReviewWaiverFacts, ...] = ()
    consultation: ConsultationFacts | None = None
    appeal: AppealFacts | None = None
    grounds: tuple[DenialGround, ...] = ()
    letter_sent_at: datetime | None = None
    reviewed_at: datetime | None = None
    revised_at: datetime | None = None
    is_unvetted_amendment: bool = False
    helped_by_case_manager: bool = False
    home_changed_at: datetime | None = None

    @property
    def open_questions(self) -> Sequence[QuestionFacts]:
        """Those that nobody has answered."""
        return [q for q in self.questions if q.answered_at is None]
