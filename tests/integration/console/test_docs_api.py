"""The lines of docs/api.md are run, one after the other, and print what the page says."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from httpx import Client

from integrations.identity.api_keys import Scope, make_key
from integrations.kit import Kit
from models.facts import Person
from tests.builders import NOW
from tests.integration.scenes import outside_world
from tests.integration.test_docs_commands import CLONE, console_lines, fits


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_page_of_the_api_does_and_prints_what_it_says(
    browser: Client, kit: Kit, staff: dict[str, Person], tmp_path: Path
) -> None:
    made = make_key(
        kit, "page", list(Scope), staff["admin"], days=1, wall=NOW, for_email=staff["supervisor"].email
    )
    (tmp_path / "samples").symlink_to(CLONE / "samples")
    environ = {**os.environ, "KINLINE": str(browser.base_url).rstrip("/"), "KEY": made["token"]}
    lines = console_lines((CLONE / "docs" / "api.md").read_text(encoding="utf-8"))
    assert len(lines) > 8
    with outside_world(kit):
        for line in lines:
            done = subprocess.run(
                ["bash", "-c", line.command],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            printed = done.stdout + done.stderr
            assert fits(printed, line.prints), (
                f"$ {line.command}\n{printed}\n--- the page says:\n{line.prints}"
            )
