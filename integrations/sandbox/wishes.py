"""What a newcomer wishes of the sandbox: that time moves on. One wish at a time; whoever moves time keeps it true.

A wish stands on the shelf, so that a restart goes on where it was. Nothing here moves the clock.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from integrations.sandbox.store import Body, SandboxStore

KIND, KEY = "clock_wish", "newest"
# `next`: to the next thing that is due, whenever that is.
STEPS: dict[str, timedelta | None] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "next": None,
}
UNDER_WAY = ("waiting", "moving")


class ClockWishes:
    """The newest wish, and how far it has come.

    A wish is `what`, `state` (waiting, moving, done, failed), `from`, `until` and `at` (how far), `steps`, `error`.
    """

    def __init__(self, store: SandboxStore) -> None:
        self._store, self._lock = store, threading.Lock()

    def newest(self) -> Body | None:
        return self._store.get(KIND, KEY)

    def wish(self, what: str, now: datetime) -> Body | None:
        """The wish as it was taken; None while another is under way.

        Raises:
            KeyError: nobody knows such a step.
        """
        step = STEPS[what]
        with self._lock:
            before = self.newest()
            if before is not None and before["state"] in UNDER_WAY:
                return None
            until = (now + step).isoformat() if step is not None else None
            wish = {
                "what": what, "state": "waiting", "from": now.isoformat(), "until": until, "at": now.isoformat(),
                "steps": 0, "error": None,
            }  # fmt: skip
            self._store.put(KIND, KEY, wish)
        return wish

    def note(self, **changes: Any) -> None:
        """The newest wish has come so far."""
        self._store.put(KIND, KEY, (self.newest() or {}) | changes)
