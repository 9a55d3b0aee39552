"""`kinline up`: everything comes up, works together, comes back after a kill, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
PARTS = ("sandbox", "console", "worker", "clock")


class Running:
    """A `kinline up` in a session of its own, as a terminal gives it one."""

    def __init__(self, home: Path) -> None:
        self.home = home
        # A folder of the person's own Prefect, and settings that would lead us there.
        self.environ = {
            **os.environ,
            "KINLINE_HOME": str(home),
            "KINLINE_CONSOLE_PORT": "0",
            "PREFECT_API_URL": "http://127.0.0.1:9/garbage",
            "PGHOST": "nowhere.example.org",
            "HOME": str(home.parent),
        }
        self.process = subprocess.Popen(
            self.command("up"),
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.welcome: list[str] = []
        while "Ctrl-C" not in "".join(self.welcome):
            line = self.process.stdout.readline()
            assert line, f"up ended: {self.welcome} {self.process.communicate()[1]}"
            self.welcome.append(line)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "kinline.main", *words]

    def call(self, *words: str, exit_code: int = 0) -> dict[str, Any]:
        """What a command of another terminal says."""
        done = subprocess.run(
            self.command(*words, "--json"), env=self.environ, cwd=ROOT, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (exit_code, ""), done.stdout
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    @property
    def urls(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.home / "run" / "up.json").read_text())["urls"]
        return found

    def runs(self, **filters: Any) -> list[dict[str, Any]]:
        """Flow runs at Prefect."""
        asked = httpx.post(
            f"{self.urls['prefect']}/flow_runs/filter", json={"flow_runs": filters}, trust_env=False
        )
        found: list[dict[str, Any]] = asked.raise_for_status().json()
        return found

    def runs_of(self, application_id: str) -> list[dict[str, Any]]:
        return self.runs(name={"like_": application_id})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"host={self.home}/run/pg dbname=kinline user=kinline") as connection:
            return connection.execute(query).fetchall()

    def jobs(self, kind: str) -> list[str]:
        """The states of the jobs of this kind."""
        return [
            state
            for (state,) in self.rows(f"SELECT state FROM job WHERE kind = '{kind}' ORDER BY created_at")
        ]

    def pid(self, part: str) -> int | None:
        """The process of this part, if it lives."""
        for pid, words in below(self.process.pid).items():
            if words[-2:] == ["kinline.main", part]:
                return pid
        return None

    def end(self, number: int) -> tuple[str, str]:
        """The signal goes to the whole group, as from a terminal. What was said since the welcome."""
        everybody = {self.process.pid, *below(self.process.pid)}
        os.killpg(self.process.pid, number)
        said, noise = self.process.communicate(timeout=PATIENCE_SECONDS)
        left = {pid: words_of(pid) for pid in everybody if words_of(pid)}
        assert left == {}
        return said, noise


def words_of(pid: int) -> list[str]:
    """The command of a living process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


def below(pid: int) -> dict[int, list[str]]:
    """Every living process below this one, in whatever session, with its command."""
    found: dict[int, list[str]] = {}
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for task in tasks:
        for word in (task / "children").read_text().split():
            found[int(word)] = words_of(int(word))
            found |= below(int(word))
    return found


def eventually(claim: Callable[[], object]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.05)
    return bool(claim())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Short, so that the socket lies in it.
    return tmp_path_factory.mktemp("up") / "home"


@pytest.fixture(scope="module")
def up(home: Path) -> Iterator[Running]:
    running = Running(home)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)


def test_the_console_and_a_sign_in_are_printed_and_open(up: Running) -> None:
    said = "".join(up.welcome)
    url = re.search(r"Kinline is up: +(\S+)", said)
    password = re.search(r"cm@example\.org +password (\S+)", said)
    assert url is not None
    assert password is not None
    with httpx.Client(base_url=url[1], trust_env=False, follow_redirects=True) as browser:
        page = browser.get("/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        form = {"email": "cm@example.org", "password": password[1]}
        if token is not None:
            form["csrf_token"] = token[1]
        assert "Carmen" in browser.post("/sign-in", data=form, headers={"origin": url[1]}).text


def test_the_clock_beats_and_everything_is_ready(up: Running) -> None:
    ready = f"{up.urls['console']}/readyz"
    assert eventually(lambda: httpx.get(ready, trust_env=False).status_code == 200)
    assert set(httpx.get(ready, trust_env=False).json()["parts"]) == {
        "database",
        "migrations",
        "clock",
        "prefect",
    }


def test_a_submission_becomes_a_run_of_its_own_and_is_vetted(up: Running) -> None:
    taken = up.call("submit", "samples/packets/01-clean-aunt")["results"][0]
    application = taken["application_id"]
    assert eventually(lambda: up.runs_of(application))
    assert eventually(lambda: up.runs_of(application)[0]["state_type"] == "COMPLETED")
    run = up.runs_of(application)[0]
    assert run["parameters"] == {"application_id": application}
    assert eventually(lambda: up.jobs("vet") == ["done"])
    assert up.call("show", application)["checks"]


def test_other_commands_use_the_parts_that_run(up: Running) -> None:
    servers = up.urls
    assert up.call("account")["silent"] == []
    assert up.call("round", "contacts")["round"] == "contacts"
    assert len(up.call("vet", "FRP-2026-000101")["results"]) == 1
    assert up.urls == servers


def test_a_second_up_is_refused_kindly(up: Running) -> None:
    second = subprocess.run(up.command("up"), env=up.environ, capture_output=True, text=True)
    assert second.returncode == 3
    assert second.stdout == ""
    assert second.stderr == "`kinline up` already runs with this KINLINE_HOME. Stop it first (Ctrl-C).\n"


def test_what_a_killed_worker_had_in_hand_is_done_by_the_next_and_its_run_is_marked(up: Running) -> None:
    with ThreadPoolExecutor(1) as terminal:
        # The command looks at the scans after the packet is in the file: the worker does not wait for it.
        handed_in = terminal.submit(up.call, "submit", "samples/packets/02-clean-mother")
        assert eventually(lambda: up.rows("SELECT 1 FROM application WHERE reference = 'FRP-2026-000102'"))
        application = str(up.rows("SELECT id FROM application WHERE reference = 'FRP-2026-000102'")[0][0])
        assert eventually(lambda: any(r["state_type"] == "RUNNING" for r in up.runs_of(application)))
        worker = up.pid("worker")
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        assert handed_in.result()["results"][0]["application_id"] == application
    assert eventually(lambda: up.pid("worker") not in (None, worker))
    up.call("account", "--at", "2026-02-03T15:00Z")  # past its lease
    assert eventually(lambda: "claimed" not in up.jobs("vet") and "waiting" not in up.jobs("vet"))
    assert set(up.jobs("vet")) == {"done"}
    assert eventually(
        lambda: sorted(r["state_type"] for r in up.runs_of(application)) == ["COMPLETED", "CRASHED"]
    )
    ordered = up.rows(
        "SELECT count(*), count(DISTINCT (application_id, subject, kind, jurisdiction, attempt)) FROM background_check"
    )
    assert ordered[0][0] == ordered[0][1]


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_is_started_again_and_works(up: Running, part: str) -> None:
    before = up.pid(part)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: up.pid(part) not in (None, before))
    ready = f"{up.urls['console']}/readyz"

    def all_is_well() -> bool:
        try:
            return httpx.get(ready, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    assert eventually(all_is_well)


def test_a_killed_database_and_a_killed_prefect_come_back_and_work_goes_on(up: Running) -> None:
    for words in ("bin/postgres", "kinline.local.prefect_main"):
        (server,) = [p for p, said in below(up.process.pid).items() if any(w.endswith(words) for w in said)]
        os.kill(server, signal.SIGKILL)
    application = up.call("submit", "samples/packets/05-warehouse")["results"][0]["application_id"]

    def is_vetted() -> bool:
        # The provider was reached: its sandbox has found the database again, too.
        return any(check["state"] != "required" for check in up.call("show", application)["checks"])

    assert eventually(is_vetted)
    assert eventually(lambda: set(up.jobs("vet")) == {"done"})


def test_ctrl_c_leaves_no_process_and_the_next_up_finds_everything(up: Running, home: Path) -> None:
    applications = up.rows("SELECT count(*) FROM application")
    said, noise = up.end(signal.SIGINT)
    assert said.endswith("Stopped. Nothing is left running, and nothing is lost.\n")
    assert noise == ""
    assert up.process.returncode == 0
    again = Running(home)
    try:
        assert again.rows("SELECT count(*) FROM application") == applications
        assert again.call("submit", "samples/packets/01-clean-aunt")["results"][0]["revision"] == 1
    finally:
        said, noise = again.end(signal.SIGTERM)
    assert (noise, again.process.returncode) == ("", 0)
