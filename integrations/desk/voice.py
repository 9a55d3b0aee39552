"""Automated calls: placed under a lease, spoken in the person's language, and never more than an attempt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session, col
from twilio.twiml.voice_response import Gather, VoiceResponse

from followup.calendar import in_quiet_hours, quiet_ends
from followup.catalog import render
from followup.delivery import after_failure
from followup.replies import Meaning
from integrations.catalogs import catalog, spoken_by_machine
from integrations.desk.bad_numbers import learn
from integrations.desk.escalations import policy_of
from integrations.desk.reacting import react
from integrations.kit import Kit
from integrations.store import history
from integrations.store.cases import lock_cases, lock_row
from integrations.store.contacts import consents, plain_number, zones_of
from models.contacts import CallOutcome, Channel, TryEnd
from models.errors import OutcomeUnknown, Rejected, Unavailable
from models.states import FOLLOWED, ObligationState
from models.tables.ledger import Attempt, Call, Obligation
from models.tables.people import Case, PhoneNumber

ACTOR = "engine:voice"
LEASE = timedelta(minutes=30)
BATCH = 50
_DIGITS = {
    "1": Meaning.YES,
    "2": Meaning.HELP,
    "3": Meaning.MOVED,
    "9": Meaning.WRONG_NUMBER,
}


def place_calls(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Every automated call that is due is placed once; one whose end nobody told us ends as no answer."""
    counts: Counter[str] = Counter()
    counts.update(_give_up(kit, now=now))
    while True:
        ready, more = _claim(kit, counts, now=now)
        for call_id, number in ready:
            counts[_place(kit, call_id, number, now=now)] += 1
        if not more:
            return dict(counts)


def _claim(kit: Kit, counts: Counter[str], *, now: datetime) -> tuple[list[tuple[UUID, str]], bool]:
    """What may be placed now, claimed; and whether more waits behind it."""
    with kit.transaction() as session:
        due = (col(Call.state) == "due", col(Call.kind) == "automated", col(Call.due_at) <= now)
        rows, looked_at, cases = _take(session, *due)
        given = consents(session, [row.number_id for row in rows if row.number_id])
        ready: list[tuple[UUID, str]] = []
        for row in rows:
            case = cases[row.case_id]
            quiet = policy_of(case).quiet
            if _is_moot(session, row, case, given, now):
                _finish(session, row, "cancelled", None, now=now)
                counts["cancelled"] += 1
            elif in_quiet_hours(now, zones_of(case), quiet):
                row.due_at = quiet_ends(now, zones_of(case), quiet)
                session.add(row)
                counts["waits"] += 1
            else:
                row.state, row.lease_until = "claimed", now + LEASE
                session.add(row)
                number = session.get_one(PhoneNumber, row.number_id)
                ready.append((row.id, plain_number(kit.vault, number)))
        return ready, bool(rows) and looked_at == BATCH


def _take(session: Session, *conditions: ColumnElement[bool]) -> tuple[Sequence[Call], int, dict[UUID, Case]]:
    """The next calls under these conditions, locked after their cases."""
    due = session.execute(
        select(col(Call.id), col(Call.case_id)).where(*conditions).order_by(col(Call.due_at)).limit(BATCH)
    ).all()
    if not due:
        return (), 0, {}
    cases = lock_cases(session, {row[1] for row in due}, skip_locked=True)
    rows = session.scalars(
        select(Call)
        .where(col(Call.id).in_([row[0] for row in due]), col(Call.case_id).in_(list(cases)), *conditions)
        .order_by(col(Call.due_at))
        .with_for_update(skip_locked=True)
    ).all()
    return rows, len(due), cases


def _is_moot(session: Session, row: Call, case: Case, given: Mapping[UUID, bool], now: datetime) -> bool:
    if case.state not in FOLLOWED or case.paused_at is not None:
        return True
    if row.not_after is not None and row.not_after <= now:
        return True
    duty = session.get(Obligation, row.obligation_id) if row.obligation_id else None
    number = session.get(PhoneNumber, row.number_id) if row.number_id else None
    # Who said STOP to the texts is called by a person, and by nothing else.
    if number is None or not number.usable or number.shared or not given.get(number.id, False):
        return True
    if spoken_by_machine(number.language) is None:
        return True
    return duty is not None and duty.state != ObligationState.OPEN.value


def _place(kit: Kit, call_id: UUID, number: str, *, now: datetime) -> str:
    base = f"{kit.public_url}/webhooks/twilio/voice/{call_id}"
    try:
        placed = kit.messenger.start_call(
            to=number, call_id=str(call_id), twiml_url=base, status_callback_url=f"{base}/status"
        )
    except Unavailable as err:
        with kit.transaction() as session:
            row = _locked(session, call_id)
            if row.state == "claimed":
                row.state, row.lease_until = "due", None
                row.due_at = now + timedelta(seconds=err.retry_after_seconds or 120)
                session.add(row)
        return "later"
    except OutcomeUnknown:
        # It may be ringing. Its own callbacks say so; without them the lease ends it as no answer.
        return "unsure"
    except Rejected as err:
        with kit.transaction() as session:
            _fail(session, _locked(session, call_id), after_failure(err.code), now=now)
        return "refused"
    with kit.transaction() as session:
        row = _locked(session, call_id)
        row.provider_ref = placed.provider_ref
        if row.state == "claimed":
            row.state = "placed"
        session.add(row)
    return "placed"


def _give_up(kit: Kit, *, now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    with kit.transaction() as session:
        rows, _, _ = _take(session, col(Call.state).in_(("claimed", "placed")), col(Call.lease_until) < now)
        for row in rows:
            _finish(session, row, "done", CallOutcome.NO_ANSWER, now=now)
            counts["no_word"] += 1
    return counts


def _locked(session: Session, call_id: UUID) -> Call:
    """The automated call, locked after its case."""
    return lock_row(session, Call, call_id, col(Call.kind) == "automated")


def _fail(session: Session, row: Call, end: TryEnd, *, now: datetime) -> None:
    """The call never rang; what that says of the number is kept."""
    _finish(session, row, "done", None, word=end.value, now=now)
    number, case = session.get_one(PhoneNumber, row.number_id), session.get_one(Case, row.case_id)
    learn(session, case, number, end, actor=ACTOR, why=f"call failed: {end.value}", now=now)


def _finish(
    session: Session,
    row: Call,
    state: str,
    outcome: CallOutcome | None,
    *,
    word: str | None = None,
    now: datetime,
) -> None:
    """The call is over; the attempt says how (`word`: when no outcome does), and the ladder looks again."""
    old, row.state, row.lease_until = row.state, state, None
    row.outcome = outcome.value if outcome else row.outcome
    row.at = row.at or now
    session.add(row)
    word = word or row.outcome or state
    history.record(session, row, old=old, new=f"{state} {word}", actor=ACTOR, why="automated call", now=now)
    session.execute(
        update(Attempt)
        .where(col(Attempt.call_id) == row.id, col(Attempt.outcome).in_(("queued", "ringing")))
        .values(outcome=word)
    )
    if row.obligation_id is not None:
        duty = session.get_one(Obligation, row.obligation_id)
        if duty.state == ObligationState.OPEN.value:
            duty.next_at = min(duty.next_at or now, now)
            session.add(duty)


def _language(session: Session, row: Call) -> str:
    """The language that they named."""
    return session.get_one(PhoneNumber, row.number_id).language


def greet(kit: Kit, call_id: UUID, answered_by: str | None, *, now: datetime) -> str:
    """The TwiML of a call that was picked up: a neutral greeting and the keypad. A machine hears nothing.

    Raises:
        NotFound: we have placed no such call.
    """
    response = VoiceResponse()
    with kit.transaction() as session:
        row = _locked(session, call_id)
        row.answered_by = answered_by
        session.add(row)
        language = _language(session, row)
    voice = spoken_by_machine(language)
    if voice is None or (answered_by and answered_by.startswith(("machine", "fax"))):
        # A voicemail may be heard by anyone, and is never a contact: say nothing. The same when their
        # language became one that no machine speaks while it rang.
        response.hangup()
        return str(response)
    words = catalog(language)
    gather = Gather(
        num_digits=1,
        timeout=8,
        action=f"/webhooks/twilio/voice/{call_id}/digits",
        method="POST",
        language=voice,
    )
    gather.say(render(words, "voice_greeting", {}), language=voice)
    gather.say(render(words, "voice_menu", {}), language=voice)
    response.append(gather)
    response.say(render(words, "voice_again", {}), language=voice)
    response.hangup()
    return str(response)


def take_digits(kit: Kit, call_id: UUID, digits: str | None, *, now: datetime) -> str:
    """The TwiML after a keypress. Whatever was pressed, the answer is the same thanks."""
    with kit.transaction() as session:
        row = _locked(session, call_id)
        language = _language(session, row)
        if row.digits is None:
            row.digits = (digits or "")[:8]
            session.add(row)
            meaning = _DIGITS.get(row.digits, Meaning.UNCLEAR)
            session.execute(
                update(Attempt)
                .where(col(Attempt.call_id) == row.id)
                .values(outcome=f"pressed_{meaning.value}")
            )
            number = session.get_one(PhoneNumber, row.number_id)
            react(session, number, meaning, row.id, channel=Channel.AUTOMATED_CALL, now=now)
    response = VoiceResponse()
    if voice := spoken_by_machine(language):
        response.say(render(catalog(language), "voice_thanks", {}), language=voice)
    response.hangup()
    return str(response)


_OUTCOMES = {
    "busy": CallOutcome.BUSY,
    "no-answer": CallOutcome.NO_ANSWER,
    "canceled": CallOutcome.NO_ANSWER,
}


def take_call_status(kit: Kit, call_id: UUID, report: Any, *, now: datetime) -> None:
    """The provider's word on the call (`CallReport`). A keypress stays a keypress: it settles nothing."""
    with kit.transaction() as session:
        row = _locked(session, call_id)
        if report.provider_ref and row.provider_ref is None:
            row.provider_ref = report.provider_ref
            session.add(row)
        if report.status is None or not report.status.is_final or row.state in ("done", "cancelled"):
            return
        word = str(report.status.value)
        if word == "completed":
            answered = str(report.answered_by.value) if report.answered_by else (row.answered_by or "")
            machine = answered.startswith(("machine", "fax"))
            outcome = CallOutcome.MACHINE if machine else None
            if outcome is None and row.digits is None:
                # Somebody picked up and pressed nothing: a try without an answer.
                outcome = CallOutcome.NO_ANSWER
            _finish(session, row, "done", outcome, now=now)
            return
        if word == "failed":
            _fail(session, row, TryEnd.CALL_FAILED, now=now)
        else:
            _finish(session, row, "done", _OUTCOMES.get(word, CallOutcome.NO_ANSWER), now=now)
