"""A packet as an upload: streamed past us into a nameless temporary file, never over the limits, then read as any other."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from console.api.bodies import media_type
from console.errors import TooLarge, WrongMediaType
from integrations.packets import HandedIn, from_uploads, read_zip
from integrations.unpacking import MAX_ENTRIES, MAX_TOTAL
from models.errors import BadInput, Problem

FORM, ZIP = "multipart/form-data", "application/zip"
# The files, and room for the form around them.
LARGEST = MAX_TOTAL + 1024 * 1024
_IN_MEMORY = 1024 * 1024
_MOST_JSON = 1024 * 1024 + 1
_MARK_OF_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Upload:
    """What came: one zip; or packet.json and files by their names. Close it."""

    packet: BinaryIO
    files: dict[str, BinaryIO] = field(default_factory=dict)

    def hand_in(self) -> HandedIn:
        """The packet.

        Raises:
            BadInput: with every problem found.
        """
        self.packet.seek(0)
        is_zip = self.packet.read(len(_MARK_OF_ZIP)) == _MARK_OF_ZIP
        self.packet.seek(0)
        if is_zip:
            return read_zip(self.packet)
        return from_uploads(self.packet.read(_MOST_JSON), self.files)

    def digest(self) -> bytes:
        """The same for the same content, whatever form it came in: a sender draws another boundary each time."""
        found = hashlib.sha256()
        for name, file in sorted([("", self.packet), *self.files.items()], key=lambda one: one[0]):
            found.update(hashlib.sha256(name.encode()).digest() + _size_of(file))
            while chunk := file.read(_IN_MEMORY):
                found.update(chunk)
        return found.digest()

    def close(self) -> None:
        for file in (self.packet, *self.files.values()):
            file.close()


def _size_of(file: BinaryIO) -> bytes:
    size = file.seek(0, io.SEEK_END).to_bytes(8, "big")
    file.seek(0)
    return size


async def read_upload(request: Request) -> Upload:
    """What this request brings.

    Raises:
        WrongMediaType: neither a form nor a zip. TooLarge: more than a packet may hold. BadInput: a broken form, or
            one without `packet`.
    """
    kind = media_type(request)
    if kind == ZIP:
        return Upload(await _spool(request))
    if kind != FORM:
        raise WrongMediaType(FORM, ZIP)
    return await _of_form(await _parse(request))


async def _counted(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > LARGEST:
        raise TooLarge
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST:
            raise TooLarge
        yield chunk


async def _spool(request: Request) -> BinaryIO:
    file = _temporary()
    try:
        async for chunk in _counted(request):
            file.write(chunk)
    except BaseException:
        file.close()
        raise
    return file


def _temporary() -> BinaryIO:
    """A file without a name: nobody else can open it, and it is gone when we are."""
    return cast(BinaryIO, SpooledTemporaryFile(max_size=_IN_MEMORY))


async def _parse(request: Request) -> FormData:
    parser = MultiPartParser(
        request.headers, _counted(request), max_files=MAX_ENTRIES + 1, max_fields=1, max_part_size=_MOST_JSON
    )
    try:
        return await parser.parse()
    except MultiPartException:
        pass
    raise BadInput(
        Problem(
            "body",
            "not_a_form",
            "This form can't be read, or it has too many parts.",
            f"Send a part called packet, and at most {MAX_ENTRIES} files.",
        )
    )


async def _of_form(form: FormData) -> Upload:
    packet: BinaryIO | None = None
    files: dict[str, BinaryIO] = {}
    try:
        for name, part in form.multi_items():
            if name == "packet" and packet is None:
                packet = await _bytes_of(part)
            elif isinstance(part, UploadFile) and part.filename and part.filename not in files:
                files[part.filename] = part.file
            else:
                raise BadInput(_part_that_cannot_be())
        if packet is None:
            raise BadInput(
                Problem(
                    "packet",
                    "missing",
                    "There is no part called packet.",
                    "Send packet.json, or a zip of the whole packet, as the part called packet.",
                )
            )
    except BadInput:
        await form.close()
        raise
    return Upload(packet, files)


async def _bytes_of(part: UploadFile | str) -> BinaryIO:
    if isinstance(part, UploadFile):
        return part.file
    file = _temporary()
    file.write(part.encode())
    return file


def _part_that_cannot_be() -> Problem:
    return Problem(
        "body",
        "wrong_part",
        "A part is neither the packet nor a file with a name of its own.",
        "Send each file once, under the name that packet.json gives it: filename=documents/bill.png.",
    )
