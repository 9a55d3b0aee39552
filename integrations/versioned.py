"""Versioned data files that ship with the pure rooms: policies' procedures, rules, question sets."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from models.errors import NotFound


def text_of(room: Literal["vetting", "followup"], folder: str, version: str, *, noun: str) -> str:
    """The file of this version in the room's folder.

    Raises:
        NotFound: there is none; `noun` says of what.
    """
    file = files(room).joinpath(folder, f"{version}.toml")
    if not file.is_file():
        raise NotFound(noun, version)
    return file.read_text(encoding="utf-8")
