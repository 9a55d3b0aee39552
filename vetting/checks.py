"""Background checks: which are required, where each stands, what must be ordered, what was found.

No answer is never clear: not ordered, ordered, pending, stale, unreadable and failed are each their own
value, and none of them passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from models.facts import ApplicationFacts, CheckFacts, DocumentFacts, Finding, PendingAllowanceFacts
from models.findings import FindingCode
from models.policy import Line
from models.states import CheckKind, CheckState, DocumentKind
from models.vetting_policy import CheckRule, PendingReleaseRule, VettingPolicy
from vetting import home_study
from vetting.category import subjects, who
from vetting.pending_release import allowance_for
from vetting.policy import asks, is_waived


class Standing(StrEnum):
    """Where a required check stands. Only `clear` passes."""

    NOT_ORDERED = "not_ordered"
    REQUIRED = "required"
    ORDERED = "ordered"
    PENDING = "pending"
    AGAIN = "unreadable"  # and may be tried again
    EXHAUSTED = "unreadable_for_good"
    ERROR = "error"
    STALE = "expired"
    CLEAR = "clear"
    HIT_REVIEW = "hit_review"
    HIT_BAR = "hit_bar"


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """One check that the policy asks of one person, in one state where the kind goes by states."""

    rule: CheckRule
    subject: str
    jurisdiction: str | None = None

    @property
    def key(self) -> str:
        """The same words as `Requirement.key`."""
        tail = f":{self.jurisdiction}" if self.jurisdiction else ""
        return f"{self.rule.item}@{self.subject}{tail}"


@dataclass(frozen=True, slots=True)
class Status:
    """Where a required check stands: `kind` is the fallback's once that has taken over."""

    value: Standing
    kind: CheckKind
    latest: CheckFacts | None = None


@dataclass(frozen=True, slots=True)
class CheckNeed:
    """An order that must be placed now."""

    subject: str
    kind: CheckKind
    jurisdiction: str | None
    attempt: int
    rule: str


def required_checks(
    facts: ApplicationFacts, policy: VettingPolicy, now: datetime
) -> tuple[RequiredCheck, ...]:
    """Every check that the policy asks for, once each, person by person.

    Where several lines ask for one check, the one that cannot be waived speaks for all of them.
    """
    studied = bool(home_study.triggers(facts, policy, now))
    found: dict[str, RequiredCheck] = {}
    for subject in subjects(facts.packet):
        for rule in policy.checks:
            if not asks(rule, facts, subject, now, home_study=studied):
                continue
            for state in _states(facts) if rule.per_state else (None,):
                asked = RequiredCheck(rule, subject.key, state)
                known = found.get(asked.key)
                if known is None or (known.rule.waivable and not rule.waivable):
                    found[asked.key] = asked
    return tuple(found.values())


def status(facts: ApplicationFacts, asked: RequiredCheck, now: datetime) -> Status:
    """Where this check stands now. A fallback that took over answers in its place."""
    rule = asked.rule
    own = _status(facts, asked, rule.item, now)
    if own.value is not Standing.EXHAUSTED or rule.fallback is None:
        return own
    return _status(facts, asked, rule.fallback, now)


def orders_needed(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[CheckNeed, ...]:
    """What must be ordered now, with that person's consent in hand; nothing that is already under way."""
    needs: dict[tuple[str, CheckKind, str | None], CheckNeed] = {}
    for asked in required_checks(facts, policy, now):
        if is_waived(facts, asked.key, waivable=asked.rule.waivable):
            continue
        if not has_consent(facts, policy, asked.subject):
            continue
        stands = status(facts, asked, now)
        if stands.value in (Standing.NOT_ORDERED, Standing.AGAIN, Standing.STALE):
            attempt = stands.latest.attempt + 1 if stands.latest else 1
            place = (asked.subject, stands.kind, asked.jurisdiction)
            needs.setdefault(place, CheckNeed(*place, attempt=attempt, rule=asked.rule.rule))
    return tuple(needs.values())


def has_consent(facts: ApplicationFacts, policy: VettingPolicy, subject: str) -> bool:
    """True when this person's authorization is in hand and can be read."""
    return any(
        d.kind is DocumentKind.RELEASE_AUTHORIZATION and d.subject == subject and is_legible(d, policy)
        for d in facts.documents
    )


def is_legible(document: DocumentFacts, policy: VettingPolicy) -> bool:
    """False once a scan is known to be too poor to read. Not measured yet counts as legible."""
    sharp = document.sharpness is None or document.sharpness >= policy.identity.sharpness_at_least
    return document.readable and sharp


def expiry(
    kind: CheckKind, subject: str, result_at: datetime, policy: VettingPolicy, facts: ApplicationFacts
) -> date:
    """The last day on which a result of that moment still counts.

    The shortest of the lines that ask for it; a result that no line asks for counts on its own day only.
    """
    asking = [
        asked.rule.valid_days
        for asked in required_checks(facts, policy, result_at)
        if asked.subject == subject and kind in (asked.rule.item, asked.rule.fallback)
    ]
    known = [rule.valid_days for rule in policy.checks if kind in (rule.item, rule.fallback)]
    days = min(asking or known, default=0)
    return result_at.date() + timedelta(days=days)


def is_stale(check: CheckFacts, now: datetime) -> bool:
    """True once a result has passed its last day. A result without a last day cannot be relied on."""
    return check.expires_on is None or now.date() > check.expires_on


def _states(facts: ApplicationFacts) -> tuple[str, ...]:
    """The states lived in, today's first, each once."""
    return tuple(dict.fromkeys((facts.packet.address.state, *facts.packet.previous_states)))


def _status(facts: ApplicationFacts, asked: RequiredCheck, kind: CheckKind, now: datetime) -> Status:
    rows = sorted(
        (
            c
            for c in facts.checks
            if (c.subject, c.kind, c.jurisdiction) == (asked.subject, kind, asked.jurisdiction)
        ),
        key=lambda c: c.attempt,
    )
    if not rows:
        return Status(Standing.NOT_ORDERED, kind)
    hits = {hit_of(row, now) for row in rows}
    for hit in (Standing.HIT_BAR, Standing.HIT_REVIEW):
        if hit in hits:
            return Status(hit, kind, rows[-1])
    return Status(_standing(rows, asked.rule, now), kind, rows[-1])


def hit_of(check: CheckFacts, now: datetime) -> Standing | None:
    """The hit that this order brought, unless two people cleared it or showed that it is another person's.

    A hit stays one, however old. What bars is never cleared: at most it is not this person's.

    A bar of some years becomes a hit to be judged anew once they are over: nothing clears itself.
    """
    if check.adjudication == "not_this_person":
        return None
    if check.state is CheckState.HIT_BAR or check.adjudication == "bar":
        return Standing.HIT_BAR
    if check.adjudication == "bar_5y" and (check.bars_until_on is None or now.date() <= check.bars_until_on):
        return Standing.HIT_BAR
    if check.state is CheckState.HIT_REVIEW and check.adjudication != "clear":
        return Standing.HIT_REVIEW
    return None


_UNDER_WAY: Mapping[CheckState, Standing] = {
    CheckState.REQUIRED: Standing.REQUIRED,
    CheckState.ORDERED: Standing.ORDERED,
    CheckState.PENDING: Standing.PENDING,
    CheckState.ERROR: Standing.ERROR,
    CheckState.EXPIRED: Standing.STALE,
}


def _standing(rows: list[CheckFacts], rule: CheckRule, now: datetime) -> Standing:
    """Of a row of orders without an open hit, oldest first: the latest one speaks."""
    latest = rows[-1]
    if latest.state is CheckState.UNREADABLE:
        rejected = _trailing_rejections(rows)
        return Standing.AGAIN if rejected < rule.rejections_before_fallback else Standing.EXHAUSTED
    if latest.state in _UNDER_WAY:
        return _UNDER_WAY[latest.state]
    return Standing.STALE if latest.of_earlier_home or is_stale(latest, now) else Standing.CLEAR


def _trailing_rejections(rows: list[CheckFacts]) -> int:
    count = 0
    for row in reversed(rows):
        if row.state is not CheckState.UNREADABLE:
            break
        count += 1
    return count


# --- findings ----------------------------------------------------------------------------------

KIND_WORDS: Mapping[CheckKind, str] = {
    CheckKind.PUBLIC_RECORDS: "public records check",
    CheckKind.SEX_OFFENDER_REGISTRY: "sex offender registry check",
    CheckKind.FBI_FINGERPRINT: "FBI fingerprint check",
    CheckKind.FBI_NAME: "FBI name check",
    CheckKind.CHILD_ABUSE_REGISTRY: "child abuse registry check",
    CheckKind.STATE_CRIMINAL: "state criminal records check",
}

_SAYS: Mapping[Standing, tuple[FindingCode, str]] = {
    Standing.NOT_ORDERED: (FindingCode.CHECK_PENDING, "has not been ordered yet"),
    Standing.REQUIRED: (FindingCode.CHECK_PENDING, "is about to be ordered"),
    Standing.ORDERED: (FindingCode.CHECK_PENDING, "is ordered; the provider has not taken it up yet"),
    Standing.PENDING: (FindingCode.CHECK_PENDING, "has no result yet"),
    Standing.AGAIN: (FindingCode.CHECK_PENDING, "could not be read and must be taken again"),
    Standing.EXHAUSTED: (FindingCode.CHECK_FAILED, "could not be read, and nothing may replace it"),
    Standing.ERROR: (FindingCode.CHECK_FAILED, "failed; look at the provider's answer and order it again"),
    Standing.STALE: (FindingCode.CHECK_STALE, "is too old to count and must be done again"),
    Standing.HIT_REVIEW: (
        FindingCode.CHECK_HIT_REVIEW,
        "found something that two people must judge (kinline check adjudicate)",
    ),
    Standing.HIT_BAR: (
        FindingCode.CHECK_HIT_BAR,
        "found something that bars this release, unless two people show that it is another person's",
    ),
}


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """One finding for each person, kind and state that is not clear.

    Hits count whether or not the check is still required or was waived: what is known is not unknown.
    """
    found: dict[tuple[str, CheckKind, str | None], Finding] = {}
    for asked in required_checks(facts, policy, now):
        stands = status(facts, asked, now)
        waived = is_waived(facts, asked.key, waivable=asked.rule.waivable)
        if stands.value is Standing.CLEAR or (waived and hit_in(stands.value) is None):
            continue
        place = (asked.subject, stands.kind, asked.jurisdiction)
        if allowed := allowance_for(facts, policy, stands.latest, now):
            found.setdefault(place, _allowed_finding(place, stands, *allowed))
            continue
        unconsented = stands.value is Standing.NOT_ORDERED and not has_consent(facts, policy, asked.subject)
        found.setdefault(place, _finding(place, stands, asked.rule, unconsented=unconsented))
    for place, stands in _hits(facts, now):
        found[place] = _finding(place, stands, _asked_by(facts, policy, place, now) or _UNASKED)
    return tuple(found.values())


def _allowed_finding(
    place: tuple[str, CheckKind, str | None],
    stands: Status,
    allowance: PendingAllowanceFacts,
    line: PendingReleaseRule,
) -> Finding:
    """Said, never silently passed: no result, and who let the release go on without it, under which line."""
    subject, kind, jurisdiction = place
    where = f" in {jurisdiction}" if jurisdiction else ""
    role = allowance.role.replace("_", " ")
    return Finding(
        code=FindingCode.CHECK_PENDING_ALLOWED,
        subject=subject,
        message=f"The {KIND_WORDS[kind]}{where} of {who(subject)} has no result yet. The {role} signed off"
        f" that the release need not wait for it; its result is due {line.due_days} days after the release.",
        rule=line.rule,
        source=line.source,
        evidence={
            "kind": str(kind),
            "jurisdiction": jurisdiction,
            "check": str(allowance.check),
            "signed_off_by": str(allowance.by),
        },
    )


_UNASKED = Line(rule="unasked", source="No line of this version asks for this check; what it found counts.")


def hit_in(value: Standing) -> Standing | None:
    """The value itself when it is a hit."""
    return value if value in (Standing.HIT_BAR, Standing.HIT_REVIEW) else None


def _hits(
    facts: ApplicationFacts, now: datetime
) -> Iterator[tuple[tuple[str, CheckKind, str | None], Status]]:
    """Each order that brought a hit; of two on one place, the bar comes last and so stays."""
    hits = [(hit, c) for c in facts.checks if (hit := hit_of(c, now)) is not None]
    for hit, check in sorted(hits, key=lambda pair: (pair[0] is Standing.HIT_BAR, pair[1].attempt)):
        yield (check.subject, check.kind, check.jurisdiction), Status(hit, check.kind, check)


def _asked_by(
    facts: ApplicationFacts, policy: VettingPolicy, place: tuple[str, CheckKind, str | None], now: datetime
) -> CheckRule | None:
    subject, kind, jurisdiction = place
    for asked in required_checks(facts, policy, now):
        kinds = (asked.rule.item, asked.rule.fallback)
        if (asked.subject, asked.jurisdiction) == (subject, jurisdiction) and kind in kinds:
            return asked.rule
    return None


def _finding(
    place: tuple[str, CheckKind, str | None], stands: Status, rule: Line, *, unconsented: bool = False
) -> Finding:
    subject, kind, jurisdiction = place
    code, says = _SAYS[stands.value]
    moved = stands.value is Standing.STALE and stands.latest is not None and stands.latest.of_earlier_home
    if moved:
        says = "is of the home before the move and must be done again"
    if unconsented:
        says = "cannot be ordered before this person's signed authorization is in the file"
    if isinstance(rule, CheckRule) and kind is rule.fallback:
        says += f" (it replaces the {KIND_WORDS[rule.item]}, which could not be read)"
    where = f" in {jurisdiction}" if jurisdiction else ""
    evidence: dict[str, object] = {
        "kind": str(kind),
        "jurisdiction": jurisdiction,
        "state": str(stands.value),
        "check": str(stands.latest.id) if stands.latest else None,
    }
    if moved:
        evidence["moved"] = True
    elif stands.value is Standing.STALE and stands.latest and stands.latest.expires_on:
        evidence["expires_on"] = stands.latest.expires_on.isoformat()
    return Finding(
        code=code,
        subject=subject,
        message=f"The {KIND_WORDS[kind]}{where} of {who(subject)} {says}.",
        rule=rule.rule,
        source=rule.source,
        evidence=evidence,
    )
