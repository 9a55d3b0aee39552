"""Reading a document: what it says, how, and how legible it is.

`read_document` never raises over a bad file: what could not be read is a reading with method 'none', for
a person to look at. `ReaderProcess` runs it in a process of its own, so that a hostile file can at worst
kill that process.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TypeVar

from integrations.documents.legibility import Legibility, measure
from integrations.documents.likeness import alike, marks_of
from integrations.documents.ocr import read_page
from integrations.documents.pages import open_pages
from integrations.documents.pictures import picture_of
from integrations.documents.sniff import MediaType, Sniffed, sniff
from integrations.documents.text_layer import checked_layer
from integrations.documents.zone import find_zone
from models.errors import Unavailable
from models.reading import DocumentText, MachineZone, PageMarks, ReadLine, ReadMethod

PAGES_READ = 4
_JUST_READ = 16  # documents whose words stay at hand
# Source: ours. Times its limit that a document may wait for a machine that is busy with other things.
_PATIENCE = 10
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """What was read from the first pages. `media_type` None: the file did not open.

    `legibility` is the first page's. `text_layer_agrees`: see `models.reading.DocumentText`.
    """

    media_type: MediaType | None
    page_count: int
    method: ReadMethod
    lines: tuple[ReadLine, ...] = ()
    legibility: Legibility | None = None
    text_layer_agrees: bool | None = None
    marks: tuple[PageMarks, ...] = ()

    @property
    def text(self) -> DocumentText:
        """The part that vetting judges."""
        return DocumentText(self.lines, self.method, self.page_count, self.text_layer_agrees)


@dataclass(frozen=True, slots=True)
class Look:
    """What a document that people read looks like. `legibility` None: the file does not open.

    It is that of the least legible page that bears print: both sides of a card must be legible. `zone` None:
    it was not looked for, or there is none, or none that could be read surely.
    """

    legibility: Legibility | None
    marks: tuple[PageMarks, ...] = ()
    zone: MachineZone | None = None


def read_document(content: bytes) -> DocumentReading:
    """What these bytes say. Takes about 2 s a page by OCR, 0.5 s for a digital PDF."""
    kind = sniff(content)
    if not isinstance(kind, Sniffed):
        return DocumentReading(None, 0, "none")
    try:
        return _read(content, kind)
    except Exception:  # a decoder may raise anything over a hostile file; a person looks instead
        return DocumentReading(kind.media_type, kind.page_count, "none")


def _read(content: bytes, kind: Sniffed) -> DocumentReading:
    lines: list[ReadLine] = []
    agrees: list[bool] = []
    by_ocr = False
    marks: list[PageMarks | None] = []
    legibility: Legibility | None = None
    for page in open_pages(content, kind.media_type, PAGES_READ):
        measured = measure(page.image)
        legibility = legibility or measured
        marks.append(marks_of(page, measured))
        layer = checked_layer(page)
        if layer is not None and layer.agrees and not page.is_picture:
            lines.extend(layer.lines)
            agrees.append(True)
            continue
        seen = read_page(page.image, page.index)
        by_ocr = True
        lines.extend(seen)
        if layer is not None:
            agrees.append(layer.agrees)
    return DocumentReading(
        media_type=kind.media_type,
        page_count=kind.page_count,
        method=("ocr" if by_ocr else "pdf_text") if lines else "none",
        lines=tuple(lines),
        legibility=legibility,
        text_layer_agrees=all(agrees) if agrees else None,
        marks=_there(marks),
    )


def look_at(content: bytes) -> Look:
    """How a document looks that people read, such as an agreement."""
    return _look(content, zone=False)


def look_at_identity(content: bytes) -> Look:
    """As `look_at`, with the machine-readable zone, if a page bears one. Takes 0.05 s, with a zone 0.5 s."""
    return _look(content, zone=True)


def _look(content: bytes, *, zone: bool) -> Look:
    kind = sniff(content)
    if not isinstance(kind, Sniffed):
        return Look(None)
    found: list[Legibility] = []
    marks: list[PageMarks | None] = []
    read: MachineZone | None = None
    try:
        for page in open_pages(content, kind.media_type, PAGES_READ):
            found.append(measure(page.image))
            marks.append(marks_of(page, found[-1]))
            if zone and read is None:
                read = find_zone(page.image)
    except Exception:  # as above
        return Look(None)
    printed = [m for m in found if not m.is_blank]
    return Look(min(printed or found, key=lambda m: m.sharpness, default=None), _there(marks), read)


def _there(marks: list[PageMarks | None]) -> tuple[PageMarks, ...]:
    return tuple(m for m in marks if m is not None)


def alike_documents(one: bytes, other: bytes) -> bool:
    """True when one document is the other at another size or quality, or a part of it. See `likeness.alike`."""
    kinds = sniff(one), sniff(other)
    if not isinstance(kinds[0], Sniffed) or not isinstance(kinds[1], Sniffed):
        return False
    try:
        pages = (
            list(open_pages(one, kinds[0].media_type, PAGES_READ)),
            list(open_pages(other, kinds[1].media_type, PAGES_READ)),
        )
    except Exception:  # as above
        return False
    return alike(*pages)


class ReaderProcess:
    """Reads documents in one spawned process, one at a time, from any thread.

    Two threads that want the same document read it once: the second takes what the first has just read.
    The process starts at the first document and ends with `close`, with the parent, or when a document
    takes longer than `seconds_per_document` of all processors. What the machine does beside it does not count: a
    document is not called unreadable because others were in the way.
    """

    def __init__(self, *, seconds_per_document: int = 90) -> None:
        self._limit = seconds_per_document
        self._pool: ProcessPoolExecutor | None = None
        self._turn = threading.Lock()
        self._just_read: OrderedDict[bytes, DocumentReading] = OrderedDict()

    def read(self, content: bytes) -> DocumentReading:
        """See `read_document`.

        Raises:
            Unavailable: the process died twice, or ran out of time. Try later; if it stays so, a person reads.
        """
        digest = hashlib.sha256(content).digest()
        with self._turn:
            if digest not in self._just_read:
                self._just_read[digest] = self._run(read_document, content)
                while len(self._just_read) > _JUST_READ:
                    self._just_read.popitem(last=False)
            return self._just_read[digest]

    def look_at(self, content: bytes, *, zone: bool = False) -> Look:
        """See `look_at`, and `look_at_identity` where the zone is wanted. Raises `Unavailable` as `read` does."""
        with self._turn:
            return self._run(look_at_identity if zone else look_at, content)

    def picture(self, content: bytes, page: int, long_side: int) -> bytes | None:
        """See `pictures.picture_of`. Raises `Unavailable` as `read` does."""
        with self._turn:
            return self._run(picture_of, content, page, long_side)

    def alike(self, one: bytes, other: bytes) -> bool:
        """See `alike_documents`. Raises `Unavailable` as `read` does."""
        with self._turn:
            return self._run(alike_documents, one, other)

    def close(self) -> None:
        """No process is left."""
        with self._turn:
            self._just_read.clear()
            self._stop()

    def __enter__(self) -> ReaderProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, job: Callable[..., T], *given: object) -> T:
        for _ in range(2):
            started = time.monotonic()
            try:
                return self._ready().submit(_timed, job, given, self._limit, self._limit * _PATIENCE).result()
            except BrokenProcessPool:
                self._stop()
                if time.monotonic() - started >= self._limit:
                    # The same document would take as long again.
                    raise Unavailable("document reader", "time_limit") from None
        raise Unavailable("document reader", "process_died_twice")

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
            )
        return self._pool

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _begin() -> None:
    """In the child: it gives way to others, Ctrl-C is the parent's to handle, and the parent's death is the child's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Its threads spin on every core; whoever waits for a page of the console or a commit comes first.
    os.nice(10)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _timed(job: Callable[..., T], given: tuple[object, ...], seconds: int, patience: int) -> T:
    # What these signals do by default ends the process even from within a decoder's C code; the parent sees it broken.
    # The first counts what this process works, on every processor: it never comes before so many seconds are over.
    work = seconds * (os.cpu_count() or 1)
    for timer, end, after in (
        (signal.ITIMER_PROF, signal.SIGPROF, work),
        (signal.ITIMER_REAL, signal.SIGALRM, patience),
    ):
        signal.signal(end, signal.SIG_DFL)
        signal.setitimer(timer, after)
    try:
        return job(*given)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
