"""The findings of the file against those that hold now: every (from, to)."""

from __future__ import annotations

from typing import Any

import pytest

from models.facts import Finding, FindingFacts
from models.findings import FindingCode, FindingState
from tests.unit.vetting.scenes import an_id
from vetting.findings import STEP_CODES, FindingChanges, identity_of, key_of, sync

CODE = FindingCode.LINK_SHARED_ADDRESS
CODES = STEP_CODES["linkage"]


def a_finding(other: str = "one", code: FindingCode = CODE, **evidence: Any) -> Finding:
    return Finding(code, "sponsor", "text", "L2", "ours", {"other_application": other, **evidence})


def filed(state: FindingState, finding: Finding | None = None, name: str = "row") -> FindingFacts:
    return FindingFacts(an_id(name), finding or a_finding(), state)


ROW = an_id("row")


@pytest.mark.parametrize(
    ("was", "holds", "changes"),
    [
        (None, False, FindingChanges()),
        (None, True, FindingChanges(open=(a_finding(),))),
        (FindingState.OPEN, True, FindingChanges()),
        (FindingState.OPEN, False, FindingChanges(resolve=(ROW,))),
        (FindingState.CLEARED, True, FindingChanges()),
        (FindingState.CLEARED, False, FindingChanges()),
        (FindingState.RESOLVED, True, FindingChanges(reopen=(ROW,))),
        (FindingState.RESOLVED, False, FindingChanges()),
    ],
)
def test_each_move(was: FindingState | None, holds: bool, changes: FindingChanges) -> None:
    existing = [] if was is None else [filed(was)]
    assert sync(existing, [a_finding()] if holds else [], CODES) == changes


def test_syncing_twice_changes_nothing() -> None:
    now_found = [a_finding("one"), a_finding("two"), a_finding("one")]
    first = sync([], now_found, CODES)
    assert len(first.open) == 2
    rows = [filed(FindingState.OPEN, f, str(n)) for n, f in enumerate(first.open)]
    assert sync(rows, now_found, CODES) == FindingChanges()


def test_other_evidence_is_another_finding_even_after_a_clearing() -> None:
    changes = sync([filed(FindingState.CLEARED)], [a_finding("two")], CODES)
    assert changes == FindingChanges(open=(a_finding("two"),))


def test_evidence_that_changes_by_itself_does_not_open_a_cleared_finding() -> None:
    earlier = a_finding(checked_at="2026-01-01", reference="usps/1", jurisdiction=None)
    later = a_finding(checked_at="2026-02-01", reference="usps/2")
    assert sync([filed(FindingState.CLEARED, earlier)], [later], CODES) == FindingChanges()


def test_a_step_touches_only_its_own_codes() -> None:
    foreign = a_finding(code=FindingCode.CHECK_PENDING)
    assert sync([filed(FindingState.OPEN, foreign)], [foreign], CODES) == FindingChanges()
    assert sync([], [foreign], CODES) == FindingChanges()


def test_evidence_that_came_back_from_the_database_is_the_same() -> None:
    """JSON turns tuples into lists and ids into text."""
    one = Finding(CODE, "sponsor", "a", "r", "s", {"ids": (an_id("x"),), "n": 1})
    other = Finding(CODE, "sponsor", "b", "r", "s", {"n": 1, "ids": [str(an_id("x"))]})
    assert identity_of(one) == identity_of(other)


def test_each_computed_code_belongs_to_exactly_one_step() -> None:
    owned = [code for codes in STEP_CODES.values() for code in codes]
    assert len(owned) == len(set(owned))
    assert set(owned) == set(FindingCode)


def test_no_recalculation_takes_a_sign_of_trafficking_away() -> None:
    sign = a_finding(code=FindingCode.TRAFFICKING_INDICATOR)
    codes = STEP_CODES["interviews"]
    assert sync([filed(FindingState.OPEN, sign)], [], codes) == FindingChanges()
    assert sync([filed(FindingState.CLEARED, sign)], [sign], codes) == FindingChanges()


def test_the_short_key_tells_two_of_a_kind_apart() -> None:
    check = Finding(FindingCode.CHECK_HIT_REVIEW, "sponsor", "", "", "", {"kind": "fbi_name", "state": "x"})
    assert key_of(check) == "CHECK_HIT_REVIEW:sponsor:fbi_name"
    assert key_of(a_finding("one")) != key_of(a_finding("two"))
