"""The console lines of docs/quickstart.md are run, one after the other, and print what the page says they print.

One process imports the command line once and forks for each line: the same program, without a second of
imports for each. Ids, times of day and seconds differ from run to run and are not compared.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kinline.local.postgres import EmbeddedPostgres

CLONE = Path(__file__).resolve().parents[2]
QUICKSTART = CLONE / "docs" / "quickstart.md"
COMMANDS = CLONE / "docs" / "commands.md"
HOME_ON_THE_PAGE = "/tmp/kinline-first"  # a name on the page; the test puts its own in its place
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIFFERS = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f-]*…"), "ID"),
    (re.compile(r"\b[0-9a-f]{8}(?= on \d{4}-)"), "PERSON"),
    (re.compile(r"(?<=\d{4}-\d\d-\d\d)T[0-9:.]+(\+00:00|Z)?"), "T"),
    (re.compile(r"\b\d+(\.\d+)? s\b"), "SECONDS"),
)
_FORKING = """
import json, os, sys, traceback
from kinline.main import build, main
build()
for line in sys.stdin:
    told = json.loads(line)
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            out = os.open(told["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(out, 1), os.dup2(out, 2), os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.environ.update(told["environ"])
            sys.argv = ["kinline", *told["argv"]]
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Line:
    """One console line of a page and what the page says that it prints."""

    command: str
    prints: str


def console_lines(text: str) -> list[Line]:
    """Every line of the page's console blocks, in order; a line that ends in a backslash goes on."""
    found: list[Line] = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, prints = part.replace("\\\n", " ").partition("\n")
            found.append(Line(command.strip(), prints.strip()))
    return found


class Terminal:
    """Runs console lines as a newcomer's shell would."""

    def __init__(self, folder: Path) -> None:
        self._home, self._out = folder / "first", folder / "out"
        self._environ = {"COLUMNS": "100", "KINLINE_HOME": str(self._home), "TERM": "dumb"}
        self._code = 0
        # A server in use by the whole test is not started and stopped for each line.
        self._database = EmbeddedPostgres(self._home)

    def __enter__(self) -> Terminal:
        self._database.start()
        self._kinline = subprocess.Popen(
            [sys.executable, "-c", _FORKING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CLONE,
            env={**os.environ, **self._environ},
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._kinline.stdin is not None
        self._kinline.stdin.close()
        self._kinline.wait(timeout=30)
        self._database.stop()

    def run(self, command: str) -> str:
        """What the line prints."""
        words = shlex.split(command.replace(HOME_ON_THE_PAGE, str(self._home)))
        if words[0] == "export":
            assert words[1] == f"KINLINE_HOME={self._home}", "the page sets nothing else"
            return ""
        if words == ["echo", "$?"]:
            return str(self._code)
        assert words[0] == ".venv/bin/kinline", f"the test can't run this line: {command}"
        assert self._kinline.stdin is not None
        assert self._kinline.stdout is not None
        told = {"argv": words[1:], "out": str(self._out), "environ": self._environ}
        self._kinline.stdin.write(json.dumps(told) + "\n")
        self._kinline.stdin.flush()
        self._code = int(self._kinline.stdout.readline())
        return self._out.read_text().strip()


def comparable(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, word in _DIFFERS:
        text = pattern.sub(word, text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def fits(printed: str, promised: str) -> bool:
    """Whether this is what the page promises; a line of three dots there stands for any lines."""
    lines = comparable(promised).splitlines()
    pattern = "".join(r"(?:.*\n)*" if line == "..." else re.escape(line) + r"\n" for line in lines)
    return (
        re.fullmatch(pattern, "".join(f"{line}\n" for line in comparable(printed).splitlines())) is not None
    )


def keys_of(value: Any) -> Iterator[str]:
    """Every key in this JSON, but those of an address and of a finding's evidence, which vary."""
    if isinstance(value, list):
        for one in value:
            yield from keys_of(one)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in ("address", "evidence"):
                yield from keys_of(inner)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with Terminal(tmp_path_factory.mktemp("quickstart")) as opened:
        yield opened


def test_the_quickstart_does_and_prints_what_it_says(terminal: Terminal) -> None:
    lines = console_lines(QUICKSTART.read_text(encoding="utf-8"))
    assert len(lines) > 10
    for line in lines:
        printed = terminal.run(line.command)
        assert fits(printed, line.prints), f"$ {line.command}\n{printed}\n--- the page says:\n{line.prints}"


@pytest.mark.parametrize(("command", "first"), [("show", "application_id"), ("case", "case_id")])
def test_the_json_has_the_keys_that_the_page_of_commands_names(
    terminal: Terminal, command: str, first: str
) -> None:
    """It looks at the child of the quickstart, so that there is something of everything to look at."""
    shape = re.search(rf'^```\n(\{{"{first}".*?)^```$', COMMANDS.read_text(encoding="utf-8"), re.M | re.S)
    assert shape is not None
    found = json.loads(terminal.run(f".venv/bin/kinline {command} FRP-2026-000101 --json"))
    assert set(re.findall(r'"(\w+)"', shape.group(1))) >= set(keys_of(found))


@pytest.mark.parametrize(
    ("printed", "promised", "does_fit"),
    [
        ("a\nb\nc", "a\n...\nc", True),
        ("a\nc", "a\n...\nc", True),
        ("a\nb", "a", False),
        ("a\nb\nc", "a\n...", True),
        ("in 0.5 s", "in 7 s", True),
        ("until 2026-02-26T03:00:00+00:00", "until 2026-02-26T04:00:00+00:00", True),
        ("until 2026-02-26T03:00:00+00:00", "until 2026-02-27T03:00:00+00:00", False),
        ("1 silent", "0 silent", False),
    ],
)
def test_only_what_differs_from_run_to_run_is_forgiven(printed: str, promised: str, does_fit: bool) -> None:
    assert fits(printed, promised) is does_fit
