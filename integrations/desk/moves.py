"""One move, one set of duties: however often and by whomever it is told, it is verified once and the court told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from followup.new_home import COURT_FORM, MOVE_DUTIES, VERIFY, MoveFacts, opened_by
from integrations.desk.duties import open_followup, owned_until, review_duty
from integrations.desk.escalations import policy_of
from integrations.store import history, ledger
from integrations.store.contacts import add_attempt
from models.contacts import Channel
from models.facts import Duty
from models.tables.ledger import Obligation
from models.tables.people import Address, Case

ToldBy = Literal["reply", "call", "returned"]


@dataclass(frozen=True, slots=True)
class Told:
    """Who says that the family lives elsewhere, and how it came to us; `channel` None: by letter."""

    by: ToldBy
    actor: str
    why: str
    channel: Channel | None = None
    number_id: UUID | None = None
    call_id: UUID | None = None


def report_move(
    session: Session, case: Case, told: Told, *, key: str, kinds: Sequence[str], now: datetime
) -> None:
    """These duties stand open for a move that is told of. Of one that is being looked into, it is one more try."""
    policy = policy_of(case)
    duties = [review_duty(policy, kind, key=key, now=now, detail={"source": key}) for kind in kinds]
    new = under_one_move(session, case, duties, told, now=now)
    open_followup(session, case, new, actor=told.actor, why=told.why, now=now)


def under_one_move(
    session: Session, case: Case, duties: Sequence[Duty], told: Told, *, now: datetime
) -> list[Duty]:
    """Those of the duties that are to be opened: under the key of the move that is being looked into, if one is."""
    if not any(duty.kind in MOVE_DUTIES for duty in duties):
        return list(duties)
    standing = [o for o in ledger.open_of(session, case.id, side="followup") if o.kind in MOVE_DUTIES]
    open_verify = next((o for o in standing if o.kind == VERIFY), None)
    out = []
    for duty in duties:
        if duty.kind not in MOVE_DUTIES:
            out.append(duty)
            continue
        same = [o for o in standing if o.kind == duty.kind] if open_verify is not None else []
        if same:
            _note(session, same[0], told, now=now)
        else:
            key = duty.key if open_verify is None else open_verify.key
            out.append(replace(duty, key=key, detail={**duty.detail, "reports": [told.by]}))
    return out


def _note(session: Session, duty: Obligation, told: Told, *, now: datetime) -> None:
    """It has been told once more: a try at the same duty."""
    reports = [*duty.detail.get("reports", ()), told.by]
    duty.detail = {**duty.detail, "reports": reports}
    session.add(duty)
    history.record(session, duty, old="open", new="open", actor=told.actor, why=f"again: {told.why}", now=now)
    if told.channel is not None:
        add_attempt(
            session,
            obligation_id=duty.id,
            step=0,
            channel=told.channel,
            at=now,
            actor=told.actor,
            outcome=f"told again: {told.by}",
            number_id=told.number_id,
            call_id=told.call_id,
        )


def open_for_new_home(
    session: Session,
    case: Case,
    home: Address,
    move: MoveFacts,
    *,
    moved_at: datetime,
    actor: str,
    now: datetime,
) -> None:
    """The new home is to be verified and the court told; whatever stood open for the home before goes on in these.

    The court's days run from the move, not from this record; while an earlier move is untold, from that one: an
    address that is put right gives nobody new days.
    """
    policy, key = policy_of(case), str(home.id)[:8]
    detail = {"address": str(home.id)}
    wanted = [review_duty(policy, VERIFY, key=key, now=now, detail=detail)]
    wanted += [review_duty(policy, kind, key=key, now=now, detail=detail) for kind in opened_by(policy, move)]
    untold = [one.opens_at for one in ledger.open_of(session, case.id, kind=COURT_FORM)]
    form = review_duty(policy, COURT_FORM, key=key, now=min(moved_at, now, *untold), detail=detail)
    if not _keep_form(session, case, home, form, move, actor=actor, now=now):
        wanted.append(form)
    why = "the family moved"
    pairs, new = [], []
    for duty in wanted:
        old = ledger.open_of(session, case.id, kind=duty.kind)
        if not old:
            new.append(duty)
            continue
        row = ledger.duty_row(case.id, duty, owned_until=owned_until(case, duty, now), now=now)
        pairs += [(one, row) for one in old]
    ledger.replace(session, pairs, actor=actor, why="a newer address took its place", now=now)
    open_followup(session, case, new, actor=actor, why=why, now=now)


def _keep_form(
    session: Session, case: Case, home: Address, form: Duty, move: MoveFacts, *, actor: str, now: datetime
) -> bool:
    """True when an open form is the one for this very move: told of before, or of the same home written better.

    It is due no later than the days from the move.
    """
    standing = ledger.open_of(session, case.id, kind=COURT_FORM)
    kept = [one for one in standing if move.same_dwelling or "address" not in one.detail]
    if not kept:
        return False
    first = kept[0]
    for other in standing:
        if other.id != first.id:
            ledger.void_for(session, other, first.id, actor=actor, why="one form for one move", now=now)
    first.detail = {**first.detail, **form.detail}
    if form.due_at < first.due_at:
        history.record(
            session,
            first,
            old=f"until {first.due_at.isoformat()}",
            new=f"until {form.due_at.isoformat()}",
            actor=actor,
            why="the day of the move is known",
            now=now,
        )
        # A duty opens when it is learned of; one whose days were over by then is late at once.
        due = max(form.due_at, first.opens_at)
        first.due_at, first.owned_until = due, owned_until(case, replace(form, due_at=due), now)
    session.add(first)
    session.flush()
    return True
