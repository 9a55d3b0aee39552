"""Listening sockets on loopback: held from the moment a port is chosen, so that nobody takes it in between."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def loopback_socket(wanted: int, *, or_any: bool = False) -> socket.socket:
    """A socket that listens on port `wanted` of 127.0.0.1 (0 for any): who calls waits for the server to come.

    With `or_any`, another free port when `wanted` is taken.

    Raises:
        OSError: the port is taken.
    """
    for port in (wanted, 0) if or_any else (wanted,):
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # asyncio sets this only on sockets that it made itself; without it each answer waits 44 ms.
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            held.bind((HOST, port))
            held.listen(128)  # Linux gives one port to two sockets that are only bound
        except OSError as err:
            held.close()
            taken = err
        else:
            return held
    raise taken
