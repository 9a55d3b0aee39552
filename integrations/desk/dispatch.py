"""The outbox at work: claimed under a lease, judged once more, sent once, marked; never a blind resend.

No transaction is open while HTTP is under way. After a crash the order is: the callback that carries our
id; then Twilio's own list; then `unknown`, which expires, so that the next rung takes another channel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, text
from sqlmodel import Session, col

from followup import delivery
from followup.catalog import day_in_words, render, time_in_words
from integrations.catalogs import catalog, written_language
from integrations.desk.escalations import policy_of
from integrations.desk.hearing_texts import is_still_so
from integrations.desk.messages import move_message
from integrations.kit import Kit
from integrations.messaging import segments
from integrations.store.cases import lock_case, lock_cases
from integrations.store.contacts import consents, plain_number, zones_of
from models.contacts import MessageState
from models.errors import OutcomeUnknown, Rejected, Unavailable
from models.states import FOLLOWED, ObligationState
from models.tables.base import Row
from models.tables.ledger import Hearing, Obligation
from models.tables.messages import Message
from models.tables.people import Case, PhoneNumber

LEASE = timedelta(minutes=2)
# Twilio's list lags; an answer of "not there" counts only after this long.
LIST_LAG = timedelta(minutes=3)
MAX_LOOKS = 3
MAX_TRIES = 6
BATCH = 100
# Our account or our credentials: nothing was taken, and nothing is said about the number.
NOT_THE_TEXTS_FAULT = frozenset({"20003", "20005", "20006", "20404"})
RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True)
class _Ready:
    message_id: UUID
    to: str
    body: str


def dispatch_messages(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Everything due in the outbox at `now` is sent, waits with a reason, or has expired."""
    counts: Counter[str] = Counter()
    counts.update(_reconcile(kit, now=now))
    _expire(kit, counts, now=now)
    while True:
        ready, more = _claim(kit, counts, now=now)
        for item in ready:
            counts[_send(kit, item, now=now)] += 1
        if not more:
            return dict(counts)


def _expire(kit: Kit, counts: Counter[str], *, now: datetime) -> None:
    """A stale text is never sent: it expires, and the next step opens."""
    with kit.transaction() as session:
        stale = (col(Message.state) == "queued", col(Message.not_after) <= now)
        for message in _take(session, *stale).messages:
            move_message(session, message, MessageState.EXPIRED, why="not sent in its time", now=now)
            counts["expired"] += 1


@dataclass(frozen=True, slots=True)
class _Taken:
    """Messages locked for this transaction, with the rows that judging them needs. `looked_at` counts the due."""

    looked_at: int
    messages: Sequence[Message]
    cases: Mapping[UUID, Case]
    numbers: Mapping[UUID, PhoneNumber]
    duties: Mapping[UUID, Obligation]


def _take(session: Session, *conditions: ColumnElement[bool]) -> _Taken:
    """The next messages under these conditions. The case is locked before the message, as everywhere."""
    due = session.execute(
        select(col(Message.id), col(Message.case_id))
        .where(*conditions)
        .order_by(col(Message.send_after), col(Message.id))
        .limit(BATCH)
    ).all()
    if not due:
        return _Taken(0, (), {}, {}, {})
    cases = lock_cases(session, {row[1] for row in due}, skip_locked=True)
    messages = session.scalars(
        select(Message)
        .where(
            col(Message.id).in_([row[0] for row in due]), col(Message.case_id).in_(list(cases)), *conditions
        )
        .order_by(col(Message.send_after), col(Message.id))
        .with_for_update(skip_locked=True)
    ).all()
    return _Taken(
        len(due),
        messages,
        cases,
        _by_id(session, PhoneNumber, {m.number_id for m in messages}),
        _by_id(session, Obligation, {m.obligation_id for m in messages if m.obligation_id}),
    )


def _by_id(session: Session, table: type[RowT], ids: Collection[UUID]) -> dict[UUID, RowT]:
    return {row.id: row for row in session.scalars(select(table).where(col(table.id).in_(ids)))}


def _claim(kit: Kit, counts: Counter[str], *, now: datetime) -> tuple[list[_Ready], bool]:
    """What may go now, claimed; and whether more waits behind it."""
    with kit.transaction() as session:
        taken = _take(
            session,
            col(Message.state) == "queued",
            col(Message.send_after) <= now,
            col(Message.not_after) > now,
        )
        if not taken.messages:
            return [], False
        given = consents(session, taken.numbers)
        ready = []
        for message in taken.messages:
            item = _judge(kit, session, message, taken, given, counts, now=now)
            if item is not None:
                ready.append(item)
        return ready, taken.looked_at == BATCH


def _judge(
    kit: Kit,
    session: Session,
    message: Message,
    taken: _Taken,
    given: dict[UUID, bool],
    counts: Counter[str],
    *,
    now: datetime,
) -> _Ready | None:
    """The last look before the send; the message is claimed when it may go."""
    case, number = taken.cases[message.case_id], taken.numbers[message.number_id]
    verdict = delivery.judge(
        delivery.MessageFacts(
            id=message.id,
            purpose=message.purpose,
            send_after=message.send_after,
            not_after=message.not_after,
            answer=message.answer,
        ),
        consent=given.get(number.id, False),
        # Who has just written to us can be answered, whatever we think of the number.
        number_usable=message.answer or (number.usable and number.textable and number.retired_at is None),
        shared=number.shared,
        paused=case.paused_at is not None,
        obligation_open=_still_wanted(session, message, taken.duties),
        zones=zones_of(case),
        quiet=policy_of(case).quiet,
        now=now,
    )
    if case.state not in FOLLOWED:
        verdict = delivery.Cancel("not_in_follow_up")
    if written_language(message.language) is None:
        verdict = delivery.Cancel("no_text_in_their_language")
    if isinstance(verdict, delivery.WaitUntil):
        message.send_after = verdict.at
        session.add(message)
        counts["waits"] += 1
        return None
    if isinstance(verdict, delivery.Cancel | delivery.Expire):
        to = MessageState.CANCELLED if isinstance(verdict, delivery.Cancel) else MessageState.EXPIRED
        move_message(session, message, to, why=verdict.reason, now=now)
        counts[to.value] += 1
        return None
    return _claimed(kit, session, message, number, now=now)


def _claimed(kit: Kit, session: Session, message: Message, number: PhoneNumber, *, now: datetime) -> _Ready:
    message.tries += 1
    message.claimed_at = now
    move_message(session, message, MessageState.CLAIMED, why=f"try {message.tries}", now=now)
    message.lease_until = now + LEASE
    body = body_of(message)
    # Ours, until the provider says what it bills: after a lost answer nobody else ever tells.
    message.segments = segments.count(body).parts
    return _Ready(message.id, plain_number(kit.vault, number), body)


def _still_wanted(session: Session, message: Message, duties: Mapping[UUID, Obligation]) -> bool:
    if (
        message.obligation_id is not None
        and duties[message.obligation_id].state != ObligationState.OPEN.value
    ):
        return False
    hearing_id = message.params.get("hearing_id")
    if hearing_id:
        hearing = session.get(Hearing, UUID(hearing_id))
        return hearing is not None and is_still_so(hearing, message.params)
    return True


def body_of(message: Message) -> str:
    """The text as it goes out, rendered from its template now."""
    words = catalog(message.language)
    params: dict[str, Any] = {}
    if "starts_at" in message.params:
        local = datetime.fromisoformat(message.params["starts_at"]).astimezone(
            ZoneInfo(message.params["zone"])
        )
        params = {
            "day": day_in_words(local.date(), words.dates),
            "time": time_in_words(local.time(), words.dates),
        }
        params["city"] = message.params.get("city", "")
    return render(words, message.template, params)


def _send(kit: Kit, item: _Ready, *, now: datetime) -> str:
    """One text over the wire; then the mark. Nothing about its content leaves this function."""
    callback = f"{kit.public_url}/webhooks/twilio/status/{item.message_id}"
    try:
        sent = kit.messenger.send_text(
            to=item.to, body=item.body, message_id=str(item.message_id), status_callback_url=callback
        )
    except Unavailable as err:
        return _not_now(kit, item.message_id, err.retry_after_seconds, now=now)
    except OutcomeUnknown as err:
        return _unsure(kit, item.message_id, err, now=now)
    except Rejected as err:
        if err.code in NOT_THE_TEXTS_FAULT:
            return _not_now(kit, item.message_id, None, now=now)
        return _refused(kit, item.message_id, err.code, now=now)
    with kit.transaction() as session:
        message = _locked(session, item.message_id)
        message.provider_ref, message.segments = sent.provider_ref, sent.segments or message.segments
        session.add(message)
        # The callback may have been quicker than this mark.
        move_message(session, message, MessageState.ACCEPTED, why="provider took it", now=now)
    return "accepted"


def _refused(kit: Kit, message_id: UUID, code: str, *, now: datetime) -> str:
    with kit.transaction() as session:
        message = _locked(session, message_id)
        moved = move_message(
            session, message, MessageState.FAILED, why="provider refused it", now=now, error_code=code
        )
        return "failed" if moved else "settled_by_callback"


def _locked(session: Session, message_id: UUID) -> Message:
    """The message, locked after its case."""
    lock_case(
        session, session.scalars(select(col(Message.case_id)).where(col(Message.id) == message_id)).one()
    )
    return session.scalars(
        select(Message)
        .where(col(Message.id) == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _not_now(kit: Kit, message_id: UUID, retry_after: float | None, *, now: datetime) -> str:
    """The provider took nothing: the text goes back into the outbox, for a little later each time."""
    with kit.transaction() as session:
        message = _locked(session, message_id)
        if message.state != MessageState.CLAIMED.value:
            return "settled_by_callback"
        if message.tries >= MAX_TRIES:
            move_message(
                session,
                message,
                MessageState.FAILED,
                why="provider unavailable",
                now=now,
                error_code="unavailable",
            )
            return "failed"
        wait = retry_after or 30 * 2**message.tries
        # A wait that outlasts the text's window ends with it: then it expires, and the next step opens.
        message.send_after = min(now + timedelta(seconds=wait), message.not_after - timedelta(seconds=1))
        move_message(session, message, MessageState.QUEUED, why="provider asked to wait", now=now)
        return "later"


def _unsure(kit: Kit, message_id: UUID, err: OutcomeUnknown, *, now: datetime) -> str:
    """It may have gone out. The lease runs on; when it ends, the provider's list is asked."""
    with kit.transaction() as session:
        message = _locked(session, message_id)
        if message.state != MessageState.CLAIMED.value:
            return "settled_by_callback"
        message.lease_until = now + LIST_LAG
        # An answered error says that nothing was stored; a lost answer says nothing at all.
        message.asked_to_wait = "http" in err.detail
        session.add(message)
        return "unsure"


def _reconcile(kit: Kit, *, now: datetime) -> Counter[str]:
    """Leases that ended without a word: looked up before anything else is done."""
    counts: Counter[str] = Counter()
    with kit.transaction() as session:
        ids = session.scalars(
            select(col(Message.id))
            .where(col(Message.state) == "claimed", col(Message.lease_until) < now)
            .limit(BATCH)
        ).all()
    for message_id in ids:
        counts[_look_up(kit, message_id, now=now)] += 1
    return counts


def _look_up(kit: Kit, message_id: UUID, *, now: datetime) -> str:
    with kit.transaction() as session:
        message = _locked(session, message_id)
        if message.state != MessageState.CLAIMED.value:
            return "settled_by_callback"
        # Ours alone to look at until this new lease ends.
        message.lease_until = now + LEASE
        message.looked_up += 1
        number = session.get_one(PhoneNumber, message.number_id)
        to, body = plain_number(kit.vault, number), body_of(message)
        since = (message.claimed_at or message.created_at) - timedelta(minutes=1)
        session.add(message)
    try:
        found = kit.messenger.find_text(to=to, sent_after=since, sent_before=now, body=body)
    except (Unavailable, OutcomeUnknown):
        return "look_up_later"
    with kit.transaction() as session:
        message = _locked(session, message_id)
        if message.state != MessageState.CLAIMED.value:
            return "settled_by_callback"
        ours = _not_taken(session, message, found)
        if ours is not None:
            message.provider_ref = ours.provider_ref
            why = "found in the provider's list"
            move_message(session, message, ours.state or MessageState.ACCEPTED, why=why, now=now)
            return "found"
        return _not_there(session, message, now=now)


def _not_taken(session: Session, message: Message, found: Sequence[Any]) -> Any | None:
    """The first of the provider's texts that belongs to no message of ours yet.

    Several children may share a phone and be sent the same words: one at a time looks at that phone.
    """
    number = session.get_one(PhoneNumber, message.number_id)
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:phone, 0))"), {"phone": number.phone_key.hex()}
    )
    refs = [f.provider_ref for f in found]
    taken = set(
        session.scalars(
            select(col(Message.provider_ref)).where(
                col(Message.provider_ref).in_(refs), col(Message.id) != message.id
            )
        )
    )
    return next((f for f in found if f.provider_ref not in taken), None)


def _not_there(session: Session, message: Message, *, now: datetime) -> str:
    """The provider's list does not show it. Only after an answered error is it sent again."""
    if message.asked_to_wait and now < message.not_after and message.tries < MAX_TRIES:
        # The provider answered with an error, and its list agrees that nothing was sent.
        message.send_after, message.asked_to_wait, message.looked_up = now, False, 0
        move_message(session, message, MessageState.QUEUED, why="looked up: not sent", now=now)
        return "again"
    if message.looked_up < MAX_LOOKS:
        message.lease_until = now + LIST_LAG
        session.add(message)
        return "look_up_later"
    move_message(session, message, MessageState.UNKNOWN, why="no trace at the provider", now=now)
    return "unknown"


def next_dispatch(session: Session) -> datetime | None:
    """The earliest instant at which the outbox has something to do."""
    due = session.execute(
        select(col(Message.send_after))
        .where(col(Message.state) == "queued")
        .order_by(col(Message.send_after))
        .limit(1)
    ).scalar_one_or_none()
    lease = session.execute(
        select(col(Message.lease_until))
        .where(col(Message.state) == "claimed")
        .order_by(col(Message.lease_until))
        .limit(1)
    ).scalar_one_or_none()
    return min((t for t in (due, lease) if t is not None), default=None)
