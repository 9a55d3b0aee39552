"""A list of releases as it comes: CSV or JSON, whole or broken. No row takes another one with it."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from integrations.roster_file import read_roster
from integrations.row_file import file_digest
from models.errors import BadInput
from models.roster import BadRow, RosterRow

TODAY = date(2026, 2, 2)
HEADER = b"a_number,date_of_birth,released_on,reference\n"


def read(path: Path, content: bytes) -> list[RosterRow | BadRow]:
    path.write_bytes(content)
    return list(read_roster(path, TODAY))


def test_columns_are_found_by_name_and_others_are_not_looked_at(tmp_path: Path) -> None:
    rows = read(
        tmp_path / "list",
        b"\xef\xbb\xbfReference , a_number,Date_Of_Birth,released_on,name\r\n"
        b"LIST-1,230000001,2013-04-01,2026-01-28,Somebody\r\n"
        b"\r\n"
        b"LIST-2,A230-000-002,2013-04-01,2026-01-28\r\n",
    )
    assert [(r.line, r.reference, r.a_number) for r in rows] == [
        (2, "LIST-1", "230000001"),
        (4, "LIST-2", "230000002"),
    ]


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (b'230000002,"2013-04-01,2026-01-28,LIST-2', "row", "unreadable"),  # a quote that is never closed
        (b'230000002,"2013"04-01,2026-01-28,LIST-2', "row", "unreadable"),
        (b"230000002,2013-04-01,2026-01-28", "reference", "missing"),
        (b"230000002,2013-04-01,2026-01-28,LIST-\xe9", "reference", "wrong_value"),
        (b"230000002,2013-04-01,2026-01-28,LIST-\x00", "reference", "wrong_value"),
        (b"230000002," + b"x" * 200_000 + b",2026-01-28,LIST-2", "row", "unreadable"),
    ],
)
def test_a_broken_line_is_named_and_takes_no_other_with_it(
    tmp_path: Path, line: bytes, field: str, code: str
) -> None:
    good = [b"230000001,2013-04-01,2026-01-28,LIST-1", b"230000003,2013-04-01,2026-01-28,LIST-3"]
    first, bad, last = read(tmp_path / "list", HEADER + b"\n".join([good[0], line, good[1]]))
    assert isinstance(bad, BadRow)
    assert [(p.field, p.code) for p in bad.problems] == [(field, code)]
    assert (first.line, bad.line, last.line) == (2, 3, 4)
    assert (first.reference, last.reference) == ("LIST-1", "LIST-3")


def test_a_list_may_be_json(tmp_path: Path) -> None:
    keys = HEADER.decode().strip().split(",")
    one = dict(zip(keys, ("230000001", "2013-04-01", "2026-01-28", "LIST-1"), strict=True))
    items = [one, "what", one | {"reference": 7}]
    good, *bad = read(tmp_path / "list", b"\n " + json.dumps(items, indent=1).encode())
    assert (good.line, good.reference) == (1, "LIST-1")
    assert [
        (row.line, row.problems[0].field, row.problems[0].code) for row in bad if isinstance(row, BadRow)
    ] == [
        (2, "row", "unreadable"),
        (3, "reference", "wrong_value"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"230000001,2013-04-01,2026-01-28,LIST-1\n",  # the header is not there
        b"a_number,date_of_birth,released_on\n",
        b"a_number,a_number,date_of_birth,released_on,reference\n",
        b'"a_number,date_of_birth,released_on,reference\n',
        b'[{"a_number": "230000001"',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_list_is_refused_whole_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path / "list", content)
    assert all(p.field == "ROSTER" and p.remedy for p in caught.value.problems)
    assert "230000001" not in str([p.as_json() for p in caught.value.problems])


def test_the_file_is_known_by_its_digest_and_one_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(HEADER)
    assert file_digest(tmp_path / "list", "ROSTER") == hashlib.sha256(HEADER).digest()
    with pytest.raises(BadInput):
        file_digest(tmp_path / "nothing", "ROSTER")


def test_the_sample_list_holds_what_its_page_says() -> None:
    rows = list(read_roster(Path(__file__).parents[2] / "samples" / "roster.csv", TODAY))
    assert [isinstance(row, RosterRow) for row in rows] == [True, True, True, True, False]
    aunt = Path(__file__).parents[2] / "samples" / "packets" / "01-clean-aunt" / "packet.json"
    assert rows[0].a_number == json.loads(aunt.read_text(encoding="utf-8"))["child"]["a_number"]
