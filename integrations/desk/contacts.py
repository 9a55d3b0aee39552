"""The contact round: every duty whose next try is due gets it, in batches, under SKIP LOCKED.

A batch decides duty by duty and writes at its end, a few statements for all: never one per contact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup import ladder
from followup.court import HEARING_CHANGE, template_of
from followup.lost import SECOND_LADDER_KIND, asks_for_home_country
from integrations.desk.escalations import policy_of
from integrations.desk.hearing_texts import change_in, hearing_params, is_still_so
from integrations.desk.home_country import question_about, question_key, questions_of
from integrations.desk.messages import SETTLED_BY_DELIVERY
from integrations.desk.sight import duty_facts
from integrations.desk.tries import Tries
from integrations.kit import Kit
from integrations.store.cases import lock_cases
from integrations.store.contacts import attempts_of, consents, facts_of, landlines, numbers_of
from integrations.store.lost import home_country_decided
from integrations.zones import FALLBACK
from models.contacts import Channel
from models.facts import NumberFacts
from models.followup_policy import FollowupPolicy, ReminderRule
from models.states import ObligationState, Party
from models.tables.ledger import Hearing, Obligation
from models.tables.people import Case, PhoneNumber

BATCH = 500
ABOUT_A_HEARING = frozenset({"hearing_reminder", HEARING_CHANGE})


def contact_round(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Every try that is due at `now` is under way. Counts by what was done."""
    counts: Counter[str] = Counter()
    while True:
        with kit.transaction() as session:
            done, more = _Batch(session, now).work()
        counts.update(done)
        if not more:
            return dict(counts)


class _Batch:
    """One batch of duties, with everything that their next steps need."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.counts: Counter[str] = Counter()
        self.tries = Tries(session, now)

    def work(self) -> tuple[Counter[str], bool]:
        """What was done, and whether more waits behind it."""
        duties, looked_at = self._take()
        if not duties:
            return self.counts, False
        self._gather(duties)
        for duty in duties:
            self.counts[self._step(duty, self.cases[duty.case_id])] += 1
        self.tries.write()
        return self.counts, looked_at == BATCH

    def _take(self) -> tuple[Sequence[Obligation], int]:
        """The next duties, locked after their cases; whoever holds a case does its duties another time."""
        due = (col(Obligation.state) == "open", col(Obligation.next_at) <= self.now)
        found = self.session.execute(
            select(col(Obligation.id), col(Obligation.case_id))
            .where(*due)
            .order_by(col(Obligation.next_at))
            .limit(BATCH)
        ).all()
        self.cases = lock_cases(self.session, {row[1] for row in found}, skip_locked=True)
        duties = self.session.scalars(
            select(Obligation)
            .where(
                col(Obligation.id).in_([row[0] for row in found]),
                col(Obligation.case_id).in_(list(self.cases)),
                *due,
            )
            .order_by(col(Obligation.next_at))
            .with_for_update(skip_locked=True)
        ).all()
        return duties, len(found)

    def _gather(self, duties: Sequence[Obligation]) -> None:
        self.numbers = numbers_of(self.session, {duty.case_id for duty in duties})
        self.given = consents(self.session, [n.id for rows in self.numbers.values() for n in rows])
        self.attempts = attempts_of(self.session, [duty.id for duty in duties])
        self.decided = home_country_decided(self.session, [duty.id for duty in duties])
        self.asked = questions_of(self.session, {duty.case_id for duty in duties})
        hearings = {UUID(duty.key.split(":")[1]) for duty in duties if duty.kind in ABOUT_A_HEARING}
        self.hearings = {
            row.id: row for row in self.session.scalars(select(Hearing).where(col(Hearing.id).in_(hearings)))
        }

    def _step(self, duty: Obligation, case: Case) -> str:
        if duty.kind in SETTLED_BY_DELIVERY:
            return self._reminder(duty, case)
        policy = policy_of(case)
        rows = self.numbers.get(case.id, [])
        step = ladder.next_step(
            duty_facts(duty),
            self.attempts.get(duty.id, []),
            self._numbers_for(case),
            policy,
            zone=case.zone or FALLBACK,
            now=self.now,
            # A person has the conversation: machines are silent, people still call.
            paused=case.paused_at is not None,
            approved=self.decided.get(duty.id, False),
            may_ask=duty.id not in self.decided and self._may_ask(duty, policy),
            automated_ok=landlines(rows, self.given),
        )
        if isinstance(step, ladder.AsksFirst):
            return self._ask(duty, case)
        if isinstance(step, ladder.Exhausted):
            duty.next_at = None
            if duty.kind == SECOND_LADDER_KIND:
                # Contact is lost already. Who called writes down what came of it all.
                return "second_ladder_spent"
            self.tries.exhausted(duty, case)
            return "exhausted"
        if step.at > self.now:
            duty.next_at = step.at
            return "waits"
        return self._try(duty, case, step)

    def _may_ask(self, duty: Obligation, policy: FollowupPolicy) -> bool:
        """The child's own first ladder waits for a supervisor's word while there is time for one."""
        if duty.party != Party.CHILD or duty.kind == SECOND_LADDER_KIND:
            return False
        asked = self.asked.get(question_key(duty))
        if asked is None:
            return asks_for_home_country(policy)
        return asked.state == ObligationState.OPEN and asked.due_at > self.now

    def _ask(self, duty: Obligation, case: Case) -> str:
        """A supervisor is asked, once; without an answer in its time the ladder goes on without these contacts."""
        asked = self.asked.get(question_key(duty))
        if asked is not None:
            duty.next_at = asked.due_at
            return "waits"
        question = question_about(duty, policy_of(case), self.now)
        duty.next_at = question.due_at
        self.tries.asks(case, question)
        return "asks_a_supervisor"

    def _numbers_for(self, case: Case) -> list[NumberFacts]:
        return facts_of(self.numbers.get(case.id, []), self.given)

    def _try(self, duty: Obligation, case: Case, step: ladder.NextStep) -> str:
        number = next((n for n in self.numbers.get(case.id, []) if n.id == step.number_id), None)
        serial = 1 + sum(a.step == step.step for a in self.attempts.get(duty.id, []))
        if step.channel == Channel.TEXT and number is not None:
            self.tries.text(
                duty,
                number,
                purpose=f"step-{step.step}",
                template=step.template or "good_time",
                step=step.step,
                serial=serial,
                not_after=self.now + timedelta(hours=8),
            )
            duty.next_at = self.now + timedelta(minutes=30)
        elif step.channel == Channel.AUTOMATED_CALL:
            self.tries.automated_call(duty, step, serial=serial)
            duty.next_at = self.now + timedelta(minutes=30)
        else:
            # A person's task: it stands in the callers' queue until they write down what came of it.
            self.tries.human_call(duty, step)
            duty.next_at = None
        return step.channel.value

    def _reminder(self, duty: Obligation, case: Case) -> str:
        """A planned text: queued for the party's own number, or handed to a person who tells them."""
        template, not_after, params = self._what_to_send(duty, case, policy_of(case))
        number = self._own_number(duty, case)
        duty.next_at = None
        if number is None or case.paused_at is not None or template is None or not_after <= self.now:
            self.tries.by_voice(duty, case)
            return "tell_by_voice"
        self.tries.text(
            duty,
            number,
            purpose=f"{duty.kind}:{duty.key}",
            template=template,
            params=params,
            step=1,
            serial=1 + len(self.attempts.get(duty.id, [])),
            not_after=not_after,
        )
        return "reminder"

    def _own_number(self, duty: Obligation, case: Case) -> PhoneNumber | None:
        """The party's own phone, where it takes texts."""
        writable = {n.id for n in self._numbers_for(case) if n.texts}
        return next(
            (
                n
                for n in self.numbers.get(case.id, [])
                if n.party == duty.party and n.role == "party" and n.id in writable
            ),
            None,
        )

    def _what_to_send(
        self, duty: Obligation, case: Case, policy: FollowupPolicy
    ) -> tuple[str | None, datetime, dict[str, str]]:
        if duty.kind in ABOUT_A_HEARING:
            return self._hearing_text(duty, case, policy)
        rule = reminder_rule(policy, duty)
        if rule is None:
            return None, self.now, {}
        # From when it was meant for, not from when somebody got to it: a stale text is never sent.
        return rule.template, duty.opens_at + timedelta(hours=rule.not_after_hours), {}

    def _hearing_text(
        self, duty: Obligation, case: Case, policy: FollowupPolicy
    ) -> tuple[str | None, datetime, dict[str, str]]:
        hearing = self.hearings.get(UUID(duty.key.split(":")[1]))
        params = {} if hearing is None else hearing_params(hearing, case, change_in(duty))
        if hearing is None or hearing.starts_at <= self.now or not is_still_so(hearing, params):
            return None, self.now, {}
        change = change_in(duty)
        template = template_of(change, policy) if change else policy.hearings.template
        return template, min(hearing.starts_at, duty.opens_at + timedelta(hours=24)), params


def reminder_rule(policy: FollowupPolicy, duty: Obligation) -> ReminderRule | None:
    """The policy line that this reminder was planned by."""
    return next((r for r in policy.reminders if r.key == duty.key and r.party == Party(duty.party)), None)
