"""Slows down the guessing of passwords, five wrong ones for an address and then a pause; and a key that asks too often."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock
from uuid import UUID


class SignInThrottle:
    """Counts tries for each address, known or not, in this process's memory.

    A try counts from the moment it is taken, so a hundred at once are no way around it; the right password
    takes the address's count back. Argon2 wants 64 MB for a check, so few are checked at a time.
    """

    LIMIT = 5
    WINDOW = timedelta(minutes=15)
    ADDRESSES = 10_000
    AT_A_TIME = 4

    def __init__(self) -> None:
        self._tries: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()
        self._slots = BoundedSemaphore(self.AT_A_TIME)

    def take_try(self, address: str, *, now: datetime) -> bool:
        """Whether one more password may be tried for this address; if so, the try is counted."""
        key = address.strip().lower()
        with self._lock:
            tries = [at for at in self._tries.get(key, ()) if now - at < self.WINDOW]
            allowed = len(tries) < self.LIMIT
            self._tries[key] = [*tries, now] if allowed else tries
            self._tries.move_to_end(key)
            while len(self._tries) > self.ADDRESSES:
                self._tries.popitem(last=False)
        return allowed

    def forget(self, address: str) -> None:
        """The right password was given."""
        with self._lock:
            self._tries.pop(address.strip().lower(), None)

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
