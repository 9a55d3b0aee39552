"""Follow-up duties: opened with the instant until which the ladder owns them; done by named people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.court import HEARING_CHANGE
from followup.lost import ALLOW_HOME_COUNTRY, SECOND_LADDER_KIND, lost_kinds
from followup.new_home import COURT_FORM, VERIFY
from followup.policy import review_of
from integrations.desk.pausing import PERHAPS_A_STOP, resume
from integrations.kit import Kit
from integrations.policies import ladder_of, pinned_followup_policy
from integrations.store import ledger
from integrations.store.cases import lock_row
from integrations.store.many_duties import Owned
from integrations.store.staff import record_act, require_role
from models.concentration import REVIEW_DUTY
from models.errors import BadInput, Problem, Refused
from models.facts import Duty, Person
from models.followup_policy import FollowupPolicy
from models.reports import NOTICE_DUTIES, REPORT_DUTIES
from models.states import PENDING_CHECK, ObligationState, Party, Role
from models.tables.ledger import SPOKEN_DUTIES, Obligation
from models.tables.people import Case

DOERS = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.POST_RELEASE_CALLER)
# The child was not there: how soon the next try must have reached it. The tries are those of the call that it is about.
RETRY = "retry_child"
# Duties that a person's call settles, and nothing else.
BY_CALL = frozenset({*SPOKEN_DUTIES, "call_back", RETRY, SECOND_LADDER_KIND})
# Duties that a paper settles: a report that was made, a notice that was certified or acknowledged.
BY_PAPER = frozenset({*REPORT_DUTIES, *NOTICE_DUTIES})
# Duties that only a record of their own settles: a look at the court's word, what came of a hearing, where they live.
BY_RECORD = {
    "court_lookup": "what the court said: kinline court look CASE",
    "hearing_outcome": "what came of the hearing: kinline hearing outcome",
    REVIEW_DUTY: "the integrity reviewer's word: kinline concentration review",
    VERIFY: "the sign-off (kinline address confirm), a newer address (kinline address change) or the finding that they"
    " have not moved (kinline address still)",
    COURT_FORM: "the filing: kinline address filed",
}
# Duties that end only with what they are about: a call, a delivered text, a result; never with a note.
NOT_BY_NOTE = (
    BY_CALL
    | BY_PAPER
    | BY_RECORD.keys()
    | {
        "text_reminder",
        "hearing_reminder",
        HEARING_CHANGE,
        "closure_review",
        ALLOW_HOME_COUNTRY,
        PENDING_CHECK,
    }
)
_INSTEAD = {
    **dict.fromkeys(BY_CALL, "a call record"),
    **dict.fromkeys(REPORT_DUTIES, "the report: kinline duty report"),
    **BY_RECORD,
    **dict.fromkeys(NOTICE_DUTIES, "the notice: kinline noc list"),
    "text_reminder": "a delivered text",
    "hearing_reminder": "a delivered text",
    HEARING_CHANGE: "a delivered text",
    "closure_review": "the closure of the case",
    ALLOW_HOME_COUNTRY: "a supervisor's word: kinline lost decide CASE home_country yes|no",
    PENDING_CHECK: "the check's result",
}


def open_followup(
    session: Session,
    case: Case,
    duties: Iterable[Duty],
    *,
    actor: str,
    why: str,
    now: datetime,
) -> list[UUID]:
    """These duties stand open on the case, each owned by the ladder until the policy says so.

    Returns the ids in the order of `duties`, of rows that stood open already as well.
    """
    return open_many(session, [(case, duty) for duty in duties], actor=actor, why=why, now=now)


def open_many(
    session: Session, wanted: Sequence[tuple[Case, Duty]], *, actor: str, why: str, now: datetime
) -> list[UUID]:
    """As `open_followup`, for duties of many cases in a few statements."""
    if not wanted:
        return []
    rows = [
        ledger.duty_row(case.id, duty, owned_until=owned_until(case, duty, now), now=now)
        for case, duty in wanted
    ]
    ledger.open_rows(session, rows, actor=actor, why=why, now=now)
    found = session.execute(
        select(
            col(Obligation.case_id),
            col(Obligation.kind),
            col(Obligation.party),
            col(Obligation.key),
            col(Obligation.id),
        ).where(
            col(Obligation.case_id).in_({row.case_id for row in rows}),
            col(Obligation.kind).in_({row.kind for row in rows}),
            col(Obligation.state) == ObligationState.OPEN.value,
        )
    )
    ids = {tuple(row[:4]): row[4] for row in found}
    return [ids[row.case_id, row.kind, row.party, row.key] for row in rows]


def owned_until(case: Case, duty: Duty, now: datetime) -> datetime:
    """The last instant at which the ladder owns the duty. Of one that is born late, the ladder learns now."""
    return owned(case.followup_policy, duty, now).owned_until


def owned(version: str | None, duty: Duty, now: datetime) -> Owned:
    """The duty as the ladder of this policy owns it, and when the ladder of attempts takes it up."""
    told = duty.kind in ledger.CONTACTED and duty.party != Party.CASE
    return Owned(duty, max(duty.due_at, now) + ladder_of(version), duty.opens_at if told else None)


def as_duty(row: Obligation) -> Duty:
    """What was to be done, as when it was opened: to open it again, or another in its place."""
    return Duty(
        kind=row.kind,
        party=Party(row.party),
        key=row.key,
        opens_at=row.opens_at,
        due_at=row.due_at,
        queue=row.queue,
        rule=row.rule,
        policy_version=row.policy_version,
        in_sight=row.in_sight,
        detail=row.detail,
    )


def review_duty(
    policy: FollowupPolicy,
    kind: str,
    *,
    key: str,
    now: datetime,
    party: Party = Party.CASE,
    detail: Mapping[str, Any] | None = None,
) -> Duty:
    """A duty of this kind from now, as the policy's `reviews` line says."""
    line = review_of(policy, kind)
    recipient = {"recipient": line.recipient.value} if line.recipient else {}
    return Duty(
        kind=kind,
        party=party,
        key=key,
        opens_at=now,
        due_at=now + timedelta(hours=line.within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        in_sight=line.in_sight,
        detail={**recipient, **(detail or {})},
    )


def do_duty(kit: Kit, obligation_id: UUID, person: Person, *, note: str, now: datetime) -> UUID:
    """A named person has done the duty and says what was done. Returns the case.

    While the child is still lost, the next weekly review stands open after this one.

    Raises:
        Refused: the duty can't be settled by a note, or is not open.
    """
    if not note.strip():
        raise BadInput(Problem("--reason", "missing", "Say what was done.", "Add --reason TEXT."))
    with kit.transaction() as session:
        duty = lock_row(session, Obligation, obligation_id)
        policy = pinned_followup_policy(session.get_one(Case, duty.case_id).followup_policy)
        if duty.kind in lost_kinds(policy):
            raise Refused(
                "needs_evidence",
                "a note does not settle this duty",
                [f"what came of it: kinline lost record {duty.case_id} {duty.detail.get('step')}"],
            )
        if duty.kind in NOT_BY_NOTE or duty.side == "vetting":
            raise Refused(
                "needs_evidence",
                "a note does not settle this duty",
                [_INSTEAD.get(duty.kind, "the thing itself")],
            )
        role = require_role(person, *DOERS)
        if duty.kind == "lost_contact_review":
            role = require_role(person, Role.SUPERVISOR)
        if duty.state != ObligationState.OPEN.value:
            raise Refused("not_open", f"this duty is {duty.state} already")
        record_act(session, duty.case_id, person, role, now=now)
        _settle_by_note(kit, session, duty, person, note=note, now=now)
        return duty.case_id


def _settle_by_note(
    kit: Kit, session: Session, duty: Obligation, person: Person, *, note: str, now: datetime
) -> None:
    """The duty is settled by a person's review; what keeps the child in sight goes on."""
    settle_by_reading(kit, session, duty, duty.id, person, note=note, now=now)


def settle_by_reading(
    kit: Kit, session: Session, duty: Obligation, row_id: UUID, person: Person, *, note: str, now: datetime
) -> None:
    """As `do_duty` settles it, with the row of this id as what the person's review points at."""
    from integrations.desk.escalations import resolve_settled
    from integrations.desk.sight import keep_in_sight

    evidence = ledger.add_evidence(
        session,
        case_id=duty.case_id,
        kind="review",
        row_id=row_id,
        by_staff=person.id,
        actor=str(person.id),
        note=note,
        now=now,
    )
    ledger.settle(session, duty, evidence, actor=str(person.id), why=note, now=now)
    if duty.kind == "review_reply":
        _read(session, duty.case_id, person, note=note, now=now)
    resolve_settled(session, duty, evidence, by=person.id, now=now)
    keep_in_sight(kit, session, session.get_one(Case, duty.case_id), actor=str(person.id), now=now)


def _read(session: Session, case_id: UUID, person: Person, *, note: str, now: datetime) -> None:
    """What the machines were silent for has been read, all of it; a stop that it held was recorded as such."""
    case = session.get_one(Case, case_id)
    waiting = ledger.open_of(session, case_id, kind="review_reply")
    if case.paused_because != PERHAPS_A_STOP or waiting:
        return
    resume(session, case, actor=str(person.id), why=note, now=now)
