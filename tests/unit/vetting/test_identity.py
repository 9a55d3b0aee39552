"""Legible, in date, what the packet says, nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from models.facts import DocumentFacts, Finding
from models.findings import FindingCode
from models.states import DocumentKind
from tests.unit.vetting.scenes import (
    DAY,
    NOW,
    P2025,
    a_confirmation,
    a_document,
    a_member,
    a_packet,
    an_id,
    complete,
    submitted,
)
from vetting.identity import findings

ID = DocumentKind.SPONSOR_IDENTITY
TOLERATED = P2025.identity.expired_tolerance_days


def found(*documents: DocumentFacts, **facts: object) -> tuple[Finding, ...]:
    return findings(submitted(documents=documents, **facts), P2025, NOW)


def test_a_complete_legible_packet_gives_nothing() -> None:
    assert findings(complete(submitted()), P2025, NOW) == ()


@pytest.mark.parametrize(
    ("sharpness", "readable", "illegible"),
    [(0.99, True, True), (1.0, True, False), (1.01, True, False), (None, True, False), (None, False, True)],
)
def test_a_scan_below_the_sharpness_of_the_policy_is_illegible(
    sharpness: float | None, readable: bool, illegible: bool
) -> None:
    (*got,) = found(a_document(ID, sharpness=sharpness, readable=readable))
    assert [f.code for f in got] == ([FindingCode.DOCUMENT_ILLEGIBLE] if illegible else [])


def test_a_poor_scan_of_something_that_nobody_asked_for_is_let_be() -> None:
    assert found(a_document(DocumentKind.OTHER, sharpness=0.1)) == ()


@pytest.mark.parametrize(("days", "expired"), [(-1, False), (0, False), (1, True)])
def test_an_identity_document_is_taken_until_the_tolerance_ends(days: int, expired: bool) -> None:
    last_day = NOW.date() - (TOLERATED + days) * DAY
    packet = a_packet(
        sponsor={
            "identity_document": {"type": "p", "issuer": "GT", "number": "1", "expires_on": str(last_day)}
        }
    )
    got = findings(submitted(packet, documents=(a_document(ID),)), P2025, NOW + 90 * DAY)
    assert [f.code for f in got] == ([FindingCode.IDENTITY_EXPIRED] if expired else [])


def test_the_day_read_from_the_document_outweighs_the_stated_one() -> None:
    long_gone = a_confirmation("sponsor_identity", expires_on=date(2020, 1, 1))
    assert [f.code for f in found(a_document(ID), confirmations=(long_gone,))] == [
        FindingCode.IDENTITY_EXPIRED
    ]


def test_a_document_without_any_stated_day_does_not_expire() -> None:
    packet = a_packet(household=[a_member()])
    document = a_document(DocumentKind.HOUSEHOLD_IDENTITY, "household:0")
    assert findings(submitted(packet, documents=(document,)), P2025, NOW) == ()


@pytest.mark.parametrize(("agrees", "codes"), [(True, 0), (None, 0), (False, 1)])
def test_only_a_reading_that_disagrees_is_a_mismatch(agrees: bool | None, codes: int) -> None:
    typed = a_confirmation("sponsor_identity", agrees=agrees, differs=("number",))
    got = found(a_document(ID), confirmations=(typed,))
    assert [f.code for f in got] == [FindingCode.IDENTITY_MISMATCH] * codes


def test_a_mismatch_names_the_fields_and_never_their_values() -> None:
    typed = a_confirmation("sponsor_identity", agrees=False, differs=("date_of_birth", "number"))
    (got,) = found(a_document(ID), confirmations=(typed,))
    assert "date of birth, number" in got.message
    assert got.evidence["differs"] == ["date_of_birth", "number"]
    assert "GT0000001" not in got.message


def test_the_newest_reading_counts() -> None:
    first = a_confirmation("sponsor_identity", agrees=False, differs=("number",))
    second = replace(first, agrees=True, differs=(), at=NOW + DAY)
    assert found(a_document(ID), confirmations=(second, first)) == ()


def test_a_file_that_stands_in_another_case_is_for_review() -> None:
    other = an_id("elsewhere")
    (got,) = found(a_document(ID, reused_in=(other,)))
    assert got.code is FindingCode.DOCUMENT_REUSED
    assert got.evidence["other_applications"] == [str(other)]
    assert got.rule == "2025-DOC-SPONSOR-ID"
