"""What a link to another application means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.facts import LinkFacts, MergedFacts
from models.findings import FindingCode, Severity
from models.kept_facts import keep, restore
from models.states import ApplicationState
from tests.unit.vetting.scenes import NOW, P2025, STRANGER, a_link, a_packet, an_id, submitted
from vetting.findings import identity_of
from vetting.linkage import alarm_after_release, children_before, children_sought_now, findings
from vetting.risks import risks_of


@pytest.mark.parametrize("tier", ["likely", "possible"])
@pytest.mark.parametrize(
    ("kind", "code", "subject"),
    [
        ("sponsor", FindingCode.LINK_SPONSOR_SEEN, "sponsor"),
        ("person", FindingCode.LINK_SPONSOR_SEEN, "sponsor"),
        ("address", FindingCode.LINK_SHARED_ADDRESS, "sponsor"),
        ("contact", FindingCode.LINK_SHARED_CONTACT, "sponsor"),
        ("child", FindingCode.LINK_CHILD_SEEN, "child"),
    ],
)
def test_a_link_is_for_a_person_to_look_at(kind: str, code: FindingCode, subject: str, tier: str) -> None:
    (got,) = findings(submitted(links=(a_link(kind, tier),)), P2025, NOW)
    assert (got.code, got.subject, got.severity) == (code, subject, Severity.REVIEW)
    assert got.evidence["other_application"] == str(an_id("other"))
    assert ("possibly" in got.message) is (tier == "possible")


def test_a_picture_in_two_cases_is_told_by_its_paper_alone() -> None:
    assert findings(submitted(links=(a_link("image"),)), P2025, NOW) == ()


KINDS = ("sponsor", "person", "document", "address", "contact", "child")


def test_a_split_link_gives_nothing() -> None:
    links = tuple(a_link(kind, state="split") for kind in KINDS)
    assert findings(submitted(links=links), P2025, NOW) == ()


def test_the_household_of_the_same_sponsor_is_no_finding_of_its_own_until_the_sponsor_is_split() -> None:
    person = a_link("person")
    for sponsor, rules in (
        (a_link("sponsor"), ["L1"]),
        (a_link("sponsor", "possible"), ["L1", "L1-person"]),
        (a_link("sponsor", state="split"), ["L1-person"]),
        (a_link("sponsor", name="third"), ["L1", "L1-person"]),
    ):
        got = findings(submitted(links=(sponsor, person)), P2025, NOW)
        assert [f.rule for f in got] == rules
        assert len({identity_of(f) for f in got}) == len(rules)


@pytest.mark.parametrize(
    ("through", "rule", "sought_now"),
    [
        ((), "L1", 1),
        (("former_sponsor=sponsor", "sponsor=sponsor"), "L1", 1),
        (("sponsor=former_sponsor",), "L1-before", 0),
        (("former_sponsor=sponsor",), "L1-former", 0),
        (("former_sponsor=former_sponsor",), "L1-former", 0),
    ],
)
def test_a_sponsor_of_before_an_amendment_is_told_as_such_and_seeks_that_child_no_more(
    through: tuple[str, ...], rule: str, sought_now: int
) -> None:
    link = a_link("sponsor", through=through, other_state=ApplicationState.DENIED)
    facts = submitted(links=(link,))
    assert [f.rule for f in findings(facts, P2025, NOW)] == [rule]
    # What became of the other application says something of the sponsor that it names today.
    assert ("denied_before" in risks_of(facts, "sponsor")) is (rule == "L1")
    open_one = replace(link, other_state=ApplicationState.IN_REVIEW)
    assert children_sought_now(submitted(links=(open_one,))) == sought_now


@pytest.mark.parametrize(
    ("kind", "tier", "categories", "rule"),
    [
        ("sponsor", "likely", ("2A", "3"), "L1"),
        ("sponsor", "possible", ("3", "3"), None),
        ("sponsor", "likely", ("1", "2B"), None),
        ("person", "likely", ("3", "1"), "L1-person"),
        ("contact", "likely", ("3", "3"), "L3"),
        ("address", "likely", ("3", "3"), None),
        ("document", "likely", ("1", "1"), "L6-number"),
        ("child", "likely", ("1", "1"), "L1-child"),
        ("image", "likely", ("1", "3"), "L6"),
        ("image", "likely", ("1", "2A"), None),
    ],
)
def test_only_a_grave_link_raises_an_alarm_after_a_release(
    kind: str, tier: str, categories: tuple[str, str], rule: str | None
) -> None:
    assert alarm_after_release(kind, tier, categories) == rule


TWO = (a_link("sponsor", name="one"), a_link("sponsor", name="two"))


@pytest.mark.parametrize(
    ("sponsor", "links", "before"),
    [
        ({}, (), 0),
        ({"sponsored_before": 2}, (), 2),
        ({}, TWO, 2),
        ({"sponsored_before": 2}, TWO, 2),
        ({"sponsored_before": 1}, TWO, 2),
        ({}, (a_link("sponsor", name="one"), a_link("sponsor", name="one")), 1),
        ({}, (a_link("sponsor", related_children=4),), 4),
        ({}, (a_link("sponsor", "possible"),), 0),
        ({}, (a_link("sponsor", "possible", state="confirmed"),), 1),
        ({}, (a_link("sponsor", state="split"),), 0),
        ({}, (a_link("address", related_children=9),), 0),
        ({}, (a_link("sponsor", through=("sponsor=sponsor",)),), 1),
        ({}, (a_link("sponsor", through=("sponsor=former_sponsor",)),), 1),
        ({}, (a_link("sponsor", through=("former_sponsor=sponsor",), related_children=4),), 0),
    ],
)
def test_children_before_are_those_stated_or_those_seen(
    sponsor: Any, links: tuple[LinkFacts, ...], before: int
) -> None:
    assert children_before(submitted(a_packet(sponsor=sponsor), links=links)) == before


def test_a_merged_sponsors_applications_count_like_links_and_a_denial_of_one_speaks_for_the_other() -> None:
    facts = submitted(
        links=(a_link("sponsor", name="one"), a_link("person", name="two")),
        merged=(
            MergedFacts(an_id("one"), an_id("case one"), ApplicationState.IN_REVIEW),
            MergedFacts(an_id("two"), an_id("case two"), ApplicationState.DENIED),
        ),
    )
    assert children_before(facts) == 2
    assert children_sought_now(facts) == 1  # `one` stands open, by its link and by its merge; `two` is denied
    assert [f.rule for f in findings(facts, P2025, NOW)] == ["L1", "L1-merged"]
    assert "denied_before" in risks_of(facts, "sponsor")
    assert restore(keep(facts)) == facts


@pytest.mark.parametrize(
    ("before", "related", "flagged"), [(1, False, False), (2, False, True), (9, True, False)]
)
def test_three_children_to_one_nonrelative_are_flagged(before: int, related: bool, flagged: bool) -> None:
    sponsor = STRANGER | {"sponsored_before": before, "related": related}
    got = findings(submitted(a_packet(sponsor=sponsor)), P2025, NOW)
    assert [f.code for f in got] == ([FindingCode.LINK_MANY_CHILDREN] if flagged else [])
    assert [f.evidence["children"] for f in got] == ([before + 1] if flagged else [])
