"""The ledger: obligations, attempts, evidence, escalations; and calls and hearings.

The database refuses the worst mistakes itself: see the constraints, and the triggers of migration 0001.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from models.contacts import CallOutcome, Channel
from models.reports import NOTICE_DUTY, PAPER_DUTIES
from models.states import PENDING_CHECK, EscalationState, ObligationState, Party
from models.tables.base import Row, Sealed, instant, json_object, one_of, sealed

# A child or sponsor who must be spoken to: only a person's call or visit settles these.
HEARD_CHILD = ("reached_alone", "reached_not_alone", "not_living_there", "moved")
SPOKE_WITH = ("nobody", "child", "sponsor", "other")
# A try that is no contact: somebody looked something up, and it said nothing.
LOOK_UP = "look_up"
SPOKEN_DUTIES = ("welfare_call", "sight_check", "hear_child_alone", "prs_contact", "prs_visit")


class Call(Row, table=True):
    """A call to the family: a task for a person, or an automated one; or a visit to the home; then what came of it.

    `spoke_with` names who spoke, and is anything but nobody only for a person's call or visit.
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint(one_of("kind", ("human", "automated", "visit")), name="call_kind_known"),
        CheckConstraint(
            one_of("state", ("due", "claimed", "placed", "done", "cancelled", "unknown")),
            name="call_state_known",
        ),
        CheckConstraint(f"outcome IS NULL OR {one_of('outcome', CallOutcome)}", name="call_outcome_known"),
        CheckConstraint(
            "spoke_with = 'nobody' OR (kind <> 'automated' AND state = 'done' AND called_by IS NOT NULL"
            " AND outcome IS NOT NULL)",
            name="call_spoke_needs_a_person",
        ),
        CheckConstraint(one_of("spoke_with", SPOKE_WITH), name="call_spoke_with_known"),
        CheckConstraint(
            f"spoke_with <> 'child' OR {one_of('outcome', HEARD_CHILD)}", name="call_child_was_heard"
        ),
        UniqueConstraint("id", "case_id", "spoke_with", name="call_spoke_with"),
        Index(
            "call_one_live",
            "obligation_id",
            "step",
            unique=True,
            postgresql_where=text("state IN ('due', 'claimed', 'placed', 'unknown')"),
        ),
        Index("call_due", "due_at", postgresql_where=text("state = 'due'")),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    # use_alter: a call's evidence settles the very duty that it was made for, so the tables form a ring.
    obligation_id: UUID | None = Field(
        default=None,
        sa_column=Column(ForeignKey("obligation.id", use_alter=True, name="call_obligation"), index=True),
    )
    number_id: UUID | None = Field(default=None, foreign_key="phone_number.id")
    kind: str
    party: str
    step: int = 0
    state: str = "due"
    due_at: datetime = instant()
    not_after: datetime | None = instant(default=None)
    lease_until: datetime | None = instant(default=None)
    provider_ref: str | None = Field(default=None, index=True)
    outcome: str | None = None
    digits: str | None = None
    answered_by: str | None = None
    spoke_with: str = "nobody"
    sealed_answers: Sealed | None = sealed(default=None)
    called_by: UUID | None = Field(default=None, foreign_key="staff.id")
    simulated: bool = False
    at: datetime | None = instant(default=None)
    recorded_at: datetime | None = instant(default=None)


class Evidence(Row, table=True):
    """What settled an obligation. A call counts only when a person spoke, and says with whom."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(
            one_of(
                "kind", ("call", "message", "check", "document", "decision", "review", "release", "hearing")
            ),
            name="evidence_kind_known",
        ),
        CheckConstraint(
            "(kind = 'call') = (call_id IS NOT NULL AND spoke_with <> 'nobody')", name="evidence_call_spoke"
        ),
        CheckConstraint("kind <> 'review' OR by_staff IS NOT NULL", name="evidence_review_needs_person"),
        CheckConstraint("kind = 'call' OR row_id IS NOT NULL", name="evidence_names_a_row"),
        ForeignKeyConstraint(
            ["call_id", "case_id", "spoke_with"],
            ["call.id", "call.case_id", "call.spoke_with"],
            name="evidence_call",
        ),
        UniqueConstraint("id", "case_id", "kind", "spoke_with", name="evidence_kind"),
        UniqueConstraint("id", "case_id", name="evidence_of_case"),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    kind: str
    row_id: UUID | None = None
    call_id: UUID | None = None
    spoke_with: str = "nobody"
    by_staff: UUID | None = Field(default=None, foreign_key="staff.id")
    actor: str
    note: str | None = None  # a person's reason; no names
    at: datetime = instant()


class Obligation(Row, table=True):
    """A duty toward a child. Overdue is not a state: it is open and past its time."""

    __tablename__ = "obligation"
    __table_args__ = (
        CheckConstraint(one_of("state", ObligationState), name="obligation_state_known"),
        CheckConstraint(one_of("party", Party), name="obligation_party_known"),
        CheckConstraint(one_of("side", ("vetting", "followup")), name="obligation_side_known"),
        CheckConstraint(
            "due_at >= opens_at AND owned_until >= due_at AND isfinite(owned_until)", name="obligation_window"
        ),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="obligation_ends_at_a_time"),
        CheckConstraint("NOT in_sight OR side = 'followup'", name="obligation_in_sight_is_followup"),
        CheckConstraint(
            f"NOT ({one_of('kind', SPOKEN_DUTIES)}) OR side = 'followup'",
            name="obligation_spoken_is_followup",
        ),
        CheckConstraint("kind <> 'hear_child_alone' OR party = 'child'", name="obligation_hear_child_alone"),
        CheckConstraint(
            "state <> 'settled' OR (evidence_id IS NOT NULL AND evidence_kind IS NOT NULL"
            " AND spoke_with IS NOT NULL AND ended_at IS NOT NULL)",
            name="obligation_settled_needs_evidence",
        ),
        CheckConstraint(
            f"state <> 'settled' OR NOT ({one_of('kind', SPOKEN_DUTIES)}) OR (evidence_kind = 'call'"
            " AND (party = 'case' OR spoke_with = party))",
            name="obligation_spoken_needs_call",
        ),
        CheckConstraint(
            f"kind <> '{PENDING_CHECK}' OR (side = 'followup' AND NOT in_sight)",
            name="obligation_pending_check_is_followup",
        ),
        CheckConstraint(
            f"kind <> '{PENDING_CHECK}' OR state <> 'settled' OR evidence_kind = 'check'",
            name="obligation_pending_check_needs_result",
        ),
        CheckConstraint(
            f"state <> 'settled' OR NOT ({one_of('kind', PAPER_DUTIES)}) OR evidence_kind = 'document'",
            name="obligation_reported_on_paper",
        ),
        CheckConstraint(
            "state <> 'waived' OR (side = 'vetting' AND waived_by IS NOT NULL AND reason IS NOT NULL)",
            name="obligation_waived_only_in_vetting",
        ),
        CheckConstraint(
            "state <> 'void' OR successor_id IS NOT NULL OR (by_closure AND reason IS NOT NULL)",
            name="obligation_void_names_successor_or_closure",
        ),
        CheckConstraint("successor_id <> id", name="obligation_not_its_own_successor"),
        CheckConstraint(
            "closure_id IS NULL OR (state = 'void' AND by_closure)", name="obligation_ended_with_its_closure"
        ),
        UniqueConstraint("id", "case_id", name="obligation_of_case"),
        # Looked at when an act that plans anew is done: the old duty ends before the one in its place opens.
        ForeignKeyConstraint(
            ["successor_id", "case_id"],
            ["obligation.id", "obligation.case_id"],
            name="obligation_successor",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        ForeignKeyConstraint(
            ["restores_id", "case_id"], ["obligation.id", "obligation.case_id"], name="obligation_restores"
        ),
        Index(
            "obligation_restored_once",
            "restores_id",
            unique=True,
            postgresql_where=text("restores_id IS NOT NULL"),
        ),
        Index("obligation_closure", "closure_id", postgresql_where=text("closure_id IS NOT NULL")),
        ForeignKeyConstraint(
            ["evidence_id", "case_id", "evidence_kind", "spoke_with"],
            ["evidence.id", "evidence.case_id", "evidence.kind", "evidence.spoke_with"],
            name="obligation_evidence",
        ),
        Index(
            "obligation_one_open",
            "case_id",
            "kind",
            "party",
            "key",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "obligation_in_sight",
            "case_id",
            "due_at",
            postgresql_where=text("state = 'open' AND in_sight"),
        ),
        Index("obligation_due", "due_at", postgresql_where=text("state = 'open'")),
        Index("obligation_settled", "ended_at", postgresql_where=text("state = 'settled'")),
        Index("obligation_next", "next_at", postgresql_where=text("state = 'open' AND next_at IS NOT NULL")),
        Index("obligation_case", "case_id"),
        # Few of the many: concerns that nobody has drafted a notice of yet.
        Index(
            "obligation_notice",
            "case_id",
            postgresql_where=text(f"kind = '{NOTICE_DUTY}' AND state = 'open'"),
        ),
    )
    case_id: UUID = Field(foreign_key="child_case.id")
    application_id: UUID | None = Field(default=None, foreign_key="application.id", index=True)
    side: str
    kind: str
    party: str
    key: str
    opens_at: datetime = instant()
    due_at: datetime = instant()
    # The last instant at which a rung of the ladder owns it if nobody acts: known at birth, needs no sweep.
    owned_until: datetime = instant()
    next_at: datetime | None = instant(default=None)
    queue: str
    policy_version: str
    rule: str
    in_sight: bool = False
    state: str = ObligationState.OPEN.value
    evidence_id: UUID | None = None
    evidence_kind: str | None = None
    spoke_with: str | None = None
    successor_id: UUID | None = None
    by_closure: bool = False
    closure_id: UUID | None = Field(
        default=None, foreign_key="closure.id"
    )  # that of the case, if one ended it
    restores_id: UUID | None = None  # the duty that this one takes up again
    waived_by: UUID | None = Field(default=None, foreign_key="staff.id")
    reason: str | None = None
    detail: dict[str, Any] = json_object()
    created_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)


class Attempt(Row, table=True):
    """One try at an obligation. It never settles by itself."""

    __tablename__ = "attempt"
    __table_args__ = (
        CheckConstraint(one_of("channel", (*Channel, LOOK_UP)), name="attempt_channel_known"),
        UniqueConstraint("obligation_id", "step", "serial", name="attempt_once"),
    )
    obligation_id: UUID = Field(foreign_key="obligation.id", index=True)
    step: int
    serial: int = 1
    channel: str
    at: datetime = instant()
    actor: str
    outcome: str
    number_id: UUID | None = Field(default=None, foreign_key="phone_number.id")
    message_id: UUID | None = Field(default=None, foreign_key="message.id", index=True)
    call_id: UUID | None = Field(default=None, foreign_key="call.id", index=True)
    provider_ref: str | None = None


class Escalation(Row, table=True):
    """Ownership of a late or worrying thing. It can't just close: it settles a duty or opens another."""

    __tablename__ = "escalation"
    __table_args__ = (
        CheckConstraint(one_of("state", EscalationState), name="escalation_state_known"),
        CheckConstraint(
            "state = 'open' OR (owner IS NOT NULL AND acknowledged_at IS NOT NULL)",
            name="escalation_taken_needs_owner",
        ),
        CheckConstraint(
            "state <> 'resolved' OR (resolved_by IS NOT NULL AND outcome IS NOT NULL AND resolved_at IS NOT NULL"
            " AND (evidence_id IS NOT NULL OR successor_id IS NOT NULL OR by_closure))",
            name="escalation_cannot_just_close",
        ),
        CheckConstraint("isfinite(owned_until)", name="escalation_window"),
        CheckConstraint(
            "closure_id IS NULL OR (state = 'resolved' AND by_closure)",
            name="escalation_ended_with_its_closure",
        ),
        ForeignKeyConstraint(
            ["obligation_id", "case_id"],
            ["obligation.id", "obligation.case_id"],
            name="escalation_obligation",
        ),
        ForeignKeyConstraint(
            ["evidence_id", "case_id"], ["evidence.id", "evidence.case_id"], name="escalation_evidence"
        ),
        ForeignKeyConstraint(
            ["successor_id", "case_id"], ["obligation.id", "obligation.case_id"], name="escalation_successor"
        ),
        Index("escalation_nag", "nag_at", postgresql_where=text("state = 'open' AND nag_at IS NOT NULL")),
        Index("escalation_closure", "closure_id", postgresql_where=text("closure_id IS NOT NULL")),
        Index(
            "escalation_one_open",
            "case_id",
            "reason",
            "key",
            unique=True,
            postgresql_where=text("state <> 'resolved'"),
        ),
        Index("escalation_open", "case_id", postgresql_where=text("state <> 'resolved'")),
    )
    case_id: UUID = Field(foreign_key="child_case.id")
    obligation_id: UUID | None = Field(default=None, index=True)
    reason: str
    key: str = ""
    rule: str
    policy_version: str
    level: int
    queue: str
    state: str = EscalationState.OPEN.value
    owner: UUID | None = Field(default=None, foreign_key="staff.id")
    opened_at: datetime = instant()
    acknowledge_by: datetime = instant()
    resolve_by: datetime = instant()
    owned_until: datetime = instant()
    acknowledged_at: datetime | None = instant(default=None)
    resolved_at: datetime | None = instant(default=None)
    resolved_by: UUID | None = Field(default=None, foreign_key="staff.id")
    outcome: str | None = None
    evidence_id: UUID | None = None
    successor_id: UUID | None = None
    by_closure: bool = False
    closure_id: UUID | None = Field(default=None, foreign_key="closure.id")
    restores_id: UUID | None = Field(default=None, foreign_key="escalation.id")
    # Until somebody takes it, it is said again and again.
    nag_at: datetime | None = instant(default=None)
    nag_count: int = 0
    last_nagged_at: datetime | None = instant(default=None)


class Hearing(Row, table=True):
    """A hearing as the court or the packet names it. A move is a new time on the same row, with history.

    One that vanished from its list is still to be, as far as anybody knows: a person asks the court.
    """

    __tablename__ = "hearing"
    __table_args__ = (
        CheckConstraint(
            one_of("state", ("scheduled", "moved", "cancelled", "completed")), name="hearing_state_known"
        ),
        CheckConstraint(
            f"outcome IS NULL OR {one_of('outcome', ('attended', 'missed', 'continued', 'unknown'))}",
            name="hearing_outcome_known",
        ),
        UniqueConstraint("case_id", "court", "hearing_key", name="hearing_once"),
        Index("hearing_coming", "starts_at", postgresql_where=text("state IN ('scheduled', 'moved')")),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    court: str
    hearing_key: str
    kind: str
    state: str
    starts_at: datetime = instant()
    zone: str | None = None
    outcome: str | None = None
    seen_at: datetime = instant()
    # Which list named it last: the packet, a court's feed, a person's look. A list that lacks it makes it vanish.
    source: str = "packet"
    vanished_at: datetime | None = instant(default=None)
