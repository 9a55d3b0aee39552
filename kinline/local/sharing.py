"""One server, many commands: the first one in starts it, the last one out stops it.

Two lock files in `run/` decide. `NAME.turn.lock` is held alone, only while somebody starts or stops the
server. `NAME.use.lock` is held shared by everybody who uses it, for as long as they do. The kernel drops
a lock when its process dies, however it dies, so a killed command never keeps a server in use.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class SharedUse:
    """This process's part in the shared use of the server NAME."""

    def __init__(self, run_folder: Path, name: str) -> None:
        self._turn_path = run_folder / f"{name}.turn.lock"
        self._use_path = run_folder / f"{name}.use.lock"
        self._use_handle: int | None = None

    @property
    def is_joined(self) -> bool:
        """Whether this object holds a share of the server."""
        return self._use_handle is not None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else starts or stops the server inside this block."""
        handle = _open(self._turn_path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            _unlock(handle)

    def join(self) -> None:
        """From now on the server counts as used. Call inside `turn()`."""
        handle = _open(self._use_path)
        fcntl.flock(handle, fcntl.LOCK_SH)
        self._use_handle = handle

    def is_last(self) -> bool:
        """Whether nobody but this object uses the server. Call inside `turn()`."""
        if self._use_handle is None:
            return False
        try:
            fcntl.flock(self._use_handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A failed change of a lock loses the old one; inside the turn nobody can have used the gap.
            fcntl.flock(self._use_handle, fcntl.LOCK_SH)
            return False
        return True

    def leave(self) -> None:
        """This object's share is gone."""
        if self._use_handle is not None:
            _unlock(self._use_handle)
            self._use_handle = None


def claim_if_unused(run_folder: Path, name: str) -> int | None:
    """The turn over the server NAME, held until this process ends, when nobody uses it; else None.

    For the server itself: it may end once it holds the turn, since nobody can adopt it meanwhile.
    """
    turn, use = _open(run_folder / f"{name}.turn.lock"), _open(run_folder / f"{name}.use.lock")
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(turn)
        return None
    finally:
        os.close(use)
    return turn


class Liveness:
    """Proof that a server lives: a lock whose handle the server and all its children inherit.

    A process number in a file proves nothing (numbers are used again, above all in containers);
    this lock is free exactly when the last process that inherited it is gone.
    """

    def __init__(self, run_folder: Path, name: str) -> None:
        self._path = run_folder / f"{name}.alive.lock"

    def take(self) -> int | None:
        """The handle to pass on to a new server; None while an old one lives."""
        handle = _open(self._path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def is_alive(self) -> bool:
        """Whether any process of the server is left."""
        handle = self.take()
        if handle is None:
            return True
        os.close(handle)
        return False

    def wait_until_gone(self, seconds: float) -> bool:
        """Whether the server was gone within `seconds`."""
        end = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True


def is_process(pid: int, *words: str) -> bool:
    """Whether process `pid` runs and each of `words` is one of its command's arguments."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return all(os.fsencode(word) in arguments for word in words)


def signal_process(pid: int, number: signal.Signals) -> None:
    """Sends `number` to `pid`; a process that is already gone is as good."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Ctrl-C and a polite kill wait until this block is done: stopping half-way would leave a server behind."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def reap(pid: int) -> None:
    """If `pid` was a child of ours and has ended, its entry in the process table is gone."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _unlock(handle: int) -> None:
    # A forked child may hold a copy of the handle: closing ours alone would leave the lock with it.
    fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)
