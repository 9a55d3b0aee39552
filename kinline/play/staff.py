"""Invented staff: callers with finite hands, and case managers and supervisors who answer after a while.

They act through the desk, as people do, by the sandbox's named accounts; call records say `simulated`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from followup.lost import ALLOW_HOME_COUNTRY
from integrations.desk import calls, concentrations, duties, escalations, lost
from integrations.desk.duties import BY_PAPER, BY_RECORD, NOT_BY_NOTE
from integrations.kit import Kit
from integrations.sandbox.phones import Pickup, picks_up_for_people
from integrations.store.contacts import plain_number
from integrations.store.lost import HOME_COUNTRY
from integrations.store.sealing import open_json
from integrations.store.staff import get_person
from kinline.play.court import do_at_court, open_court_duties
from kinline.play.families import Heard, heard
from kinline.play.homes import file_form, open_forms, open_verifications, verify
from kinline.play.papers import make_paper, open_papers
from models.concentration import REVIEW_DUTY
from models.contacts import Channel
from models.errors import Refused
from models.facts import Person
from models.states import LostOutcome, Party
from models.tables.ledger import Attempt, Call, Escalation, Obligation
from models.tables.people import Case, Child, PhoneNumber

CALL_TAKES = timedelta(minutes=15)
VISIT_AGAIN_AFTER = timedelta(days=3)
# Where the family lives. Callers keep to the quiet hours that texts keep.
CALLERS_FROM, CALLERS_UNTIL = time(8), time(21)
# Only a supervisor answers these.
_SUPERVISOR_DUTIES = frozenset({"lost_contact_review", "closure_review"})
_SUPERVISOR_QUEUES = frozenset({"supervision", "programme", "oversight"})
_TO_DECIDE = "welfare_check"
_URGENT_QUEUES = frozenset({"rota"})


def _delay(row_id: UUID, shortest: float, longest: float) -> timedelta:
    """How long a person takes to come to it: always the same for the same row."""
    share = (row_id.int % 1000) / 1000
    return timedelta(hours=shortest + share * (longest - shortest))


def _at_work(session: Session, email: str) -> Person:
    """One of the sandbox's own people, who is to be played.

    Raises:
        Refused: they have left.
    """
    try:
        return get_person(session, email)
    except Refused:
        raise Refused(
            "staff_left", f"{email} has left, and invented staff work by that account", ["--staff none"]
        ) from None


@dataclass
class Staff:
    """The invented staff of one play.

    Raises:
        Refused: one of them has left.
    """

    kit: Kit
    callers: int
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._busy_until: list[datetime] = []
        with self.kit.transaction() as session:
            self.caller = _at_work(session, "caller@example.org")
            self.manager = _at_work(session, "cm@example.org")
            self.supervisor = _at_work(session, "supervisor@example.org")
            self.integrity = _at_work(session, "integrity@example.org")

    def act(self, now: datetime) -> None:
        """Everything that somebody has the time for at `now` is done."""
        self._call(now)
        self._answer_escalations(now)
        self._visit(now)
        self._verify_homes(now)
        self._do_duties(now)
        self._make_papers(now)
        self._ask_the_court(now)
        self._look_for_the_lost(now)
        self._decide_on_home_country(now)
        self._review_homes(now)

    def next_time(self, now: datetime) -> datetime | None:
        """When somebody will next have something to do, or a hand free for it."""
        with self.kit.transaction() as session:
            times = [*self._call_times(session, now), *self._desk_times(session)]
        return min((t for t in times if t > now), default=None)

    # --- calls -------------------------------------------------------------------------------

    def _waiting_calls(self, session: Session) -> list[tuple[Call, Case]]:
        rows = session.execute(
            select(Call, Case)
            .join(Case, col(Case.id) == col(Call.case_id))
            .where(col(Call.kind) == "human", col(Call.state) == "due")
            .order_by(col(Call.due_at), col(Call.id))
        ).all()
        return [(call, case) for call, case in rows]

    def _call_times(self, session: Session, now: datetime) -> list[datetime]:
        waiting = self._waiting_calls(session)
        if not waiting or not self.callers:
            return []
        free_at = self._free_at(now)
        return [max(_callable_at(call, case, now), free_at) for call, case in waiting]

    def _free_at(self, now: datetime) -> datetime:
        busy = [t for t in self._busy_until if t > now]
        return now if len(busy) < self.callers else min(busy)

    def _call(self, now: datetime) -> None:
        while self.callers and self._free_at(now) <= now:
            with self.kit.transaction() as session:
                ready = [
                    (call.id, case.id, call.party)
                    for call, case in self._waiting_calls(session)
                    if _callable_at(call, case, now) <= now
                ]
            if not ready:
                return
            call_id, case_id, party = ready[0]
            found = self._ring(call_id)
            calls.record_call(
                self.kit,
                str(case_id),
                party=Party(party),
                outcome=found.outcome,
                answers=found.as_bytes(),
                person=self.caller,
                now=now,
                simulated=True,
            )
            self.counts[f"call_{found.outcome.value}"] += 1
            self._busy_until = [*(t for t in self._busy_until if t > now), now + CALL_TAKES]

    def _ring(self, call_id: UUID) -> Heard:
        """The invented phone is rung, and what is heard depends on the child's number (design 6.5)."""
        with self.kit.transaction() as session:
            call = session.get_one(Call, call_id)
            case = session.get_one(Case, call.case_id)
            child = session.get_one(Child, case.child_id)
            a_number = str(open_json(self.kit.vault, child, "sealed_details")["a_number"])
            earlier = session.scalars(
                select(Call).where(
                    col(Call.case_id) == case.id, col(Call.kind) == "human", col(Call.state) == "done"
                )
            ).all()
            sponsor_only = sum(1 for c in earlier if c.party == "child" and c.outcome == "sponsor_only")
            number = session.get(PhoneNumber, call.number_id) if call.number_id else None
            if number is None:
                return heard(Party(call.party), "party", Pickup.RINGS_OUT, a_number, sponsor_only_before=0)
            first = min((c.at for c in earlier if c.number_id == number.id and c.at), default=None)
            tries = sum(1 for c in earlier if c.number_id == number.id)
            since = call.due_at - first if first else None
            pickup = picks_up_for_people(plain_number(self.kit.vault, number), tries, since=since)
            return heard(Party(call.party), number.role, pickup, a_number, sponsor_only_before=sponsor_only)

    # --- the desks ---------------------------------------------------------------------------

    def _desk_times(self, session: Session) -> list[datetime]:
        return [
            *(
                _ready_to_take(e) if e.state == "open" else _ready_to_resolve(e)
                for e in _open_alarms(session)
            ),
            *(_ready_to_do(d) for d in _open_duties(session)),
            *(at for _, _, at in _open_visits(session)),
            *(
                _ready_to_do(d)
                for d in (
                    *_lost_steps(session),
                    *open_papers(session),
                    *open_court_duties(session),
                    *_homes(session),
                    *_questions(session),
                    *_places(session),
                )
            ),
        ]

    def _answer_escalations(self, now: datetime) -> None:
        with self.kit.transaction() as session:
            alarms = [
                (e.id, e.state, e.queue, _ready_to_take(e), _ready_to_resolve(e))
                for e in _open_alarms(session)
            ]
        for alarm_id, state, queue, take_at, resolve_at in alarms:
            person = self._for_queue(queue)
            if state == "open" and take_at <= now:
                escalations.acknowledge(self.kit, alarm_id, person, now=now)
                self.counts["acknowledged"] += 1
            elif state == "acknowledged" and resolve_at <= now:
                escalations.resolve(
                    self.kit,
                    alarm_id,
                    person,
                    outcome="followed up",
                    reason="simulated: looked into, and the next steps are open",
                    now=now,
                )
                self.counts["resolved"] += 1

    def _visit(self, now: datetime) -> None:
        """The child's home is visited; what is found there depends on the child's number, as on the phone."""
        with self.kit.transaction() as session:
            ready = [
                (case.id, self._found_at_home(session, case))
                for _, case, at in _open_visits(session)
                if at <= now
            ]
        for case_id, found in ready:
            calls.record_call(
                self.kit,
                str(case_id),
                party=Party.CHILD,
                outcome=found.outcome,
                answers=found.as_bytes(),
                person=self.manager,
                now=now,
                simulated=True,
                channel=Channel.VISIT,
            )
            self.counts[f"visit_{found.outcome.value}"] += 1

    def _found_at_home(self, session: Session, case: Case) -> Heard:
        child = session.get_one(Child, case.child_id)
        a_number = str(open_json(self.kit.vault, child, "sealed_details")["a_number"])
        sponsor_only = session.scalars(
            select(func.count()).where(
                col(Call.case_id) == case.id, col(Call.party) == "child", col(Call.outcome) == "sponsor_only"
            )
        ).one()
        return heard(Party.CHILD, "party", Pickup.ANSWERS, a_number, sponsor_only_before=sponsor_only)

    def _do_duties(self, now: datetime) -> None:
        with self.kit.transaction() as session:
            ready = [(d.id, d.kind, d.queue) for d in _open_duties(session) if _ready_to_do(d) <= now]
        for duty_id, kind, queue in ready:
            person = self.supervisor if kind in _SUPERVISOR_DUTIES else self._for_queue(queue)
            try:
                duties.do_duty(self.kit, duty_id, person, note="simulated: done", now=now)
            except Refused as err:
                if err.code != "not_open":  # an escalation's answer may have settled it a moment ago
                    raise
                continue
            self.counts[f"did_{kind}"] += 1

    def _verify_homes(self, now: datetime) -> None:
        """New and doubtful homes are signed off, and the court gets its form."""
        with self.kit.transaction() as session:
            ready = [d.case_id for d in open_verifications(session) if _ready_to_do(d) <= now]
        for case_id in dict.fromkeys(ready):
            self.counts[f"home_{verify(self.kit, case_id, self.manager, now=now)}"] += 1
        with self.kit.transaction() as session:
            owed = [d.case_id for d in open_forms(session) if _ready_to_do(d) <= now]
        for case_id in dict.fromkeys(owed):
            file_form(self.kit, case_id, self.manager, now=now)
            self.counts["did_court_address_form"] += 1

    def _make_papers(self, now: datetime) -> None:
        with self.kit.transaction() as session:
            ready = [duty for duty in open_papers(session) if _ready_to_do(duty) <= now]
            session.expunge_all()
        for duty in ready:
            make_paper(self.kit, duty, self.manager, self.supervisor, now=now)
            self.counts[f"did_{duty.kind}"] += 1

    def _ask_the_court(self, now: datetime) -> None:
        """Where each case stands is looked up, and what came of each hearing is asked."""
        with self.kit.transaction() as session:
            ready = [duty for duty in open_court_duties(session) if _ready_to_do(duty) <= now]
            session.expunge_all()
        for duty in ready:
            self.counts[do_at_court(self.kit, duty, self.manager, now=now)] += 1

    def _look_for_the_lost(self, now: datetime) -> None:
        """Each step is done and comes to nothing: who is found is found by a call. Nobody outside is asked."""
        with self.kit.transaction() as session:
            ready = [
                (d.case_id, str(d.detail["step"]), d.queue)
                for d in _lost_steps(session)
                if _ready_to_do(d) <= now
            ]
        for case_id, step, queue in ready:
            person, key = self._for_queue(queue), str(case_id)
            if step == _TO_DECIDE:
                why = "simulated: not asked"
                lost.decide(self.kit, key, step, person, yes=False, reason=why, now=now)
            else:
                record = lost.StepRecord(LostOutcome.NOT_FOUND, "simulated: done")
                lost.record_step(self.kit, key, step, person, record, now=now)
            self.counts[f"lost_{step}"] += 1

    def _decide_on_home_country(self, now: datetime) -> None:
        with self.kit.transaction() as session:
            ready = {d.case_id for d in _questions(session) if _ready_to_do(d) <= now}
        for case_id in sorted(ready):
            why = "simulated: not asked"
            lost.decide(self.kit, str(case_id), HOME_COUNTRY, self.supervisor, yes=False, reason=why, now=now)
            self.counts["home_country_decided"] += 1

    def _review_homes(self, now: datetime) -> None:
        with self.kit.transaction() as session:
            ready = {d.key for d in _places(session) if _ready_to_do(d) <= now}
        for place in sorted(ready):
            why = "simulated: a home that families share"
            concentrations.review(self.kit, place, self.integrity, reason=why, now=now)
            self.counts["homes_reviewed"] += 1

    def _for_queue(self, queue: str) -> Person:
        if queue in _SUPERVISOR_QUEUES:
            return self.supervisor
        return self.caller if queue in _URGENT_QUEUES else self.manager


def _callable_at(call: Call, case: Case, now: datetime) -> datetime:
    """When the family may be called: now, or at the next opening of the callers' hours where they live."""
    return _by_day(max(call.due_at, now), case)


def _by_day(at: datetime, case: Case) -> datetime:
    """This instant, or the next opening of the callers' hours where the family lives."""
    zone = ZoneInfo(case.zone or "America/Chicago")
    at = at.astimezone(zone)
    if at.time() < CALLERS_FROM:
        at = datetime.combine(at.date(), CALLERS_FROM, zone)
    elif at.time() >= CALLERS_UNTIL:
        at = datetime.combine(at.date() + timedelta(days=1), CALLERS_FROM, zone)
    return at.astimezone(UTC)


_A_LOST_STEP = col(Obligation.kind).like("lost\\_%") & (col(Obligation.kind) != "lost_contact_review")


def _open_alarms(session: Session) -> list[Escalation]:
    """Those that somebody can take or resolve. What ends with a paper, a record or a step to find a child ends with that."""
    ends_with_its_duty = (col(Obligation.state) == "open") & (
        col(Obligation.kind).in_((*BY_PAPER, *BY_RECORD)) | _A_LOST_STEP
    )
    return list(
        session.scalars(
            select(Escalation)
            .outerjoin(Obligation, col(Obligation.id) == col(Escalation.obligation_id))
            .where(
                (col(Escalation.state) == "open")
                | ((col(Escalation.state) == "acknowledged") & func.coalesce(~ends_with_its_duty, True))
            )
            .order_by(col(Escalation.opened_at), col(Escalation.id))
        )
    )


def _open_duties(session: Session) -> list[Obligation]:
    """Duties that a person does at a desk and writes down."""
    return list(
        session.scalars(
            select(Obligation)
            .where(
                col(Obligation.state) == "open",
                col(Obligation.side) == "followup",
                col(Obligation.kind).not_in(NOT_BY_NOTE),
                ~_A_LOST_STEP,
            )
            .order_by(col(Obligation.due_at), col(Obligation.id))
        )
    )


def _places(session: Session) -> list[Obligation]:
    """Homes that the integrity reviewer has to look at."""
    asked = select(Obligation).where(col(Obligation.state) == "open", col(Obligation.kind) == REVIEW_DUTY)
    return list(session.scalars(asked.order_by(col(Obligation.due_at), col(Obligation.id))))


def _homes(session: Session) -> list[Obligation]:
    """Homes to be signed off, and forms that the court is owed for one that is on file."""
    return [*open_verifications(session), *open_forms(session)]


def _questions(session: Session) -> list[Obligation]:
    """What supervisors are asked about contacts in the home country."""
    asked = select(Obligation).where(
        col(Obligation.state) == "open", col(Obligation.kind) == ALLOW_HOME_COUNTRY
    )
    return list(session.scalars(asked.order_by(col(Obligation.due_at), col(Obligation.id))))


def _lost_steps(session: Session) -> list[Obligation]:
    """Steps to find a child, written down by who did them."""
    return list(
        session.scalars(
            select(Obligation)
            .join(Case, col(Case.id) == col(Obligation.case_id))
            .where(
                col(Obligation.state) == "open",
                _A_LOST_STEP,
                col(Case.state) == "lost_contact",
            )
            .order_by(col(Obligation.due_at), col(Obligation.id))
        )
    )


def _open_visits(session: Session) -> list[tuple[Obligation, Case, datetime]]:
    """Visits that somebody will make, and when: within the window, by day, some days after a fruitless one."""
    tried = (
        select(col(Attempt.obligation_id), func.max(col(Attempt.at)).label("at"))
        .group_by(col(Attempt.obligation_id))
        .subquery()
    )
    rows = session.execute(
        select(Obligation, Case, tried.c.at)
        .join(Case, col(Case.id) == col(Obligation.case_id))
        .outerjoin(tried, tried.c.obligation_id == col(Obligation.id))
        .where(col(Obligation.state) == "open", col(Obligation.kind) == "prs_visit")
        .order_by(col(Obligation.due_at), col(Obligation.id))
    ).tuples()
    return [
        (duty, case, _by_day(_ready_to_do(duty) if last is None else last + VISIT_AGAIN_AFTER, case))
        for duty, case, last in rows
    ]


def _ready_to_take(row: Escalation) -> datetime:
    urgent = row.queue in _URGENT_QUEUES or row.level >= 2
    return row.opened_at + (_delay(row.id, 0.1, 0.8) if urgent else _delay(row.id, 1, 10))


def _ready_to_resolve(row: Escalation) -> datetime:
    return (row.acknowledged_at or row.opened_at) + _delay(row.id, 12, 40)


def _ready_to_do(row: Obligation) -> datetime:
    """Well within its window: a share of it that is always the same for the same duty."""
    window = row.due_at - row.opens_at
    return row.opens_at + window * (0.3 + 0.4 * (row.id.int % 1000) / 1000)
