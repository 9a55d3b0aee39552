"""Pages go out: whose turn it is, at any hour, until somebody takes the task.

A page may go out twice, and an outcome that nobody knows counts as one that failed: here the worst mistake is that
nobody wakes up. So it is the other way round than with a family's texts (design rule 4), where the worst is to write
twice. No transaction is open while HTTP is under way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from followup.paging import NobodyReached, Spent, Turn, next_turn, page_text, rung_at
from integrations.desk.paging import ACTOR, REACHED, end_paging, was_reached
from integrations.kit import Kit
from integrations.paging_rules import paging_rules
from integrations.store.rota import reachable_on, staff_number
from models.errors import Rejected
from models.paging import PagingFacts, PagingRules
from models.states import EscalationState
from models.tables.ledger import Escalation
from models.tables.paging import Page, Paging
from models.tables.people import Staff

# A dispatcher that is killed after its claim leaves the turn to be taken again after this long.
LEASE = timedelta(seconds=30)
BATCH = 50


@dataclass(frozen=True, slots=True)
class _Send:
    page_id: UUID
    person: Staff = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """One turn of one paging, claimed: who is to be told, in which words, and when the next turn would come."""

    paging_id: UUID
    step: int
    body: str
    sends: tuple[_Send, ...]
    next_at: datetime


def dispatch_pages(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Every page that is due at `now` has gone out; where it did not, the next rung has had its turn."""
    counts: Counter[str] = Counter()
    while True:
        claimed, looked_at = _claim(kit, counts, now=now)
        for turn in claimed:
            _send_turn(kit, turn, counts, now=now)
        if not looked_at:
            return dict(counts)


def _claim(kit: Kit, counts: Counter[str], *, now: datetime) -> tuple[list[_Claimed], int]:
    """The turns that are due, each this process's own for the length of a lease; and how many were looked at."""
    with kit.transaction() as session:
        rows = session.execute(
            select(Paging, col(Escalation.state))
            .outerjoin(Escalation, col(Escalation.id) == col(Paging.escalation_id))
            .where(
                col(Paging.ended_at).is_(None),
                or_(col(Paging.next_at) <= now, col(Escalation.state) != EscalationState.OPEN.value),
            )
            .order_by(col(Paging.next_at), col(Paging.id))
            .limit(BATCH)
            .with_for_update(of=Paging, skip_locked=True)
        ).all()
        claimed: list[_Claimed] = []
        for paging, alarm_state in rows:
            if alarm_state is not None and alarm_state != EscalationState.OPEN.value:
                end_paging(session, paging, "taken", actor=ACTOR, why="somebody has taken it", now=now)
                counts["taken"] += 1
            elif (turn := _next(session, paging, counts, now=now)) is not None:
                claimed.append(turn)
        return claimed, len(rows)


def _next(session: Session, paging: Paging, counts: Counter[str], *, now: datetime) -> _Claimed | None:
    rules = paging_rules(paging.rules)
    people = reachable_on(session, rules, now)
    known = {person.id: person for found in people.values() for person in found}
    ids = {level: [person.id for person in found] for level, found in people.items()}
    what = next_turn(_facts(session, paging), ids, rules, now)
    for step in what.empty:
        _write(session, paging, step, None, rules, now=now)
        counts["nobody"] += 1
    session.add(paging)
    if isinstance(what, Spent):
        why = "everybody was paged, and nobody took it"
        end_paging(session, paging, "unanswered", actor=ACTOR, why=why, now=now)
        counts["unanswered"] += 1
        return None
    if isinstance(what, NobodyReached):
        paging.step, paging.next_at = what.step, what.next_at
        return None
    paging.step, paging.next_at = what.step, now + LEASE
    return _claimed(session, paging, what, [known[one] for one in what.people], rules, now=now)


def _facts(session: Session, paging: Paging) -> PagingFacts:
    told = session.scalars(
        select(col(Page.step)).where(col(Page.paging_id) == paging.id, col(Page.state).in_(REACHED))
    )
    return PagingFacts(step=paging.step, told=frozenset(told))


def _claimed(
    session: Session,
    paging: Paging,
    turn: Turn,
    people: list[Staff],
    rules: PagingRules,
    *,
    now: datetime,
) -> _Claimed:
    task = next(one for one in (paging.escalation_id, paging.inbound_id) if one is not None)
    sends = tuple(
        _Send(_write(session, paging, turn.step, person.id, rules, now=now).id, person) for person in people
    )
    return _Claimed(paging.id, turn.step, page_text(task, rules), sends, turn.next_at)


def _write(
    session: Session, paging: Paging, step: int, staff_id: UUID | None, rules: PagingRules, *, now: datetime
) -> Page:
    """The page of this turn to this person, or that there was nobody; one that is tried again stays one row."""
    state = "claimed" if staff_id else "nobody"
    row = session.scalars(
        select(Page).where(
            col(Page.paging_id) == paging.id, col(Page.step) == step, col(Page.staff_id) == staff_id
        )
    ).one_or_none()
    if row is None:
        rung = rung_at(step, rules).level
        row = Page(paging_id=paging.id, step=step, rung=rung, staff_id=staff_id, state=state, at=now)
    else:
        row.tries, row.state, row.at, row.error_code = row.tries + 1, state, now, None
    session.add(row)
    session.flush()
    return row


def _send_turn(kit: Kit, turn: _Claimed, counts: Counter[str], *, now: datetime) -> None:
    """Everybody whose turn it is has been told, or the next rung's turn has come."""
    for send in turn.sends:
        reference, code = _send(kit, send, turn.body)
        counts["failed" if code else "accepted"] += 1
        _mark(kit, send, reference, code)
    with kit.transaction() as session:
        paging = session.get_one(Paging, turn.paging_id, with_for_update=True)
        if paging.ended_at is None and paging.step == turn.step:
            reached = was_reached(session, paging.id, turn.step)
            paging.step, paging.next_at = turn.step + 1, turn.next_at if reached else now
            session.add(paging)


def _send(kit: Kit, send: _Send, body: str) -> tuple[str | None, str | None]:
    """The provider's reference, or why it was not told. A lost answer is not told either."""
    callback = f"{kit.public_url}/webhooks/twilio/status/{send.page_id}"
    try:
        sent = kit.messenger.send_text(
            to=staff_number(kit.vault, send.person),
            body=body,
            message_id=str(send.page_id),
            status_callback_url=callback,
        )
    except Exception as err:  # whatever it met, the next rung must have its turn
        code = err.code if isinstance(err, Rejected) and err.code else type(err).__name__
        return None, code
    return str(sent.provider_ref), None


def _mark(kit: Kit, send: _Send, reference: str | None, code: str | None) -> None:
    with kit.transaction() as session:
        page = session.get_one(Page, send.page_id, with_for_update=True)
        if page.state == "claimed":  # the callback may have been quicker
            page.state = "failed" if code else "accepted"
            page.error_code = code
        page.provider_ref = reference or page.provider_ref
        session.add(page)
