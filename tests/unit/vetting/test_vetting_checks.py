"""What must be ordered, what passes, and what each answer means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.facts import ApplicationFacts, CheckFacts, WaiverFacts
from models.findings import FindingCode
from models.states import CheckKind, CheckState, DocumentKind
from tests.unit.vetting.scenes import (
    DAY,
    NOW,
    P2024,
    P2025,
    a_check,
    a_document,
    a_member,
    a_packet,
    checked,
    complete,
    submitted,
)
from vetting.checks import Standing, expiry, findings, orders_needed, required_checks

FP, NAME, PR = CheckKind.FBI_FINGERPRINT, CheckKind.FBI_NAME, CheckKind.PUBLIC_RECORDS
S, F = CheckState, FindingCode


def with_prints(*rows: CheckFacts) -> ApplicationFacts:
    """Everything is clear but the fingerprints, of which these orders stand in the file."""
    facts = checked(complete(submitted()))
    return replace(facts, checks=(*(c for c in facts.checks if c.kind is not FP), *rows))


def prints(state: CheckState, attempt: int = 1, **facts: Any) -> CheckFacts:
    return a_check(FP, state, attempt=attempt, **facts)


def name(state: CheckState, attempt: int = 1, **facts: Any) -> CheckFacts:
    return a_check(NAME, state, attempt=attempt, **facts)


REJECTED_TWICE = (prints(S.UNREADABLE), prints(S.UNREADABLE, 2))
OLD = NOW.date() - DAY

# rows of fingerprints and name checks -> what must be ordered, and what is found
LADDER: list[
    tuple[str, tuple[CheckFacts, ...], list[tuple[CheckKind, int]], list[tuple[CheckKind, FindingCode]]]
] = [
    ("none", (), [(FP, 1)], [(FP, F.CHECK_PENDING)]),
    ("required", (prints(S.REQUIRED),), [], [(FP, F.CHECK_PENDING)]),
    ("ordered", (prints(S.ORDERED),), [], [(FP, F.CHECK_PENDING)]),
    ("pending", (prints(S.PENDING),), [], [(FP, F.CHECK_PENDING)]),
    ("error", (prints(S.ERROR),), [], [(FP, F.CHECK_FAILED)]),
    ("clear", (prints(S.CLEAR),), [], []),
    ("clear on its last day", (prints(S.CLEAR, expires_on=NOW.date()),), [], []),
    ("stale", (prints(S.CLEAR, expires_on=OLD),), [(FP, 2)], [(FP, F.CHECK_STALE)]),
    ("expired", (prints(S.EXPIRED),), [(FP, 2)], [(FP, F.CHECK_STALE)]),
    ("expired, ordered anew", (prints(S.EXPIRED), prints(S.ORDERED, 2)), [], [(FP, F.CHECK_PENDING)]),
    ("hit", (prints(S.HIT_REVIEW),), [], [(FP, F.CHECK_HIT_REVIEW)]),
    ("hit judged clear", (prints(S.HIT_REVIEW, adjudication="clear"),), [], []),
    (
        "hit judged clear long ago",
        (prints(S.HIT_REVIEW, adjudication="clear", expires_on=OLD),),
        [(FP, 2)],
        [(FP, F.CHECK_STALE)],
    ),
    ("hit judged a bar", (prints(S.HIT_REVIEW, adjudication="bar"),), [], [(FP, F.CHECK_HIT_BAR)]),
    ("bar", (prints(S.HIT_BAR),), [], [(FP, F.CHECK_HIT_BAR)]),
    ("bar, later clear", (prints(S.HIT_BAR), prints(S.CLEAR, 2)), [], [(FP, F.CHECK_HIT_BAR)]),
    ("rejected once", (prints(S.UNREADABLE),), [(FP, 2)], [(FP, F.CHECK_PENDING)]),
    ("rejected, on its way again", (prints(S.UNREADABLE), prints(S.PENDING, 2)), [], [(FP, F.CHECK_PENDING)]),
    ("rejected twice", REJECTED_TWICE, [(NAME, 1)], [(NAME, F.CHECK_PENDING)]),
    ("fallback pending", (*REJECTED_TWICE, name(S.PENDING)), [], [(NAME, F.CHECK_PENDING)]),
    ("fallback clear", (*REJECTED_TWICE, name(S.CLEAR)), [], []),
    (
        "fallback stale",
        (*REJECTED_TWICE, name(S.CLEAR, expires_on=OLD)),
        [(NAME, 2)],
        [(NAME, F.CHECK_STALE)],
    ),
    ("fallback hit", (*REJECTED_TWICE, name(S.HIT_BAR)), [], [(NAME, F.CHECK_HIT_BAR)]),
    (
        "fallback unreadable twice",
        (*REJECTED_TWICE, name(S.UNREADABLE), name(S.UNREADABLE, 2)),
        [],
        [(NAME, F.CHECK_FAILED)],
    ),
    (
        "a rejection before an expired result does not count",
        (prints(S.UNREADABLE), prints(S.EXPIRED, 2), prints(S.UNREADABLE, 3)),
        [(FP, 4)],
        [(FP, F.CHECK_PENDING)],
    ),
]


@pytest.mark.parametrize(("rows", "orders"), [row[1:3] for row in LADDER], ids=[row[0] for row in LADDER])
def test_what_must_be_ordered_now(rows: tuple[CheckFacts, ...], orders: list[tuple[CheckKind, int]]) -> None:
    needed = orders_needed(with_prints(*rows), P2025, NOW)
    assert [(n.kind, n.attempt) for n in needed] == orders


@pytest.mark.parametrize(
    ("rows", "codes"), [(row[1], row[3]) for row in LADDER], ids=[row[0] for row in LADDER]
)
def test_what_each_answer_means(
    rows: tuple[CheckFacts, ...], codes: list[tuple[CheckKind, FindingCode]]
) -> None:
    got = findings(with_prints(*rows), P2025, NOW)
    assert [(f.evidence["kind"], f.code) for f in got] == codes
    assert all(f.subject == "sponsor" and f.rule and f.source for f in got)


def test_pending_values_are_told_apart() -> None:
    states = {
        findings(with_prints(*rows), P2025, NOW)[0].evidence["state"]
        for rows in ((), (prints(S.REQUIRED),), (prints(S.ORDERED),), (prints(S.PENDING),))
    }
    assert states == {Standing.NOT_ORDERED, Standing.REQUIRED, Standing.ORDERED, Standing.PENDING}


def test_everything_is_ordered_once_consent_is_in_hand() -> None:
    facts = complete(submitted(a_packet(previous_states=["LA"])))
    needed = [(n.kind, n.jurisdiction) for n in orders_needed(facts, P2025, NOW)]
    assert needed == [
        (PR, None),
        (CheckKind.SEX_OFFENDER_REGISTRY, None),
        (FP, None),
        (CheckKind.CHILD_ABUSE_REGISTRY, "TX"),
        (CheckKind.CHILD_ABUSE_REGISTRY, "LA"),
    ]


@pytest.mark.parametrize("change", [{"sharpness": 0.5}, {"readable": False}, {"subject": "household:0"}])
def test_nothing_is_ordered_without_that_persons_legible_consent(change: dict[str, Any]) -> None:
    consent = a_document(DocumentKind.RELEASE_AUTHORIZATION, **change)
    packet = a_packet(household=[a_member()])
    needed = orders_needed(submitted(packet, documents=(consent,)), P2025, NOW)
    assert "sponsor" not in {n.subject for n in needed}


def test_a_check_that_waits_for_consent_says_so() -> None:
    got = findings(submitted(), P2025, NOW)
    assert all("authorization" in f.message for f in got)


def test_a_waived_check_is_not_ordered_and_not_missed_but_its_hit_counts() -> None:
    waiver = (WaiverFacts("public_records", "sponsor", True),)
    facts = replace(complete(submitted()), waivers=waiver)
    assert PR not in {n.kind for n in orders_needed(facts, P2025, NOW)}
    assert PR not in {f.evidence["kind"] for f in findings(facts, P2025, NOW)}
    hit = replace(facts, checks=(a_check(PR, S.HIT_BAR),))
    assert F.CHECK_HIT_BAR in {f.code for f in findings(hit, P2025, NOW)}


def test_a_hit_of_a_check_that_nobody_asked_for_counts() -> None:
    facts = checked(complete(submitted()))
    extra = a_check(CheckKind.STATE_CRIMINAL, S.HIT_REVIEW, jurisdiction="TX")
    got = findings(replace(facts, checks=(*facts.checks, extra)), P2025, NOW)
    assert [(f.code, f.evidence["kind"]) for f in got] == [(F.CHECK_HIT_REVIEW, "state_criminal")]
    assert (got[0].rule, "replaces" in got[0].message) == ("unasked", False)


def test_a_fallback_says_what_it_replaces() -> None:
    (got,) = findings(with_prints(*REJECTED_TWICE, name(S.PENDING)), P2025, NOW)
    assert "replaces the FBI fingerprint check" in got.message


def test_one_state_that_has_not_answered_is_one_finding() -> None:
    facts = checked(complete(submitted(a_packet(previous_states=["LA"]))))
    rows = tuple(replace(c, state=S.PENDING) if c.jurisdiction == "LA" else c for c in facts.checks)
    (got,) = findings(replace(facts, checks=rows), P2025, NOW)
    assert (got.evidence["jurisdiction"], got.code) == ("LA", F.CHECK_PENDING)
    assert "in LA" in got.message


@pytest.mark.parametrize(
    ("kind", "days"),
    [(PR, 90), (FP, 365), (NAME, 365), (CheckKind.CHILD_ABUSE_REGISTRY, 365), (CheckKind.STATE_CRIMINAL, 90)],
)
def test_a_result_counts_as_long_as_the_policy_says(kind: CheckKind, days: int) -> None:
    assert expiry(kind, "sponsor", NOW, P2025, submitted()) == NOW.date() + days * DAY


def test_required_checks_name_their_person() -> None:
    packet = a_packet(household=[a_member(), a_member("2015-01-01")])
    assert {c.subject for c in required_checks(submitted(packet), P2024, NOW)} == {"sponsor", "household:0"}
