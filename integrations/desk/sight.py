"""After each act that ends a duty or an escalation: the child is still in sight, or that is mended here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from followup.accounting import classify
from followup.calendar import eighteenth_birthday, local_day
from followup.lost import lost_duties
from followup.plan import CLOSURE_REVIEW, SIGHT_CHECK, after_child_contact, hear_now
from followup.roster import LOCATE_CHILD
from integrations.desk.duties import open_followup, open_many, review_duty
from integrations.desk.prs import has_services, keep_prs
from integrations.desk.release import facts_for_plan
from integrations.kit import Kit
from integrations.policies import pinned_followup_policy
from integrations.store import history, ledger
from integrations.store.cases import followed_application
from integrations.store.sealing import open_json
from integrations.zones import FALLBACK
from models.facts import ChildInSight, ObligationFacts, ReleaseFacts
from models.states import CASE_MOVES, FOLLOWED, CaseState, EscalationState, Party
from models.tables.ledger import Escalation, Obligation
from models.tables.people import Case, Child

LOST_CONTACT_REVIEW = "lost_contact_review"
# A child who is looked for: such a duty ends when the child is heard, too.
SOUGHT = (LOCATE_CHILD, LOST_CONTACT_REVIEW)
# The first call to a child who has been located: it is opened once.
LOCATED = "located"


def keep_in_sight(kit: Kit, session: Session, case: Case, *, actor: str, now: datetime) -> None:
    """The next look at the child stands open, and the next of their post-release services.

    In follow-up that is the next call or `sight_check`, counted from the last direct contact. Where that
    contact lies too far back to count from, or is lost already, it is a person's review within the week.
    """
    session.flush()
    if case.state not in FOLLOWED or case.last_contact_at is None:
        return
    if has_services(case):
        facts = plan_facts(kit, session, case)
        keep_prs(session, case, facts, actor=actor, why="the next of the child's services", now=now)
    if _is_located(session, case):
        _hear_for_the_first_time(kit, session, case, actor=actor, now=now)
    if case.state == CaseState.IN_FOLLOW_UP:
        _open_next_look(kit, session, case, actor=actor, now=now)
    if classify(child_in_sight(session, case), now) == "silent":
        open_lost_review(session, case, actor=actor, why="nothing else keeps the child in sight", now=now)
        lose(session, [case], actor=actor, why="no contact to count from", now=now)
    elif case.state == CaseState.LOST_CONTACT and not _is_looked_for(session, case):
        open_lost_review(session, case, actor=actor, why="still lost: the next week", now=now)


def _is_looked_for(session: Session, case: Case) -> bool:
    """A person is looking for the child already."""
    return any(ledger.open_of(session, case.id, kind=kind) for kind in SOUGHT)


def _is_located(session: Session, case: Case) -> bool:
    """A child who was known from the list of releases alone has been located, and nobody has called yet."""
    if case.origin != "roster" or case.last_contact_at != case.released_at:
        return False
    begun = select(Obligation).where(
        col(Obligation.case_id) == case.id,
        or_(
            (col(Obligation.kind) == LOCATE_CHILD) & (col(Obligation.state) == "open"),
            (col(Obligation.kind) == SIGHT_CHECK)
            & ((col(Obligation.key) == LOCATED) | (col(Obligation.state) == "open")),
        ),
    )
    return session.scalars(begun.limit(1)).first() is None


def _hear_for_the_first_time(kit: Kit, session: Session, case: Case, *, actor: str, now: datetime) -> None:
    """To know where a child is said to be is not to have heard the child."""
    if local_day(now, case.zone or FALLBACK) >= turns_18_on(kit, session, case):
        return
    duty = hear_now(LOCATED, pinned_followup_policy(case.followup_policy), now)
    open_followup(session, case, [duty], actor=actor, why="located: now to be heard", now=now)


def _open_next_look(kit: Kit, session: Session, case: Case, *, actor: str, now: datetime) -> None:
    policy = pinned_followup_policy(case.followup_policy)
    standing = [duty_facts(duty) for duty in ledger.open_of(session, case.id, in_sight=True)]
    last_contact_at = case.last_contact_at or case.created_at
    facts = plan_facts(kit, session, case)
    duties = after_child_contact(standing, last_contact_at, facts, policy)
    if duties and local_day(now, facts.zone) >= facts.turns_18_on:
        # Grown up, and nobody has closed the case yet: that stands open until somebody does.
        duties = (review_duty(policy, CLOSURE_REVIEW, key="turned-18", now=now),)
    # One that would be late at its birth helps nobody: then the contact is as good as lost.
    ahead = [duty for duty in duties if duty.due_at > now]
    open_followup(session, case, ahead, actor=actor, why="the next look at the child", now=now)


def plan_facts(kit: Kit, session: Session, case: Case) -> ReleaseFacts:
    """What the plan of a released case is made from."""
    application_id = followed_application(session, case.id)
    return facts_for_plan(session, case, application_id, birthday_of(kit, session, case))


def birthday_of(kit: Kit, session: Session, case: Case) -> date:
    child = session.get_one(Child, case.child_id)
    return date.fromisoformat(open_json(kit.vault, child, "sealed_details")["date_of_birth"])


def turns_18_on(kit: Kit, session: Session, case: Case) -> date:
    return eighteenth_birthday(birthday_of(kit, session, case))


def open_lost_review(session: Session, case: Case, *, actor: str, why: str, now: datetime) -> UUID:
    """A person's review within the week stands open: the one that does already, or a new one."""
    standing = ledger.open_of(session, case.id, kind=LOST_CONTACT_REVIEW)
    if standing:
        return standing[0].id
    policy = pinned_followup_policy(case.followup_policy)
    duty = review_duty(policy, LOST_CONTACT_REVIEW, key=f"since-{now.date().isoformat()}", now=now)
    return open_followup(session, case, [duty], actor=actor, why=why, now=now)[0]


def say_lost(session: Session, case: Case, *, actor: str, why: str, now: datetime) -> bool:
    """The case is one of lost contact. False when it was already, or is followed no more."""
    return case.state == CaseState.IN_FOLLOW_UP and history.move(
        session, case, CaseState.LOST_CONTACT, CASE_MOVES, actor=actor, why=why, now=now
    )


def lose(session: Session, cases: Sequence[Case], *, actor: str, why: str, now: datetime) -> None:
    """Contact with these children is lost, and for each whose loss is new the steps to find it stand open."""
    new = [case for case in cases if say_lost(session, case, actor=actor, why=why, now=now)]
    wanted = [
        (case, duty)
        for case in new
        for duty in lost_duties(pinned_followup_policy(case.followup_policy), now)
    ]
    open_many(session, wanted, actor=actor, why=why, now=now)


def child_in_sight(session: Session, case: Case) -> ChildInSight:
    """The facts that one child's place in the account is decided from."""
    duties = session.execute(
        select(col(Obligation.due_at), col(Obligation.owned_until)).where(
            col(Obligation.case_id) == case.id,
            col(Obligation.state) == "open",
            col(Obligation.in_sight),
        )
    )
    alarms = session.scalars(
        select(col(Escalation.owned_until)).where(
            col(Escalation.case_id) == case.id,
            col(Escalation.state) != EscalationState.RESOLVED.value,
        )
    )
    return ChildInSight(
        case_id=case.id,
        state=CaseState(case.state),
        last_contact_at=case.last_contact_at or case.created_at,
        max_silence_days=case.max_silence_days or 0,
        duties=tuple((row[0], row[1]) for row in duties),
        escalations=tuple(alarms),
        closed_with_reason_and_person=case.closure_reason is not None and case.closed_by is not None,
    )


def duty_facts(duty: Obligation) -> ObligationFacts:
    """An open duty as the pure room sees it."""
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
