"""A few passwords are checked at a time: Argon2 wants 64 MB for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore


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
