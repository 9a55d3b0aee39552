"""The sandbox's outside world on loopback: phones, background checks, post. Started here, spoken to over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from integrations.loopback import loopback_socket
from integrations.registry import Providers

if TYPE_CHECKING:
    from integrations.sandbox.store import PostgresStore
    from integrations.sandbox.wishes import ClockWishes

# Of loopback servers with invented people; they open nothing else.
ACCOUNT_SID = "AC00000000000000000000000000000000"
_TOKEN = "sandbox-token"  # noqa: S105
FROM_NUMBER = "+15005550100"
LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SandboxUrls:
    """Where the three sandbox servers listen."""

    twilio: str
    background: str
    postal: str


def providers_at(urls: SandboxUrls) -> Providers:
    """The sandbox as the real clients see it."""
    return Providers(
        twilio_url=urls.twilio,
        twilio_sid=ACCOUNT_SID,
        twilio_token=_TOKEN,
        twilio_from=FROM_NUMBER,
        background_url=urls.background,
        background_token=_TOKEN,
        background_secret=_TOKEN,
        postal_url=urls.postal,
        postal_id="sandbox",
        postal_secret=_TOKEN,
    )


@contextmanager
def serve_sandbox(
    conninfo: str,
    clock: Callable[[], datetime],
    *,
    inbound_url: str,
    held: tuple[socket.socket, socket.socket, socket.socket] | None = None,
) -> Iterator[SandboxUrls]:
    """The three servers run inside this block, on any ports or those `held`, and act when they are told to."""
    sockets = held or (loopback_socket(0), loopback_socket(0), loopback_socket(0))
    with _sandbox(conninfo, clock, inbound_url=inbound_url, sockets=sockets, live=False) as (urls, _):
        yield urls


def live_sandbox(
    conninfo: str,
    clock: Callable[[], datetime],
    *,
    inbound_url: str,
    ports: tuple[int, int, int],
    stopping: threading.Event,
    look: Callable[[ClockWishes], None],
) -> None:
    """The three servers run and act by the clock, second by second, until `stopping` is set.

    `look` is called every other second, with what is wished of the clock.

    Raises:
        psycopg.OperationalError: their connection is gone; whoever started them starts them again.
    """
    sockets = (loopback_socket(ports[0]), loopback_socket(ports[1]), loopback_socket(ports[2]))
    with _sandbox(conninfo, clock, inbound_url=inbound_url, sockets=sockets, live=True) as (_, store):
        from integrations.sandbox.wishes import ClockWishes

        wishes = ClockWishes(store)
        while not stopping.wait(LOOK_SECONDS):
            look(wishes)


@contextmanager
def _sandbox(
    conninfo: str,
    clock: Callable[[], datetime],
    *,
    inbound_url: str,
    sockets: tuple[socket.socket, socket.socket, socket.socket],
    live: bool,
) -> Iterator[tuple[SandboxUrls, PostgresStore]]:
    # FastAPI takes a quarter of a second to load; a command that serves nothing does not wait for it.
    from integrations.sandbox.background_server import BackgroundSandbox
    from integrations.sandbox.postal_server import create_postal_app
    from integrations.sandbox.serving import ThreadedServer
    from integrations.sandbox.store import PostgresStore
    from integrations.sandbox.twilio_server import TwilioSandbox

    with ExitStack() as stack:
        store = PostgresStore(conninfo)
        stack.callback(store.close)
        twilio = TwilioSandbox(
            store=store, clock=clock, account_sid=ACCOUNT_SID, auth_token=_TOKEN, inbound_url=inbound_url
        )
        twilio.moves_clock = live
        background = BackgroundSandbox(store=store, clock=clock, token=_TOKEN, webhook_secret=_TOKEN)
        postal = create_postal_app(clock=clock, client_id="sandbox", client_secret=_TOKEN)
        servers = [
            stack.enter_context(ThreadedServer(app, held=held))
            for app, held in zip((twilio.app, background.app, postal), sockets, strict=True)
        ]
        if live:
            stack.callback(twilio.run_live(1.0))
            stack.callback(background.run_live(1.0))
        yield SandboxUrls(*(server.url for server in servers)), store


class SandboxTime:
    """Lets time pass for the sandbox servers, over their own control addresses."""

    def __init__(self, urls: SandboxUrls) -> None:
        self._client = httpx.Client(timeout=120)
        self._bases = (urls.background, urls.twilio)

    def advance(self, now: datetime) -> None:
        """Everything due by `now` has happened: receipts, replies, calls, results."""
        for base in self._bases:
            self._client.post(f"{base}/_sandbox/advance", json={"now": now.isoformat()}).raise_for_status()

    def next_due(self) -> datetime | None:
        """When the next of it is due."""
        found = []
        for base in self._bases:
            word = self._client.get(f"{base}/_sandbox/next_due").json().get("next_due")
            if word:
                found.append(datetime.fromisoformat(word))
        return min(found, default=None)

    def close(self) -> None:
        self._client.close()
