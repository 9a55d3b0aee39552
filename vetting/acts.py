"""Who may confirm, clear, waive, weigh and study, and as what. Whether a person may decide is `vetting.decision`'s."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from models.errors import BadInput, Problem, Refused
from models.facts import (
    ApplicationFacts,
    CheckFacts,
    FindingFacts,
    HomeStudyFacts,
    Person,
    Requirement,
)
from models.findings import FindingCode, FindingState, Severity
from models.hits import Verdict
from models.states import (
    APPLICATION_OVER,
    ApplicationState,
    RequirementState,
    Role,
)
from models.vetting_policy import PendingReleaseRule, VettingPolicy
from models.voices import want_another
from vetting import home_study
from vetting.checks import Standing, hit_of
from vetting.pending_release import AWAITED, is_statutory, line_for

MAY_CONFIRM = (Role.INTAKE_OFFICER, Role.CASE_MANAGER)
MAY_CLEAR = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.FEDERAL_FIELD_SPECIALIST)
MAY_WAIVE = (Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)


def may_act(facts: ApplicationFacts, person: Person, *allowed: Role) -> Role:
    """The one role of these in which this person may act on this case.

    Raises:
        Refused: wrong_role or two_roles.
    """
    return acting_role(facts, person, allowed)


def may_confirm(facts: ApplicationFacts, person: Person, requirement: Requirement) -> Role:
    """The role in which this person may type what they read from this document.

    Raises:
        Refused: wrong_role, two_roles, out_of_order, or not_reviewable when there is no document to read.
    """
    role = acting_role(facts, person, MAY_CONFIRM)
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
    role = acting_role(facts, person, MAY_CLEAR)
    refuse_when_over(facts)
    if row.state is not FindingState.OPEN:
        raise Refused("not_reviewable", f"This finding is already {row.state}.")
    if row.finding.severity is not Severity.REVIEW:
        raise Refused("not_reviewable", "This finding goes away when the facts change; it cannot be cleared.")
    if row.finding.code is FindingCode.CHECK_HIT_REVIEW:
        raise Refused("not_reviewable", "Two people judge a hit: use kinline check adjudicate.")
    want_reason(reason)
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
    role = acting_role(facts, person, MAY_WAIVE)
    refuse_when_over(facts)
    if not requirement.waivable:
        raise Refused(
            "statutory", "This cannot be waived: the law or the policy version requires it without exception."
        )
    if requirement.state is RequirementState.WAIVED:
        raise Refused("not_reviewable", "This is already waived.")
    want_another(person, proposed_by)
    want_reason(reason)
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
    role = acting_role(facts, person, MAY_WAIVE)
    if (
        facts.state is not ApplicationState.RELEASED
    ):  # a hit that comes after the release is judged like any other
        refuse_when_over(facts)
    standing = hit_of(check, now)
    if standing is None:
        raise Refused("not_reviewable", "There is no hit on this check that stands.")
    if standing is Standing.HIT_BAR:
        _refuse_to_weigh_a_bar(word, is_second=proposed_by is not None)
    want_another(person, proposed_by)
    want_reason(reason)
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
    role = acting_role(facts, person, (line.authority,))
    if any(a.check == check.id and a.rule == line.rule for a in facts.pending_allowances):
        raise Refused("not_reviewable", "This has been signed off already.")
    want_reason(reason)
    return role, line


def may_study(facts: ApplicationFacts, person: Person, role: Role) -> Role:
    """`role`, when this person may act in it on a home study now.

    Raises:
        Refused: wrong_role, two_roles or out_of_order.
    """
    held = acting_role(facts, person, (role,))
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
    role = acting_role(facts, person, allowed)
    refuse_when_over(facts)
    if newest is None or newest.result != "negative" or newest.overridden:
        raise Refused("not_reviewable", "There is no negative home study that waits for an answer.")
    want_another(person, proposed_by)
    want_reason(reason)
    return role, newest


def acting_role(facts: ApplicationFacts, person: Person, allowed: Sequence[Role]) -> Role:
    """The one role that this person has on this case, when it is among those allowed."""
    held = [role for role in allowed if role in person.roles]
    acted = facts.acted.get(person.id)
    if not held:
        raise Refused("wrong_role", f"This is for the {' or the '.join(role_words(r) for r in allowed)}.")
    if acted is not None and acted not in held:
        raise Refused(
            "two_roles",
            f"You have acted on this case as {role_words(acted)}; nobody holds two roles on one case.",
        )
    return acted or held[0]


def refuse_when_over(facts: ApplicationFacts) -> None:
    """Nothing, while the application is open.

    Raises:
        Refused: with code `out_of_order`.
    """
    if facts.state in APPLICATION_OVER:
        raise Refused("out_of_order", f"This application is {facts.state}; nothing more can be settled.")


def want_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput(Problem("reason", "missing_key", "A reason is needed.", "Say why, in a sentence."))


def role_words(role: Role) -> str:
    return role.replace("_", " ")
