"""The packet's shape: each fault is found, named by its place, and told without repeating a value."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.errors import BadInput, Problem
from models.packet import Address, Packet, consented_at, parse_packet, parse_part
from models.states import DocumentKind

EXAMPLE = Path(__file__).parent.parent / "data" / "packet.example.json"
Tree = dict[str, Any]


@pytest.fixture
def tree() -> Tree:
    """The contract's example packet, to be spoilt."""
    parsed: Tree = json.loads(EXAMPLE.read_bytes())
    return parsed


def put(tree: Any, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    if isinstance(tree, list):
        tree[int(last)] = value
    else:
        tree[last] = value


def drop(tree: Any, path: str) -> None:
    *parents, last = path.split(".")
    for part in parents:
        tree = tree[part]
    del tree[last]


def parsed(tree: Tree) -> Packet:
    return parse_packet(json.dumps(tree).encode())


def problems_of(raw: bytes | Tree) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        parse_packet(raw if isinstance(raw, bytes) else json.dumps(raw).encode())
    return caught.value.problems


def only(problems: tuple[Problem, ...]) -> tuple[str, str]:
    assert len(problems) == 1, problems
    return problems[0].field, problems[0].code


# --- what is taken --------------------------------------------------------------------------------


def test_the_contracts_example_is_taken_whole() -> None:
    packet = parse_packet(EXAMPLE.read_bytes())
    assert packet.reference == "FRP-2026-000123"
    assert packet.child.languages == ("quc", "es")
    assert len(packet.documents) == 11
    assert packet.documents[5].subject == "household:0"


def test_a_byte_order_mark_is_let_be() -> None:
    assert parse_packet(b"\xef\xbb\xbf" + EXAMPLE.read_bytes()).format == "kinline-packet/1"


@pytest.mark.parametrize(
    "path",
    [
        "child.sex",
        "child.country_of_birth",
        "child.phone",
        "child.circumstances",
        "child.text_consent",
        "child.text_consent.phone_held_by",
        "sponsor.backup_phone",
        "sponsor.other_names",
        "sponsor.was_primary_caregiver",
        "sponsor.sponsored_before",
        "sponsor.identity_document",
        "sponsor.identity_document.expires_on",
        "address.unit",
        "address.moved_in_on",
        "previous_states",
        "contacts",
        "contacts.0.languages",
        "hearings",
        "documents.0.issued_on",
    ],
)
def test_an_optional_key_may_be_null_as_it_may_be_absent(tree: Tree, path: str) -> None:
    absent = copy.deepcopy(tree)
    put(tree, path, None)
    where = absent
    *parents, last = path.split(".")
    for part in parents:
        where = where[int(part)] if isinstance(where, list) else where[part]
    del where[last]
    assert parsed(tree) == parsed(absent)


@pytest.mark.parametrize("zip_code", ["77036", "770361234", "77036-1234"])
def test_a_zip_has_five_or_nine_digits(tree: Tree, zip_code: str) -> None:
    put(tree, "address.zip", zip_code)
    assert parsed(tree).address.zip == zip_code


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_every_kind_of_document_is_taken(tree: Tree, kind: DocumentKind) -> None:
    put(tree, "documents.0.kind", kind.value)
    assert parsed(tree).documents[0].kind is kind


# --- what is refused as a whole -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "broken_json"),
        (b'{"format": ', "broken_json"),
        (b'{"a": 1,}', "broken_json"),
        (b"\xf1{}", "not_utf8"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8"),
        (b"[]", "wrong_type"),
        (b"null", "wrong_type"),
        (b'{"a": ' * 9000 + b"1" + b"}" * 9000, "broken_json"),
        (b'{"a": ' * 600 + b"1" + b"}" * 600, "broken_json"),
        (b'{"a": ' + b"1" * 5000 + b"}", "broken_json"),
        (b'{"reference": "A", "reference": "B"}', "broken_json"),
        (b'{"child": {"phone": null, "phone": null}}', "broken_json"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_not_one_json_object_is_refused(raw: bytes, code: str) -> None:
    assert only(problems_of(raw)) == ("packet.json", code)


def test_broken_json_is_told_by_line_and_column() -> None:
    (problem,) = problems_of(b'{\n  "reference": oops\n}')
    assert "line 2, column 16" in problem.message


def test_a_repeated_key_is_named() -> None:
    (problem,) = problems_of(b'{"reference": "A", "reference": "B"}')
    assert "'reference'" in problem.message


# --- what is refused by its place -----------------------------------------------------------------


@pytest.mark.parametrize(
    "parent", ["", "child.", "sponsor.identity_document.", "household.0.", "documents.3."]
)
@pytest.mark.parametrize("value", ["x", 1, {}, None])
def test_an_unknown_key_is_refused_by_name(tree: Tree, parent: str, value: Any) -> None:
    put(tree, parent + "nickname", value)
    assert only(problems_of(tree)) == (parent + "nickname", "unknown_key")


@pytest.mark.parametrize(
    "path", ["format", "reference", "child", "child.a_number", "sponsor.related", "address.zip"]
)
@pytest.mark.parametrize("absent", [True, False])
def test_a_required_key_is_missed_when_absent_or_null(tree: Tree, path: str, absent: bool) -> None:
    drop(tree, path) if absent else put(tree, path, None)
    assert only(problems_of(tree)) == (path, "missing_key")


WRONG_TYPES = [
    ("child", "Ixchel"),
    ("child.given_names", 7),
    ("child.languages", "es"),
    ("child.date_of_birth", 1367452800),
    ("child.date_of_birth", "2 May 2013"),
    ("sponsor.related", "true"),
    ("sponsor.related", 1),
    ("sponsor.sponsored_before", "0"),
    ("sponsor.sponsored_before", 1.5),
    ("sponsor.sponsored_before", True),
    ("documents", {}),
    ("documents.0", None),
    ("previous_states.0", None),
]
WRONG_VALUES = [
    ("format", "kinline-packet/2"),
    ("reference", "../../etc"),
    ("reference", "x"),
    ("child.a_number", "A220555001"),
    ("child.a_number", "22055500"),
    ("child.a_number", "٢٢٠٥٥٥٠٠١"),
    ("child.given_names", "   "),
    ("child.given_names", "x" * 301),
    ("child.given_names", "Ix\u0000chel"),
    ("child.sex", "girl"),
    ("child.country_of_birth", "Guatemala"),
    ("child.languages.0", "Spanish"),
    ("sponsor.phone", "713-555-0101"),
    ("sponsor.phone", "+07135550101"),
    ("sponsor.phone", "+1713"),
    ("sponsor.phone", "+1٧١٣٥٥٥٠١٠١"),
    ("sponsor.email", "marta at example.org"),
    ("sponsor.sponsored_before", -1),
    ("address.state", "Texas"),
    ("address.zip", "7703"),
    ("address.zip", "٧٧٠٣٦"),
    ("contacts.0.role", "neighbour"),
    ("documents.0.kind", "passport"),
    ("child.text_consent.at", "2026-01-15T16:30:00"),
]


@pytest.mark.parametrize(("path", "value"), WRONG_TYPES)
def test_a_wrong_type_is_refused_at_its_place(tree: Tree, path: str, value: Any) -> None:
    put(tree, path, value)
    assert only(problems_of(tree)) == (path, "wrong_type")


@pytest.mark.parametrize(("path", "value"), WRONG_VALUES)
def test_a_wrong_value_is_refused_at_its_place(tree: Tree, path: str, value: Any) -> None:
    put(tree, path, value)
    assert (path, "wrong_value") in [(problem.field, problem.code) for problem in problems_of(tree)]


@pytest.mark.parametrize("path", ["child.date_of_birth", "child.entered_care_on", "child.text_consent.at"])
def test_a_number_of_seconds_is_no_date(tree: Tree, path: str) -> None:
    put(tree, path, "1367452800")
    assert problems_of(tree)[0].field == path


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Child",
        "household",
        "household:",
        "household:-1",
        "household:100",
        "household:0\n",
        "household:٠",
        "household:00",
    ],
)
def test_a_subject_has_one_spelling(tree: Tree, subject: str) -> None:
    put(tree, "documents.5.subject", subject)
    assert problems_of(tree)[0].field.startswith("documents.5")


@pytest.mark.parametrize("number", [1, 9, 99])
def test_a_household_member_who_is_not_there_is_nobody(tree: Tree, number: int) -> None:
    put(tree, "documents.5.subject", f"household:{number}")
    assert only(problems_of(tree)) == ("documents.5.subject", "unknown_subject")


def test_an_alternate_caregiver_who_is_not_there_is_nobody(tree: Tree) -> None:
    del tree["alternate_caregiver"]
    assert {(p.field, p.code) for p in problems_of(tree)} == {
        ("documents.6.subject", "unknown_subject"),
        ("documents.8.subject", "unknown_subject"),
    }


def test_nobody_enters_care_before_being_born(tree: Tree) -> None:
    put(tree, "child.entered_care_on", "2013-05-02")
    assert parsed(tree).child.entered_care_on == parsed(tree).child.date_of_birth
    put(tree, "child.entered_care_on", "2013-05-01")
    assert only(problems_of(tree)) == ("child.entered_care_on", "wrong_value")


def test_every_fault_is_told_at_once(tree: Tree) -> None:
    put(tree, "sponsor.phone", "none")
    put(tree, "nickname", "x")
    drop(tree, "child.a_number")
    assert {problem.field for problem in problems_of(tree)} == {"sponsor.phone", "nickname", "child.a_number"}


# --- what a problem says --------------------------------------------------------------------------

SECRET = "Zacarias-7135550199"


def places(tree: Any, path: str = "") -> Iterator[str]:
    """The path of every single value in the packet."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        if isinstance(value, dict | list):
            yield from places(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def spoil_by_type(value: str) -> Any:
    return {value: value}


def spoil_by_value(value: str) -> Any:
    return value + "\u0007"


def spoil_by_length(value: str) -> Any:
    return value * 50


@pytest.mark.parametrize("spoil", [spoil_by_type, spoil_by_value, spoil_by_length])
def test_no_problem_repeats_a_value_of_the_packet(spoil: Callable[[str], Any]) -> None:
    whole = json.loads(EXAMPLE.read_bytes())
    refused: dict[str, BadInput] = {}
    for path in places(whole):
        tree = copy.deepcopy(whole)
        put(tree, path, spoil(SECRET))
        try:
            parsed(tree)
        except BadInput as error:
            refused[path] = error
    told = {
        path: str(error) + "".join(problem.message + problem.remedy for problem in error.problems)
        for path, error in refused.items()
    }
    assert [path for path, words in told.items() if "Zacarias" in words] == []
    # A chained error would carry the packet into a log.
    assert [path for path, error in refused.items() if error.__cause__ is not None] == []
    assert len(refused) > 50


@pytest.mark.parametrize(("path", "value"), WRONG_TYPES + WRONG_VALUES)
def test_every_problem_names_field_reason_and_remedy(tree: Tree, path: str, value: Any) -> None:
    put(tree, path, value)
    for problem in problems_of(tree):
        assert all((problem.field, problem.code, problem.message, problem.remedy))
        assert problem.message.endswith(".")


WHOLE: Tree = json.loads(EXAMPLE.read_bytes())
WHOLE["sponsor"] |= {"email": "marta@example.org", "other_names": ["Marta Ruiz"]}
WHOLE["address"] |= {"dwelling": "apartment", "moved_in_on": "2024-01-01"}
WHOLE["previous_states"] = ["TX"]
WHOLE["hearings"] = [
    {
        "hearing_key": "H-1",
        "court": "Example",
        "starts_at": "2026-05-01T14:00:00Z",
        "kind": "master",
        "state": "moved",
    }
]
WORDS_OF_PYDANTIC = (
    "should",
    "Input",
    "Value error",
    "valid ",
    "pattern",
    "validation",
    "tuple",
    "boolean",
    "dictionary",
    "Pydantic",
    "{",
    "None",
)


@pytest.mark.parametrize(
    "spoilt",
    [
        {},
        [],
        7,
        -1,
        1.5,
        True,
        "",
        " ",
        "!",
        "x" * 400,
        "a\u0007",
        "2026-13-45",
        "2026-01-15T16:30:00",
        10**30,
    ],
)
def test_a_packet_that_is_broken_everywhere_is_answered_in_plain_words(spoilt: Any) -> None:
    tree = copy.deepcopy(WHOLE)
    for path in places(WHOLE):
        put(tree, path, spoilt)
    problems = problems_of(tree)
    assert len(problems) > 20
    told = [
        (p.field, words, said)
        for p in problems
        for said in (p.message, p.remedy)
        for words in WORDS_OF_PYDANTIC
    ]
    assert [one for one in told if one[1] in one[2]] == []
    assert all(said.endswith(".") for p in problems for said in (p.message, p.remedy))


@pytest.mark.parametrize("spoilt", [{}, [], 7, "x", True])
def test_a_part_that_is_no_part_is_answered_in_plain_words(spoilt: Any) -> None:
    parts = [key for key, value in WHOLE.items() if isinstance(value, dict | list)]
    for path in [
        *parts,
        "child.languages",
        "child.circumstances",
        "sponsor.identity_document",
        "documents.0",
    ]:
        tree = copy.deepcopy(WHOLE)
        put(tree, path, spoilt)
        try:
            parsed(tree)
        except BadInput as err:
            words = " ".join(p.message + p.remedy for p in err.problems)
            assert [w for w in WORDS_OF_PYDANTIC if w in words] == [], path


def test_the_remedy_shows_the_form_or_the_words_to_use(tree: Tree) -> None:
    put(tree, "child.languages", [])
    put(tree, "sponsor.phone", "713-555-0101")
    put(tree, "child.sex", "girl")
    put(tree, "sponsor.email", "marta at example.org")
    assert {p.field: p.remedy for p in problems_of(tree)} == {
        "child.languages": "Give at least 1.",
        "sponsor.phone": "Write + and the country code, then digits alone, such as +17135550101.",
        "child.sex": "Use female, male, x or unknown.",
        "sponsor.email": "Write it as name@example.org, or leave it out.",
    }


# --- consent --------------------------------------------------------------------------------------


def test_consent_counts_from_when_it_was_given_and_only_if_it_was(tree: Tree) -> None:
    given = parsed(tree).child.text_consent
    assert given is not None
    assert consented_at(given) == given.at
    put(tree, "child.text_consent.given", False)
    assert consented_at(parsed(tree).child.text_consent) is None
    assert consented_at(None) is None


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (b"[]", "address", "wrong_type"),
        (b'"Houston"', "address", "wrong_type"),
        (b"[" * 100_000, "address", "broken_json"),
        (b'{"line1": 7, "city": "Houston", "state": "TX", "zip": "77036"}', "address.line1", "wrong_type"),
    ],
)
def test_a_part_by_itself_names_its_own_faults(raw: bytes, field: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_part(Address, raw, "address")
    assert [(p.field, p.code) for p in caught.value.problems] == [(field, code)]
