"""The gate, and who may do what. A person decides; this says whether that person may, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.errors import BadInput, Problem, Refused
from models.facts import (
    ApplicationFacts,
    CheckFacts,
    Finding,
    FindingFacts,
    HomeStudyFacts,
    OpinionFacts,
    Person,
    Requirement,
)
from models.findings import FindingCode, FindingState, Severity
from models.hits import Verdict
from models.states import (
    APPLICATION_OVER,
    APPROVALS,
    SENT_BACK,
    ApplicationState,
    ConsultationOutcome,
    DecisionValue,
    DocumentKind,
    RequirementState,
    Role,
)
from models.vetting_policy import PendingReleaseRule, VettingPolicy
from models.voices import want_another
from vetting import home_study
from vetting.category import category_of
from vetting.checks import Standing, hit_of
from vetting.findings import found_now, identity_of
from vetting.pending_release import AWAITED, is_statutory, line_for

MAY_CONFIRM = (Role.INTAKE_OFFICER, Role.CASE_MANAGER)
MAY_CLEAR = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.FEDERAL_FIELD_SPECIALIST)
MAY_WAIVE = (Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)
MAY_RELEASE = (Role.CASE_MANAGER,)

_A = ApplicationState
_RECOMMENDABLE = frozenset(
    {_A.INCOMPLETE, _A.IN_CHECKS, _A.IN_REVIEW, _A.HOME_STUDY, _A.RECOMMENDED, _A.REMANDED}
)


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether the child may be released. Each of `missing` begins with a stable code."""

    open: bool
    missing: tuple[str, ...] = ()


def gate(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> Gate:
    """Open only when every requirement has its evidence, nothing open speaks against it, and people decided.

    `requirements` must be those of `now`: what has expired since is missing again.
    """
    missing = (
        *unmet(facts, requirements, policy, now),
        *_people_missing(facts, policy),
    )
    return Gate(open=not missing, missing=missing)


def unmet(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> tuple[str, ...]:
    """What an approval would have to wait for: requirements without evidence, and open findings.

    The file's findings may lag behind the facts, so those that hold now and that nobody has cleared
    count too.
    """
    wanting = [w for r in requirements if (w := _unmet(r)) is not None]
    if not requirements:
        wanting.append("requirements not_computed")
    wanting += address_pending(facts)
    if facts.ladder.is_unvetted_amendment:
        # Its numbers and people have not been looked for elsewhere yet.
        wanting.append("vetting amendment")
    settled = {identity_of(row.finding) for row in facts.findings if row.state is FindingState.CLEARED}
    speaking = [row.finding for row in facts.findings if row.state is FindingState.OPEN]
    speaking += [f for f in found_now(facts, policy, now) if identity_of(f) not in settled]
    serious = [_finding_words(f) for f in speaking if f.severity is not Severity.NOTE]
    return tuple(dict.fromkeys((*wanting, *serious)))


def address_pending(facts: ApplicationFacts) -> tuple[str, ...]:
    """What nobody has answered yet about the address: no answer is never a clear one.

    A proof of address counts as read once any of those in the file is; one that can't be read is a finding.
    """
    proofs = [d for d in facts.documents if d.kind is DocumentKind.PROOF_OF_ADDRESS]
    unread = bool(proofs) and all(d.text is None and d.readable for d in proofs)
    unasked = facts.postal is None or facts.postal.dpv is None
    return (*(["address postal_service"] if unasked else []), *(["address reading"] if unread else []))


def current_recommendations(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[OpinionFacts, ...]:
    """The recommendations that count now, in the policy's order, up to the first that is missing.

    The newest of each role, each no earlier than the one before it: when the case manager recommends
    anew, the coordinator must too. One from before a remand, or before the report of a home study, does
    not count. A review that was waived is passed over.
    """
    waived = waived_reviews(facts, policy)
    counted: list[OpinionFacts] = []
    for role in policy.roles.recommend:
        mine = [
            r
            for r in facts.recommendations
            if r.role is role and _still_speaks(facts, r.at) and (not counted or r.at >= counted[-1].at)
        ]
        if mine:
            counted.append(max(mine, key=lambda r: r.at))
        elif role not in waived:
            break
    return tuple(counted)


def lacking_recommendations(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[Role, ...]:
    """Whose recommendation must come before a decision, in the policy's order."""
    given = {r.role for r in current_recommendations(facts, policy)}
    waived = waived_reviews(facts, policy)
    return tuple(role for role in policy.roles.recommend if role not in given and role not in waived)


def waived_reviews(facts: ApplicationFacts, policy: VettingPolicy) -> frozenset[Role]:
    """The roles whose review the decider has waived in this round. The first recommendation never is."""
    return frozenset(
        w.role
        for w in facts.ladder.review_waivers
        if w.role in policy.roles.recommend[1:] and _still_speaks(facts, w.at)
    )


def _still_speaks(facts: ApplicationFacts, at: datetime) -> bool:
    """True for what was said after the case was last sent back, and with the newest home study in hand."""
    decision, received = facts.decision, home_study.last_report_at(facts)
    sent_back = decision.at if decision is not None and decision.value in SENT_BACK else None
    return (sent_back is None or at > sent_back) and (received is None or at >= received)


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
    role = _acting_role(facts, person, order)
    if facts.state not in _RECOMMENDABLE:
        raise Refused("out_of_order", f"An application that is {facts.state} takes no recommendation.")
    given = [r.role for r in current_recommendations(facts, policy)]
    earlier = order[: order.index(role)]
    if role in waived_reviews(facts, policy):
        raise Refused("out_of_order", "This review was waived; the decision comes next.")
    if lacking := [r for r in earlier if r not in given]:
        raise Refused(
            "out_of_order",
            f"The {_words(lacking[0])} recommends first.",
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
    role = _acting_role(facts, person, (policy.roles.decide,))
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
                f"The {_words(against[0])} did not recommend approval. Remand it for a new recommendation.",
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


def may_act(facts: ApplicationFacts, person: Person, *allowed: Role) -> Role:
    """The one role of these in which this person may act on this case.

    Raises:
        Refused: wrong_role or two_roles.
    """
    return _acting_role(facts, person, allowed)


def may_confirm(facts: ApplicationFacts, person: Person, requirement: Requirement) -> Role:
    """The role in which this person may type what they read from this document.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, or not_reviewable when there is no document to read.
    """
    role = _acting_role(facts, person, MAY_CONFIRM)
    refuse_when_over(facts)
    if requirement.kind != "document":
        raise Refused("not_reviewable", "Only a document can be confirmed.")
    if requirement.state is RequirementState.MISSING:
        raise Refused(
            "not_reviewable", "There is no such document to read yet.", [f"document {requirement.key}"]
        )
    return role


def may_clear(facts: ApplicationFacts, person: Person, row: FindingFacts, reason: str) -> Role:
    """The role in which this person may clear this finding, with this reason.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, or not_reviewable (a block, a hit, one not open).
        BadInput: without a reason.
    """
    role = _acting_role(facts, person, MAY_CLEAR)
    refuse_when_over(facts)
    if row.state is not FindingState.OPEN:
        raise Refused("not_reviewable", f"This finding is already {row.state}.")
    if row.finding.severity is not Severity.REVIEW:
        raise Refused("not_reviewable", "This finding goes away when the facts change; it cannot be cleared.")
    if row.finding.code is FindingCode.CHECK_HIT_REVIEW:
        raise Refused("not_reviewable", "Two people judge a hit: use kinline check adjudicate.")
    _want_reason(reason)
    return role


def may_waive(
    facts: ApplicationFacts,
    person: Person,
    requirement: Requirement,
    reason: str,
    proposed_by: UUID | None = None,
) -> Role:
    """The role in which this person may give one of the two voices of a waiver.

    `proposed_by`: who gave the first voice, None when this is the first.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, statutory (not waivable), four_eyes.
        BadInput: without a reason.
    """
    role = _acting_role(facts, person, MAY_WAIVE)
    refuse_when_over(facts)
    if not requirement.waivable:
        raise Refused(
            "statutory", "This cannot be waived: the law or the policy version requires it without exception."
        )
    if requirement.state is RequirementState.WAIVED:
        raise Refused("not_reviewable", "This is already waived.")
    want_another(person, proposed_by)
    _want_reason(reason)
    return role


def may_adjudicate(
    facts: ApplicationFacts,
    person: Person,
    check: CheckFacts,
    reason: str,
    proposed_by: UUID | None = None,
    *,
    word: Verdict,
    now: datetime,
) -> Role:
    """The role in which this person may give one of the two voices, with this word, on a hit.

    What bars is not judged again: one may only bring a paper that it is another person's, and the second
    agree or say that the bar stands. Whoever wrote the hit down from paper acted as the case manager, and so
    may not judge it.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, not_reviewable, four_eyes.
        BadInput: without a reason.
    """
    role = _acting_role(facts, person, MAY_WAIVE)
    if facts.state is not _A.RELEASED:  # a hit that comes after the release is judged like any other
        refuse_when_over(facts)
    standing = hit_of(check, now)
    if standing is None:
        raise Refused("not_reviewable", "There is no hit on this check that stands.")
    if standing is Standing.HIT_BAR:
        _refuse_to_weigh_a_bar(word, is_second=proposed_by is not None)
    want_another(person, proposed_by)
    _want_reason(reason)
    return role


def _refuse_to_weigh_a_bar(word: Verdict, *, is_second: bool) -> None:
    if word == "not_this_person" or (is_second and word == "bar"):
        return
    raise Refused(
        "bar_stands",
        "This hit bars, and a bar is neither weighed nor waived. If the record is another person's, say so with "
        "a paper that shows it.",
        ["check adjudicate --verdict not_this_person --evidence FILE"],
    )


def may_allow_pending(
    facts: ApplicationFacts,
    policy: VettingPolicy,
    person: Person,
    check: CheckFacts,
    reason: str,
    now: datetime,
) -> tuple[Role, PendingReleaseRule]:
    """The role in which this person may sign off that this order is still out at the release, and the line.

    Raises:
        Refused: statutory, not_allowed (no line lets it), wrong_role, two_roles, out_of_order, not_reviewable.
        BadInput: without a reason.
    """
    refuse_when_over(facts)
    if check.state not in AWAITED:
        raise Refused(
            "not_reviewable", f"Only a check that is out may be left pending; this one is {check.state}."
        )
    if is_statutory(facts, policy, check, now):
        raise Refused("statutory", "The law asks for this check: no child is released before its result.")
    line = line_for(facts, policy, check, now)
    if line is None:
        raise Refused(
            "not_allowed",
            f"No line of {policy.version} lets this check be out at a release.",
            ["the check's result"],
        )
    role = _acting_role(facts, person, (line.authority,))
    if any(a.check == check.id and a.rule == line.rule for a in facts.pending_allowances):
        raise Refused("not_reviewable", "This has been signed off already.")
    _want_reason(reason)
    return role, line


def may_study(facts: ApplicationFacts, person: Person, role: Role) -> Role:
    """`role`, when this person may act in it on a home study now.

    Raises:
        Refused: wrong_role, two_roles or out_of_order.
    """
    held = _acting_role(facts, person, (role,))
    refuse_when_over(facts)
    return held


def may_override(facts: ApplicationFacts, person: Person, reason: str) -> tuple[Role, HomeStudyFacts]:
    """The role in which this person may give one of the two voices that override the newest study, and that study.

    The first voice is the decider's, with the reasoning; the second another person's.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, not_reviewable (no negative one waits), four_eyes.
        BadInput: without a reason.
    """
    newest = home_study.latest(facts)
    proposed_by = newest.override_proposed_by if newest is not None else None
    allowed = (Role.FEDERAL_FIELD_SPECIALIST,) if proposed_by is None else MAY_WAIVE
    role = _acting_role(facts, person, allowed)
    refuse_when_over(facts)
    if newest is None or newest.result != "negative" or newest.overridden:
        raise Refused("not_reviewable", "There is no negative home study that waits for an answer.")
    want_another(person, proposed_by)
    _want_reason(reason)
    return role, newest


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
    role = _acting_role(facts, person, MAY_RELEASE)
    answer = gate(facts, requirements, policy, now)
    if not answer.open:
        raise Refused("gate_closed", "The release must wait for what is missing.", answer.missing)
    return role


def _acting_role(facts: ApplicationFacts, person: Person, allowed: Sequence[Role]) -> Role:
    """The one role that this person has on this case, when it is among those allowed."""
    held = [role for role in allowed if role in person.roles]
    acted = facts.acted.get(person.id)
    if not held:
        raise Refused("wrong_role", f"This is for the {' or the '.join(_words(r) for r in allowed)}.")
    if acted is not None and acted not in held:
        raise Refused(
            "two_roles",
            f"You have acted on this case as {_words(acted)}; nobody holds two roles on one case.",
        )
    return acted or held[0]


def refuse_when_over(facts: ApplicationFacts) -> None:
    """Nothing, while the application is open.

    Raises:
        Refused: with code `out_of_order`.
    """
    if facts.state in APPLICATION_OVER:
        raise Refused("out_of_order", f"This application is {facts.state}; nothing more can be settled.")


def _refuse_early_approval(value: DecisionValue, missing: Sequence[str]) -> None:
    if value in APPROVALS and missing:
        raise Refused("gate_closed", "An approval must wait for what is missing.", missing)


def _want_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput(Problem("reason", "missing_key", "A reason is needed.", "Say why, in a sentence."))


def _unmet(requirement: Requirement) -> str | None:
    state = requirement.state
    if state is RequirementState.CONFIRMED:
        return None
    if state is RequirementState.WAIVED and requirement.waivable:
        return None
    if requirement.pending_under is not None:
        return None
    if requirement.kind != "document":
        return f"{requirement.kind} {requirement.key}"
    if state is RequirementState.RECEIVED:
        return f"confirm {requirement.key}" if requirement.confirm else None
    return f"document {requirement.key}"


def _finding_words(finding: Finding) -> str:
    told = [finding.evidence.get(name) for name in ("kind", "jurisdiction", "item")]
    tail = "".join(f" {part}" for part in told if part)
    return f"finding {finding.code} {finding.subject}{tail}"


def _people_missing(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[str, ...]:
    given = current_recommendations(facts, policy)
    missing = [f"recommendation {role}" for role in lacking_recommendations(facts, policy)]
    missing += [f"recommendation {r.role}" for r in given if r.value not in APPROVALS]
    decision = facts.decision
    if (
        decision is None
        or decision.role is not policy.roles.decide
        or decision.value not in policy.roles.decisions_that_release
        or any(r.at > decision.at for r in given)
    ):
        missing.append("decision")
    elif facts.state is not _A.APPROVED:
        missing.append(f"state {facts.state}")
    return tuple(missing)


def _words(role: Role) -> str:
    return role.replace("_", " ")
