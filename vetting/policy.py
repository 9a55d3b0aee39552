"""Policy versions of vetting: reading one, choosing one, and asking whether a line applies.

Pure: the text of the TOML file comes in as an argument.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from models.errors import BadInput, Problem
from models.facts import ApplicationFacts
from models.policy import Line, Suspension
from models.states import CheckKind
from models.vetting_policy import (
    AppliesIf,
    Category,
    CheckRule,
    DocumentRule,
    HomeStudyRule,
    ManualRule,
    PendingReleaseRule,
    VettingDuty,
    VettingPolicy,
    When,
)
from vetting.category import Subject, age_on, category_of, is_biological_kin, subjects
from vetting.linkage import children_before, children_sought_now
from vetting.risks import risks_of

# Every kind of duty that `vetting.steps` may open; `recommend:<role>` is added for each role that recommends.
DUTY_KINDS = frozenset(
    {
        "obtain_document",
        "record_check",
        "settle_finding",
        "confirm_document",
        "complete_home_study",
        "decide",
        "release_child",
        "recommendation_clock",
        "decision_clock",
        "answer_question",
        "conclude_consultation",
        "send_denial_letter",
        "deliver_appeal_file",
        "decide_appeal",
    }
)
CATEGORIES: tuple[Category, ...] = ("1", "2A", "2B", "3")


def parse_vetting_policy(text: str) -> VettingPolicy:
    """The policy version that this TOML text holds.

    Raises:
        BadInput: one problem per fault; `field` names the table and the rule of the line.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise BadInput(Problem("policy", "broken_toml", f"{err}.", "Mend that line.")) from err
    try:
        policy = VettingPolicy.model_validate(tree)
    except ValidationError as err:
        raise BadInput([_problem(e, tree) for e in err.errors(include_url=False)]) from None
    problems = list(_faults(policy))
    if problems:
        raise BadInput(problems)
    return policy


def choose(
    policies: Sequence[VettingPolicy],
    entered_care_on: date,
    submitted_on: date,
    *,
    category: Category | None = None,
    court_orders: frozenset[str] = frozenset(),
) -> VettingPolicy:
    """The version in force for a child who entered care on that day, in an application of that day.

    `category`: the sponsor's, `court_orders`: those that name the case. Of several the newest counts.

    Raises:
        BadInput: when none is, or two equally new ones are: somebody must mend the files.
    """
    fitting = [
        p
        for p in policies
        if p.active
        and p.effective_from <= submitted_on
        and is_for(p.applies_if, entered_care_on, category, court_orders)
        and suspension(p.suspended_by, entered_care_on, submitted_on) is None
    ]
    newest = max((p.effective_from for p in fitting), default=None)
    chosen = [p for p in fitting if p.effective_from == newest]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(sorted(p.version for p in chosen)) or "none"
    raise BadInput(
        Problem(
            "child.entered_care_on",
            "no_single_policy",
            f"Exactly one policy version must fit a child in care since {entered_care_on} "
            f"and an application of {submitted_on}; fitting: {names}.",
            "Check the two dates; if they are right, a version for them must be made or activated.",
        )
    )


def is_for(
    whom: AppliesIf, entered_care_on: date, category: Category | None, court_orders: frozenset[str]
) -> bool:
    """True when a version is for this case. A category that is not known yet fits none that names some."""
    return (
        _within(entered_care_on, whom.entered_care_from, whom.entered_care_until)
        and (whom.categories is None or category in whom.categories)
        and (whom.court_orders_any is None or bool(court_orders & set(whom.court_orders_any)))
    )


def suspension(orders: Sequence[Suspension], entered_care_on: date, submitted_on: date) -> Suspension | None:
    """The order that stops a version or a line for this case; None when none does.

    By the day of submission, so that the same facts are judged alike at any time after.
    """
    for order in orders:
        if _within(submitted_on, order.since, order.until) and _within(
            entered_care_on, order.entered_care_from, order.entered_care_until
        ):
            return order
    return None


def stopped_by(line: Line, facts: ApplicationFacts) -> Suspension | None:
    """The court's order that stops this line for this application; None when none does."""
    return suspension(line.suspended_by, facts.packet.child.entered_care_on, facts.submitted_at.date())


def asks(
    line: DocumentRule | CheckRule | ManualRule | HomeStudyRule | PendingReleaseRule,
    facts: ApplicationFacts,
    subject: Subject,
    now: datetime,
    *,
    home_study: bool = False,
) -> bool:
    """True when this line asks something of this person: in force, not stopped, of such a person, and so on.

    A home study is asked of the sponsor.
    """
    whose = "sponsor" if isinstance(line, HomeStudyRule) else line.subject
    return (
        line.active
        and whose == subject.kind
        and stopped_by(line, facts) is None
        and applies(line.when, facts, subject, now, home_study=home_study)
    )


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def applies(
    when: When, facts: ApplicationFacts, subject: Subject, now: datetime, *, home_study: bool = False
) -> bool:
    """True when every condition that is given holds. None given: always.

    The child's age is that of the day of submission and everybody else's that of today, so that waiting
    never takes a requirement away. `home_study`: whether one is required.
    """
    packet = facts.packet
    stated = packet.child.circumstances
    child_age = age_on(packet.child.date_of_birth, facts.submitted_at.date())
    conditions = (
        when.categories is None or category_of(packet) in when.categories,
        when.related is None or packet.sponsor.related is when.related,
        when.circumstances_any is None or any(getattr(stated, name) for name in when.circumstances_any),
        when.child_age_at_most is None or child_age <= when.child_age_at_most,
        when.sponsored_before_at_least is None or children_before(facts) >= when.sponsored_before_at_least,
        when.seeking_now_at_least is None or children_sought_now(facts) >= when.seeking_now_at_least,
        when.risk_any is None or bool(risks_of(facts, subject.key) & set(when.risk_any)),
        when.biological_kin is None or is_biological_kin(packet) is when.biological_kin,
        when.submitted_from is None or facts.submitted_at.date() >= when.submitted_from,
        when.home_study_required is None or home_study is when.home_study_required,
        when.subject_age_at_least is None or age_on(subject.born_on, now.date()) >= when.subject_age_at_least,
        when.case_manager_helps is None or facts.ladder.helped_by_case_manager is when.case_manager_helps,
    )
    return all(conditions)


def duty_line(kind: str, facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> VettingDuty:
    """The line that says how long a duty of this kind may take here: of those that apply, the shortest time."""
    sponsor = subjects(facts.packet)[0]
    fitting = [line for line in _duty_lines(policy, kind) if applies(line.when, facts, sponsor, now)]
    return min(fitting, key=lambda line: line.within_hours)


def _duty_lines(policy: VettingPolicy, kind: str) -> list[VettingDuty]:
    return [line for line in (*policy.duties, *policy.ladder) if line.active and line.kind == kind]


def is_waived(facts: ApplicationFacts, key: str, *, waivable: bool) -> bool:
    """True when two people have waived exactly this requirement, and it may be waived at all.

    `key` is `Requirement.key`. A waiver names it whole in `item`, or by item and subject (for a check by
    state the subject ends with the state, `sponsor:TX`).
    """
    return waivable and any(w.approved and key in (w.item, f"{w.item}@{w.subject}") for w in facts.waivers)


def lines(policy: VettingPolicy) -> Iterator[tuple[str, Line]]:
    """Every line of the version with the name of its table, the inactive ones too."""
    for name in type(policy).model_fields:
        value = getattr(policy, name)
        if isinstance(value, Line):
            yield name, value
        elif isinstance(value, tuple):
            yield from ((name, line) for line in value if isinstance(line, Line))


def _faults(policy: VettingPolicy) -> Iterator[Problem]:
    """What the types cannot see."""
    seen: set[str] = set()
    for table, line in lines(policy):
        if line.rule in seen:
            yield _fault(table, line.rule, "rule_twice", "This rule id stands twice.", "Give it its own.")
        seen.add(line.rule)
        if not line.source.strip():
            yield _fault(table, line.rule, "no_source", "A line needs its source.", "Name the source.")
    for check in policy.checks:
        if check.statutory and check.waivable:
            yield _fault(
                "checks",
                check.rule,
                "statute_waived",
                "What statute requires cannot be waived.",
                "Set waivable = false.",
            )
        if check.valid_days < 1:
            yield _fault("checks", check.rule, "wrong_value", "valid_days is less than 1.", "Give days.")
    yield from _faults_of_pending(policy)
    for manual in policy.manual:
        if manual.item == "dna" and manual.when.biological_kin is not True:
            yield _fault(
                "manual",
                manual.rule,
                "wrong_value",
                "DNA can only answer for a claimed biological relationship.",
                "Set when = { biological_kin = true }.",
            )
    for line in policy.inactive:
        if line.active:
            yield _fault("inactive", line.rule, "active", "This table is for lines not in force.", "Move it.")
    for kind in sorted(DUTY_KINDS | {f"recommend:{role}" for role in policy.roles.recommend}):
        yield from _unclocked(policy, kind)


# Looked up in minutes, and what they find is what no child may be released into: never out at a release.
NEVER_PENDING = frozenset({CheckKind.PUBLIC_RECORDS, CheckKind.SEX_OFFENDER_REGISTRY})


def _faults_of_pending(policy: VettingPolicy) -> Iterator[Problem]:
    for line in policy.pending_release:
        if line.item in NEVER_PENDING:
            yield _fault(
                "pending_release",
                line.rule,
                "never_pending",
                f"A {line.item} check must be clear before a release.",
                "Take this line out.",
            )
        if line.when.categories is None:
            yield _fault(
                "pending_release", line.rule, "missing_key", "It names no category.", "Say for which it is."
            )
        if line.due_days < 1:
            yield _fault(
                "pending_release", line.rule, "wrong_value", "due_days is less than 1.", "Give days."
            )


def _unclocked(policy: VettingPolicy, kind: str) -> Iterator[Problem]:
    """A kind of duty without a time for some category of sponsor."""
    sure = [
        line.when for line in _duty_lines(policy, kind) if line.when == When(categories=line.when.categories)
    ]
    for category in CATEGORIES:
        if not any(when.categories is None or category in when.categories for when in sure):
            told = "" if not sure else f" for category {category}"
            yield Problem(
                "duties", "missing_key", f"No line says how long {kind} may take{told}.", "Add one."
            )
            return


def _fault(table: str, rule: str, code: str, message: str, remedy: str) -> Problem:
    return Problem(f"{table}[{rule}]", code, message, remedy)


def _problem(error: Any, tree: dict[str, Any]) -> Problem:
    """A pydantic error with the number of the line replaced by the line's rule id."""
    path: list[str] = []
    node: Any = tree
    for part in error["loc"]:
        node = node[part] if _holds(node, part) else None
        if isinstance(part, int) and path:
            rule = node.get("rule") if isinstance(node, dict) else None
            path[-1] += f"[{rule or part}]"
        else:
            path.append(str(part))
    code = {"extra_forbidden": "unknown_key", "missing": "missing_key"}.get(error["type"], "wrong_value")
    return Problem(".".join(path), code, f"{error['msg']}.", "See models/vetting_policy.py for the form.")


def _holds(node: Any, part: Any) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node)
