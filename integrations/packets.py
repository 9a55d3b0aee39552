"""Reads a packet from a folder or a zip, trusting neither names nor sizes nor paths.

Everything is looked at before anything is stored: each fault is a `Problem`, and they come all at once.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from integrations.documents.sniff import MAX_BYTES, check_file
from models.errors import BadInput, Problem
from models.packet import Packet, parse_packet

_MAX_PACKET_JSON = 1024 * 1024
_MAX_ENTRIES = 400
_MAX_TOTAL = 400 * 1024 * 1024

# A file of the packet by its relative path: at most `limit` + 1 bytes, or None when it is not there.
Fetch = Callable[[str, int], bytes | None]


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
    if path.is_dir():
        return _assemble(_folder_fetch(path))
    if not path.exists():
        raise BadInput(Problem("path", "not_found", "There is no such file or folder.", "Check the path."))
    if not zipfile.is_zipfile(path):
        raise BadInput(
            Problem(
                "path",
                "not_a_packet",
                "This is neither a folder nor a zip file.",
                "Give the folder that holds packet.json, or a zip of it.",
            )
        )
    try:
        with zipfile.ZipFile(path) as archive:
            return _assemble(_zip_fetch(archive))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as err:
        if isinstance(err, RuntimeError) and "encrypted" in str(err):
            raise BadInput(
                Problem("path", "zip_encrypted", "The zip is locked by a password.", "Send it unlocked.")
            ) from None
        raise BadInput(
            Problem("path", "zip_broken", "The zip file is damaged.", "Make the zip again and send it.")
        ) from None


def from_uploads(raw: bytes, uploads: Mapping[str, bytes]) -> HandedIn:
    """The packet of an upload: ``packet.json`` and the files by the names that the packet gives them."""

    def fetch(name: str, limit: int) -> bytes | None:
        content = raw if name == "packet.json" else uploads.get(name)
        return None if content is None else content[: limit + 1]

    return _assemble(fetch)


def _assemble(fetch: Fetch) -> HandedIn:
    raw = fetch("packet.json", _MAX_PACKET_JSON)
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
    for index, document in enumerate(packet.documents):
        if document.file in files:
            continue
        field = f"documents.{index}.file"
        problem, content = _fetch_one(fetch, field, document.file)
        if problem is not None:
            problems.append(problem)
        elif content is not None:
            files[document.file] = content
    if problems:
        raise BadInput(problems)
    return HandedIn(packet=packet, raw=raw, files=files)


def _fetch_one(fetch: Fetch, field: str, name: str) -> tuple[Problem | None, bytes | None]:
    if not _stays_inside(name):
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
        return Problem(field, err.problems[0].code, err.problems[0].message, err.problems[0].remedy), None
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


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\x00" in name)


def _leaves() -> BadInput:
    return BadInput(
        Problem(
            "file",
            "path_leaves_folder",
            "This file is a link that leads out of the packet's folder.",
            "Put the file itself into the folder.",
        )
    )


def _folder_fetch(folder: Path) -> Fetch:
    root = folder.resolve()

    def fetch(name: str, limit: int) -> bytes | None:
        path = root / name
        if not path.resolve().is_relative_to(root):
            raise _leaves()
        if not path.is_file():
            return None
        with path.open("rb") as handle:
            return handle.read(limit + 1)

    return fetch


def _zip_fetch(archive: zipfile.ZipFile) -> Fetch:
    entries = archive.infolist()
    if len(entries) > _MAX_ENTRIES or sum(entry.file_size for entry in entries) > _MAX_TOTAL:
        raise BadInput(
            Problem(
                "path",
                "zip_too_large",
                f"Unpacked, this zip holds more than {_MAX_ENTRIES} files or {_MAX_TOTAL // 2**20} MB.",
                "Send one packet per zip, each file at most 20 MB.",
            )
        )
    by_name = {entry.filename: entry for entry in entries if not entry.is_dir()}
    tops = {name.partition("/")[0] for name in by_name}
    # People zip the folder as often as its content: one folder on top is taken as the packet's.
    prefix = f"{tops.pop()}/" if "packet.json" not in by_name and len(tops) == 1 else ""

    def fetch(name: str, limit: int) -> bytes | None:
        entry = by_name.get(prefix + name)
        if entry is None:
            return None
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _leaves()
        with archive.open(entry) as handle:
            # Never more than the limit, whatever size the zip declares for it.
            return handle.read(limit + 1)

    return fetch
