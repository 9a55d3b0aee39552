"""What one proof of address and the postal answer give rise to, rule by rule."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from address_lines import BILL, DATED, HOME, ISSUED, NOW, PO_BOX, SUBMITTED, block, home, stated

from models.findings import FindingCode
from models.packet import Address, Packet
from models.reading import DocumentText, PostalAnswer, ReadLine, document_text
from vetting.address import address_findings


def packet(address: Address | None = None) -> Packet:
    return Packet.model_validate(
        {
            "format": "kinline-packet/1",
            "reference": "FRP-2026-000001",
            "care_provider": "Example Shelter",
            "child": {
                "a_number": "220555001",
                "given_names": "Ixchel",
                "family_names": "Example Coj",
                "date_of_birth": date(2013, 5, 2),
                "languages": ("es",),
                "entered_care_on": date(2026, 1, 10),
            },
            "sponsor": {
                "given_names": "Marta",
                "family_names": "Example Coj",
                "date_of_birth": date(1989, 11, 20),
                "relationship": "aunt",
                "related": True,
                "languages": ("es",),
                "phone": "+17135550101",
            },
            "address": (address or stated()).model_dump(),
        }
    )


def codes(lines: list[ReadLine] | None = None, **changes: Any) -> list[FindingCode]:
    return [f.code for f in findings(lines, **changes)]


def findings(lines: list[ReadLine] | None = None, **changes: Any) -> tuple[Any, ...]:
    text = DocumentText(tuple(BILL if lines is None else lines), "ocr", 1, None)
    values: dict[str, Any] = {
        "issued_on": ISSUED,
        "submitted_on": SUBMITTED,
        "window_days": 60,
        "window_exempt": False,
        "sharpness": 3.0,
        "sharpness_at_least": 1.0,
        "postal": PostalAnswer("Y", False, False, NOW, "sandbox-1"),
    }
    values |= changes
    return address_findings(values.pop("text", text), packet(values.pop("address", None)), **values)


def test_dull_bill_gives_no_finding() -> None:
    assert codes() == []


def test_document_that_nobody_has_read_yet_gives_no_finding_of_its_own() -> None:
    assert codes(text=None, postal=None) == []


def test_nothing_read_or_no_address_in_it_is_unread() -> None:
    assert codes([]) == [FindingCode.ADDRESS_UNREAD]
    assert codes(PO_BOX) == [FindingCode.ADDRESS_UNREAD]


@pytest.mark.parametrize(("sharpness", "illegible"), [(0.99, True), (1.0, False), (1.01, False)])
def test_illegible_scan_is_not_judged_further(sharpness: float, illegible: bool) -> None:
    wrong = home("9 Wrong St")
    expected = FindingCode.DOCUMENT_ILLEGIBLE if illegible else FindingCode.ADDRESS_DOCUMENT_MISMATCH
    assert codes([*wrong, *DATED], sharpness=sharpness) == [expected]


@pytest.mark.parametrize(
    ("issued", "stale"),
    [("December 5, 2025", False), ("December 4, 2025", False), ("December 3, 2025", True)],
)
def test_document_is_stale_one_day_past_its_window(issued: str, stale: bool) -> None:
    # Submitted on 2 February 2026: 4 December is exactly 60 days before.
    lines = [*HOME, *block(f"Statement date: {issued}", x=0.6)]
    found = codes(lines, issued_on=None)
    assert found == ([FindingCode.ADDRESS_DOCUMENT_STALE] if stale else [])


def test_lease_never_grows_stale() -> None:
    lines = [*HOME, *block("Lease date: June 1, 2025", x=0.6)]
    assert codes(lines, window_exempt=True, issued_on=date(2025, 6, 1)) == []


def test_date_on_the_document_wins_over_the_stated_one_and_the_gap_is_noted() -> None:
    lines = [*HOME, *block("Statement date: October 5, 2025", x=0.6)]
    found = findings(lines)
    assert [f.code for f in found] == [
        FindingCode.ADDRESS_DOCUMENT_STALE,
        FindingCode.ADDRESS_TEXT_DISAGREES,
    ]
    assert found[0].evidence["dates_differ_by_days"] == 92
    assert codes([*HOME, *block("Statement date: January 8, 2026", x=0.6)]) == []


def test_no_date_anywhere_or_one_in_the_future_is_unread() -> None:
    assert codes(HOME, issued_on=None) == [FindingCode.ADDRESS_UNREAD]
    future = [*HOME, *block("Statement date: March 5, 2026", x=0.6)]
    assert codes(future, issued_on=None) == [FindingCode.ADDRESS_UNREAD]


def test_stated_date_is_used_when_none_was_read() -> None:
    assert codes(HOME, issued_on=ISSUED) == []
    assert codes(HOME, issued_on=date(2025, 10, 1)) == [FindingCode.ADDRESS_DOCUMENT_STALE]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (("N", False, False), [FindingCode.ADDRESS_UNDELIVERABLE]),
        (("S", False, False), [FindingCode.ADDRESS_UNDELIVERABLE]),
        (("D", False, False), [FindingCode.ADDRESS_UNIT_MISSING]),
        (("Y", True, False), [FindingCode.ADDRESS_NOT_RESIDENTIAL]),
        (("Y", False, True), [FindingCode.ADDRESS_NOT_RESIDENTIAL]),
        (("Y", False, False), []),
        ((None, False, False), []),
    ],
)
def test_postal_answer_becomes_its_finding(
    answer: tuple[Any, bool, bool], expected: list[FindingCode]
) -> None:
    assert codes(postal=PostalAnswer(*answer, NOW, "sandbox-1")) == expected


@pytest.mark.parametrize("dpv", ["Y", "D", None])
def test_apartment_without_its_unit_is_asked_for_whatever_the_post_knows(dpv: Any) -> None:
    flat = stated(unit=None, dwelling="apartment")
    answer = PostalAnswer(dpv, False, False, NOW, "sandbox-1")
    found = codes([*home("1420 Example Ave"), *DATED], address=flat, postal=answer)
    assert found == [FindingCode.ADDRESS_UNIT_MISSING]


def test_stated_po_box_is_not_a_home() -> None:
    boxed = stated(line1="P.O. Box 12", unit=None)
    assert FindingCode.ADDRESS_NOT_RESIDENTIAL in codes(address=boxed, postal=None)


def test_text_layer_that_disagrees_is_noted() -> None:
    text = DocumentText(tuple(BILL), "ocr", 1, text_layer_agrees=False)
    assert codes(text=text) == [FindingCode.ADDRESS_TEXT_DISAGREES]


def test_messages_and_evidence_hold_nothing_of_the_person() -> None:
    seen = [
        *findings([*home("9 Wrong St", "Bellaire, TX 77036"), *DATED]),
        *findings(block("Jorge Example Ruiz", "1420 Example Ave Apt 3C", "Houston, TX 77036")),
        *findings([], postal=PostalAnswer("N", True, True, NOW, "sandbox-1")),
    ]
    assert len(seen) >= 6
    for finding in seen:
        words = f"{finding.message} {dict(finding.evidence)}".upper()
        for secret in ("MARTA", "JORGE", "COJ", "EXAMPLE AVE", "WRONG", "1420", "77036", "HOUSTON", "3B"):
            assert secret not in words


def test_document_text_survives_its_json() -> None:
    text = DocumentText(tuple(BILL), "pdf_text", 2, text_layer_agrees=True)
    assert document_text(text.as_json()) == text
