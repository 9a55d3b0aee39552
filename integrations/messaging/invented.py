"""The sandbox's telephones, spoken to over HTTP: what a phone shows, and a text typed on it. Invented people alone.

What is typed takes the whole way that a real text takes: the phone server signs a webhook and posts it to the console.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.errors import Unavailable

_SERVICE = "sandbox phones"
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class InventedPhones:
    """The phone server at `base_url`; `ours` is the number that families know as Kinline's."""

    base_url: str
    ours: str

    def type_text(self, phone: str, body: str) -> None:
        """This phone has texted us, and Kinline has heard of it.

        Raises:
            Unavailable: the phone server does not answer.
        """
        self._ask("POST", "inbound", {"from": phone, "to": self.ours, "body": body, "by_hand": True})

    def thread(self, phone: str) -> dict[str, Any]:
        """What this phone holds: `texts` both ways and `calls`, earliest first; `by_hand`, `opted_out`;
        `takes_calls`: `pickup` and `presses` as a person has chosen, or None.

        Raises:
            Unavailable: the phone server does not answer.
        """
        return self._ask("POST", "thread", {"phone": phone})

    def take_calls(self, phone: str, pickup: str | None, presses: str | None) -> None:
        """From now on this phone takes automated calls so; with no `pickup` by its last two digits.

        Raises:
            Unavailable: the phone server does not answer.
        """
        self._ask("POST", "takes_calls", {"phone": phone, "pickup": pickup, "presses": presses})

    def clock(self) -> dict[str, Any]:
        """`moves`: whether somebody here moves time when it is wished; `wish`: the newest one, or None.

        Raises:
            Unavailable: the phone server does not answer.
        """
        return self._ask("GET", "clock")

    def wish(self, what: str) -> bool:
        """Time is to move by this step. False while it moves already, and where nobody moves it.

        Raises:
            Unavailable: the phone server does not answer.
        """
        return bool(self._ask("POST", "clock", {"what": what})["taken"])

    def _ask(self, method: str, path: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        import httpx  # a command that asks no phone does not wait for it

        try:
            answer = httpx.request(
                method,
                f"{self.base_url}/_sandbox/{path}",
                json=told,
                timeout=_TIMEOUT_SECONDS,
                trust_env=False,
            )
        except httpx.HTTPError as err:
            raise Unavailable(_SERVICE, type(err).__name__) from None
        if not answer.is_success:
            raise Unavailable(_SERVICE, f"HTTP {answer.status_code}")
        found: dict[str, Any] = answer.json()
        return found
