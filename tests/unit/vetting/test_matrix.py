"""Each cell of the matrices of required checks (domain brief, section 3), for both versions.

A row of `CELLS`: the version; who is checked; the check; the category of the sponsor; and in which
circumstances it is asked for. In every other circumstance listed in `CIRCUMSTANCES` it is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.facts import ApplicationFacts, Finding, FindingFacts
from models.findings import FindingCode, FindingState
from models.states import ApplicationState, CheckKind, CheckState
from tests.unit.vetting.scenes import (
    NOW,
    P2024,
    P2025,
    a_caregiver,
    a_check,
    a_concern,
    a_link,
    a_member,
    a_packet,
    an_id,
    submitted,
)
from vetting.category import category_of
from vetting.checks import required_checks
from vetting.completeness import requirements
from vetting.policy import parse_vetting_policy

SPONSORS: dict[str, dict[str, Any]] = {
    "1": {"relationship": "mother"},
    "2A": {"relationship": "grandmother"},
    "2B": {"relationship": "aunt"},
    "3": {"relationship": "second cousin"},
}
INDICATOR = Finding(FindingCode.TRAFFICKING_INDICATOR, "sponsor", "text", "L5", "source")
DENIED = a_link("sponsor", other_state=ApplicationState.DENIED)
PR_HIT = CheckState.HIT_REVIEW

CIRCUMSTANCES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "vulnerable": {"child": {"circumstances": {"especially_vulnerable": True}}},
    "home study": {"child": {"circumstances": {"disability": True}}},
    "concern": {"facts": {"concerns": (a_concern(),)}},
    "indicator": {"facts": {"findings": (FindingFacts(an_id("f"), INDICATOR, FindingState.OPEN),)}},
    "denied before": {"facts": {"links": (DENIED,)}},
    "public record": {"hit": {"disposition": "resolved"}},
    "open charge": {"hit": {"disposition": "unresolved"}},
}
ALWAYS = frozenset(CIRCUMSTANCES)
NEVER: frozenset[str] = frozenset()
# A trafficking indicator and an earlier denial ask for a study by law (TVPRA-4), and so for what a study asks.
STUDY = frozenset({"home study", "indicator", "denied before"})
CONCERN = STUDY | {"vulnerable", "concern"}
RECORD = CONCERN | {"public record", "open charge"}
CHARGE = frozenset({"open charge"})
PEOPLE = {"sponsor": "sponsor", "adult": "household:0", "caregiver": "alternate_caregiver"}

_PR, _SOR, _FP = CheckKind.PUBLIC_RECORDS, CheckKind.SEX_OFFENDER_REGISTRY, CheckKind.FBI_FINGERPRINT
_CAN, _STATE, _NAME = CheckKind.CHILD_ABUSE_REGISTRY, CheckKind.STATE_CRIMINAL, CheckKind.FBI_NAME


def _rows_2024() -> list[tuple[Any, ...]]:
    every = ("1", "2A", "2B", "3")
    rows: list[tuple[Any, ...]] = []
    for person in PEOPLE:
        for category in every:
            rows += [(P2024, person, _PR, category, ALWAYS), (P2024, person, _SOR, category, ALWAYS)]
            rows += [(P2024, person, _STATE, category, CHARGE), (P2024, person, _NAME, category, NEVER)]
    # Category 1: with a home study, a documented risk, a special concern or a vulnerable child. The statute
    # asks for the prints of everybody else, 2A too.
    rows += [(P2024, "sponsor", _FP, "1", RECORD)]
    rows += [(P2024, "sponsor", _FP, category, ALWAYS) for category in ("2A", "2B", "3")]
    rows += [(P2024, "sponsor", _CAN, category, CONCERN) for category in ("1", "2A", "2B")]
    rows += [(P2024, "sponsor", _CAN, "3", ALWAYS)]
    for person in ("adult", "caregiver"):
        rows += [(P2024, person, _FP, category, RECORD) for category in ("1", "2A", "2B")]
        rows += [(P2024, person, _FP, "3", ALWAYS)]
        rows += [(P2024, person, _CAN, category, CONCERN) for category in every]
    return rows


def _rows_2025() -> list[tuple[Any, ...]]:
    return [
        (P2025, person, kind, category, {_STATE: CHARGE, _NAME: NEVER}.get(kind, ALWAYS))
        for person in PEOPLE
        for kind in (_PR, _SOR, _FP, _CAN, _STATE, _NAME)
        for category in ("1", "2A", "2B", "3")
    ]


CELLS = _rows_2024() + _rows_2025()


def _facts(person: str, category: str, circumstance: str) -> ApplicationFacts:
    """An application of this category in which this circumstance holds; a hit is this person's own."""
    told = CIRCUMSTANCES[circumstance]
    packet = a_packet(
        sponsor=SPONSORS[category],
        child=told.get("child", {}),
        household=[a_member(), a_member("2015-01-01")],
        alternate_caregiver=a_caregiver(),
        previous_states=["LA"],
    )
    assert category_of(packet) == category
    facts = submitted(packet, **told.get("facts", {}))
    if "hit" in told:
        facts = replace(facts, checks=(a_check(_PR, PR_HIT, PEOPLE[person], **told["hit"]),))
    return facts


@pytest.mark.parametrize(
    ("policy", "person", "kind", "category", "asked_in"),
    CELLS,
    ids=[f"{p.version}-{who}-{kind}-{category}" for p, who, kind, category, _ in CELLS],
)
def test_a_cell_of_the_matrix(
    policy: Any, person: str, kind: CheckKind, category: str, asked_in: frozenset[str]
) -> None:
    asked = set()
    for circumstance in CIRCUMSTANCES:
        facts = _facts(person, category, circumstance)
        places = [
            one.jurisdiction
            for one in required_checks(facts, policy, NOW)
            if (one.subject, one.rule.item) == (PEOPLE[person], kind)
        ]
        if places:
            asked.add(circumstance)
            # Once for each state lived in where the kind goes by states, else once.
            assert places == (["TX", "LA"] if kind in (_CAN, _STATE) else [None])
    assert asked == asked_in


def test_every_cell_has_its_row() -> None:
    assert len({(p.version, who, kind, category) for p, who, kind, category, _ in CELLS}) == 2 * 3 * 6 * 4
    assert len(CELLS) == 2 * 3 * 6 * 4


@pytest.mark.parametrize("policy", [P2024, P2025], ids=lambda p: p.version)
def test_nobody_under_18_is_checked_and_one_is_from_the_birthday_on(policy: Any) -> None:
    packet = a_packet(sponsor=SPONSORS["3"], household=[a_member("2008-02-03")])
    kinds = lambda at: {  # noqa: E731
        c.rule.item for c in required_checks(submitted(packet), policy, at) if c.subject == "household:0"
    }
    assert kinds(NOW) == set()
    assert kinds(NOW.replace(day=3)) >= {_PR, _SOR, _FP}


_ALWAYS_PAPERS = {
    "sponsor_identity@sponsor",
    "proof_of_relationship@sponsor",
    "proof_of_address@sponsor",
    "proof_of_income@sponsor",
    "release_authorization@sponsor",
    "sponsor_care_agreement@sponsor",
    "child_identity@child",
}


@pytest.mark.parametrize("policy", [P2024, P2025], ids=lambda p: p.version)
@pytest.mark.parametrize("category", list(SPONSORS))
@pytest.mark.parametrize(
    ("people", "more"),
    [
        ({}, set()),
        (
            {"household": [a_member()]},
            {"household_identity@household:0", "release_authorization@household:0"},
        ),
        ({"household": [a_member("2015-01-01")]}, set()),
        (
            {"alternate_caregiver": a_caregiver()},
            {"caregiver_identity@alternate_caregiver", "release_authorization@alternate_caregiver"},
        ),
    ],
)
def test_the_papers_that_each_person_brings(
    policy: Any, category: str, people: dict[str, Any], more: set[str]
) -> None:
    packet = a_packet(sponsor=SPONSORS[category], **people)
    asked = {r.key for r in requirements(submitted(packet), policy, NOW) if r.kind == "document"}
    assert asked == _ALWAYS_PAPERS | more


def test_somebody_unrelated_proves_no_kinship_but_a_guardian_proves_the_guardianship() -> None:
    def asked(**sponsor: Any) -> set[str]:
        found = requirements(submitted(a_packet(sponsor=sponsor)), P2025, NOW)
        return {r.key for r in found if r.kind == "document"}

    friend = asked(relationship="family friend", related=False)
    guardian = asked(relationship="legal guardian", related=False)
    assert friend == _ALWAYS_PAPERS - {"proof_of_relationship@sponsor"}
    assert guardian == _ALWAYS_PAPERS


MANUAL = """
[[manual]]
rule = "TEST-DNA"
item = "dna"
subject = "sponsor"
when = { biological_kin = true }
source = "a test"

[[manual]]
rule = "TEST-IN-PERSON"
item = "in_person_identity"
subject = "sponsor"
when = { submitted_from = 2025-07-09 }
source = "a test"
"""


@pytest.mark.parametrize(
    ("relationship", "related", "dna"),
    [
        ("mother", True, True),
        ("aunt", True, True),
        ("stepfather", True, False),
        ("adoptive mother", True, False),
        ("brother in law", True, False),
        ("family friend", False, False),
        ("legal guardian", True, False),
    ],
)
def test_dna_speaks_to_kinship_by_blood_alone(relationship: str, related: bool, dna: bool) -> None:
    from importlib.resources import files

    text = files("vetting").joinpath("policies", "orr-2025.toml").read_text("utf-8")
    policy = parse_vetting_policy(text + MANUAL)
    facts = submitted(a_packet(sponsor={"relationship": relationship, "related": related}))
    asked = {r.key for r in requirements(facts, policy, NOW) if r.kind == "manual"}
    assert asked == {"in_person_identity@sponsor"} | ({"dna@sponsor"} if dna else set())
    early = replace(facts, submitted_at=NOW.replace(year=2025, month=7, day=8))
    assert "in_person_identity@sponsor" not in {r.key for r in requirements(early, policy, NOW)}
