"""What a person typed from a document: its form, and what it is compared with."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from models.errors import BadInput
from tests.unit.vetting.scenes import a_caregiver, a_member, a_packet
from vetting.typed import TypedComparison, compare, parse_typed

PACKET = a_packet(household=[a_member()], alternate_caregiver=a_caregiver())


def parsed(item: str, **fields: Any) -> dict[str, str]:
    return parse_typed(item, json.dumps(fields).encode())


def problems(item: str, raw: bytes) -> set[tuple[str, str]]:
    with pytest.raises(BadInput) as caught:
        parse_typed(item, raw)
    return {(p.field, p.code) for p in caught.value.problems}


def test_what_was_typed_comes_back_trimmed_and_without_nulls() -> None:
    assert parsed("sponsor_identity", number=" GT1 ", issuer=None) == {"number": "GT1"}


@pytest.mark.parametrize(
    ("item", "raw", "found"),
    [
        ("sponsor_identity", b"{", {("typed", "broken_json")}),
        ("sponsor_identity", b"\xff", {("typed", "broken_json")}),
        ("sponsor_identity", b"[]", {("typed", "wrong_type")}),
        ("sponsor_identity", b"{}", {("number", "missing_key")}),
        ("sponsor_identity", b'{"number": null}', {("number", "missing_key")}),
        ("sponsor_identity", b'{"number": 7}', {("number", "wrong_type")}),
        ("sponsor_identity", b'{"number": ""}', {("number", "wrong_value")}),
        ("sponsor_identity", b'{"number": "1", "seen": "x"}', {("seen", "unknown_key")}),
        ("sponsor_identity", b'{"number": "1", "expires_on": "1 May"}', {("expires_on", "wrong_type")}),
        ("sponsor_identity", b'{"number": "1", "expires_on": "2026-02-30"}', {("expires_on", "wrong_type")}),
        ("child_identity", b'{"number": "1"}', {("date_of_birth", "missing_key")}),
        ("proof_of_address", b"{}", {("line1", "missing_key"), ("zip", "missing_key")}),
        ("proof_of_address", b'{"zip": "77036"}', {("line1", "missing_key")}),
        ("proof_of_address", b'{"line1": "1 Example Ave"}', {("zip", "missing_key")}),
        ("proof_of_relationship", b"{}", {("seen", "missing_key")}),
        ("proof_of_relationship", b'{"number": "1"}', {("number", "unknown_key"), ("seen", "missing_key")}),
    ],
)
def test_each_fault_names_its_field(item: str, raw: bytes, found: set[tuple[str, str]]) -> None:
    assert problems(item, raw) == found


@pytest.mark.parametrize(
    ("item", "fields"),
    [
        ("child_identity", {"date_of_birth": "2010-05-02"}),
        ("proof_of_address", {"line1": "1420 Example Ave", "city": "Houston"}),
        ("proof_of_address", {"line1": "1420 Example Ave", "zip": "77036"}),
        ("proof_of_income", {"seen": "Three pay stubs."}),
    ],
)
def test_the_least_that_must_be_typed(item: str, fields: dict[str, str]) -> None:
    assert parsed(item, **fields) == fields


@pytest.mark.parametrize(
    ("fields", "agrees", "differs"),
    [
        ({"number": "GT0000001"}, True, ()),
        ({"number": "gt-000 0001"}, True, ()),
        ({"number": "GT0000007"}, False, ("number",)),
        ({"number": "GT0000001", "given_names": "MARTA", "family_names": "coj éxample"}, True, ()),
        ({"number": "GT0000001", "given_names": "Mario"}, False, ("given_names",)),
        ({"number": "GT0000001", "given_names": "Marta E.", "family_names": "López"}, True, ()),
        ({"number": "GT0000001", "date_of_birth": "1989-11-20"}, True, ()),
        ({"number": "GT0000001", "date_of_birth": "1989-11-21"}, False, ("date_of_birth",)),
        ({"number": "GT0000001", "expires_on": "2029-03-02"}, False, ("expires_on",)),
        ({"number": "GT0000001", "type": "Passport", "issuer": "gt"}, True, ()),
        ({"number": "X", "issuer": "HN"}, False, ("number", "issuer")),
    ],
)
def test_the_sponsors_document(fields: dict[str, str], agrees: bool, differs: tuple[str, ...]) -> None:
    found = compare("sponsor_identity", "sponsor", parsed("sponsor_identity", **fields), PACKET)
    assert (found.agrees, found.differs) == (agrees, differs)


def test_the_day_read_comes_back() -> None:
    typed = parsed("sponsor_identity", number="GT0000001", expires_on="2029-03-01")
    assert compare("sponsor_identity", "sponsor", typed, PACKET).expires_on == date(2029, 3, 1)


@pytest.mark.parametrize(
    ("item", "subject", "fields", "agrees"),
    [
        ("child_identity", "child", {"date_of_birth": "2010-05-02", "given_names": "Ixchel"}, True),
        ("child_identity", "child", {"date_of_birth": "2008-05-02"}, False),
        ("household_identity", "household:0", {"number": "1", "family_names": "Example Ruiz"}, True),
        ("household_identity", "household:0", {"number": "1", "date_of_birth": "1990-01-01"}, False),
        ("household_identity", "household:0", {"number": "1"}, None),
        ("household_identity", "household:7", {"number": "1", "family_names": "Example Ruiz"}, None),
        ("caregiver_identity", "alternate_caregiver", {"number": "1", "given_names": "Rosa"}, True),
        ("proof_of_relationship", "sponsor", {"seen": "Two birth certificates."}, None),
    ],
)
def test_everybody_else(item: str, subject: str, fields: dict[str, str], agrees: bool | None) -> None:
    assert compare(item, subject, parsed(item, **fields), PACKET).agrees is agrees


HOME = {"line1": "1420 Example Ave", "unit": "Apt 3B", "zip": "77036"}


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({}, ()),
        ({"line1": "1420 EXAMPLE AVENUE", "unit": "#3-B", "zip": "77036-1234"}, ()),
        ({"line1": "1420 Example Ave Apt 3B", "unit": None}, ()),
        ({"city": "houston", "state": "tx", "name": "Coj Example, Marta"}, ()),
        ({"name": "Marta E. Lopez"}, ()),
        ({"line1": "1421 Example Ave"}, ("line1",)),
        ({"unit": "Apt 4"}, ("unit",)),
        ({"unit": None}, ("unit",)),
        ({"zip": "77037"}, ("zip",)),
        ({"city": "Austin"}, ("city",)),
        ({"name": "Pedro Example"}, ("name",)),
    ],
)
def test_the_proof_of_address(change: dict[str, Any], differs: tuple[str, ...]) -> None:
    typed = parsed("proof_of_address", **(HOME | change))
    assert compare("proof_of_address", "sponsor", typed, PACKET) == TypedComparison(not differs, differs)


def test_no_message_repeats_what_was_typed() -> None:
    with pytest.raises(BadInput) as caught:
        parsed("sponsor_identity", number=["GT0000001"], expires_on="secret")
    said = "".join(p.message + p.remedy for p in caught.value.problems)
    assert "GT0000001" not in said
    assert "secret" not in said
