"""Notices of concern: drafted, approved by a second person, certified, acknowledged. One at a time, each by a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from followup.notices import parse_notice
from integrations.desk.acting import want_reason
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import OWNER_ROLES
from integrations.desk.reports import disclose, method_problems, reporting_policy, settle_on_paper
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case, lock_case
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import OWNERS, record_act, require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.reports import (
    DRAFT_MARKS,
    NOTICE_ANSWER,
    NOTICE_DUTY,
    NOTICE_MOVES,
    REVISED,
    SENT_BACK,
    NoticeState,
    Recipient,
)
from models.states import FOLLOWED, Role
from models.tables.base import Sealed
from models.tables.ledger import Obligation
from models.tables.people import Case, Staff
from models.tables.reports import Notice
from models.tables.system import History

_COMES_FIRST = {
    NoticeState.DRAFT: "a supervisor's approval: kinline noc approve",
    NoticeState.APPROVED: "its submission: kinline noc certify",
}
WRITERS = (Role.CASE_MANAGER, Role.POST_RELEASE_CALLER, Role.SUPERVISOR)


def draft(
    kit: Kit,
    case_key: str,
    facts: bytes,
    person: Person,
    *,
    duty_id: UUID | None = None,
    form: UUID | None = None,
    now: datetime,
) -> UUID:
    """A notice stands as a draft, for the duty named or the one that waits longest; else for a new one.

    Its drafter owns it. `form`: of the page on which it was typed; sent twice, it opens one duty. Returns the notice.

    Raises:
        BadInput: the facts can't be used. Refused: the case is not followed, or this form was drafted from before.
    """
    said = parse_notice(facts)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state not in FOLLOWED:
            raise Refused("not_in_follow_up", f"this case is {case.state}, not in follow-up")
        role = require_role(person, *WRITERS)
        record_act(session, case.id, person, role, now=now)
        duty = _duty(session, case, duty_id, person, form=form, now=now)
        row = Notice(
            case_id=case.id,
            obligation_id=duty.id,
            sealed_facts=Sealed(b""),
            owner=person.id,
            # What has a time already keeps it; what is late is to be done now.
            next_action_at=max(duty.due_at, now),
            learned_at=min(duty.opens_at, now),
            drafted_by=person.id,
            drafted_at=now,
        )
        seal_json(kit.vault, row, "sealed_facts", said)
        session.add(row)
        session.flush()
        history.record(
            session,
            row,
            old=None,
            new=row.state,
            actor=str(person.id),
            why="a concern is written down",
            now=now,
        )
        _audit(session, row, person, "draft notice", now)
        return row.id


def _duty(
    session: Session, case: Case, duty_id: UUID | None, person: Person, *, form: UUID | None, now: datetime
) -> Obligation:
    """The open duty that asks for a notice and has none yet."""
    waiting = [
        duty for duty in ledger.open_of(session, case.id, kind=NOTICE_DUTY) if not _has_notice(session, duty)
    ]
    if duty_id is not None:
        found = [duty for duty in waiting if duty.id == duty_id]
        if not found:
            raise Refused(
                "no_such_duty", "no notice is asked for by this duty of this case, or it has one already"
            )
        return found[0]
    if waiting:
        return waiting[0]
    key = f"own-{form or now.isoformat(timespec='seconds')}"
    wanted = review_duty(reporting_policy(case), NOTICE_DUTY, key=key, now=now)
    why = "a concern was learned of"
    (opened,) = open_followup(session, case, [wanted], actor=str(person.id), why=why, now=now)
    duty = session.get_one(Obligation, opened)
    if _has_notice(session, duty):
        raise Refused("one_at_a_time", "a notice was drafted at this very moment", ["look at it first"])
    return duty


def _has_notice(session: Session, duty: Obligation) -> bool:
    return bool(session.scalar(select(exists().where(col(Notice.obligation_id) == duty.id))))


def revise(kit: Kit, notice_id: UUID, facts: bytes, person: Person, *, reason: str, now: datetime) -> UUID:
    """A draft says something else now. What has been approved stays as it was approved."""
    want_reason(reason)
    said = parse_notice(facts)
    with kit.transaction() as session:
        row = _locked(session, notice_id)
        role = require_role(person, *WRITERS)
        record_act(session, row.case_id, person, role, now=now)
        if row.state != NoticeState.DRAFT.value:
            raise Refused("not_a_draft", f"this notice is {row.state}: its facts stay")
        if person.id != row.drafted_by:
            raise Refused("not_yours", "only who drafted a notice writes it", ["the drafter revises it"])
        if said == open_json(kit.vault, row, "sealed_facts"):
            raise BadInput(Problem("facts", "missing", "Nothing changes.", "Write what is to be said anew."))
        seal_json(kit.vault, row, "sealed_facts", said)
        session.add(row)
        history.record(session, row, old="draft", new=REVISED, actor=str(person.id), why=reason, now=now)
        _audit(session, row, person, "revise notice", now)
        return row.id


def approve(kit: Kit, notice_id: UUID, person: Person, *, now: datetime) -> UUID:
    """A supervisor who has not drafted it approves the notice.

    Raises:
        Refused: wrong role, the drafter, or it is no draft any more.
    """
    with kit.transaction() as session:
        row = _locked(session, notice_id)
        role = require_role(person, Role.SUPERVISOR)
        if row.drafted_by == person.id:
            raise Refused("four_eyes", "who drafted a notice does not approve it", ["another supervisor"])
        row.approved_by, row.approved_at = person.id, now
        _move(session, row, NoticeState.APPROVED, person, role, "approved as it stands", now)
        return row.id


def send_back(kit: Kit, notice_id: UUID, person: Person, *, reason: str, now: datetime) -> UUID:
    """A supervisor who has not drafted it does not approve the notice, and says why. Its drafter owns it, to write it anew.

    Its clocks stay.

    Raises:
        BadInput: no reason. Refused: wrong role, the drafter, it is no draft any more, or it was sent back already.
    """
    want_reason(reason)
    with kit.transaction() as session:
        row = _locked(session, notice_id)
        role = require_role(person, Role.SUPERVISOR)
        if row.drafted_by == person.id:
            raise Refused("four_eyes", "who drafted a notice does not send it back", ["another supervisor"])
        if row.state != NoticeState.DRAFT.value:
            raise Refused("not_a_draft", f"this notice is {row.state}: its facts stay")
        if _is_sent_back(session, row.id):
            raise Refused("not_open", "this notice was sent back already", ["the drafter revises it"])
        record_act(session, row.case_id, person, role, now=now)
        row.owner = row.drafted_by
        session.add(row)
        history.record(session, row, old="draft", new=SENT_BACK, actor=str(person.id), why=reason, now=now)
        _audit(session, row, person, "send back notice", now)
        return row.id


def _is_sent_back(session: Session, notice_id: UUID) -> bool:
    """True of a draft that a supervisor has sent back, and that nobody has written anew since."""
    newest = session.scalars(
        select(col(History.new))
        .where(col(History.row_id) == notice_id, col(History.new).in_(DRAFT_MARKS))
        .order_by(col(History.seq).desc())
        .limit(1)
    ).first()
    return newest == SENT_BACK


def certify(kit: Kit, notice_id: UUID, person: Person, *, method: str, now: datetime) -> UUID:
    """`person` has submitted the notice and answers for it: its duty is settled, and its acknowledgement waits.

    Raises:
        Refused: nobody has approved it.
    """
    if problems := method_problems(method):
        raise BadInput(problems)
    with kit.transaction() as session:
        row = _locked(session, notice_id)
        role = require_role(person, *WRITERS)
        row.certified_by, row.certified_at, row.method = person.id, now, method
        _move(session, row, NoticeState.CERTIFIED, person, role, f"submitted by {method}", now)
        case, duty = session.get_one(Case, row.case_id), session.get_one(Obligation, row.obligation_id)
        fields = sorted(open_json(kit.vault, row, "sealed_facts"))
        disclose(
            session,
            case,
            NOTICE_DUTY,
            Recipient.ORR,
            fields,
            approved_by=row.approved_by or person.id,
            by=person.id,
            now=now,
        )
        if case.state in FOLLOWED:
            row.next_action_at = _wait_for_the_answer(session, case, row, person, now)
            session.add(row)
        settle_on_paper(session, duty, row.id, person, why="the notice was certified", now=now)
        return row.id


def _wait_for_the_answer(
    session: Session, case: Case, row: Notice, person: Person, now: datetime
) -> datetime:
    detail = {"notice_id": str(row.id), "learned_at": row.learned_at.isoformat()}
    wanted = review_duty(
        reporting_policy(case), NOTICE_ANSWER, key=f"notice-{str(row.id)[:8]}", now=now, detail=detail
    )
    why = "the notice was certified"
    open_followup(session, case, [wanted], actor=str(person.id), why=why, now=now)
    return wanted.due_at


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the recipient gave back: their reference, and when."""

    reference: str
    at: datetime


def acknowledge(kit: Kit, notice_id: UUID, person: Person, answer: Acknowledgement, *, now: datetime) -> UUID:
    """The recipient has acknowledged the notice, with a reference of theirs. Its last duty is settled."""
    if not answer.reference.strip():
        raise BadInput(
            Problem("--reference", "missing", "The recipient's own reference is needed.", "Ask for it.")
        )
    with kit.transaction() as session:
        row = _locked(session, notice_id)
        if answer.at > now or (row.certified_at is not None and answer.at < row.certified_at):
            raise BadInput(
                Problem(
                    "--acknowledged-at",
                    "wrong_value",
                    "It lies before the submission, or ahead.",
                    "Check it.",
                )
            )
        role = require_role(person, *WRITERS)
        row.acknowledgement_by, row.acknowledged_at = person.id, answer.at
        row.reference = answer.reference.strip()
        _move(session, row, NoticeState.ACKNOWLEDGED, person, role, "acknowledged by its recipient", now)
        for duty in ledger.open_of(session, row.case_id, kind=NOTICE_ANSWER):
            if duty.detail.get("notice_id") == str(row.id):
                settle_on_paper(session, duty, row.id, person, why="acknowledged", now=now)
        return row.id


def plan(
    kit: Kit,
    notice_id: UUID,
    person: Person,
    *,
    owner: str | None,
    next_action_at: datetime | None,
    reason: str,
    now: datetime,
) -> UUID:
    """The notice has another owner or another time for what comes next. Its clocks stay.

    Raises:
        BadInput: no reason, neither owner nor time, an owner whom nobody knows, or a time that has passed.
        Refused: the wrong role, or the notice has come to its end.
    """
    want_reason(reason)
    if owner is None and next_action_at is None:
        raise BadInput(
            Problem("--owner", "missing", "Nothing changes.", "Add --owner EMAIL, --next TIME, or both.")
        )
    with kit.transaction() as session:
        row = _locked(session, notice_id)
        role = require_role(person, *WRITERS)
        if row.state == NoticeState.ACKNOWLEDGED.value:
            raise Refused("acknowledged", "this notice has come to its end")
        record_act(session, row.case_id, person, role, now=now)
        old = f"owner {row.owner}, next {row.next_action_at.isoformat()}"
        if owner is not None:
            row.owner = _owner(session, owner)
        if next_action_at is not None:
            if next_action_at <= now:
                raise BadInput(
                    Problem("--next", "in_the_past", "That time has passed.", "Give one that lies ahead.")
                )
            row.next_action_at = next_action_at
        session.add(row)
        new = f"owner {row.owner}, next {row.next_action_at.isoformat()}"
        history.record(session, row, old=old, new=new, actor=str(person.id), why=reason, now=now)
        _audit(session, row, person, "plan notice", now)
        return row.id


def _owner(session: Session, email: str) -> UUID:
    found = session.scalars(select(Staff).where(col(Staff.email) == email.strip().lower())).one_or_none()
    if found is None or not found.active:
        raise BadInput(
            Problem("--owner", "unknown_person", "Nobody active has this address.", "Check the address.")
        )
    if not OWNER_ROLES.intersection(found.roles):
        owners = [f"a {role.value.replace('_', ' ')}" for role in OWNERS]
        raise Refused("wrong_role", "this person's role owns no concerns", owners)
    return found.id


def _locked(session: Session, notice_id: UUID) -> Notice:
    """The notice, locked after its case."""
    case_id = session.scalars(select(col(Notice.case_id)).where(col(Notice.id) == notice_id)).one_or_none()
    if case_id is None:
        raise NotFound("notice", str(notice_id))
    lock_case(session, case_id)
    return session.scalars(select(Notice).where(col(Notice.id) == notice_id).with_for_update()).one()


def _move(
    session: Session,
    row: Notice,
    to: NoticeState,
    person: Person,
    role: Role,
    why: str,
    now: datetime,
) -> None:
    """One step on, by this person in this role, on record.

    Raises:
        Refused: it is not the next step.
    """
    if to.value == row.state:
        raise Refused("move_not_allowed", f"this notice is {row.state} already")
    state = NoticeState(row.state)
    if to not in NOTICE_MOVES[state]:
        needs = [_COMES_FIRST[state]] if state in _COMES_FIRST else []
        raise Refused("move_not_allowed", f"this notice is {state}: it can't be {to} now", needs)
    history.move(session, row, to, NOTICE_MOVES, actor=str(person.id), why=why, now=now)
    record_act(session, row.case_id, person, role, now=now)
    session.flush()
    _audit(session, row, person, f"{to.value} notice", now)


def _audit(session: Session, row: Notice, person: Person, act: str, now: datetime) -> None:
    history.audit(session, actor=str(person.id), act=act, noun="notice", ids=[row.id], now=now)


def concern_known_at(duty: Obligation) -> datetime | None:
    """When the concern that this duty is about became known: its age runs from there, not from its lateness."""
    if duty.kind == NOTICE_DUTY:
        return duty.opens_at
    known = duty.detail.get("learned_at") if duty.kind == NOTICE_ANSWER else None
    return None if known is None else datetime.fromisoformat(known)
