"""The contact round: every duty whose next try is due gets it, in batches, under SKIP LOCKED."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup import ladder
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import open_escalation, policy_of
from integrations.desk.messages import SETTLED_BY_DELIVERY, queue_text
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.contacts import add_attempt, attempts_of, consents, facts_of, numbers_of
from models.facts import NumberFacts, ObligationFacts
from models.policy import FollowupPolicy, ReminderRule
from models.states import CASE_MOVES, CaseState, Channel, Party
from models.tables.ledger import Call, Hearing, Obligation
from models.tables.people import Case, PhoneNumber

BATCH = 500


def contact_round(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Every try that is due at `now` is under way. Counts by what was done."""
    counts: Counter[str] = Counter()
    while True:
        with kit.transaction() as session:
            done = _Batch(session, now).work()
        counts.update(done)
        if sum(done.values()) < BATCH:
            return dict(counts)


class _Batch:
    """One batch of duties, with everything that their next steps need."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.counts: Counter[str] = Counter()

    def work(self) -> Counter[str]:
        duties = self.session.scalars(
            select(Obligation)
            .where(
                col(Obligation.state) == "open",
                col(Obligation.next_at) <= self.now,
            )
            .order_by(col(Obligation.next_at))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not duties:
            return self.counts
        case_ids = {duty.case_id for duty in duties}
        cases = {
            case.id: case for case in self.session.scalars(select(Case).where(col(Case.id).in_(case_ids)))
        }
        self.numbers = numbers_of(self.session, case_ids)
        self.given = consents(self.session, [n.id for rows in self.numbers.values() for n in rows])
        self.attempts = attempts_of(self.session, [duty.id for duty in duties])
        for duty in duties:
            self.counts[self._step(duty, cases[duty.case_id])] += 1
            self.session.add(duty)
        return self.counts

    def _step(self, duty: Obligation, case: Case) -> str:
        if duty.kind in SETTLED_BY_DELIVERY:
            return self._reminder(duty, case)
        policy = policy_of(case)
        step = ladder.next_step(
            facts_of_duty(duty),
            self.attempts.get(duty.id, []),
            self._numbers_for(duty, case),
            policy,
            zone=case.zone or "America/Chicago",
            now=self.now,
        )
        if isinstance(step, ladder.Exhausted):
            duty.next_at = None
            return self._exhausted(duty, case, policy)
        if case.paused_at is not None and step.channel != Channel.HUMAN_CALL:
            # A person has the conversation: machines are silent, people still call.
            duty.next_at = self.now + timedelta(hours=6)
            return "paused"
        if step.at > self.now:
            duty.next_at = step.at
            return "waits"
        return self._try(duty, case, policy, step)

    def _numbers_for(self, duty: Obligation, case: Case) -> list[NumberFacts]:
        return facts_of(self.numbers.get(case.id, []), self.given)

    def _number(self, case: Case, number_id: UUID | None) -> PhoneNumber | None:
        return next((n for n in self.numbers.get(case.id, []) if n.id == number_id), None)

    def _try(self, duty: Obligation, case: Case, policy: FollowupPolicy, step: ladder.NextStep) -> str:
        number = self._number(case, step.number_id)
        if step.channel == Channel.TEXT and number is not None:
            return self._text(duty, case, policy, step, number)
        kind = "automated" if step.channel == Channel.AUTOMATED_CALL else "human"
        call_id = self._call(duty, case, step, kind)
        if kind == "automated" and call_id is not None:
            self._attempt(duty, step, Channel.AUTOMATED_CALL, call_id=call_id)
            duty.next_at = self.now + timedelta(minutes=30)
        else:
            # A person's task: it stands in the callers' queue until they write down what came of it.
            duty.next_at = None
        return f"{kind}_call"

    def _text(
        self,
        duty: Obligation,
        case: Case,
        policy: FollowupPolicy,
        step: ladder.NextStep,
        number: PhoneNumber,
    ) -> str:
        message_id = queue_text(
            self.session,
            case_id=case.id,
            number=number,
            purpose=f"step-{step.step}",
            template=step.template or "good_time",
            obligation_id=duty.id,
            step=step.step,
            send_after=self.now,
            not_after=self.now + timedelta(hours=8),
            now=self.now,
        )
        if message_id is not None:
            self._attempt(duty, step, Channel.TEXT, message_id=message_id)
        duty.next_at = self.now + timedelta(minutes=30)
        return "text"

    def _attempt(
        self,
        duty: Obligation,
        step: ladder.NextStep,
        channel: Channel,
        *,
        message_id: UUID | None = None,
        call_id: UUID | None = None,
    ) -> None:
        add_attempt(
            self.session,
            obligation_id=duty.id,
            step=step.step,
            channel=channel,
            at=self.now,
            actor="engine:contacts",
            outcome="queued",
            number_id=step.number_id,
            message_id=message_id,
            call_id=call_id,
        )

    def _call(self, duty: Obligation, case: Case, step: ladder.NextStep, kind: str) -> UUID | None:
        row = Call(
            case_id=case.id,
            obligation_id=duty.id,
            number_id=step.number_id,
            kind=kind,
            party=duty.party,
            step=step.step,
            due_at=self.now,
            not_after=self.now + timedelta(hours=2) if kind == "automated" else None,
        )
        return self.session.execute(
            insert(Call)
            .values(row.model_dump())
            .on_conflict_do_nothing(
                index_elements=["obligation_id", "step"],
                index_where=text("state IN ('due', 'claimed', 'placed', 'unknown')"),
            )
            .returning(col(Call.id))
        ).scalar_one_or_none()

    def _exhausted(self, duty: Obligation, case: Case, policy: FollowupPolicy) -> str:
        rule = next(line for line in policy.outcomes if line.outcome == "exhausted")
        party_is_child = duty.party == Party.CHILD.value
        open_escalation(
            self.session,
            case,
            reason="no_contact",
            key=duty.party,
            rule=rule.rule,
            level=rule.escalate_level,
            obligation_id=duty.id,
            actor="engine:contacts",
            now=self.now,
        )
        if party_is_child:
            review = review_duty(
                policy, "lost_contact_review", key=f"since-{self.now.date().isoformat()}", now=self.now
            )
            open_followup(
                self.session,
                case,
                [review],
                actor="engine:contacts",
                why="no contact after the whole ladder",
                now=self.now,
            )
            if case.state == CaseState.IN_FOLLOW_UP:
                history.move(
                    self.session,
                    case,
                    CaseState.LOST_CONTACT,
                    CASE_MOVES,
                    actor="engine:contacts",
                    why="no contact after the whole ladder",
                    now=self.now,
                )
        return "exhausted"

    def _reminder(self, duty: Obligation, case: Case) -> str:
        """A planned text: queued for the party's own number, or handed to a person who tells them."""
        policy = policy_of(case)
        template, not_after, params = self._what_to_send(duty, case, policy)
        writable = {n.id for n in self._numbers_for(duty, case) if n.texts}
        number = next(
            (
                n
                for n in self.numbers.get(case.id, [])
                if n.party == duty.party and n.role == "party" and n.id in writable
            ),
            None,
        )
        duty.next_at = None
        if number is None or case.paused_at is not None or template is None or not_after <= self.now:
            return self._tell_by_voice(duty, case, policy)
        queue_text(
            self.session,
            case_id=case.id,
            number=number,
            purpose=f"{duty.kind}:{duty.key}",
            template=template,
            params=params,
            obligation_id=duty.id,
            send_after=self.now,
            not_after=not_after,
            now=self.now,
        )
        return "reminder"

    def _tell_by_voice(self, duty: Obligation, case: Case, policy: FollowupPolicy) -> str:
        successor = open_followup(
            self.session,
            case,
            [review_duty(policy, "tell_by_voice", key=str(duty.id)[:8], now=self.now)],
            actor="engine:contacts",
            why="no text can be sent",
            now=self.now,
        )[0]
        ledger.void_for(
            self.session, duty, successor, actor="engine:contacts", why="no text can be sent", now=self.now
        )
        return "tell_by_voice"

    def _what_to_send(
        self, duty: Obligation, case: Case, policy: FollowupPolicy
    ) -> tuple[str | None, datetime, dict[str, str]]:
        if duty.kind == "hearing_reminder":
            return self._hearing_text(duty, case, policy)
        rule = reminder_rule(policy, duty)
        if rule is None:
            return None, self.now, {}
        return rule.template, self.now + timedelta(hours=rule.not_after_hours), {}

    def _hearing_text(
        self, duty: Obligation, case: Case, policy: FollowupPolicy
    ) -> tuple[str | None, datetime, dict[str, str]]:
        hearing = self.session.get(Hearing, UUID(duty.key.split(":")[1]))
        if hearing is None or hearing.state not in ("scheduled", "moved") or hearing.starts_at <= self.now:
            return None, self.now, {}
        params = {
            "hearing_id": str(hearing.id),
            "starts_at": hearing.starts_at.isoformat(),
            "zone": hearing.zone or case.zone or "America/Chicago",
        }
        return policy.hearings.template, min(hearing.starts_at, self.now + timedelta(hours=24)), params


def reminder_rule(policy: FollowupPolicy, duty: Obligation) -> ReminderRule | None:
    """The policy line that this reminder was planned by."""
    return next((r for r in policy.reminders if r.key == duty.key and r.party.value == duty.party), None)


def facts_of_duty(duty: Obligation) -> ObligationFacts:
    return ObligationFacts(
        id=duty.id,
        case_id=duty.case_id,
        kind=duty.kind,
        party=Party(duty.party),
        key=duty.key,
        opens_at=duty.opens_at,
        due_at=duty.due_at,
        queue=duty.queue,
        in_sight=duty.in_sight,
        policy_version=duty.policy_version,
    )
