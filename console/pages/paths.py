"""Where a page may lead on to."""

from __future__ import annotations

from urllib.parse import urlsplit


def own_path(path: str) -> str:
    """`path` when it is an address of this console, else the first page: nobody is led elsewhere, or round and round."""
    parts = urlsplit(path) if path.startswith("/") and path.isprintable() else None
    if parts is None or parts.scheme or parts.netloc or path.startswith("//") or "\\" in path:
        return "/"
    return "/" if parts.path.startswith("/sign-in") else path
