"""`kinline user ...` at a terminal: a person is added, or it is said what is wrong; a password is set, unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from integrations.identity.accounts import check_password
from integrations.kit import Kit
from kinline.cli import accounts
from kinline.cli.system import user_app
from models.facts import Person
from models.states import Role

GOOD = ["add", "new@example.org", "--name", "New", "--role", "auditor"]


def test_a_person_is_added_or_what_is_wrong_is_said(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KINLINE_DATABASE_URL", kit.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("KINLINE_HOME", str(tmp_path / "home"))

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(user_app, list(words))
        return result.exit_code, result.stdout

    def problem(*words: str) -> dict[str, Any]:
        code, told = run(*words, "--json")
        assert code == 2
        (one,) = json.loads(told)["problems"]
        return dict(one)

    king = problem("add", "new@example.org", "--name", "New", "--role", "king")
    assert (king["field"], king["message"]) == ("--role", "This is not a role.")
    assert king["remedy"] == f"Use one of: {', '.join(role.value for role in Role)}."
    assert problem("add", "new", "--name", "New", "--role", "auditor")["field"] == "EMAIL"
    assert problem("add", "new@example.org", "--name", " ", "--role", "auditor")["field"] == "--name"
    code, told = run(*GOOD)
    assert (code, told.startswith("Added new@example.org as auditor (id ")) == (0, True)
    assert problem(*GOOD)["code"] == "taken"


def test_a_password_is_asked_for_twice_and_never_shown(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, staff: dict[str, Person]
) -> None:
    monkeypatch.setenv("KINLINE_DATABASE_URL", kit.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("KINLINE_HOME", str(tmp_path / "home"))
    words = "four plain invented words"

    def run(as_: str, typed: str) -> tuple[int, str]:
        asked = ["password", "cm@example.org", "--as", as_]
        result = CliRunner().invoke(accounts.app, asked, input=f"{typed}\n{typed}\n")
        assert typed not in result.output
        return result.exit_code, result.stdout

    assert run("supervisor@example.org", words)[0] == 1
    assert run("admin@example.org", "short")[0] == 2
    assert run("admin@example.org", words)[0] == 0
    with kit.transaction() as session:
        assert check_password(session, "cm@example.org", words) == staff["cm"]
    code, told = run("cm@example.org", words + " more")
    assert (code, told.strip()) == (0, "cm@example.org signs in with this password from now on.")
