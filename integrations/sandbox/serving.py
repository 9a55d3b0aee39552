"""Run an ASGI app on loopback from inside this process: a thread, a port, a clean stop."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import uvicorn

from integrations.loopback import loopback_socket


class ThreadedServer:
    """An ASGI app served on 127.0.0.1 from a thread; a context manager.

    `port` 0 takes a free one; `held` is a socket that has its port already, and is closed at the end.
    `url` has no trailing slash.
    """

    def __init__(self, app: Any, *, port: int = 0, held: socket.socket | None = None) -> None:
        self._socket = loopback_socket(port) if held is None else held
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_level="error", access_log=False, lifespan="on", timeout_graceful_shutdown=2
            )
        )
        self._thread = threading.Thread(target=self._run, name=f"serve-{self.port}", daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> ThreadedServer:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the server on port {self.port} did not start")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
