"""Reads a packet from a folder or a zip, trusting neither names nor sizes nor paths.

Everything is looked at before anything is stored: each fault is a `Problem`, and they come all at once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from integrations.documents.sniff import MAX_BYTES, check_file
from integrations.unpacking import MAX_TOTAL, Fetch, folder_fetch, open_zip, stays_inside, zip_fetch
from models.errors import BadInput, Problem
from models.packet import Packet, parse_packet

_MAX_PACKET_JSON = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A packet with the bytes of every file that it names."""

    packet: Packet
    raw: bytes
    files: Mapping[str, bytes]


def read_path(path: Path) -> HandedIn:
    """The packet in this folder or zip file.

    Raises:
        BadInput: with every problem found; nothing was stored.
    """
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        file = path.open("rb") if is_file else None
    except (OSError, ValueError):
        file, is_folder = None, False
        found = _unreadable("path")
    else:
        found = Problem("path", "not_found", "There is no such file or folder.", "Check the path.")
    if is_folder:
        return _assemble(folder_fetch(path))
    if file is None:
        # Out here, so that no error whose text repeats the path is chained to it.
        raise BadInput(found)
    with file:
        return read_zip(file)


def read_zip(file: BinaryIO) -> HandedIn:
    """The packet in this zip file.

    Raises:
        BadInput: with every problem found.
    """
    with open_zip(file) as archive:
        return _assemble(zip_fetch(archive))


def from_zip(content: bytes) -> HandedIn:
    """The packet in these bytes of a zip. Raises `BadInput` as `read_zip` does."""
    return read_zip(io.BytesIO(content))


def from_uploads(raw: bytes, uploads: Mapping[str, BinaryIO]) -> HandedIn:
    """The packet of an upload: ``packet.json`` and the files by the names that the packet gives them."""

    def fetch(name: str, limit: int) -> bytes | None:
        if name == "packet.json":
            return raw
        content = uploads.get(name)
        if content is None:
            return None
        content.seek(0)
        return content.read(limit + 1)

    return _assemble(fetch)


def _assemble(fetch: Fetch) -> HandedIn:
    try:
        raw = fetch("packet.json", _MAX_PACKET_JSON)
    except BadInput as err:
        raise BadInput(_at("packet.json", err)) from None
    if raw is None:
        raise BadInput(
            Problem(
                "packet.json",
                "missing_file",
                "There is no packet.json here.",
                "Put packet.json at the top of the folder or zip.",
            )
        )
    if len(raw) > _MAX_PACKET_JSON:
        raise BadInput(
            Problem("packet.json", "file_too_large", "packet.json is over 1 MB.", "Send one packet per file.")
        )
    packet = parse_packet(raw)
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    room = MAX_TOTAL
    for index, document in enumerate(packet.documents):
        if document.file in files:
            continue
        field = f"documents.{index}.file"
        problem, content = _fetch_one(fetch, field, document.file)
        if problem is not None:
            problems.append(problem)
        elif content is not None:
            room -= len(content)
            if room < 0:
                raise BadInput(_too_much("documents"))
            files[document.file] = content
    if problems:
        raise BadInput(problems)
    return HandedIn(packet=packet, raw=raw, files=files)


def _fetch_one(fetch: Fetch, field: str, name: str) -> tuple[Problem | None, bytes | None]:
    if not stays_inside(name):
        return (
            Problem(
                field,
                "path_leaves_folder",
                "This path leads out of the packet's folder.",
                "Name a file inside the folder, such as documents/bill.png.",
            ),
            None,
        )
    try:
        content = fetch(name, MAX_BYTES)
    except BadInput as err:
        return _at(field, err), None
    if content is None:
        return (
            Problem(
                field,
                "missing_file",
                "The packet names this file, but it is not there.",
                "Add the file, or correct its name.",
            ),
            None,
        )
    return check_file(field, name, content), content


def _at(field: str, err: BadInput) -> Problem:
    """The problem of a file, under the field that names the file."""
    first = err.problems[0]
    return Problem(field, first.code, first.message, first.remedy)


def _too_much(field: str) -> Problem:
    return Problem(
        field,
        "packet_too_large",
        f"The files of this packet are over {MAX_TOTAL // 2**20} MB together.",
        "Scan at 200 to 300 dots per inch, and send only the pages that are needed.",
    )


def _unreadable(field: str) -> Problem:
    return Problem(field, "unreadable_file", "This can't be opened.", "Check that it may be read.")
