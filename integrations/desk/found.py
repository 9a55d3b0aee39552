"""A child whose contact was lost is found: a person has spoken with the child, and the plan goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from followup.lost import lost_kinds
from integrations.desk.escalations import policy_of, resolve_settled
from integrations.desk.planned import cancel_planned
from integrations.desk.restoring import restore_duties
from integrations.desk.sight import LOST_CONTACT_REVIEW, SOUGHT
from integrations.store import history, ledger
from models.states import CASE_MOVES, CLOSURES_FOR_FOUR_EYES, CaseState, ObligationState, Party
from models.tables.ledger import SPOKEN_DUTIES, Call, Evidence, Obligation
from models.tables.people import Case

_HEARD = "the child was heard"


def found_again(
    session: Session, case: Case, evidence: Evidence, *, by: UUID, at: datetime, alone: bool, now: datetime
) -> None:
    """The search, the reviews and the steps of a lost contact end with this talk, and follow-up goes on.

    What a review had taken the place of, and what this talk does not answer, stands open again. A talk that is
    written down late does not find a child that was lost since. The caller computes the next look.
    """
    reviews = [duty for kind in SOUGHT for duty in ledger.open_of(session, case.id, kind=kind)]
    ended = [duty for duty in reviews if duty.opens_at <= at]
    _settle(session, ended, evidence, by=by, now=now)
    if len(ended) < len(reviews):
        return
    kinds = lost_kinds(policy_of(case))
    steps = [duty for duty in ledger.open_of(session, case.id) if duty.kind in kinds]
    _settle(session, steps, evidence, by=by, now=now)
    _take_up_what_reviews_replaced(session, case, by=by, at=at, alone=alone, now=now)
    if ended or case.state == CaseState.LOST_CONTACT:
        # After any other talk the ladder goes on by itself, on another day.
        call_again(session, case, now=now)
    if case.state == CaseState.LOST_CONTACT:
        _withdraw_proposal(session, case, by=by, now=now)
        history.move(
            session,
            case,
            CaseState.IN_FOLLOW_UP,
            CASE_MOVES,
            actor=str(by),
            why="the child was spoken to",
            now=now,
        )


def _settle(
    session: Session, duties: Sequence[Obligation], evidence: Evidence, *, by: UUID, now: datetime
) -> None:
    for duty in duties:
        ledger.settle(session, duty, evidence, actor=str(by), why=_HEARD, now=now)
        cancel_planned(session, duty.id, now=now)
        resolve_settled(session, duty, evidence, by=by, now=now)


def _take_up_what_reviews_replaced(
    session: Session, case: Case, *, by: UUID, at: datetime, alone: bool, now: datetime
) -> None:
    review, again = aliased(Obligation), aliased(Obligation)
    replaced = session.scalars(
        select(Obligation)
        .join(review, review.id == col(Obligation.successor_id))  # type: ignore[arg-type]
        .where(
            col(Obligation.case_id) == case.id,
            col(Obligation.state) == ObligationState.VOID.value,
            col(Obligation.kind).in_(SPOKEN_DUTIES),
            review.kind == LOST_CONTACT_REVIEW,  # type: ignore[arg-type]
            ~exists().where(again.restores_id == col(Obligation.id)),  # type: ignore[arg-type]
        )
        .order_by(col(Obligation.due_at), col(Obligation.id))
    ).all()
    wanted = [duty for duty in replaced if not _is_answered(duty, at, alone=alone)]
    restore_duties(session, case, wanted, actor=str(by), why="the child is found: the plan goes on", now=now)


def call_again(session: Session, case: Case, *, now: datetime) -> None:
    """A call whose tries had come to their end is a person's task again: now somebody may pick up."""
    for duty in ledger.open_of(session, case.id):
        # A visit is no call: it waits for somebody to go there.
        by_phone = duty.kind in SPOKEN_DUTIES and duty.kind in ledger.CONTACTED
        if not by_phone or duty.opens_at > now or duty.next_at is not None:
            continue
        calls = session.scalars(
            select(Call).where(col(Call.obligation_id) == duty.id).order_by(col(Call.due_at).desc())
        ).all()
        if any(call.state in ("due", "claimed", "placed") for call in calls):
            continue
        row = Call(
            case_id=case.id,
            obligation_id=duty.id,
            number_id=calls[0].number_id if calls else None,
            kind="human",
            party=duty.party,
            step=100 + len(calls),
            due_at=now,
        )
        session.execute(insert(Call).values(row.model_dump()).on_conflict_do_nothing())


def _is_answered(duty: Obligation, at: datetime, *, alone: bool) -> bool:
    """This talk with the child was what the duty asked for."""
    if duty.party != Party.CHILD.value or duty.opens_at > at:
        return False
    return alone or duty.kind != "hear_child_alone"


def _withdraw_proposal(session: Session, case: Case, *, by: UUID, now: datetime) -> None:
    """One voice for closing the contact as lost says nothing about a later loss."""
    if case.closure_proposed not in CLOSURES_FOR_FOUR_EYES:
        return
    history.record(
        session,
        case,
        old=f"closure proposed: {case.closure_proposed}",
        new="closure not proposed",
        actor=str(by),
        why=_HEARD,
        now=now,
    )
    case.closure_proposed = case.closure_proposed_by = None
    session.add(case)
