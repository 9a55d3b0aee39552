"""The supervisor of `kinline up`: order, restarts, and nothing left behind however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kinline.local.home import LocalError, make_home
from kinline.local.processes import Child, Supervisor, announce_up, find_up

# Each child writes its number down, has a child of its own, and says when it is asked to end.
CHILD = """
import os, signal, subprocess, sys, time
name, folder = sys.argv[1], sys.argv[2]
def note(word):
    with open(os.path.join(folder, "story"), "a") as story:
        story.write(f"{name} {word}\\n")
def end(number, frame):
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
below = subprocess.Popen(["sleep", "600"])
with open(os.path.join(folder, f"{name}.{os.getpid()}.pids"), "w") as pids:
    pids.write(f"{os.getpid()} {below.pid}")
note("started")
time.sleep(600)
"""
UP = """
import sys
from pathlib import Path
from kinline.local.processes import Child, Supervisor, announce_up
home, folder, child = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def started(name):
    return lambda: (folder / "story").exists() and f"{name} started" in (folder / "story").read_text()
children = [Child(n, [sys.executable, "-c", child, n, str(folder)], ready=started(n)) for n in ("one", "two")]
with announce_up(home, {"console": "http://127.0.0.1:1"}):
    Supervisor(home, children).run(lambda: print("ready", flush=True))
print("done", flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "a home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def start_up(home: Path, folder: Path) -> subprocess.Popen[str]:
    up = subprocess.Popen(
        [sys.executable, "-c", UP, str(home), str(folder), CHILD], stdout=subprocess.PIPE, text=True
    )
    assert up.stdout is not None
    assert up.stdout.readline() == "ready\n"
    return up


def pids(folder: Path, name: str = "*") -> list[int]:
    return [int(word) for path in sorted(folder.glob(f"{name}.*.pids")) for word in path.read_text().split()]


def lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
    return claim()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_children_in_reverse_order_and_leaves_nothing(
    home: Path, folder: Path, number: signal.Signals
) -> None:
    up = start_up(home, folder)
    everybody = pids(folder)
    assert len(everybody) == 4
    assert all(map(lives, everybody))
    up.send_signal(number)
    said, _ = up.communicate(timeout=30)
    assert (said, up.returncode) == ("done\n", 0)
    assert not any(map(lives, everybody))
    story = (folder / "story").read_text().splitlines()
    assert story == ["one started", "two started", "two ended", "one ended"]
    assert find_up(home) is None


def test_a_killed_supervisor_takes_its_children_with_it(home: Path, folder: Path) -> None:
    up = start_up(home, folder)
    children = [pids(folder, "one")[0], pids(folder, "two")[0]]
    below = set(pids(folder)) - set(children)
    up.kill()
    up.wait()
    try:
        assert eventually(lambda: not any(map(lives, children)))
        assert find_up(home) is None
    finally:
        for pid in below:  # what a child starts for itself must ask the kernel likewise; this test's did not
            os.kill(pid, signal.SIGKILL)


def test_a_child_that_crashes_is_started_again_and_its_remains_are_gone(home: Path, folder: Path) -> None:
    up = start_up(home, folder)
    first = pids(folder, "two")
    os.kill(first[0], signal.SIGKILL)
    assert eventually(lambda: len(pids(folder, "two")) == 4)
    assert not any(map(lives, first))
    up.terminate()
    up.communicate(timeout=30)
    assert not any(map(lives, pids(folder)))


def test_a_child_that_never_starts_ends_the_others_and_is_named(home: Path, folder: Path) -> None:
    good = Child("one", [sys.executable, "-c", CHILD, "one", str(folder)], ready=lambda: bool(pids(folder)))
    bad = Child("console", [sys.executable, "-c", "raise SystemExit('port 1 is taken')"], ready=lambda: False)
    before = signal.getsignal(signal.SIGINT)  # a background shell starts its commands with SIGINT ignored
    with pytest.raises(LocalError, match=r"console does not start \(exit 1\): .*port 1 is taken"):
        Supervisor(home, [good, bad]).run()
    assert not any(map(lives, pids(folder)))
    assert signal.getsignal(signal.SIGINT) is before


def test_a_child_that_will_not_end_is_killed_after_its_time(home: Path, folder: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    heard = home / "logs" / "deaf.log"
    child = Child(
        "deaf",
        [sys.executable, "-c", deaf],
        ready=lambda: heard.exists() and "deaf" in heard.read_text(),
        stop_seconds=0.2,
    )
    supervisor = Supervisor(home, [child])
    supervisor.run(lambda: signal.raise_signal(signal.SIGINT))
    assert subprocess.run(["pgrep", "-f", "time.sleep[(]600[)].*deaf"], check=False).returncode == 1


def test_a_running_up_is_found_with_its_addresses_and_a_second_one_is_refused(home: Path) -> None:
    assert find_up(home) is None
    with announce_up(home, {"console": "http://127.0.0.1:8000"}):
        found = find_up(home)
        assert found is not None
        assert (found.pid, found.urls) == (os.getpid(), {"console": "http://127.0.0.1:8000"})
        with pytest.raises(LocalError, match="already runs"), announce_up(home, {}):
            pass
    assert find_up(home) is None


def test_other_services_are_looked_after_while_children_run(home: Path) -> None:
    said: list[str] = []

    def ailing() -> None:
        signal.raise_signal(signal.SIGTERM)
        raise LocalError("the database is away")

    Supervisor(home, [], keep=[ailing], say=said.append).run()
    assert said == ["the database is away"]
