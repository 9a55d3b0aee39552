"""Seals and opens the details of each noun: one place that knows which cell they stand in."""

from __future__ import annotations

from typing import Any

from integrations.vault import Place, Vault
from models.tables.base import Sealed


def place(row: Any, column: str) -> Place:
    return Place(row.__tablename__, column, row.id)


def seal_json(vault: Vault, row: Any, column: str, value: Any) -> Sealed:
    """`value` sealed into `row.column`; also set there."""
    sealed = vault.seal_json(value, place(row, column))
    setattr(row, column, sealed)
    return sealed


def seal_bytes(vault: Vault, row: Any, column: str, value: bytes) -> Sealed:
    sealed = vault.seal(value, place(row, column))
    setattr(row, column, sealed)
    return sealed


def open_json(vault: Vault, row: Any, column: str) -> Any:
    """What is sealed in `row.column`; None when the cell is empty."""
    value = getattr(row, column)
    return None if value is None else vault.open_json(value, place(row, column))


def open_bytes(vault: Vault, row: Any, column: str) -> bytes:
    return vault.open(getattr(row, column), place(row, column))
