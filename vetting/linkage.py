"""Who has been seen before: what the links of an application mean for its vetting.

A link is for a person to look at. Poor families share homes and phones, so none of these is a block,
and a name alone is never more than `possible`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from models.facts import ApplicationFacts, Finding, LinkFacts, MergedFacts
from models.findings import FindingCode
from models.states import APPLICATION_OVER
from models.vetting_policy import VettingPolicy
from vetting.risks import counts, counts_once

# Source: domain.md 4, linkage flags; HHS's own audit of 2023 used 3 and more. `VettingPolicy` has no
# line for these yet: when it does, this number moves into the files.
MANY_CHILDREN = 3

_RULES: Mapping[str, tuple[FindingCode, str, str]] = {
    "sponsor": (
        FindingCode.LINK_SPONSOR_SEEN,
        "L1",
        "This sponsor {tier} applied for a child before. Look at the other application and say what you found.",
    ),
    "sponsor_once": (
        FindingCode.LINK_SPONSOR_SEEN,
        "L1-before",
        "This sponsor {tier} applied for a child before, until an amendment named somebody else. Look at the other "
        "application and say what you found.",
    ),
    "former_sponsor": (
        FindingCode.LINK_SPONSOR_SEEN,
        "L1-former",
        "Whom this application named as its sponsor before an amendment {tier} stands in another case too. Look at "
        "the other application and say what you found.",
    ),
    "person": (
        FindingCode.LINK_SPONSOR_SEEN,
        "L1-person",
        "Somebody of this packet {tier} stands in another case too: as its sponsor, in its home, or as the one "
        "who would step in. `links` says who. Look at the other application and say what you found.",
    ),
    "document": (
        FindingCode.LINK_SPONSOR_SEEN,
        "L6-number",
        "An identity document of this packet {tier} stands in another case under another name. Compare the "
        "two documents and say what you found.",
    ),
    "address": (
        FindingCode.LINK_SHARED_ADDRESS,
        "L2",
        "Another application {tier} names the same home. Many families share one: look, and say what you found.",
    ),
    "contact": (
        FindingCode.LINK_SHARED_CONTACT,
        "L3",
        "Another application {tier} uses the same phone or e-mail. Ask whose it is, and say what you found.",
    ),
    "child": (
        FindingCode.LINK_CHILD_SEEN,
        "L1-child",
        "This child {tier} has another application. Make sure that the files do not speak of one child twice.",
    ),
}
_SOURCE = "Linkage flags, domain brief section 4 (Senate PSI 2016; HHS audit 2023)"


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """One finding for each link that is not split, and one when an unrelated sponsor reaches many children.

    Where the sponsor is the same, that their household is too is no finding of its own. Nor is a picture that stands
    in both: the papers tell it (`DOCUMENT_REUSED`).
    """
    linked = {link.other_application for link in facts.links if counts(link)}
    same_sponsor = linked | {one.application for one in facts.merged}
    found = [
        _finding(link)
        for link in facts.links
        if link.state != "split"
        and link.kind != "image"
        and not (link.kind == "person" and link.other_application in same_sponsor)
    ]
    found += [_merged(one) for one in facts.merged if one.application not in linked]
    reached = children_before(facts) + 1
    if not facts.packet.sponsor.related and reached >= MANY_CHILDREN:
        found.append(
            Finding(
                code=FindingCode.LINK_MANY_CHILDREN,
                subject="sponsor",
                message=f"With this child the sponsor, who is not a relative, reaches {reached} children. "
                "A supervisor must look at all of them together.",
                rule="L4",
                source=_SOURCE,
                evidence={"children": reached},
            )
        )
    return tuple(found)


def children_before(facts: ApplicationFacts) -> int:
    """How many other children this sponsor has sponsored or sought to: as stated or as seen, the larger.

    A link counts when it is likely or a person confirmed it, a merge while it holds. Who asked for a child and
    was replaced by an amendment has sought to sponsor it.
    """
    seen = [link for link in facts.links if counts_once(link)]
    applications = {link.other_application for link in seen} | {one.application for one in facts.merged}
    through_links = max((link.related_children for link in seen), default=0)
    return max(facts.packet.sponsor.sponsored_before, len(applications), through_links)


def children_sought_now(facts: ApplicationFacts) -> int:
    """How many other applications of this sponsor are still open; one of unknown state counts."""
    sought = {
        link.other_application
        for link in facts.links
        if counts(link) and link.other_state not in APPLICATION_OVER
    }
    return len(sought | {one.application for one in facts.merged if one.state not in APPLICATION_OVER})


def _merged(one: MergedFacts) -> Finding:
    return Finding(
        code=FindingCode.LINK_SPONSOR_SEEN,
        subject="sponsor",
        message="This sponsor is the one of another application, as two people have said. Look at the other "
        "application and say what you found.",
        rule="L1-merged",
        source=_SOURCE,
        evidence={"other_application": str(one.application), "kind": "merged"},
    )


# The categories of relatives: a parent or guardian, and the close kin of 2A and 2B.
_RELATIVES = frozenset({"1", "2A", "2B"})


def alarm_after_release(kind: str, tier: str, categories: Collection[str]) -> str | None:
    """The rule by which a link that comes up after a release is a supervisor's at once; None for one that waits
    in the queue of links like any other.

    `categories`: of the two sponsors. A shared home alone raises no alarm, nor what relatives share.

    Source: domain brief section 4: L1 and L4 (a nonrelative who comes again), L3 (one phone, unrelated
    sponsors), L6 (one document, two names; one picture, unrelated sponsors).
    """
    if tier != "likely":
        return None
    if kind in ("document", "child"):
        return _RULES[kind][1]
    strangers = any(category not in _RELATIVES for category in categories)
    if kind == "image":
        return "L6" if strangers else None
    return _RULES[kind][1] if strangers and kind in ("sponsor", "person", "contact") else None


def _reading(link: LinkFacts) -> str:
    """The kind of the link, and of a sponsor's whether it is about one whom an amendment replaced."""
    if link.kind != "sponsor" or not link.through or "sponsor=sponsor" in link.through:
        return link.kind
    return "sponsor_once" if any(one.startswith("sponsor=") for one in link.through) else "former_sponsor"


def _finding(link: LinkFacts) -> Finding:
    reading = _reading(link)
    code, rule, message = _RULES[reading]
    # Several share a code; the kind tells their findings apart. Older findings keep their evidence.
    kind = {"kind": reading} if code is FindingCode.LINK_SPONSOR_SEEN and reading != "sponsor" else {}
    return Finding(
        code=code,
        subject="child" if link.kind == "child" else "sponsor",
        message=message.format(tier="very likely" if link.tier == "likely" else "possibly"),
        rule=rule,
        source=_SOURCE,
        evidence={
            "link": str(link.id),
            "other_application": str(link.other_application),
            "tier": link.tier,
            **kind,
        },
    )
