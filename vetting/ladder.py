"""Who may do what on the ladder beside recommending and deciding, and until when. Numbers are the policy's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from models.business_days import add_business_days
from models.errors import BadInput, Problem, Refused
from models.facts import ApplicationFacts, Duty, Person
from models.states import APPLICATION_OVER, Appellant, ApplicationState, DecisionValue, Party, Role
from models.vetting_policy import VettingPolicy
from vetting.acts import may_act, refuse_when_over
from vetting.category import category_of
from vetting.decision import refuse_open_questions
from vetting.gate import current_recommendations, lacking_recommendations, waived_reviews

_A = ApplicationState
_UNDECIDED = frozenset(_A) - APPLICATION_OVER - {_A.APPROVED}


def may_ask(facts: ApplicationFacts, person: Person, policy: VettingPolicy) -> Role:
    """The role in which this person may ask the case manager before recommending: the coordinator, in review.

    Raises:
        Refused: wrong_role, two_roles or out_of_order.
    """
    role = may_act(facts, person, Role.CASE_COORDINATOR)
    lacking = lacking_recommendations(facts, policy)
    if facts.state not in _UNDECIDED or not lacking or lacking[0] is not role:
        raise Refused(
            "out_of_order",
            "The coordinator asks once the case manager has recommended, and before recommending.",
            [f"recommendation {r}" for r in lacking if r is not role],
        )
    return role


def may_answer(facts: ApplicationFacts, person: Person, number: int) -> Role:
    """The role in which this person may answer the question of this number.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, or not_open when it is answered or was never asked.
    """
    role = may_act(facts, person, Role.CASE_MANAGER)
    refuse_when_over(facts)
    if number not in [q.number for q in facts.ladder.open_questions]:
        waiting = [f"answer question {q.number}" for q in facts.ladder.open_questions]
        raise Refused("not_open", "No open question has this number.", waiting)
    return role


def may_waive_review(facts: ApplicationFacts, person: Person, policy: VettingPolicy) -> tuple[Role, Role]:
    """(the person's role, the role whose review is not waited for): the decider's explicit, logged act.

    Raises:
        Refused: wrong_role, two_roles, or out_of_order when the review is in, waived already, or too late.
    """
    role = may_act(facts, person, policy.roles.decide)
    reviewer = policy.roles.recommend[-1]
    if facts.state not in _UNDECIDED:
        raise Refused("out_of_order", f"This application is {facts.state}; there is no review to waive.")
    if reviewer in waived_reviews(facts, policy):
        raise Refused("out_of_order", "This review is waived already.")
    if reviewer in [r.role for r in current_recommendations(facts, policy)]:
        raise Refused("out_of_order", "The coordinator has recommended; there is nothing to waive.")
    return role, reviewer


def may_consult(facts: ApplicationFacts, person: Person, policy: VettingPolicy) -> Role:
    """The role in which this person may ask for a case consultation: the decider, before deciding.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, or questions_open.
    """
    role = may_act(facts, person, policy.roles.decide)
    lacking = lacking_recommendations(facts, policy)
    if facts.state is not _A.RECOMMENDED or lacking:
        raise Refused(
            "out_of_order",
            f"A consultation comes after the recommendations; this application is {facts.state}.",
            [f"recommendation {r}" for r in lacking],
        )
    refuse_open_questions(facts)
    if facts.ladder.consultation is not None and facts.ladder.consultation.outcome is None:
        raise Refused("out_of_order", "A case consultation is open already.")
    return role


def may_conclude(facts: ApplicationFacts, person: Person) -> Role:
    """The role in which this person may conclude the open consultation: a supervisor who did not ask for it.

    Raises:
        Refused: wrong_role, two_roles, four_eyes, or not_open when none is open.
    """
    role = may_act(facts, person, Role.SUPERVISOR)
    asked = facts.ladder.consultation
    if asked is None or asked.outcome is not None:
        raise Refused("not_open", "No case consultation is open.", ["consultation"])
    if asked.asked_by == person.id:
        raise Refused("four_eyes", "You asked for it; another person must conclude it.")
    return role


def may_withdraw(facts: ApplicationFacts, person: Person) -> Role:
    """The role in which this person may take the application off the ladder.

    Raises:
        Refused: wrong_role, two_roles, or out_of_order when it is over already.
    """
    role = may_act(facts, person, Role.CASE_MANAGER, Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)
    refuse_when_over(facts)
    return role


# --- reviews of what is pending ------------------------------------------------------------------


def is_pending(state: ApplicationState) -> bool:
    """True until the child is released or the application is denied or withdrawn."""
    return state not in APPLICATION_OVER


def review_due_on(
    entered_care_on: date, submitted_on: date, reviewed_on: date | None, policy: VettingPolicy
) -> date:
    """The next day on which a pending application must have been reviewed (CFR 410.1207).

    Each full period in custody is one such day. One that had passed when the packet came in is made up
    for at once, by one review; a review covers every day up to its own.
    """
    every = policy.pending_review.every_days
    if reviewed_on is not None:
        passed = (reviewed_on - entered_care_on).days // every
        return entered_care_on + timedelta(days=every * (max(passed, 0) + 1))
    passed = (submitted_on - entered_care_on).days // every
    return entered_care_on + timedelta(days=every * max(passed, 1))


def next_review_on(facts: ApplicationFacts, policy: VettingPolicy) -> date:
    """`review_due_on` of this application."""
    reviewed = facts.ladder.reviewed_at
    return review_due_on(
        facts.packet.child.entered_care_on,
        facts.submitted_at.date(),
        reviewed.date() if reviewed else None,
        policy,
    )


def review_duty(day: date, submitted_at: datetime, policy: VettingPolicy) -> Duty:
    """The review of that day: from then on, or from the packet when that came later."""
    rule = policy.pending_review
    begins = max(datetime.combine(day, time(), UTC), submitted_at)
    return Duty(
        kind="review_pending",
        party=Party.CASE,
        key=f"review:{day}",
        opens_at=begins,
        due_at=begins + timedelta(hours=rule.within_hours),
        queue=rule.queue,
        rule=rule.rule,
        policy_version=policy.version,
        side="vetting",
    )


def next_review(facts: ApplicationFacts, policy: VettingPolicy) -> Duty | None:
    """The next review of this application as a duty; None when it is not pending."""
    if not is_pending(facts.state) or not policy.pending_review.active:
        return None
    return review_duty(next_review_on(facts, policy), facts.submitted_at, policy)


def may_review(facts: ApplicationFacts, person: Person) -> Role:
    """The role in which this person may review an application for being pending so long.

    Raises:
        Refused: wrong_role, two_roles, or out_of_order when it is not pending.
    """
    role = may_act(facts, person, Role.SUPERVISOR)
    if not is_pending(facts.state):
        raise Refused("out_of_order", f"This application is {facts.state}; it is not pending.")
    return role


# --- denial and appeal ---------------------------------------------------------------------------


def denied_at(facts: ApplicationFacts) -> datetime | None:
    """When the denial that stands was decided; None when none does."""
    decision = facts.decision
    stands = facts.state is _A.DENIED and decision is not None and decision.value is DecisionValue.DENY
    return decision.at if stands and decision is not None else None


def may_send_letter(facts: ApplicationFacts, person: Person) -> Role:
    """The role in which this person may send the letter of the denial that stands.

    Raises:
        Refused: wrong_role, two_roles, or out_of_order without a denial or once it has gone out.
    """
    role = may_act(facts, person, Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)
    if denied_at(facts) is None:
        raise Refused("out_of_order", f"This application is {facts.state}, not denied.", ["decision deny"])
    if facts.ladder.letter_sent_at is not None:
        raise Refused("out_of_order", "The letter of this denial has gone out.")
    return role


def may_read_letter(facts: ApplicationFacts, person: Person) -> Role:
    """The role in which this person may see the letter that went out.

    Raises:
        Refused: wrong_role or two_roles.
    """
    return may_act(facts, person, Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR, Role.CASE_MANAGER)


def may_appeal_until(facts: ApplicationFacts, policy: VettingPolicy) -> date | None:
    """The last day for an appeal: counted from the letter, or from the denial while none has gone out."""
    told = facts.ladder.letter_sent_at or denied_at(facts)
    return None if told is None else window_ends(told.date(), policy)


def window_ends(told_on: date, policy: VettingPolicy) -> date:
    """The last day for an appeal against a denial that was told on this day."""
    return told_on + timedelta(days=policy.appeal.window_days)


def appellants(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[Appellant, ...]:
    """Who may appeal against this denial (CFR 410.1206)."""
    rule = policy.appeal
    found = [Appellant.SPONSOR] if category_of(facts.packet) in rule.categories else []
    if facts.ladder.grounds == (rule.child_alone_on,):
        found.append(Appellant.CHILD)
    return tuple(found)


def may_file_appeal(
    facts: ApplicationFacts,
    person: Person,
    appellant: Appellant,
    received_on: date,
    policy: VettingPolicy,
    now: datetime,
) -> Role:
    """The role in which this person may file the appeal that this appellant sent.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, no_appeal_right, or window_closed.
        BadInput: a day to come, or one before the denial.
    """
    role = may_act(facts, person, Role.CASE_MANAGER, Role.SUPERVISOR)
    denied, last = denied_at(facts), may_appeal_until(facts, policy)
    if denied is None or last is None:
        raise Refused("out_of_order", f"This application is {facts.state}, not denied.", ["decision deny"])
    if facts.ladder.appeal is not None:
        raise Refused("out_of_order", "An appeal against this denial has been filed already.")
    if not denied.date() <= received_on <= now.date():
        raise BadInput(
            Problem("--on", "wrong_value", "An appeal comes in after the denial, by today.", "Check the day.")
        )
    if appellant not in appellants(facts, policy):
        raise Refused(
            "no_appeal_right",
            "This denial gives them no right to appeal. A new packet may always be handed in.",
        )
    if received_on > last:
        raise Refused("window_closed", f"The time to appeal ended on {last}. A new packet may be handed in.")
    return role


def acknowledge_by(received_on: date, policy: VettingPolicy) -> date:
    """The business day by which an appeal must be acknowledged."""
    return add_business_days(received_on, policy.appeal.acknowledge_business_days)


def may_handle_appeal(facts: ApplicationFacts, person: Person) -> Role:
    """The role in which this person may acknowledge an open appeal, or deliver the evidence file.

    Raises:
        Refused: wrong_role, two_roles, or not_open.
    """
    role = may_act(facts, person, Role.CASE_MANAGER, Role.SUPERVISOR)
    _want_open_appeal(facts)
    return role


def may_decide_appeal(facts: ApplicationFacts, person: Person) -> Role:
    """The role in which this person may decide the open appeal: a supervisor with no part in the denial.

    Raises:
        Refused: wrong_role, two_roles, not_open, not_neutral, or out_of_order before the appeal was
            acknowledged and the file delivered.
    """
    if person.id in _took_part(facts):
        raise Refused("not_neutral", "You took part in the denial; somebody else must decide the appeal.")
    role = may_act(facts, person, Role.SUPERVISOR)
    _want_open_appeal(facts)
    appeal = facts.ladder.appeal
    lacking = []
    if appeal is not None:
        lacking += ["acknowledge appeal"] if appeal.acknowledged_at is None else []
        lacking += ["deliver appeal file"] if appeal.delivered_at is None else []
    if lacking:
        raise Refused("out_of_order", "The appeal is decided once these are done.", lacking)
    return role


def _took_part(facts: ApplicationFacts) -> Sequence[object]:
    """Everybody who recommended, consulted or decided on the way to the denial."""
    asked = facts.ladder.consultation
    people = [r.by for r in facts.recommendations]
    people += [facts.decision.by] if facts.decision else []
    people += [asked.concluded_by] if asked and asked.concluded_by else []
    return people


def _want_open_appeal(facts: ApplicationFacts) -> None:
    if facts.ladder.appeal is None or facts.ladder.appeal.outcome is not None:
        raise Refused("not_open", "No appeal against this denial is open.", ["appeal"])
