"""What follow-up asks of the outside: somebody who carries a text or a call. `integrations` does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Taken(Protocol):
    """A text or a call that the provider took, or has in its list, by the provider's own id."""

    @property
    def provider_ref(self) -> str: ...


class TakenText(Taken, Protocol):
    """A text that was taken now, with the parts that will be billed."""

    @property
    def segments(self) -> int: ...


class Messenger(Protocol):
    """Sends once and tells honestly. `message_id` and `call_id` stand in the callback's address.

    Each raises Unavailable (nothing happened, safe to repeat), Rejected (it never will) or OutcomeUnknown
    (it may have happened: look it up before repeating).
    """

    def send_text(self, *, to: str, body: str, message_id: str, status_callback_url: str) -> TakenText: ...

    def start_call(self, *, to: str, call_id: str, twiml_url: str, status_callback_url: str) -> Taken: ...

    def find_text(
        self, *, to: str, sent_after: datetime, sent_before: datetime, body: str
    ) -> Sequence[Taken]: ...

    def find_call(self, *, to: str, started_after: datetime, started_before: datetime) -> Sequence[Taken]: ...
