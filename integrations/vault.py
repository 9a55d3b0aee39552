"""The vault: seals personal details to their row, and makes the blind keys that find them again.

A sealed value is ``version | key id | nonce | AES-256-GCM ciphertext``; the additional data is
``table.column.row id``, so a cell that is copied to another row or column does not open. A blind key is
HMAC-SHA256 under a key of its own: equal inputs give equal keys, and nothing else can be learnt
without that key, which never stands in the database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.errors import KinlineError
from models.tables.base import Sealed

_VERSION = 1
_NONCE = 12


class SealBroken(KinlineError):
    """A sealed value does not open: another row's, changed, or sealed under a key that is gone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives. It opens there and nowhere else."""

    table: str
    column: str
    row_id: UUID

    def as_bytes(self) -> bytes:
        return f"{self.table}.{self.column}.{self.row_id}".encode()


class Vault:
    """Seals with the newest key, opens with the key that a value names.

    `keys` maps key id (1 to 255) to 32 bytes; `blind_key` is 32 bytes of its own.
    """

    def __init__(self, keys: Mapping[int, bytes], blind_key: bytes) -> None:
        if not all(1 <= key_id <= 255 for key_id in keys):
            raise ValueError("a key's id is 1 to 255: it is one byte of each sealed value")
        if not keys or any(len(key) != 32 for key in keys.values()) or len(blind_key) != 32:
            raise ValueError("the vault needs 32-byte keys")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = max(keys)
        self._blind_key = blind_key

    def seal(self, content: bytes, place: Place) -> Sealed:
        nonce = os.urandom(_NONCE)
        ciphertext = self._ciphers[self._newest].encrypt(nonce, content, place.as_bytes())
        return Sealed(bytes((_VERSION, self._newest)) + nonce + ciphertext)

    def open(self, value: Sealed, place: Place) -> bytes:
        """The content.

        Raises:
            SealBroken: the value does not belong to this place; somebody must look.
        """
        if len(value) < 2 + _NONCE or value[0] != _VERSION or value[1] not in self._ciphers:
            raise SealBroken(f"{place.table}.{place.column}: unknown seal")
        try:
            return self._ciphers[value[1]].decrypt(
                bytes(value[2 : 2 + _NONCE]), bytes(value[2 + _NONCE :]), place.as_bytes()
            )
        except InvalidTag as err:
            raise SealBroken(f"{place.table}.{place.column} of {place.row_id}: the seal is broken") from err

    def seal_json(self, value: Any, place: Place) -> Sealed:
        return self.seal(json.dumps(value, ensure_ascii=False, default=str).encode(), place)

    def open_json(self, value: Sealed, place: Place) -> Any:
        return json.loads(self.open(value, place))

    def blind(self, kind: str, *parts: str | bytes) -> bytes:
        """The blind key of these normalised parts. `kind` keeps a phone from matching an A-number."""
        mac = hmac.new(self._blind_key, kind.encode(), hashlib.sha256)
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            mac.update(b"\x1f" + len(raw).to_bytes(4, "big") + raw)
        return mac.digest()
