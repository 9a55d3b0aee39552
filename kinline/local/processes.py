"""The long-lived processes of `kinline up`, and how other commands find it.

    with announce_up(home, {"console": url}):
        Supervisor(home, children).run()

Each child runs in a session of its own: a Ctrl-C in the terminal reaches the supervisor alone, which then
stops the children in reverse order. A child that ends by itself is started again. A child never outlives
the supervisor, even one that was killed: the kernel ends it.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from kinline.local.home import LocalError, last_log_lines, open_log

TICK_SECONDS = 0.1
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
SETTLED_SECONDS = 10.0  # a child that lived this long has started properly
TRIES_TO_START = 3
READY_SECONDS = 90.0
LAST_BREATH_SECONDS = 5.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None, use_errno=True).prctl


@dataclass(frozen=True)
class Child:
    """A process that shall run. `ready` says when it is up; those after it are started only then."""

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str] | None = None
    cwd: Path | None = None
    ready: Callable[[], bool] | None = None
    stop_seconds: float = 10.0


@dataclass
class _Run:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    wait: float = FIRST_WAIT_SECONDS
    early_ends: int = 0
    has_settled: bool = False


@dataclass
class Supervisor:
    """Runs `children`, in order, until told to stop. `keep` is called every second (say, `ensure_running`)."""

    home: Path
    children: Sequence[Child]
    keep: Sequence[Callable[[], None]] = ()
    say: Callable[[str], None] = lambda line: None
    _runs: list[_Run] = field(default_factory=list)
    _ending_signals: int = 0

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Everything runs until SIGINT, SIGTERM or SIGHUP; when this returns, nothing is left running.

        Must be called in the main thread: signals arrive there, and the kernel ends a child when the
        thread that started it ends.

        Raises:
            LocalError: a child does not start. The others have been stopped.
        """
        before = {number: signal.signal(number, self._note_signal) for number in ENDING}
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        try:
            self._start_all()
            if not self._ending_signals:
                on_ready()
            next_keep = time.monotonic()
            while not self._ending_signals:
                self._look_after_children()
                if time.monotonic() >= next_keep:
                    self._keep_others()
                    next_keep = time.monotonic() + 1
                time.sleep(TICK_SECONDS)
        finally:
            self._stop_all()
            _prctl(PR_SET_CHILD_SUBREAPER, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        self._ending_signals += 1

    def _start_all(self) -> None:
        for child in self.children:
            if self._ending_signals:
                return
            run = _Run(child)
            self._runs.append(run)
            self._start(run)
            self._wait_until_ready(run)

    def _start(self, run: _Run) -> None:
        with open_log(self.home, run.child.name) as log:
            run.process = subprocess.Popen(
                list(run.child.argv),
                env=run.child.environ,
                cwd=run.child.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),  # one system call that takes no lock
            )
        run.started_at = time.monotonic()

    def _wait_until_ready(self, run: _Run) -> None:
        end = time.monotonic() + READY_SECONDS
        while run.child.ready is not None and not self._ending_signals and not run.child.ready():
            self._look_after_children()
            if time.monotonic() > end:
                raise LocalError(self._complaint(run, f"was not ready within {READY_SECONDS:.0f} s"))
            time.sleep(TICK_SECONDS)

    def _look_after_children(self) -> None:
        now = time.monotonic()
        for run in self._runs:
            if run.process is None:
                if now >= run.start_again_at:
                    self._start(run)
            elif _has_ended(run.process):
                self._take_leave(run, run.process, now)
            elif now - run.started_at > SETTLED_SECONDS:
                run.has_settled, run.wait = True, FIRST_WAIT_SECONDS

    def _take_leave(self, run: _Run, process: subprocess.Popen[bytes], now: float) -> None:
        """A child has ended by itself: its remains are gone and its next start is planned."""
        _end_group(process)
        code, run.process = process.returncode, None
        run.early_ends += 1
        if not run.has_settled and run.early_ends >= TRIES_TO_START:
            raise LocalError(self._complaint(run, f"does not start (exit {code})"))
        run.start_again_at, run.wait = now + run.wait, min(run.wait * 2, LONGEST_WAIT_SECONDS)
        self.say(f"{run.child.name} ended (exit {code}) and is started again; see logs/{run.child.name}.log")

    def _complaint(self, run: _Run, what: str) -> str:
        name = run.child.name
        return (
            f"{name} {what}: {last_log_lines(self.home, name)}. See {self.home / 'logs' / (name + '.log')}."
        )

    def _keep_others(self) -> None:
        for keep in self.keep:
            try:
                keep()
            except LocalError as error:
                self.say(str(error))

    def _stop_all(self) -> None:
        for run in reversed(self._runs):
            if run.process is not None:
                self._stop(run.process, run.child.stop_seconds)
        self._runs.clear()

    def _stop(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        end, signals_before = time.monotonic() + seconds, self._ending_signals
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        # A second Ctrl-C means: do not wait for it.
        while not _has_ended(process) and time.monotonic() < end and self._ending_signals == signals_before:
            time.sleep(0.02)
        _end_group(process)


@dataclass(frozen=True)
class Up:
    """A `kinline up` that runs: its process and its addresses by name (`console`, `prefect`, ...)."""

    pid: int
    urls: Mapping[str, str]


@contextmanager
def announce_up(home: Path, urls: Mapping[str, str]) -> Iterator[None]:
    """Inside this block other commands find this process as the `kinline up` of `home`.

    Raises:
        LocalError: another one runs.
    """
    state = home / "run" / "up.json"
    handle = os.open(home / "run" / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _lock_within(handle, 1.0):  # a command that looks for us holds it for an instant
            raise LocalError("`kinline up` already runs with this KINLINE_HOME. Stop it first (Ctrl-C).")
        draft = state.with_suffix(".new")
        draft.write_text(json.dumps({"pid": os.getpid(), "urls": dict(urls)}))
        draft.replace(state)
        try:
            yield
        finally:
            state.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _lock_within(handle: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        else:
            return True


def find_up(home: Path) -> Up | None:
    """The `kinline up` of `home`, if one runs. What a killed one left behind is not believed."""
    try:
        handle = os.open(home / "run" / "up.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_up(home)  # its lock is held, so it lives
    else:
        return None
    finally:
        os.close(handle)


def _read_up(home: Path) -> Up | None:
    try:
        found = json.loads((home / "run" / "up.json").read_text())
        return Up(int(found["pid"]), {str(name): str(url) for name, url in found["urls"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def end_politely_on_sigterm() -> None:
    """A SIGTERM or SIGHUP ends this process as Ctrl-C does: through its `with` blocks. For `main()`."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _die_with(parent: int) -> Callable[[], None]:
    """What a new child does before its program starts: it asks the kernel to end with `parent`."""

    def ask() -> None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent was gone before we asked
            os._exit(1)

    return ask


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether `process` has ended. It stays in the process table, so its group's number is still its own."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """`process` and whatever it left in its group are gone. Orphans come to us, as `run` asked."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + LAST_BREATH_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < end:
            if os.waitpid(-process.pid, os.WNOHANG) == (0, 0):
                time.sleep(0.005)  # a killed process takes an instant to go
