"""What came of a past hearing: recorded with evidence, corrected by a newer record, and acted on when it was missed."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from followup import court
from integrations.desk.court import hearings_changed, set_status
from integrations.desk.court_dates import NamedHearing, know_hearing, said_key
from integrations.desk.duties import DOERS, open_followup, review_duty
from integrations.desk.escalations import open_escalation, policy_of, resolve_settled
from integrations.desk.sight import keep_in_sight
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case, lock_case
from integrations.store.court import get_hearing, hearing_ahead
from integrations.store.staff import record_act, require_role
from models.court import HearingKind
from models.court_status import Attendance, CourtSource, Standing
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import FOLLOWED
from models.tables.court import HearingRecord
from models.tables.ledger import LOOK_UP, Attempt, Evidence, Hearing, Obligation
from models.tables.people import Case

OUTCOME, MISSED = "hearing_outcome", "missed_hearing"


def say_outcome(
    kit: Kit,
    key: str,
    outcome: Attendance,
    person: Person,
    *,
    source: CourtSource,
    note: str | None = None,
    next_at: datetime | None = None,
    now: datetime,
) -> UUID:
    """A person says what came of a hearing. `key`: its id, or its case: then the oldest without an outcome.

    `next_at`: when the court goes on; a hearing at the same court, under a key of our own until its list names one.
    Returns the case.

    Raises:
        NotFound: no such hearing or case. BadInput: `next_at` does not lie ahead. Refused: wrong role, or no such
            hearing has been.
    """
    if next_at is not None and next_at <= now:
        raise BadInput(
            Problem("--next", "wrong_value", "The next hearing lies ahead.", "Give the time in the future.")
        )
    with kit.transaction() as session:
        hearing = _find(session, key, now)
        case = lock_case(session, hearing.case_id)
        session.refresh(hearing, with_for_update=True)
        role = require_role(person, *DOERS)
        record_act(session, case.id, person, role, now=now)
        actor = str(person.id)
        record_outcome(
            session,
            hearing,
            outcome.value,
            source=source.value,
            by=person.id,
            actor=actor,
            note=note,
            now=now,
        )
        if next_at is not None and case.state in FOLLOWED:
            kind = cast("HearingKind", hearing.kind)
            named = NamedHearing(next_at, hearing.court, said_key(next_at), kind)
            know_hearing(session, case, named, actor=actor, now=now)
            hearings_changed(session, case, actor=actor, why="the next hearing is known", now=now)
        keep_in_sight(kit, session, case, actor=actor, now=now)
        return case.id


def _find(session: Session, key: str, now: datetime) -> Hearing:
    """The hearing of this id, or the case's oldest past one without an outcome, or else its last."""
    if _is_hearing(session, key):
        return get_hearing(session, UUID(key))
    case = find_case(session, key)
    found = session.scalars(
        select(Hearing)
        .where(
            col(Hearing.case_id) == case.id,
            col(Hearing.starts_at) <= now,
            col(Hearing.state) != "cancelled",
        )
        .order_by(col(Hearing.starts_at), col(Hearing.id))
    ).all()
    if not found:
        raise Refused("no_hearing", "no hearing of this child has been", ["kinline case names its hearings"])
    return next((h for h in found if h.outcome in (None, Attendance.UNKNOWN.value)), found[-1])


def _is_hearing(session: Session, key: str) -> bool:
    try:
        return session.get(Hearing, UUID(key)) is not None
    except ValueError:
        return False


def record_outcome(
    session: Session,
    hearing: Hearing,
    outcome: str,
    *,
    source: str,
    by: UUID | None,
    actor: str,
    note: str | None,
    now: datetime,
) -> None:
    """What came of the hearing is on record, and the duty to say so is settled by that record.

    `unknown` settles nothing: it is a try. A miss is somebody's at once. What stands already is not said twice; a
    corrected outcome is a newer record. `by`: None for the court's own list. The case and the hearing are locked.

    Raises:
        Refused: the hearing has not been or was cancelled, or a person would take back what is known.
    """
    word = Attendance(outcome)
    _want_a_past(hearing, now)
    case = session.get_one(Case, hearing.case_id)
    duty = _duty(session, hearing, OUTCOME, f"h:{hearing.id}:outcome")
    if _is_no_news(session, hearing, word, duty, by):
        return
    row = HearingRecord(
        hearing_id=hearing.id,
        case_id=case.id,
        outcome=word.value,
        source=CourtSource(source).value,
        note=note,
        by_staff=by,
        actor=actor,
        at=now,
    )
    session.add(row)
    session.flush()
    old = hearing.outcome
    if word == Attendance.UNKNOWN:
        hearing.outcome = word.value
        _try(session, duty, actor, now)
    else:
        hearing.outcome, hearing.state = word.value, "completed"
    session.add(hearing)
    why = f"said by {source.replace('_', ' ')}"
    history.record(session, hearing, old=old, new=word.value, actor=actor, why=why, now=now)
    if word == Attendance.UNKNOWN:
        return
    evidence = _evidence(session, row, by, actor, now)
    _settle(session, duty, evidence, by, actor, now)
    if word == Attendance.MISSED:
        _missed(session, case, hearing, actor, now)
    elif old == Attendance.MISSED.value:
        was_missed = _duty(session, hearing, MISSED, _missed_key(hearing))
        _settle(session, was_missed, evidence, by, actor, now)
    _set_status(session, case, hearing, word, actor, now)


def _want_a_past(hearing: Hearing, now: datetime) -> None:
    if hearing.starts_at > now:
        raise Refused("not_held_yet", "this hearing lies ahead: nothing can have come of it yet")
    if hearing.state == "cancelled":
        raise Refused("cancelled", "this hearing was cancelled: nobody was to be there")


def _is_no_news(
    session: Session, hearing: Hearing, word: Attendance, duty: Obligation | None, by: UUID | None
) -> bool:
    known = hearing.outcome not in (None, Attendance.UNKNOWN.value)
    if word == Attendance.UNKNOWN and known:
        if by is None:
            return True
        raise Refused(
            "known_already",
            f"this hearing was {hearing.outcome}: not to know it takes that back for nobody",
            ["what came of it instead, if that was wrong"],
        )
    if hearing.outcome != word.value:
        return False
    # A person who asks once more makes one more try; the list only says again what it said.
    return by is None if word == Attendance.UNKNOWN else duty is None


def _duty(session: Session, hearing: Hearing, kind: str, key: str) -> Obligation | None:
    return next((d for d in ledger.open_of(session, hearing.case_id, kind=kind) if d.key == key), None)


def _try(session: Session, duty: Obligation | None, actor: str, now: datetime) -> None:
    """The duty stays open: that nobody could say is a try, and no answer."""
    if duty is None:
        return
    before = session.scalars(select(func.count()).where(col(Attempt.obligation_id) == duty.id)).one()
    session.add(
        Attempt(
            obligation_id=duty.id,
            step=0,
            serial=before + 1,
            channel=LOOK_UP,
            at=now,
            actor=actor,
            outcome=Attendance.UNKNOWN.value,
        )
    )


def _evidence(session: Session, row: HearingRecord, by: UUID | None, actor: str, now: datetime) -> Evidence:
    return ledger.add_evidence(
        session,
        case_id=row.case_id,
        kind="hearing",
        row_id=row.id,
        by_staff=by,
        actor=actor,
        note=row.note,
        now=now,
    )


def _settle(
    session: Session, duty: Obligation | None, evidence: Evidence, by: UUID | None, actor: str, now: datetime
) -> None:
    if duty is None:
        return
    ledger.settle(session, duty, evidence, actor=actor, why="the outcome is on record", now=now)
    if by is not None:
        resolve_settled(session, duty, evidence, by=by, now=now)


def _missed_key(hearing: Hearing) -> str:
    return f"h:{hearing.id}:missed"


def _missed(session: Session, case: Case, hearing: Hearing, actor: str, now: datetime) -> None:
    """A duty to act and somebody who owns it, at once: a time may run in which an order can be undone."""
    if case.state not in FOLLOWED:
        return
    detail = {"hearing_id": str(hearing.id)}
    duty = review_duty(policy_of(case), MISSED, key=_missed_key(hearing), now=now, detail=detail)
    opened = open_followup(session, case, [duty], actor=actor, why="the child missed a hearing", now=now)
    open_escalation(
        session,
        case,
        reason=MISSED,
        rule=duty.rule,
        key=duty.key,
        queue=duty.queue,
        obligation_id=opened[0],
        actor=actor,
        now=now,
    )


def _set_status(
    session: Session, case: Case, hearing: Hearing, word: Attendance, actor: str, now: datetime
) -> None:
    """With no next hearing known the status is what the outcome leaves; an end that the court told stays."""
    if case.state not in FOLLOWED:
        return
    session.flush()
    ahead = hearing_ahead(session, case, now)
    if ahead is None and case.court_status in ("dated", "unknown"):
        standing = Standing(court.status_after(word), hearing.starts_at)
        set_status(session, case, standing, actor=actor, why=f"a hearing was {word.value}", now=now)
    hearings_changed(session, case, actor=actor, why=f"a hearing was {word.value}", now=now)
