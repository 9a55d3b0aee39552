"""Who may recommend, decide and release, and when. A person decides; this says whether that person may, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.errors import Refused
from models.facts import (
    ApplicationFacts,
    Person,
    Requirement,
)
from models.states import (
    APPROVALS,
    ApplicationState,
    ConsultationOutcome,
    DecisionValue,
    Role,
)
from models.vetting_policy import VettingPolicy
from vetting import home_study
from vetting.acts import acting_role, role_words
from vetting.category import category_of
from vetting.gate import current_recommendations, gate, lacking_recommendations, unmet, waived_reviews

MAY_RELEASE = (Role.CASE_MANAGER,)

_A = ApplicationState
_RECOMMENDABLE = frozenset(
    {_A.INCOMPLETE, _A.IN_CHECKS, _A.IN_REVIEW, _A.HOME_STUDY, _A.RECOMMENDED, _A.REMANDED}
)


def may_recommend(
    facts: ApplicationFacts,
    person: Person,
    value: DecisionValue,
    requirements: Sequence[Requirement],
    policy: VettingPolicy,
    now: datetime,
) -> Role:
    """The role in which this person may recommend this value now.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, questions_open, or gate_closed for an approval that
            must wait.
    """
    order = policy.roles.recommend
    role = acting_role(facts, person, order)
    if facts.state not in _RECOMMENDABLE:
        raise Refused("out_of_order", f"An application that is {facts.state} takes no recommendation.")
    given = [r.role for r in current_recommendations(facts, policy)]
    earlier = order[: order.index(role)]
    if role in waived_reviews(facts, policy):
        raise Refused("out_of_order", "This review was waived; the decision comes next.")
    if lacking := [r for r in earlier if r not in given]:
        raise Refused(
            "out_of_order",
            f"The {role_words(lacking[0])} recommends first.",
            [f"recommendation {r}" for r in lacking],
        )
    refuse_open_questions(facts)
    _refuse_early_approval(value, unmet(facts, requirements, policy, now))
    return role


def may_decide(
    facts: ApplicationFacts,
    person: Person,
    value: DecisionValue,
    requirements: Sequence[Requirement],
    policy: VettingPolicy,
    now: datetime,
) -> Role:
    """The role in which this person may decide this value now.

    A denial, a remand and a home study need every recommendation to be in, whatever it says. An approval
    needs each of them to approve, and nothing unmet. Where policy says so, a denial needs a case
    consultation that supports it.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, questions_open, consultation_first or gate_closed.
    """
    role = acting_role(facts, person, (policy.roles.decide,))
    given = current_recommendations(facts, policy)
    lacking = lacking_recommendations(facts, policy)
    if lacking or facts.state is not _A.RECOMMENDED:
        raise Refused(
            "out_of_order",
            f"The decision comes after the recommendations; this application is {facts.state}.",
            [f"recommendation {r}" for r in lacking],
        )
    refuse_open_questions(facts)
    _refuse_before_consultation(facts, value, policy)
    if value in APPROVALS:
        against = [r.role for r in given if r.value not in APPROVALS]
        if against:
            raise Refused(
                "out_of_order",
                f"The {role_words(against[0])} did not recommend approval. Remand it for a new recommendation.",
                [f"recommendation {r}" for r in against],
            )
        _refuse_early_approval(value, unmet(facts, requirements, policy, now))
    if value is DecisionValue.APPROVE:
        _refuse_without_services(facts, policy, now)
    return role


def _refuse_without_services(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> None:
    """After a home study, services must be offered; after one that the law asks for, they must follow."""
    if home_study.prs_required(facts, policy, now):
        raise Refused(
            "prs_required",
            "Post-release services must follow a home study that the law asks for (8 USC 1232(c)(3)(B)).",
            ["decide approve_with_prs"],
        )
    if facts.prs_offer == "accepted":
        raise Refused(
            "prs_required",
            "The sponsor accepted the post-release services that were offered.",
            ["decide approve_with_prs"],
        )
    if home_study.prs_must_be_offered(facts):
        raise Refused(
            "gate_closed",
            "After a home study, post-release services must be offered (CFR 410.1204).",
            ["offer post_release_services"],
        )


def refuse_open_questions(facts: ApplicationFacts) -> None:
    """Nothing, when every question has its answer.

    Raises:
        Refused: questions_open, with the numbers.
    """
    if unanswered := facts.ladder.open_questions:
        raise Refused(
            "questions_open",
            "Every question must be answered first.",
            [f"answer question {q.number}" for q in unanswered],
        )


def _refuse_before_consultation(facts: ApplicationFacts, value: DecisionValue, policy: VettingPolicy) -> None:
    asked = facts.ladder.consultation
    if asked is not None and asked.outcome is None:
        raise Refused(
            "consultation_first",
            "A case consultation is open; decide once it is concluded.",
            ["consultation"],
        )
    needed = policy.consultation.active and category_of(facts.packet) in policy.consultation.categories
    if value is not DecisionValue.DENY or not needed:
        return
    if asked is None:
        raise Refused(
            "consultation_first",
            "A parent or legal guardian is denied only after a case consultation.",
            ["consultation"],
        )
    if asked.outcome is not ConsultationOutcome.DENIAL_SUPPORTED:
        raise Refused(
            "consultation_first",
            "The case consultation did not support a denial. Remand it, or decide otherwise.",
            ["consultation that supports a denial"],
        )


def may_release(
    facts: ApplicationFacts,
    person: Person,
    requirements: Sequence[Requirement],
    policy: VettingPolicy,
    now: datetime,
) -> Role:
    """The role in which this person may release the child now.

    Raises:
        Refused: wrong_role, two_roles, or gate_closed with everything that is missing.
    """
    role = acting_role(facts, person, MAY_RELEASE)
    answer = gate(facts, requirements, policy, now)
    if not answer.open:
        raise Refused("gate_closed", "The release must wait for what is missing.", answer.missing)
    return role


def _refuse_early_approval(value: DecisionValue, missing: Sequence[str]) -> None:
    if value in APPROVALS and missing:
        raise Refused("gate_closed", "An approval must wait for what is missing.", missing)
