"""Random tokens of sessions and keys: the caller holds the token, the database its digest alone."""

from __future__ import annotations

import hashlib


def token_digest(token: str) -> bytes:
    """What stands in the database for this token. It is long and random, so a plain SHA-256 leaves nothing to guess."""
    return hashlib.sha256(token.encode()).digest()
