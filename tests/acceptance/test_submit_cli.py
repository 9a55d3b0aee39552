"""`kinline submit` and its neighbours as a person at a terminal meets them: words, JSON and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.scenes import a_packet, amended, write_packet, zip_of

AT = "2026-02-02T15:00:00Z"
PERSONAL = ("Ixchel", "Example Coj", "220559901", "7135550101", "1420 Example")


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Terminal:
    """A terminal on a database of its own. A command that ends oddly shows what it said."""

    home: Path
    database_url: str

    def kinline(self, *words: str | Path, code: int) -> Answer:
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("KINLINE_", "PREFECT_"))}
        environ |= {"KINLINE_HOME": str(self.home), "KINLINE_DATABASE_URL": self.database_url}
        done = subprocess.run(
            [sys.executable, "-m", "kinline.main", *map(str, words)],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def terminal(tmp_path: Path, database_url: str) -> Terminal:
    return Terminal(tmp_path / "home", database_url)


def test_good_packets_are_stored_and_bad_ones_told_in_one_command(terminal: Terminal, tmp_path: Path) -> None:
    good = write_packet(tmp_path / "good", a_packet())
    other = write_packet(tmp_path / "other", a_packet("TEST-0002", a_number="220559902"))
    bad = write_packet(tmp_path / "bad", a_packet("TEST-0003"))
    (bad / "documents" / "sponsor_identity-sponsor.png").unlink()
    zipped = zip_of(other, tmp_path / "other.zip")
    nowhere = tmp_path / "nowhere"

    first = terminal.kinline("submit", good, bad, zipped, nowhere, "--json", "--at", AT, code=2)
    rows = first.json["results"]
    assert [(r["reference"], r["state"], r["revision"]) for r in rows] == [
        ("TEST-0001", "submitted", 1),
        (None, None, None),
        ("TEST-0002", "submitted", 1),
        (None, None, None),
    ]
    assert [[p["code"] for p in r["problems"]] for r in rows] == [[], ["missing_file"], [], ["not_found"]]
    assert rows[1]["problems"][0] == {
        "field": "documents.0.file",
        "code": "missing_file",
        "message": "The packet names this file, but it is not there.",
        "remedy": "Add the file, or correct its name.",
    }
    assert [word for word in PERSONAL if word in first.out + first.err] == []

    again = terminal.kinline("submit", good, zipped, "--json", code=0)
    assert [r["application_id"] for r in again.json["results"]] == [
        rows[0]["application_id"],
        rows[2]["application_id"],
    ]
    write_packet(tmp_path / "good", amended(a_packet(), sponsor__phone="+17135550108"))
    changed = terminal.kinline("submit", good, code=0)
    assert "TEST-0001 is submitted, revision 2" in changed.out
    told = terminal.kinline("submit", bad, code=2)
    assert "documents.0.file: The packet names this file, but it is not there. Add the file" in told.out


def test_the_wrong_role_is_told_no_with_exit_1_and_strangers_and_bad_words_with_exit_2(
    terminal: Terminal, tmp_path: Path
) -> None:
    packet = write_packet(tmp_path / "packet", a_packet())
    terminal.kinline("submit", packet, "--at", AT, code=0)
    act = ("recommend", "TEST-0001", "deny", "--reason", "Papers are missing.", "--json")
    refused = terminal.kinline(*act, "--as", "auditor@example.org", code=1).json["refused"]
    assert (refused["code"], sorted(refused)) == ("wrong_role", ["code", "message", "missing"])
    unknown = terminal.kinline(*act, "--as", "nobody@example.org", code=2).json["problems"]
    assert (unknown[0]["field"], unknown[0]["code"]) == ("--as", "unknown_person")
    found = terminal.kinline("show", "TEST-0001", "--json", code=0).json
    assert found["application_id"]
    closed = terminal.kinline(
        "release", "TEST-0001", "--on", "2026-02-02", "--as", "cm@example.org", "--json", code=1
    ).json["refused"]
    assert closed["code"] == "gate_closed"
    assert "decision" in closed["missing"]
    missing = terminal.kinline("show", "TEST-9999", code=2)
    assert "There is no such application" in missing.err


def test_a_paper_result_and_a_link_are_settled_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    packet = write_packet(tmp_path / "packet", a_packet(household=[]))
    terminal.kinline("submit", packet, "--at", AT, code=0)
    words = ("TEST-0001", "public_records", "--result", "clear", "--on", "2026-01-30", "--reason", "Letter.")
    words += ("--evidence", str(next((tmp_path / "packet").rglob("*.png"))))
    found = terminal.kinline("check", "record", *words, "--as", "cm@example.org", "--json", code=0).json
    assert [(c["kind"], c["state"]) for c in found["checks"]] == [("public_records", "clear")]
    refused = terminal.kinline("check", "record", *words, "--as", "cc@example.org", "--json", code=1)
    assert refused.json["refused"]["code"] == "wrong_role"
    nobody = "00000000-0000-0000-0000-000000000000"
    gone = terminal.kinline(
        "link", "split", nobody, "--as", "integrity@example.org", "--reason", "x", "--json", code=2
    )
    assert gone.json["problems"][0]["code"] == "not_found"
