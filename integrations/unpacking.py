"""Fetches files out of a folder or a zip that somebody sent: never from outside it, never more than asked.

Names, sizes and counts are the sender's word. A file is looked up by the name that the packet gives it,
read up to a limit, and nothing is ever unpacked to disk.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from models.errors import BadInput, Problem

MAX_ENTRIES = 400
MAX_TOTAL = 400 * 1024 * 1024
# 400 entries with the longest believable names. zipfile reads the whole directory before we can count.
_MAX_DIRECTORY = 1024 * 1024
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
# What macOS and Windows put into a zip by themselves.
_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)

# A file of the packet by its relative path: at most `limit` + 1 bytes, or None when it is not there.
# BadInput when it is there and can't be taken; the field of its problem is the caller's to set.
Fetch = Callable[[str, int], bytes | None]


def stays_inside(name: str) -> bool:
    """True for a path that can only lead into the folder that it starts from."""
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\x00" in name)


def folder_fetch(folder: Path) -> Fetch:
    """Fetches from this folder; a link is followed only to a file inside it."""
    root = folder.resolve()

    def fetch(name: str, limit: int) -> bytes | None:
        try:
            path = (root / name).resolve(strict=True)
            if not path.is_relative_to(root):
                raise _leaves()
            if not path.is_file():
                return None
            with path.open("rb") as handle:
                return handle.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError, ValueError):  # no permission, a loop of links, an impossible name
            pass
        raise _one("unreadable_file", "This file can't be opened.", "Check that it may be read.")

    return fetch


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The zip in this file, for a `with` block.

    Raises:
        BadInput: not a zip, damaged, or too large.
    """
    size = file.seek(0, io.SEEK_END)
    problem = _before_opening(file, size)
    if problem is not None:
        raise problem
    try:
        return zipfile.ZipFile(file)
    except _BROKEN:
        broken = _zip_broken()
    # Out here, not chained: the original's text repeats names of files.
    raise broken


def _before_opening(file: BinaryIO, size: int) -> BadInput | None:
    """What the last bytes of the file say: whether it is a zip, and how long its directory is."""
    file.seek(max(0, size - 65_557))
    tail = file.read(65_557)
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return _one(
            "not_a_packet",
            "This is neither a folder nor a zip file.",
            "Give the folder that holds packet.json, or a zip of it.",
        )
    directory: int = struct.unpack_from("<L", tail, at + 12)[0]
    # The long form is for zips over 4 GB or 65,535 files.
    is_long = tail[max(0, at - 20) : max(0, at - 16)] == _END_64
    return _too_large() if size > MAX_TOTAL or directory > _MAX_DIRECTORY or is_long else None


def zip_fetch(archive: zipfile.ZipFile) -> Fetch:
    """Fetches from this zip, in which the packet may stand at the top or in one folder.

    Raises:
        BadInput: too large when unpacked, locked, an entry that leads out of it, or one that stands twice.
    """
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_TOTAL:
        raise _too_large()
    by_name: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        # Some Windows programs write backslashes.
        name = str(PurePosixPath(entry.filename.replace("\\", "/")))
        if not stays_inside(name):
            raise _one(
                "path_leaves_folder",
                "The zip holds a file whose path leads out of it.",
                "Make the zip again from the packet's folder alone.",
            )
        if entry.is_dir() or name.startswith(_CLUTTER) or PurePosixPath(name).name in _CLUTTER:
            continue
        if name in by_name:
            raise _one("file_twice", "The zip holds two files of one name.", "Make the zip again.")
        if entry.flag_bits & 0x1:
            raise _one("zip_encrypted", "The zip is locked by a password.", "Send it unlocked.")
        by_name[name] = entry
    tops = {name.partition("/")[0] for name in by_name}
    # People zip the folder as often as its content: one folder on top is taken as the packet's.
    prefix = f"{tops.pop()}/" if "packet.json" not in by_name and len(tops) == 1 else ""

    def fetch(name: str, limit: int) -> bytes | None:
        entry = by_name.get(f"{prefix}{PurePosixPath(name)}")
        if entry is None:
            return None
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _leaves()
        try:
            with archive.open(entry) as handle:
                # Never more than the limit, whatever size the zip declares for it.
                return handle.read(limit + 1)
        except _BROKEN:
            broken = _zip_broken()
        raise broken

    return fetch


def _zip_broken() -> BadInput:
    return _one("zip_broken", "The zip file is damaged.", "Make the zip again and send it.")


def _one(code: str, message: str, remedy: str) -> BadInput:
    return BadInput(Problem("path", code, message, remedy))


def _leaves() -> BadInput:
    return _one(
        "path_leaves_folder",
        "This file is a link that leads out of the packet's folder.",
        "Put the file itself into the folder.",
    )


def _too_large() -> BadInput:
    return _one(
        "zip_too_large",
        f"Unpacked, this zip holds more than {MAX_ENTRIES} files or {MAX_TOTAL // 2**20} MB.",
        "Send one packet per zip, each file at most 20 MB.",
    )
