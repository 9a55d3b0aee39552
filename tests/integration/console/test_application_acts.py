"""What an application's page tells of people's acts, of home studies and of the papers that went out."""

from __future__ import annotations

import re
from copy import deepcopy
from html import unescape
from typing import Any

import pytest

from console.pages.rendering import make_templates

FFS, SUPERVISOR = "1f0e3dad-0000", "9c8b7a65-0000"
AT = "2026-02-02T15:00:00+00:00"
BY_FFS = {"by": FFS, "role": "federal_field_specialist", "at": AT}
BY_SUPERVISOR = {"by": SUPERVISOR, "role": "supervisor", "at": AT}
NOTHING: dict[str, Any] = {
    "waivers": [],
    "adjudications": [],
    "policy_moves": [],
    "appeals": [],
    "home_studies": [],
    "post_release_services": {"required": False, "offer": None, "level": None},
    "denial": None,
    "release": None,
}
HIT = {"kind": "fbi_fingerprint", "jurisdiction": None, "subject": "sponsor", **BY_FFS}
APPEAL = {
    "by": "sponsor",
    "received_on": "2026-02-03",
    "outcome": "reversed",
    "decided_by": SUPERVISOR,
    "decided_at": AT,
    "reasoning": "The letter was misread.",
    "against": {"by": FFS, "at": AT, "grounds": [], "reason": "x"},
}
STUDY: dict[str, Any] = {
    "number": 1,
    "triggers": ["TVPRA-2"],
    "ordered_at": AT,
    "due_at": AT,
    "received_at": AT,
    "result": "negative",
    "override": {
        "proposed_by": FFS,
        "proposed_at": AT,
        "reason": "Mended.",
        "approved_by": None,
        "approved_at": None,
    },
}
LETTER = {"sent_on": "2026-02-04", "method": "in_person", "template": "denial-1"}
RELEASE = {
    "on": "2026-02-05",
    "papers": [{"kind": "verification_of_release", "template": "r1-1"}],
    "disclosures": [
        {
            "recipient": "DHS",
            "legal_basis": "6 USC 279",
            "fields": ["released_on"],
            "rule": "2025-NOTICE",
            "approved_by": FFS,
            "at": AT,
        }
    ],
}


def told(**changes: Any) -> str:
    """The words of this part of the page."""
    html = (
        make_templates()
        .get_template("application_acts.html")
        .render(application=deepcopy(NOTHING) | changes, name="R1", email="me@example.org")
    )
    apart = re.sub(r"</?(br|h2|li|p|t[dhr])\b[^>]*>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", apart)).split())


def test_where_nobody_did_anything_nothing_is_said() -> None:
    assert told() == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"waivers": [{"item": "proof_of_income@sponsor", "counts": False, "reason": "None.", "proposed": BY_FFS, "approved": None}]},
            "Waiver of proof of income (the sponsor), proposed by federal field specialist 1f0e3dad, 2 Feb 2026,"
            " 10:00 AM EST: None; a second person must approve it.",
        ),
        (
            {"waivers": [{"item": "x@sponsor", "counts": True, "reason": "None.", "proposed": BY_FFS, "approved": BY_SUPERVISOR}]},
            "approved by supervisor 9c8b7a65, 2 Feb 2026, 10:00 AM EST.",
        ),
        (
            {"adjudications": [HIT | {"verdict": "not_this_person"}]},
            "Hit of the FBI fingerprint check of the sponsor: another person's record, by federal field specialist 1f0e3dad",
        ),
        ({"adjudications": [HIT | {"verdict": None}]}, "the sponsor: judged, kept until a second person has, by"),
        (
            {"policy_moves": [{"from": "orr-2024", "to": "orr-2025", "state": "proposed", "reason": "Why.", **BY_FFS}]},
            "Move from orr-2024 to orr-2025, proposed by federal field specialist 1f0e3dad, 2 Feb 2026, 10:00 AM EST: Why.",
        ),
        (
            {"appeals": [APPEAL]},
            "Appeal of the sponsor, received on 3 Feb 2026, against the denial of 2 Feb 2026, 10:00 AM EST: reversed by"
            " 9c8b7a65, 2 Feb 2026, 10:00 AM EST. The letter was misread.",
        ),
        ({"appeals": [APPEAL | {"outcome": None}]}, "against the denial of 2 Feb 2026, 10:00 AM EST: open."),
        (
            {"home_studies": [STUDY]},
            "Home study 1 TVPRA-2 2 Feb 2026, 10:00 AM EST 2 Feb 2026, 10:00 AM EST Negative Overridden by 1f0e3dad, 2 Feb"
            " 2026, 10:00 AM EST: Mended; a second person must approve it.",
        ),
        (
            {"home_studies": [STUDY, STUDY | {"number": 2, "received_at": None, "result": None, "override": None}]},
            "Addendum 2 TVPRA-2 2 Feb 2026, 10:00 AM EST due 2 Feb 2026, 10:00 AM EST Under way",
        ),
        (
            {"post_release_services": {"required": True, "offer": "accepted", "level": "2"}},
            "No home study has been ordered. Post-release services are on level 2. The sponsor was offered them and"
            " accepted.",
        ),
        (
            {"post_release_services": {"required": True, "offer": None, "level": None}},
            "Post-release services must follow a release.",
        ),
        (
            {"denial": {"letter": LETTER}},
            "Letter of the denial, 4 Feb 2026 (in person) (denial-1). To read it: kinline denial letter R1 --out FILE"
            " --as me@example.org",
        ),
        (
            {"release": RELEASE},
            "Verification of release, 5 Feb 2026 (r1-1). To read it: kinline paper R1 verification_of_release --out FILE"
            " --as me@example.org Disclosure to DHS, 2 Feb 2026, 10:00 AM EST, under 6 USC 279 (2025-NOTICE; approved by"
            " 1f0e3dad). Told: released on.",
        ),
    ],
)  # fmt: skip
def test_each_act_says_who_when_and_why(changes: dict[str, Any], words: str) -> None:
    assert words in told(**changes)
