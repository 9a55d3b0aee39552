"""`kinline user add` at a terminal: a person is added, or it is said what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from integrations.kit import Kit
from kinline.cli.system import user_app
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
