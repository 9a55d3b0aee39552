"""`kinline demo`: the main job on the sample packets, with real parts, told as stories.

It has a home of its own, `demo` in the home folder, made anew each time: nothing of the user's is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import UUID

from rich.console import Console

from integrations.desk.intake import submit
from integrations.desk.steps import read_ahead
from integrations.desk.views import account_json
from integrations.packets import read_path
from integrations.settings import Settings
from kinline.cli.show import account_line
from kinline.demo.people import People
from kinline.demo.story import Story, read_stories
from kinline.demo.telling import show_table, tell
from kinline.local.home import LocalError, home_folder, home_path
from kinline.play.run import play_until
from kinline.stack import Stack

# The sandbox begins on 2 February 2026; the late registry answers after 20 days.
LATE_RESULT = datetime(2026, 2, 23, 15, tzinfo=UTC)
END = datetime(2026, 4, 15, 15, tzinfo=UTC)


def run_demo(*, as_json: bool) -> bool:
    """The stories have been played. True when each ended as it should and every child is accounted for.

    Raises:
        LocalError: another demo runs with this home.
    """
    out = Console(stderr=as_json, soft_wrap=True, highlight=False)
    if not out.is_terminal:
        # Into a file or a pipe: wide enough for the table, whatever the terminal was.
        out = Console(stderr=as_json, soft_wrap=True, highlight=False, width=140)
    timing = _Timing(out)
    with _own_home():
        settings = Settings()
        with timing.part("start the database, the sandbox and the console"):
            stack = Stack(needs=frozenset({"providers", "console"}), settings=settings, throwaway=True)
            stack.__enter__()
        try:
            result = _tell_stories(stack, out, timing)
        finally:
            with timing.part("stop everything"):
                stack.__exit__(None, None, None)
    result["seconds"] = timing.seconds
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    else:
        show_table(out, result)
        out.print(
            "Where the time went: " + ", ".join(f"{name} {s:.0f} s" for name, s in timing.seconds.items())
        )
        for child in result["children"]:
            if child["wrong"]:
                out.print(f"{child['story']} did not end as it should: {'; '.join(child['wrong'])}")
        out.print(account_line(result["account"]))
    account = result["account"]
    return (
        not any(c["wrong"] for c in result["children"])
        and not account["silent"]
        and not account["unanswered"]
    )


def _tell_stories(stack: Stack, out: Console, timing: _Timing) -> dict[str, Any]:
    stories = read_stories()
    starting = _StartPrefect(stack)
    starting.start()
    reading = _ReadAhead(stack)
    reading.start()
    with timing.part(f"submit {len(stories)} packets"):
        for story in stories:
            _submit(stack, story, story.folder)
            reading.wanted.put(story.application_id)
    with timing.part("wait for Prefect"):
        starting.join_and_open()
    people = People(stack.kit)
    first = next(s for s in stories if s.ends == "in_follow_up")
    with timing.part(
        "vet (read scans, order checks, find links); people confirm, recommend, decide, release"
    ):
        for story in stories:
            _vet(stack, story, out)
            if story is first:
                refused = people.gate_refuses(first, stack.now())
                out.print(
                    f"  the gate {'refuses' if refused else 'LETS THROUGH'} {first.name} until a person has confirmed"
                )
            _work(stack, [story], people, out)
            if story.amendment is not None:
                _submit(stack, story, story.amendment)
                _vet(stack, story, out)
                _work(stack, [story], people, out)
        reading.end()
    with timing.part(f"play {(END - stack.now()).days} days of follow-up"):
        progress = _Progress(out)
        results = [play_until(stack, LATE_RESULT, progress=progress)]
        late = [s for s in stories if people.look(s, stack.now())["state"] == "in_review"]
        _work(stack, late, people, out)
        results.append(play_until(stack, END, progress=progress))
        progress.end()
    now = stack.now()
    children = [tell(stack.kit, story, people.look(story, now), now) for story in stories]
    if not refused:
        children[0]["wrong"].append("the gate let through a packet that nobody had confirmed")
    for played in results:
        children[0]["wrong"] += [f"silent on the way: {case}" for case in played["silent"]]
    return {"children": children, "account": account_json(stack.kit, now=now)}


def _submit(stack: Stack, story: Story, folder: Path) -> None:
    handed_in = read_path(folder)
    taken = submit(stack.kit, handed_in, actor="cli", now=stack.now())
    story.reference, story.application_id = taken.reference, str(taken.application_id)


def _vet(stack: Stack, story: Story, out: Console) -> None:
    from flows.running import run_flow
    from flows.vet_application import vet_application

    begun = time.monotonic()
    run_flow(vet_application, stack.kit, application_id=story.application_id)
    out.print(f"  vetted {story.name} in {time.monotonic() - begun:.1f} s")


def _work(stack: Stack, stories: list[Story], people: People, out: Console) -> None:
    for story in stories:
        state = people.work(story, stack.now())
        out.print(f"  {story.name}: {state}")


class _StartPrefect(threading.Thread):
    """Prefect's server comes up while the packets are taken in: it needs ten seconds on a new database."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack = stack
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.stack.start_prefect()
        except Exception as err:  # it is raised again where it can be told
            self.error = err

    def join_and_open(self) -> None:
        self.join()
        if self.error is not None:
            raise self.error
        self.stack.use_prefect()


class _ReadAhead(threading.Thread):
    """Scans are read in the order in which they came in: the reader is a process of its own.

    What it could not read, vetting reads, and tells.
    """

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack = stack
        self.wanted: SimpleQueue[str | None] = SimpleQueue()

    def run(self) -> None:
        with contextlib.suppress(Exception):
            while (application_id := self.wanted.get()) is not None:
                read_ahead(self.stack.kit, UUID(application_id), now=self.stack.now())

    def end(self) -> None:
        """Everything that was wanted has been read."""
        self.wanted.put(None)
        self.join()


class _Timing:
    """How long each part took."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self.out.print(f"{name} ...")
        begun = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - begun, 1)


class _Progress:
    """A line a week of played time, so that nobody waits in silence."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.next: datetime | None = None

    def __call__(self, at: datetime) -> None:
        if self.next is None or at >= self.next:
            self.out.print(f"  {at:%d %B %Y}")
            self.next = at + timedelta(days=7)

    def end(self) -> None:
        self.next = None


@contextmanager
def _own_home() -> Iterator[None]:
    """The demo's own, empty home; the environment's KINLINE_* are the user's and stay out of it."""
    base = home_folder(os.environ)
    kept = {name: value for name, value in os.environ.items() if name.startswith("KINLINE_")}
    home = base / "demo"
    handle = os.open(base / "run" / "demo.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                "Another `kinline demo` runs with this KINLINE_HOME. Wait for it to end."
            ) from None
        _empty(home)
        for name in kept:
            del os.environ[name]
        os.environ["KINLINE_HOME"] = str(home)
        yield
    finally:
        os.environ.pop("KINLINE_HOME", None)
        os.environ.update(kept)
        os.close(handle)


def _empty(home: Path) -> None:
    if home.exists():
        from kinline.local.postgres import EmbeddedPostgres

        # One that was killed may have left its server behind: adopt it, so that leaving stops it.
        if (home_path({"KINLINE_HOME": str(home)}) / "postgres" / "postmaster.pid").exists():
            with EmbeddedPostgres(home):
                pass
        shutil.rmtree(home)
