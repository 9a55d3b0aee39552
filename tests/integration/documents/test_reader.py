"""Drawn documents, read for real: RapidOCR, PDFium, and vetting's chooser on what they say."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import socket
import threading
from collections.abc import Iterator
from datetime import date

import pypdfium2
import pytest
from drawn_documents import BILL, drawn, pdf, photographed, saved
from PIL import Image, ImageFilter

from integrations.documents import reader
from integrations.documents.reader import DocumentReading, ReaderProcess, look_at, read_document
from integrations.documents.sniff import MediaType
from models.errors import Unavailable
from models.packet import Address
from vetting.address import Holder, find_address, find_date, find_name

STATED = Address(line1="1420 Example Ave", unit="Apt 3B", city="Houston", state="TX", zip="77036")
HOLDER = Holder("María", "Example Muñoz")
LIE = ((120, 1200, 30, "Service address"), (120, 1245, 30, "77 Other St, Houston, TX 77001"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("reading a document opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def proves(reading: DocumentReading) -> None:
    found = find_address(reading.lines, STATED, HOLDER)
    assert found.match == "match"
    assert find_name(reading.lines, HOLDER, found.above) == "match"
    dated = find_date(reading.lines)
    assert dated is not None
    assert (dated.value, dated.kind) == (date(2026, 1, 5), "issue")


TOP = BILL[1:10]  # fewer lines read faster
SCANS = {
    "clean": lambda: saved(drawn()),
    "soft": lambda: saved(drawn().filter(ImageFilter.GaussianBlur(1.5)), "JPEG"),
    "rotated 5 degrees": lambda: saved(drawn().rotate(5, expand=True, fillcolor="white"), "JPEG"),
    "on its side": lambda: saved(drawn(TOP).rotate(90, expand=True), "JPEG"),
    "on its other side": lambda: saved(drawn(TOP).rotate(270, expand=True), "JPEG"),
    "on its head": lambda: saved(drawn(TOP).rotate(180), "JPEG"),
    "phone photo": lambda: saved(photographed(drawn()), "JPEG", quality=70),
    "TIFF in grey": lambda: saved(drawn(TOP).convert("L"), "TIFF"),
}


@pytest.mark.parametrize("kind", SCANS)
def test_scan_is_read_and_proves_the_address(kind: str) -> None:
    reading = read_document(SCANS[kind]())
    assert reading.method == "ocr"
    assert reading.text_layer_agrees is None
    assert reading.legibility is not None
    assert reading.legibility.sharpness > 1.0
    proves(reading)


def test_phone_that_notes_its_turn_in_the_file_is_read_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6  # turn clockwise to show
    reading = read_document(saved(drawn(TOP).rotate(90, expand=True), "JPEG", exif=exif.tobytes()))
    proves(reading)


def test_heavy_blur_is_measured_as_illegible_and_proves_nothing() -> None:
    reading = read_document(saved(drawn().filter(ImageFilter.GaussianBlur(7)), "JPEG"))
    assert reading.legibility is not None
    assert reading.legibility.sharpness < 1.0
    assert find_address(reading.lines, STATED, HOLDER).match != "match"


def test_digital_pdf_is_read_from_its_text() -> None:
    reading = read_document(pdf())
    assert (reading.media_type, reading.method, reading.text_layer_agrees) == (
        MediaType.PDF,
        "pdf_text",
        True,
    )
    proves(reading)


def test_scan_in_a_pdf_is_read_by_ocr() -> None:
    reading = read_document(saved(drawn(), "PDF", resolution=200))
    assert (reading.method, reading.text_layer_agrees) == ("ocr", None)
    proves(reading)


def test_hidden_text_is_found_out_and_not_used() -> None:
    reading = read_document(pdf(hidden=LIE))
    assert (reading.method, reading.text_layer_agrees) == ("ocr", False)
    assert not any("Other St" in line.text for line in reading.lines)
    proves(reading)


def test_text_layer_that_changes_one_digit_under_the_print_is_found_out() -> None:
    layer = tuple((x, y, h, text.replace("1420", "1430")) for x, y, h, text in BILL)
    reading = read_document(pdf((), hidden=layer, picture=drawn()))
    assert reading.text_layer_agrees is False
    proves(reading)


def test_honest_text_under_a_scan_agrees_and_the_print_is_still_what_is_read() -> None:
    reading = read_document(pdf((), hidden=BILL[4:10], picture=drawn()))
    assert (reading.method, reading.text_layer_agrees) == ("ocr", True)
    proves(reading)


def test_turned_pdf_page_is_read() -> None:
    document = pypdfium2.PdfDocument(pdf())
    document[0].set_rotation(90)
    out = io.BytesIO()
    document.save(out)
    reading = read_document(out.getvalue())
    assert find_address(reading.lines, STATED, HOLDER).match == "match"


@pytest.mark.parametrize(
    "content",
    [b"", b"no document", b"%PDF-1.7\nnothing else", saved(drawn())[:2000]],
    ids=["empty", "text", "pdf", "png"],
)
def test_unreadable_file_is_a_reading_of_nothing(content: bytes) -> None:
    reading = read_document(content)
    assert (reading.method, reading.lines, reading.legibility) == ("none", (), None)
    assert look_at(content).legibility is None


def test_blank_page_is_a_reading_of_nothing() -> None:
    reading = read_document(saved(drawn(())))
    assert (reading.method, reading.lines) == ("none", ())


def test_identity_document_is_as_legible_as_its_worse_side() -> None:
    sharp, soft = drawn(), drawn().filter(ImageFilter.GaussianBlur(6))
    both = look_at(saved(sharp, "TIFF", save_all=True, append_images=[soft]))
    blank_back = look_at(saved(sharp, "TIFF", save_all=True, append_images=[drawn(())]))
    assert both.legibility is not None
    assert blank_back.legibility is not None
    assert both.legibility.sharpness < 1.0 < blank_back.legibility.sharpness


def test_reading_says_nothing_on_the_console(capfd: pytest.CaptureFixture[str]) -> None:
    read_document(saved(drawn(BILL[4:7], (900, 600))))
    assert capfd.readouterr() == ("", "")


# --- the process of its own --------------------------------------------------------------------


@pytest.fixture(scope="module")
def process() -> Iterator[ReaderProcess]:
    with ReaderProcess(seconds_per_document=60) as own:
        yield own


def die_once(content: bytes) -> str:
    """Kills its process the first time, by the file that it leaves."""
    mark = content.decode()
    if not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def die(content: bytes) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def toil(content: bytes) -> str:
    while True:
        hashlib.sha256(content).digest()


def wait_two_seconds(content: bytes) -> str:
    threading.Event().wait(2)
    return "read"


def hang(content: bytes) -> str:
    threading.Event().wait()
    return ""


def test_process_reads_as_the_function_does(process: ReaderProcess) -> None:
    content = pdf()
    assert process.read(content) == read_document(content)
    assert process.look_at(content) == look_at(content)


def test_two_threads_that_want_one_document_read_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    content, runs = pdf(), []
    reading = read_document(content)
    with ReaderProcess() as own:
        monkeypatch.setattr(own, "_run", lambda job, content: runs.append(job) or reading)
        both = [threading.Thread(target=own.read, args=(content,)) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert len(runs) == 1
        assert own.read(content + b" ") == reading  # other bytes are another document
    assert len(runs) == 2


def test_process_that_dies_is_started_afresh_once(process: ReaderProcess, tmp_path: object) -> None:
    assert process._run(die_once, f"{tmp_path}/died".encode()) == "alive"


def test_process_that_dies_twice_is_unavailable_and_the_next_document_is_read(process: ReaderProcess) -> None:
    with pytest.raises(Unavailable, match="process_died_twice"):
        process._run(die, b"")
    assert process.look_at(pdf()).legibility is not None


def test_document_that_takes_too_much_work_is_given_up() -> None:
    with ReaderProcess(seconds_per_document=1) as own, pytest.raises(Unavailable, match="time_limit"):
        own._run(toil, b"")


def test_document_that_only_waits_is_given_up_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the machine that is busy, so that it is not given up at its limit; but at some time it is."""
    monkeypatch.setattr(reader, "_PATIENCE", 3)
    with ReaderProcess(seconds_per_document=1) as own:
        assert own._run(wait_two_seconds, b"") == "read"
        with pytest.raises(Unavailable, match="time_limit"):
            own._run(hang, b"")


def test_closing_leaves_no_process() -> None:
    own = ReaderProcess()
    pid = own._run(process_id, b"")
    own.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    own.close()  # twice is fine


def process_id(content: bytes) -> int:
    return os.getpid()


def test_nothing_starts_before_the_first_document() -> None:
    own = ReaderProcess()
    assert own._pool is None
    own.close()
    assert reader.PAGES_READ == 4
