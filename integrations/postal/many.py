"""Many look-ups: a few at once, so many a second at most, and none more once the service is down.

Nothing here knows the database: whoever asks holds no transaction open meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal
from uuid import UUID

from models.errors import BadInput, IntegrationError, Rejected
from models.reading import PostalAnswer
from vetting.ports import AddressQuery, PostalReference

Stop = Literal["service_down", "asked_to_wait", "credentials_refused", "told_to_stop"]
Said = PostalAnswer | Literal["refused"]
# So many in a row without an answer: it is down, and the rest is not even asked.
DOWN_AFTER = 5
# Asked to wait for longer than this, a round ends; its next slot goes on.
LONGEST_WAIT_SECONDS = 120.0
TRIES = 3
# Refusals that are about our credentials, not about the address.
_ABOUT_US = ("401", "403")


class Pace:
    """Lets at most so many through a second, whatever number of threads ask.

    `sleep` may end early by returning True, as an `Event.wait` does: then nobody waits any more.
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._every = 1 / per_second
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = self._held_until = float("-inf")

    def wait(self) -> None:
        """It is the caller's turn."""
        with self._lock:
            at = max(self._next, self._held_until, self._clock())
            self._next = at + self._every
        while (left := max(at, self._held_until) - self._clock()) > 0:
            if self._sleep(left):
                return

    def hold(self, seconds: float) -> None:
        """Nobody's turn comes sooner than in so many seconds."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said, by address; of how many nothing was said, be it that they were not asked any more."""

    said: Mapping[UUID, Said]
    unanswered: int


class PostalDesk:
    """Asks about many addresses. Once `stop` names a reason, nothing more is asked. A context manager."""

    def __init__(
        self, postal: PostalReference, pace: Pace, *, at_once: int, halt: threading.Event | None = None
    ) -> None:
        self.stop: Stop | None = None
        self._postal, self._pace, self._halt = postal, pace, halt
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="postal")
        self._lock = threading.Lock()
        self._failed_in_a_row = 0

    def __enter__(self) -> PostalDesk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def ask(self, queries: Mapping[UUID, AddressQuery], *, at: datetime) -> Asked:
        """What the postal service says of each of these now, as far as it says anything."""
        found = list(self._pool.map(lambda query: self._ask(query, at), queries.values()))
        said = {key: one for key, one in zip(queries, found, strict=True) if one is not None}
        return Asked(said, sum(one is None for one in found))

    def _ask(self, query: AddressQuery, at: datetime) -> Said | None:
        for _ in range(TRIES):
            if self._is_over():
                return None
            self._pace.wait()
            if self._is_over():
                return None
            try:
                answer = self._postal.look_up(query, at=at)
            except Rejected as err:
                if err.code not in _ABOUT_US:
                    return "refused"
                self._end("credentials_refused")
            except BadInput:
                return "refused"
            except IntegrationError as err:
                wait = err.retry_after_seconds
                if wait is None:
                    break
                if wait <= LONGEST_WAIT_SECONDS:
                    self._pace.hold(wait)
                else:
                    self._end("asked_to_wait")
            else:
                self._failed_in_a_row = 0
                return answer
        self._failed()
        return None

    def _is_over(self) -> bool:
        if self._halt is not None and self._halt.is_set():
            self._end("told_to_stop")
        return self.stop is not None

    def _failed(self) -> None:
        with self._lock:
            self._failed_in_a_row += 1
            if self._failed_in_a_row >= DOWN_AFTER:
                self._end("service_down")

    def _end(self, why: Stop) -> None:
        self.stop = self.stop or why
