"""Reading a policy version, choosing one, and the files that ship."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from integrations.policies import (
    ROOMS,
    current_followup_version,
    digest,
    followup_policies,
    followup_policy,
    policy_files,
    vetting_policies,
    vetting_policy,
    vetting_policy_for,
)
from models.errors import BadInput, NotFound
from models.policy import VettingPolicy
from models.states import CheckKind, DocumentKind
from tests.unit.vetting.scenes import P2025, POLICIES, a_packet
from vetting.policy import choose, lines, parse_vetting_policy

SUBMITTED_ON = date(2026, 2, 2)
LAST_DAY_OF_2024 = date(2025, 4, 22)
TEXT = policy_files("vetting")["orr-2025"].read_text()
DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"


@pytest.mark.parametrize(("days", "version"), [(-1, "orr-2024"), (0, "orr-2024"), (1, "orr-2025")])
def test_the_version_follows_the_day_of_custody(days: int, version: str) -> None:
    entered = LAST_DAY_OF_2024 + timedelta(days=days)
    assert choose(POLICIES, entered, SUBMITTED_ON).version == version


def test_the_shipped_versions_are_chosen_by_the_packet() -> None:
    packet = a_packet(child={"entered_care_on": "2025-04-22"})
    assert vetting_policy_for(packet, SUBMITTED_ON).version == "orr-2024"
    assert vetting_policy_for(a_packet(), SUBMITTED_ON).version == "orr-2025"


@pytest.mark.parametrize(
    "change", [{"active": False}, {"suspended_by": "a court"}, {"effective_from": date(2026, 2, 3)}]
)
def test_a_version_that_is_not_in_force_is_not_chosen(change: dict[str, object]) -> None:
    newer = P2025.model_copy(update={"version": "newer", "effective_from": date(2026, 2, 2)})
    assert choose([*POLICIES, newer], date(2026, 1, 10), SUBMITTED_ON).version == "newer"
    asleep = newer.model_copy(update=change)
    assert choose([*POLICIES, asleep], date(2026, 1, 10), SUBMITTED_ON).version == "orr-2025"


def test_no_version_and_two_equally_new_ones_are_both_refused() -> None:
    twin = P2025.model_copy(update={"version": "twin"})
    with pytest.raises(BadInput, match="no_single_policy"):
        choose([*POLICIES, twin], date(2026, 1, 10), SUBMITTED_ON)
    with pytest.raises(BadInput, match="no_single_policy"):
        choose(POLICIES, date(2020, 1, 1), date(2020, 2, 1))


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ('item = "proof_of_address"', 'item = "proof"', "documents[2025-DOC-ADDRESS].item", "wrong_value"),
        ("document_window_days = 60", "window = 60", "address.window", "unknown_key"),
        ('rule = "2025-PR-SPONSOR"', 'rule = "2025-SOR-SPONSOR"', "checks[2025-SOR-SPONSOR]", "rule_twice"),
        (
            "statutory = true\nwaivable = false",
            "statutory = true",
            "checks[2025-FP-STATUTE]",
            "statute_waived",
        ),
        ('kind = "decide"', 'kind = "dither"', "duties", "missing_key"),
        (
            'rule = "us_identity_only"\nactive = false',
            'rule = "us_identity_only"',
            "inactive[us_identity_only]",
            "active",
        ),
        ("when = { biological_kin = true }\n", "", "manual[2025-DNA]", "wrong_value"),
        ("[address]", "[address", "policy", "broken_toml"),
    ],
)
def test_a_fault_names_the_line_it_is_in(old: str, new: str, field: str, code: str) -> None:
    assert old in TEXT
    with pytest.raises(BadInput) as caught:
        parse_vetting_policy(TEXT.replace(old, new, 1))
    assert (field, code) in {(p.field, p.code) for p in caught.value.problems}


@pytest.mark.parametrize("policy", vetting_policies(), ids=lambda p: p.version)
def test_the_statutory_floor_is_active_in_every_version(policy: VettingPolicy) -> None:
    prints = [
        c
        for c in policy.checks
        if c.active and c.statutory and c.item is CheckKind.FBI_FINGERPRINT and c.subject == "sponsor"
    ]
    covered = {category for c in prints for category in c.when.categories or ()}
    assert covered == {"2A", "2B", "3"}
    assert not any(c.waivable for c in prints)
    for item in (DocumentKind.SPONSOR_IDENTITY, DocumentKind.PROOF_OF_RELATIONSHIP):
        asked = [d for d in policy.documents if d.item is item and d.active]
        assert asked
        assert not any(d.waivable for d in asked)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_no_line_asks_anything_of_a_child_of_the_household(policy: VettingPolicy) -> None:
    asked = [r for r in (*policy.documents, *policy.checks) if r.subject == "household"]
    assert {r.when.subject_age_at_least for r in asked} == {18}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_lines_from_memory_or_second_hand_say_so(policy: VettingPolicy) -> None:
    ours = [line for _, line in lines(policy) if "ours" in line.source.casefold()]
    assert ours
    assert all(line.unverified for line in ours)


def test_what_was_stopped_in_2025_is_on_record_and_not_in_force() -> None:
    on_record = {line.rule: line.active for line in P2025.inactive}
    assert on_record["us_identity_only"] is False
    assert on_record["2025-INCOME-60-DAYS"] is False
    # What the press alone tells of is there, and asked of nobody.
    assert {m.item: m.active for m in P2025.manual} == {"dna": False, "in_person_identity": False}


def test_every_file_holds_the_version_that_it_is_named_after() -> None:
    assert [p.version for p in vetting_policies()] == sorted(policy_files("vetting"))


def test_a_merged_version_is_never_edited() -> None:
    """A file that changed needs a new version, not a new digest; a new file needs its line here."""
    known = tomllib.loads(DIGESTS.read_text())
    for room in ROOMS:
        found = {version: digest(room, version) for version in policy_files(room)}
        assert known.get(room, {}) == found, f"tests/unit/policy_digests.toml, [{room}]"


def test_a_release_is_followed_under_the_newest_version_of_that_day() -> None:
    newest = max(followup_policies(), key=lambda p: p.effective_from)
    assert current_followup_version(newest.effective_from) == newest.version
    assert current_followup_version(newest.effective_from - timedelta(days=1)) != newest.version
    with pytest.raises(NotFound):
        current_followup_version(date(1990, 1, 1))


@pytest.mark.parametrize("read", [vetting_policy, followup_policy])
def test_a_version_that_does_not_exist_is_not_found(read: Callable[[str], object]) -> None:
    with pytest.raises(NotFound):
        read("orr-1999")
