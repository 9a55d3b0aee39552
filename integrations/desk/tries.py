"""What a batch of the contact round has decided, written at its end: a few statements for all its duties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.ladder import NextStep
from integrations.desk.duties import open_many, review_duty
from integrations.desk.escalations import Alarm, open_alarms, policy_of
from integrations.desk.messages import voice_duty
from integrations.desk.sight import lose
from integrations.store import ledger
from models.contacts import Channel
from models.facts import Duty
from models.states import Party
from models.tables.ledger import Attempt, Call, Obligation
from models.tables.messages import Message
from models.tables.people import Case, PhoneNumber

ACTOR = "engine:contacts"
UNANSWERED = "no contact after the whole ladder"
NO_TEXT = "no text can be sent"
NEEDS_LEAVE = "the next contacts are in the home country"


class Tries:
    """Collects texts, calls, hand-overs and ends of ladders; `write` puts them into the database."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self._texts: list[tuple[Message, Attempt]] = []
        self._calls: list[tuple[Call, Attempt | None]] = []
        self._by_voice: list[tuple[Obligation, Case]] = []
        self._exhausted: list[tuple[Obligation, Case]] = []
        self._questions: list[tuple[Case, Duty]] = []

    def text(
        self,
        duty: Obligation,
        number: PhoneNumber,
        *,
        purpose: str,
        template: str,
        params: Mapping[str, str] | None = None,
        step: int,
        serial: int,
        not_after: datetime,
    ) -> None:
        """A text to this number, and the try that it is."""
        message = Message(
            case_id=duty.case_id,
            obligation_id=duty.id,
            number_id=number.id,
            to_party=number.party,
            purpose=purpose,
            step=step,
            template=template,
            language=number.language,
            params=dict(params or {}),
            send_after=self.now,
            not_after=not_after,
            created_at=self.now,
        )
        attempt = self._attempt(duty, step, serial, Channel.TEXT, number_id=number.id, message_id=message.id)
        self._texts.append((message, attempt))

    def automated_call(self, duty: Obligation, step: NextStep, *, serial: int) -> None:
        """A machine's call to this step's phone, and the try that it is."""
        call = self._call(duty, step, "automated", not_after=self.now + timedelta(hours=2))
        attempt = self._attempt(
            duty, step.step, serial, Channel.AUTOMATED_CALL, number_id=step.number_id, call_id=call.id
        )
        self._calls.append((call, attempt))

    def human_call(self, duty: Obligation, step: NextStep) -> None:
        """A task in the callers' queue. It is a try once somebody has called and written it down."""
        self._calls.append((self._call(duty, step, "human"), None))

    def by_voice(self, duty: Obligation, case: Case) -> None:
        """A person says what the text would have said."""
        self._by_voice.append((duty, case))

    def exhausted(self, duty: Obligation, case: Case) -> None:
        """The whole ladder was tried, or there is no phone to try."""
        self._exhausted.append((duty, case))

    def asks(self, case: Case, question: Duty) -> None:
        """A person is asked something that the ladder waits for."""
        self._questions.append((case, question))

    def write(self) -> None:
        """Everything collected stands in the database, in this transaction."""
        self._write_texts()
        self._write_calls()
        self._write_hand_overs()
        self._write_exhausted()
        open_many(self.session, self._questions, actor=ACTOR, why=NEEDS_LEAVE, now=self.now)

    def _attempt(
        self, duty: Obligation, step: int, serial: int, channel: Channel, **refs: UUID | None
    ) -> Attempt:
        return Attempt(
            obligation_id=duty.id,
            step=step,
            serial=serial,
            channel=channel.value,
            at=self.now,
            actor=ACTOR,
            outcome="queued",
            number_id=refs.get("number_id"),
            message_id=refs.get("message_id"),
            call_id=refs.get("call_id"),
        )

    def _call(self, duty: Obligation, step: NextStep, kind: str, not_after: datetime | None = None) -> Call:
        return Call(
            case_id=duty.case_id,
            obligation_id=duty.id,
            number_id=step.number_id,
            kind=kind,
            party=duty.party,
            step=step.step,
            due_at=self.now,
            not_after=not_after,
        )

    def _write_texts(self) -> None:
        if self._texts:
            new = set(
                self.session.scalars(
                    insert(Message).on_conflict_do_nothing().returning(col(Message.id)),
                    [message.model_dump() for message, _ in self._texts],
                )
            )
            self.session.add_all(attempt for message, attempt in self._texts if message.id in new)

    def _write_calls(self) -> None:
        if self._calls:
            new = set(
                self.session.scalars(
                    insert(Call).on_conflict_do_nothing().returning(col(Call.id)),
                    [call.model_dump() for call, _ in self._calls],
                )
            )
            self.session.add_all(a for call, a in self._calls if a is not None and call.id in new)

    def _write_hand_overs(self) -> None:
        wanted = [(case, voice_duty(case, duty, now=self.now)) for duty, case in self._by_voice]
        ids = open_many(self.session, wanted, actor=ACTOR, why=NO_TEXT, now=self.now)
        pairs = [(duty, successor) for (duty, _), successor in zip(self._by_voice, ids, strict=True)]
        if pairs:
            ledger.void_all_for(self.session, pairs, actor=ACTOR, why=NO_TEXT, now=self.now)

    def _write_exhausted(self) -> None:
        """Each has an owner's rung; a child that could not be reached is lost, and looked for each week."""
        if not self._exhausted:
            return
        alarms = [_alarm(duty, case) for duty, case in self._exhausted]
        open_alarms(self.session, alarms, actor=ACTOR, now=self.now)
        lost = {case.id: case for duty, case in self._exhausted if duty.party == Party.CHILD.value}
        standing = set(
            self.session.scalars(
                select(col(Obligation.case_id)).where(
                    col(Obligation.case_id).in_(list(lost)),
                    col(Obligation.kind) == "lost_contact_review",
                    col(Obligation.state) == "open",
                )
            )
        )
        key = f"since-{self.now.date().isoformat()}"
        wanted = [
            (case, review_duty(policy_of(case), "lost_contact_review", key=key, now=self.now))
            for case in lost.values()
            if case.id not in standing
        ]
        open_many(self.session, wanted, actor=ACTOR, why=UNANSWERED, now=self.now)
        lose(self.session, list(lost.values()), actor=ACTOR, why=UNANSWERED, now=self.now)


def _alarm(duty: Obligation, case: Case) -> Alarm:
    rule = next(line for line in policy_of(case).outcomes if line.outcome == "exhausted" and line.active)
    return Alarm(
        case,
        reason=rule.escalate or "no_contact",
        rule=rule.rule,
        key=duty.party,
        level=rule.escalate_level,
        obligation_id=duty.id,
    )
