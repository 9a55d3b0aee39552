"""What our children left behind: processes that outlived them come to us, and are ended with us.

Prefect gives each deployed run a session of its own, so ending its worker's process group misses it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_SECONDS_TO_END = 5.0
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def adopt_orphans() -> None:
    """From now on a process below us whose parent dies becomes our child."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """In a new child, before its program starts: the kernel asks it to end when its parent does."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_what_is_left() -> int:
    """No process below this one is left. Returns how many had to be ended."""
    ended: set[int] = set()
    # Each round may bring up grandchildren, which come to us when their parent goes.
    while below := _children():
        for pid in below:
            ended.add(pid)
            _end(pid)
    return len(ended)


def _end(pid: int) -> None:
    end = time.monotonic() + _SECONDS_TO_END
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGTERM)
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def _children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found += [int(word) for word in (task / "children").read_text().split()]
    return found
