"""Where an application stands, and which duties stand open for it now.

The state follows the facts while vetting runs; from the recommendation on, only people move it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from models.facts import ApplicationFacts, Duty, Finding, Requirement
from models.findings import FindingCode, FindingState, Severity
from models.states import APPLICATION_OVER, ApplicationState, Party, RequirementState, Stage
from models.vetting_policy import VettingPolicy
from vetting import checks
from vetting.findings import found_now, identity_of, key_of
from vetting.gate import address_pending, lacking_recommendations
from vetting.ladder import acknowledge_by, denied_at, next_review
from vetting.pending_release import allowance_for
from vetting.policy import duty_line, is_waived
from vetting.stage import stage_of

_A = ApplicationState
_F = FindingCode
_VETTING = frozenset({_A.SUBMITTED, _A.INCOMPLETE, _A.IN_CHECKS, _A.IN_REVIEW, _A.HOME_STUDY})

# What only the sponsor can mend.
_SPONSOR_MENDS = frozenset(
    {
        _F.DOCUMENT_MISSING,
        _F.DOCUMENT_ILLEGIBLE,
        _F.CONSENT_MISSING,
        _F.RELATIONSHIP_UNPROVEN,
        _F.IDENTITY_EXPIRED,
        _F.ADDRESS_UNDELIVERABLE,
        _F.ADDRESS_UNIT_MISSING,
        _F.ADDRESS_DOCUMENT_STALE,
    }
)
# Duties about the application as a whole: they stand beside the next piece of work.
CLOCKS = frozenset({"recommendation_clock", "decision_clock", "review_pending"})
_CHECKS_RUN = frozenset({_F.CHECK_PENDING, _F.CHECK_STALE, _F.CHECK_FAILED})
_HOME_STUDY = frozenset({_F.HOME_STUDY_TVPRA, _F.HOME_STUDY_ORR})


def next_state(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> ApplicationState:
    """The state in which the application should stand; its own once people have recommended or decided."""
    if facts.state not in _VETTING:
        return facts.state
    return vetting_state(facts, requirements, policy, now)


def vetting_state(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> ApplicationState:
    """The vetting state that the facts give, whatever the application's own: for one that was remanded."""
    codes = {f.code for f in open_findings(facts, policy, now)}
    lacking = any(r.kind == "document" and r.state is RequirementState.MISSING for r in requirements)
    if lacking or codes & _SPONSOR_MENDS:
        return _A.INCOMPLETE
    if codes & _CHECKS_RUN or address_pending(facts):
        return _A.IN_CHECKS
    return _A.HOME_STUDY if codes & _HOME_STUDY else _A.IN_REVIEW


def open_findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """What speaks against the application now: the facts' own findings, and the file's by people. One that
    a person has cleared is silent; the file's word about what can be computed here is not asked, since it
    may lag behind."""
    computed = found_now(facts, policy, now)
    cleared = {identity_of(r.finding) for r in facts.findings if r.state is FindingState.CLEARED}
    filed = (
        r.finding for r in facts.findings if r.state is FindingState.OPEN and not _is_computed(r.finding)
    )
    found = {identity_of(f): f for f in (*computed, *filed)}
    return tuple(f for key, f in found.items() if key not in cleared)


def _is_computed(finding: Finding) -> bool:
    """True for the codes that `found_now` alone gives; this one people raise too."""
    return finding.code is not _F.TRAFFICKING_INDICATOR


@dataclass(frozen=True, slots=True)
class _Due:
    """A duty before the policy says how long it may take."""

    kind: str
    key: str
    rule: str
    line: str = ""  # the policy's line, where it is not the kind
    since: datetime | None = None
    due_at: datetime | None = None  # where policy names a day, with the queue of its line
    queue: str = ""
    holds_up: bool = True  # False: people may recommend and decide while it stands open


def duties(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> tuple[Duty, ...]:
    """The vetting duties that must stand open now, each once. One that is open already keeps its own times."""
    found: dict[tuple[str, str], Duty] = {}
    for one in _due_now(facts, requirements, policy, now):
        found.setdefault((one.kind, one.key), _duty(one, facts, policy, now))
    review = next_review(facts, policy)
    return tuple(found.values()) + ((review,) if review else ())


def _due_now(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> list[_Due]:
    if facts.state is _A.DENIED:
        return list(_after_denial(facts, policy))
    if facts.state in APPLICATION_OVER:
        return []
    speaking = open_findings(facts, policy, now)
    work = list(_work(facts, requirements, policy, now, speaking))
    decisions = _decisions(facts, policy, now, busy=any(due.holds_up for due in work))
    return [*work, *decisions, *_asked(facts, policy), *_clocks(facts, requirements, policy, speaking)]


def _duty(one: _Due, facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> Duty:
    opens_at, due_at, queue, rule = one.since or now, one.due_at, one.queue, one.rule
    if due_at is None:
        line = duty_line(one.line or one.kind, facts, policy, now)
        opens_at, queue, rule = min(opens_at, now), line.queue, rule or line.rule
        due_at = opens_at + timedelta(hours=line.within_hours)
    return Duty(
        kind=one.kind,
        party=Party.CASE,
        key=one.key,
        opens_at=min(opens_at, due_at),
        due_at=due_at,
        queue=queue,
        rule=rule,
        policy_version=policy.version,
        side="vetting",
    )


def _work(
    facts: ApplicationFacts,
    requirements: Sequence[Requirement],
    policy: VettingPolicy,
    now: datetime,
    speaking: Sequence[Finding],
) -> Iterator[_Due]:
    """What must be obtained, recorded, settled, confirmed or studied."""
    wanted = {due.key: due for due in _documents_wanted(requirements, speaking)}
    yield from wanted.values()
    yield from _checks_wanted(facts, policy, now)
    for pending in address_pending(facts):
        yield _Due("record_check", pending.replace(" ", ":"), policy.address.rule)
    for finding in speaking:
        if finding.severity is Severity.REVIEW:
            yield _Due("settle_finding", key_of(finding), finding.rule)
    for asked in requirements:
        unread = asked.kind == "document" and asked.state is RequirementState.RECEIVED
        if unread and asked.confirm and asked.key not in wanted:
            yield _Due("confirm_document", asked.key, asked.rule)
        if asked.kind == "manual" and asked.state is RequirementState.MISSING:
            yield _Due("record_check", f"{asked.subject}:{asked.item}", asked.rule)
        if asked.kind == "home_study" and asked.state is RequirementState.MISSING:
            yield _Due("complete_home_study", asked.key, asked.rule)


def _documents_wanted(requirements: Sequence[Requirement], speaking: Sequence[Finding]) -> Iterator[_Due]:
    """Documents that are missing or cannot be used, and an address that the sponsor must put right."""
    for asked in requirements:
        if asked.kind == "document" and asked.state is RequirementState.MISSING:
            yield _Due("obtain_document", asked.key, asked.rule)
    for finding in speaking:
        if finding.code in _SPONSOR_MENDS:
            item = finding.evidence.get("item") or _thing_to_mend(finding.code)
            yield _Due("obtain_document", f"{item}@{finding.subject}", finding.rule)


def _thing_to_mend(code: FindingCode) -> str:
    return "proof_of_address" if code is _F.ADDRESS_DOCUMENT_STALE else "address"


_AWAITED = frozenset(checks.Standing) - {
    checks.Standing.CLEAR,
    checks.Standing.HIT_REVIEW,
    checks.Standing.HIT_BAR,
}


def _checks_wanted(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> Iterator[_Due]:
    """Results to record. Before the person's consent is in hand, obtaining that is the duty instead."""
    for asked in checks.required_checks(facts, policy, now):
        stands = checks.status(facts, asked, now)
        waived = is_waived(facts, asked.key, waivable=asked.rule.waivable)
        unordered = stands.value is checks.Standing.NOT_ORDERED
        if stands.value not in _AWAITED or waived:
            continue
        if unordered and not checks.has_consent(facts, policy, asked.subject):
            continue
        place = [asked.subject, str(asked.rule.item), asked.jurisdiction]
        since = (
            None
            if stands.value is checks.Standing.STALE or stands.latest is None
            else stands.latest.ordered_at
        )
        yield _Due(
            "record_check",
            ":".join(p for p in place if p),
            asked.rule.rule,
            since=since,
            holds_up=allowance_for(facts, policy, stands.latest, now) is None,
        )


def _decisions(
    facts: ApplicationFacts, policy: VettingPolicy, now: datetime, *, busy: bool
) -> Iterator[_Due]:
    """Whose word is next. While work is left, a first recommendation is not yet due."""
    if facts.state is _A.APPROVED:
        yield _Due("release_child", "release", policy.roles.rule)
        return
    if busy and facts.state is not _A.RECOMMENDED:
        return
    asked = facts.ladder.consultation
    if facts.ladder.open_questions or (asked is not None and asked.outcome is None):
        return  # somebody else's word comes first: see `_asked`
    lacking = lacking_recommendations(facts, policy)
    if lacking:
        yield _Due("recommend", str(lacking[0]), policy.roles.rule, line=f"recommend:{lacking[0]}")
    else:
        yield _Due("decide", "decision", policy.roles.rule)


def _asked(facts: ApplicationFacts, policy: VettingPolicy) -> Iterator[_Due]:
    """Questions to answer, and a consultation to conclude."""
    for question in facts.ladder.open_questions:
        yield _Due("answer_question", f"question:{question.number}", "", since=question.asked_at)
    asked = facts.ladder.consultation
    if asked is not None and asked.outcome is None:
        yield _Due("conclude_consultation", "consultation", policy.consultation.rule, since=asked.asked_at)


def _clocks(
    facts: ApplicationFacts,
    requirements: Sequence[Requirement],
    policy: VettingPolicy,
    speaking: Sequence[Finding],
) -> Iterator[_Due]:
    """How long the whole may take: to the recommendations from the packet on, to the decision from the day
    on which the application is complete. While more information or a home study is awaited they rest."""
    rests = stage_of(facts, policy) in (Stage.CM_FURTHER_INFORMATION, Stage.HS_REQUESTED)
    if facts.state is _A.APPROVED or rests:
        return
    if lacking_recommendations(facts, policy):
        begins = facts.ladder.revised_at or facts.submitted_at
        yield _Due("recommendation_clock", "recommendation", "", since=begins)
    studied = not {f.code for f in speaking} & _HOME_STUDY
    if studied and _is_complete(requirements, speaking):
        yield _Due("decision_clock", "decision", "")


def _is_complete(requirements: Sequence[Requirement], speaking: Sequence[Finding]) -> bool:
    """True when nothing is left that only the sponsor can bring or mend."""
    lacking = any(r.kind == "document" and r.state is RequirementState.MISSING for r in requirements)
    return not lacking and not {f.code for f in speaking} & _SPONSOR_MENDS


def _after_denial(facts: ApplicationFacts, policy: VettingPolicy) -> Iterator[_Due]:
    """The letter, and what an appeal asks for."""
    decided = denied_at(facts)
    if decided is None:
        return
    if facts.ladder.letter_sent_at is None:
        yield _Due("send_denial_letter", "letter", "", since=decided)
    appeal, rule = facts.ladder.appeal, policy.appeal
    if appeal is None or appeal.outcome is not None:
        return
    if appeal.acknowledged_at is None:
        # To the end of that day.
        last = datetime.combine(acknowledge_by(appeal.received_on, policy), time(), UTC)
        yield _Due(
            "acknowledge_appeal",
            "appeal",
            rule.rule,
            since=appeal.filed_at,
            due_at=last + timedelta(days=1),
            queue=rule.queue,
        )
    if appeal.delivered_at is None:
        yield _Due("deliver_appeal_file", "appeal", "", since=appeal.filed_at)
    yield _Due("decide_appeal", "appeal", "", since=appeal.filed_at)
