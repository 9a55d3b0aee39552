"""A port that was chosen stays ours until its server has it."""

from __future__ import annotations

import httpx
import pytest

from integrations.loopback import loopback_socket
from integrations.sandbox.serving import ThreadedServer


def test_nobody_takes_a_port_between_its_choice_and_its_server() -> None:
    with loopback_socket(0) as held:
        port = int(held.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            loopback_socket(port)
        with loopback_socket(port, or_any=True) as other:
            assert other.getsockname()[1] != port


def test_a_server_answers_on_the_port_that_was_held_for_it() -> None:
    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    held = loopback_socket(0)
    port = int(held.getsockname()[1])
    with ThreadedServer(app, held=held) as server:
        assert server.url == f"http://127.0.0.1:{port}"
        assert httpx.get(server.url, trust_env=False).status_code == 204
    with loopback_socket(port):  # given back at the end
        pass
