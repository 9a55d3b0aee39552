"""Few passwords are checked at a time: Argon2 wants 64 MB for each. And a key that asks too often waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock
from uuid import UUID


class PasswordSlots:
    """Room to check passwords in this process."""

    AT_A_TIME = 4

    def __init__(self) -> None:
        self._slots = BoundedSemaphore(self.AT_A_TIME)

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """True inside when there is room to check a password now; False when too many are being checked."""
        taken = self._slots.acquire(timeout=2)
        try:
            yield taken
        finally:
            if taken:
                self._slots.release()


class KeyThrottle:
    """Counts the requests of each key in this process's memory, so that one program leaves room for the others.

    Source: ours, unreviewed. A list of 20,000 hearings is one request; a desk that hands in packets sends a few.
    """

    LIMIT = 600
    WINDOW = timedelta(minutes=1)

    def __init__(self) -> None:
        self._counts: dict[UUID, tuple[datetime, int]] = {}
        self._lock = Lock()

    def wait(self, key_id: UUID, *, now: datetime) -> timedelta | None:
        """None: the request is counted and may go on. Else how long until this key may ask again."""
        with self._lock:
            began, count = self._counts.get(key_id, (now, 0))
            if now - began >= self.WINDOW:
                began, count = now, 0
            if count >= self.LIMIT:
                return began + self.WINDOW - now
            self._counts[key_id] = (began, count + 1)
        return None
