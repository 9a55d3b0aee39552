"""Reading a policy version, choosing one, and the files that ship."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from integrations.policies import (
    ROOMS,
    digest,
    followup_policy,
    policy_files,
    vetting_policies,
    vetting_policy,
)
from integrations.store.policy_acts import lines_of
from models.errors import BadInput, NotFound
from models.policy import Suspension
from models.states import CheckKind, DocumentKind, RequirementState
from models.vetting_policy import AppliesIf, VettingPolicy
from tests.unit.vetting.scenes import NOW, P2024, P2025, POLICIES, STRANGER, a_packet, ready, submitted
from vetting.completeness import requirements
from vetting.home_study import triggers
from vetting.policy import choose, lines, parse_vetting_policy, stopped_by, suspension
from vetting.policy_changes import changed_by, line_changes

SUBMITTED_ON = date(2026, 2, 2)
LAST_DAY_OF_2024 = date(2025, 4, 22)
TEXT = policy_files("vetting")["orr-2025"].read_text()
DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"


ORDER = Suspension(order="a court", since=date(2026, 2, 1))


@pytest.mark.parametrize(("days", "version"), [(-1, "orr-2024"), (0, "orr-2024"), (1, "orr-2025")])
def test_the_version_follows_the_day_of_custody(days: int, version: str) -> None:
    entered = LAST_DAY_OF_2024 + timedelta(days=days)
    assert choose(POLICIES, entered, SUBMITTED_ON).version == version


@pytest.mark.parametrize(
    "change", [{"active": False}, {"suspended_by": (ORDER,)}, {"effective_from": date(2026, 2, 3)}]
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


@pytest.mark.parametrize("read", [vetting_policy, followup_policy])
def test_a_version_that_does_not_exist_is_not_found(read: Callable[[str], object]) -> None:
    with pytest.raises(NotFound):
        read("orr-1999")


# --- for whom, and stopped by whom ---------------------------------------------------------------

ENTERED = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("whom", "category", "orders", "version"),
    [
        (AppliesIf(), None, (), "newer"),
        (AppliesIf(categories=("1", "2A")), "2A", (), "newer"),
        (AppliesIf(categories=("1", "2A")), "3", (), "orr-2025"),
        (AppliesIf(categories=("1",)), None, (), "orr-2025"),
        (AppliesIf(court_orders_any=("A v. B",)), "1", ("A v. B",), "newer"),
        (AppliesIf(court_orders_any=("A v. B",)), "1", ("C v. D",), "orr-2025"),
        (AppliesIf(entered_care_until=ENTERED), "1", (), "newer"),
        (AppliesIf(entered_care_until=ENTERED - timedelta(days=1)), "1", (), "orr-2025"),
    ],
)
def test_a_version_is_for_the_cases_that_it_names(
    whom: AppliesIf, category: Any, orders: tuple[str, ...], version: str
) -> None:
    newer = P2025.model_copy(update={"version": "newer", "effective_from": SUBMITTED_ON, "applies_if": whom})
    chosen = choose(
        [*POLICIES, newer], ENTERED, SUBMITTED_ON, category=category, court_orders=frozenset(orders)
    )
    assert chosen.version == version


ANGELICA = Suspension(order="Angelica S.", since=date(2025, 6, 9), entered_care_until=date(2025, 4, 22))


@pytest.mark.parametrize(
    ("entered", "submitted_on", "stops"),
    [
        (date(2025, 4, 22), date(2025, 6, 9), True),
        (date(2025, 4, 23), date(2025, 6, 9), False),
        (date(2025, 4, 22), date(2025, 6, 8), False),
    ],
)
def test_an_order_stops_a_line_for_the_children_that_it_names(
    entered: date, submitted_on: date, stops: bool
) -> None:
    assert (suspension((ANGELICA,), entered, submitted_on) is not None) is stops
    ended = ANGELICA.model_copy(update={"until": submitted_on - timedelta(days=1)})
    assert suspension((ended,), entered, submitted_on) is None


def test_a_stopped_line_asks_nothing_of_that_child_and_everything_of_the_others() -> None:
    stopped = P2025.model_copy(
        update={
            "documents": tuple(d.model_copy(update={"suspended_by": (ANGELICA,)}) for d in P2025.documents),
            "checks": tuple(c.model_copy(update={"suspended_by": (ANGELICA,)}) for c in P2025.checks),
            "home_studies": tuple(
                h.model_copy(update={"suspended_by": (ANGELICA,)}) for h in P2025.home_studies
            ),
        }
    )
    young = {"date_of_birth": "2018-01-01"}
    named = submitted(a_packet(child=young | {"entered_care_on": "2025-04-22"}, sponsor=STRANGER))
    other = submitted(a_packet(child=young | {"entered_care_on": "2025-04-23"}, sponsor=STRANGER))
    assert requirements(named, stopped, NOW) == ()
    assert requirements(other, stopped, NOW) == requirements(other, P2025, NOW)
    assert not triggers(named, stopped, NOW)
    assert stopped_by(stopped.documents[0], named) == ANGELICA


def test_the_lines_that_the_court_stopped_name_the_order() -> None:
    for line in P2025.inactive:
        if line.rule in ("us_identity_only", "2025-INCOME-60-DAYS"):
            (order,) = line.suspended_by
            assert (order.since, order.entered_care_until) == (date(2025, 6, 9), LAST_DAY_OF_2024)
            assert "1:25-cv-01405" in order.order


# --- what differs --------------------------------------------------------------------------------


def test_a_version_does_not_differ_from_itself() -> None:
    for policy in vetting_policies():
        assert line_changes(lines(policy), lines(policy)) == {"added": [], "removed": [], "changed": []}


def test_lines_are_matched_by_what_they_ask_and_not_by_their_names() -> None:
    told = line_changes(lines(P2024), lines(P2025))
    added = {line["rule"] for line in told["added"]}
    # Everybody is fingerprinted now, and every household too.
    assert {"2025-FP-SPONSOR", "2025-FP-HOUSEHOLD", "2025-CAN-SPONSOR"} <= added
    # The same demand under another name is no change; one that is made otherwise says in what.
    assert not any("PR-SPONSOR" in line["rule"] for lines_ in told.values() for line in lines_)
    nprm = next(p for p in vetting_policies() if p.version == "nprm-2026")
    changed = {line["rule"]: line["fields"] for line in line_changes(lines(P2025), lines(nprm))["changed"]}
    assert changed["NPRM-DOC-INCOME"] == {"confirm": [False, True], "waivable": [True, False]}
    assert "accepted_types" in changed["NPRM-DOC-SPONSOR-ID"]


def test_lines_of_follow_up_too_are_matched_by_what_they_ask() -> None:
    old, new = (lines_of(f"swb-2024{revision}") for revision in ("r2", "r3"))
    told = line_changes(old, new)
    # The same closures and services stand in both, under other names.
    assert told["removed"] == []
    assert {line["table"] for line in told["added"]} == {"tries", "reviews", "moves"}
    assert {"end": "busy"} in [line["asks"] for line in told["added"]]
    assert [line["rule"] for line in told["changed"]] == ["P2-LADDER-7", "P2-HEARINGS"]


def test_the_order_of_the_lines_is_no_change() -> None:
    of_version = lines_of("swb-2024r3")
    assert line_changes(of_version, of_version[::-1]) == {"added": [], "removed": [], "changed": []}


def test_what_would_change_for_one_application_is_symmetrical() -> None:
    facts = submitted(a_packet(sponsor={"relationship": "mother"}))
    there, back = changed_by(facts, P2024, P2025, NOW), changed_by(facts, P2025, P2024, NOW)
    assert there.any
    assert there.requirements_added == back.requirements_removed
    assert there.missing_removed == back.missing_added
    assert not changed_by(facts, P2025, P2025, NOW).any


@pytest.mark.parametrize(
    ("stated", "counts"), [("drivers_license", True), ("Drivers License", True), ("consular_id", False)]
)
def test_an_identity_document_counts_when_the_version_takes_its_type(stated: str, counts: bool) -> None:
    nprm = next(p for p in vetting_policies() if p.version == "nprm-2026")
    facts = ready(a_packet(sponsor={"identity_document": {"type": stated, "issuer": "X", "number": "1"}}))
    found = {r.key: r.state for r in requirements(facts, nprm, NOW)}
    assert (found["sponsor_identity@sponsor"] is not RequirementState.MISSING) is counts
