"""Every fault of a packet is told with field, reason and remedy, and nothing of it is stored."""

from __future__ import annotations

import json
import struct
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.desk.intake import submit
from integrations.kit import Kit
from integrations.packets import read_path
from models.errors import BadInput
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import a_packet, write_packet, zip_of

PERSONAL = ("Ixchel", "Marta", "Example Coj", "220559901", "7135550101", "1420 Example", "1989-11-20", "UTO")


def _json(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        packet = a_packet()
        write_packet(folder, packet)
        change(packet)
        (folder / "packet.json").write_text(json.dumps(packet), encoding="utf-8")
        return folder

    return make


def _files(change: Callable[[Path], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        change(write_packet(folder, a_packet()))
        return folder

    return make


def _zip(change: Callable[[Path], None]) -> Callable[[Path], Path]:
    """A good zip beside the folder, which `change` then spoils."""

    def make(folder: Path) -> Path:
        target = zip_of(write_packet(folder, a_packet()), folder.parent / "packet.zip")
        change(target)
        return target

    return make


def _first(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda packet: packet["documents"][0].update(file=name)


def _id_scan(folder: Path) -> Path:
    return folder / "documents" / "sponsor_identity-sponsor.png"


def _linked(folder: Path) -> None:
    outside = folder.parent / "outside.png"
    outside.write_bytes(scenes.scan("outside"))
    _id_scan(folder).unlink()
    _id_scan(folder).symlink_to(outside)


def _packet_json_linked(folder: Path) -> None:
    (folder / "packet.json").rename(folder.parent / "packet.json")
    (folder / "packet.json").symlink_to(folder.parent / "packet.json")


def _looping(folder: Path) -> None:
    _id_scan(folder).unlink()
    _id_scan(folder).symlink_to(_id_scan(folder).name)


def _large(folder: Path) -> None:
    with _id_scan(folder).open("ab") as handle:
        handle.truncate(21 * 1024 * 1024)


def _climbing_entry(target: Path) -> None:
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("../../outside.png", scenes.scan("x"))


def _link_entry(target: Path) -> None:
    with zipfile.ZipFile(target) as archive:
        kept = {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in kept.items():
            entry = zipfile.ZipInfo(name)
            if "sponsor_identity" in name:
                entry.external_attr, content = 0o120777 << 16, b"/etc/hostname"
            archive.writestr(entry, content)


def _bomb(target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("packet.json", json.dumps(a_packet()))
        with archive.open(zipfile.ZipInfo("documents/sponsor_identity-sponsor.png"), "w") as entry:
            for _ in range(450):
                entry.write(bytes(1024 * 1024))


def _lying_bomb(target: Path) -> None:
    """It declares a small size for what unpacks to 30 MB."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("packet.json", bytes(30 * 1024 * 1024))
    raw = bytearray(target.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<L", 100)
    target.write_bytes(bytes(raw))


def _thousands(target: Path) -> None:
    with zipfile.ZipFile(target, "a") as archive:
        for number in range(401):
            archive.writestr(f"more/{number}", b"")


def _long_directory(target: Path) -> None:
    raw = bytearray(target.read_bytes())
    at = raw.rfind(b"PK\x05\x06")
    raw[at + 12 : at + 16] = struct.pack("<L", 2**31)
    target.write_bytes(bytes(raw))


def _locked(target: Path) -> None:
    raw = bytearray(target.read_bytes())
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 1)
    target.write_bytes(bytes(raw))


def _cut(target: Path) -> None:
    """The middle of the largest file is overwritten."""
    raw = bytearray(target.read_bytes())
    at = raw.find(b"packet.json") + 11
    raw[at + 20 : at + 60] = bytes(40)
    target.write_bytes(bytes(raw))


def _twice(target: Path) -> None:
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("packet.json", "{}")


def _nothing_at_all(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _a_text_file(folder: Path) -> Path:
    folder.mkdir()
    (folder / "notes.txt").write_text("not a packet")
    return folder / "notes.txt"


FAULTS: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "broken JSON": (
        _files(lambda f: (f / "packet.json").write_text('{"format": ')),  # type: ignore[arg-type, return-value]
        "packet.json",
        "broken_json",
    ),
    "no JSON object": (_files(lambda f: (f / "packet.json").write_text("[]")), "packet.json", "wrong_type"),  # type: ignore[arg-type, return-value]
    "unknown key": (_json(lambda p: p["child"].update(nickname="Ix")), "child.nickname", "unknown_key"),
    "wrong type": (_json(lambda p: p["sponsor"].update(related="yes")), "sponsor.related", "wrong_type"),
    "missing key": (_json(lambda p: p.pop("address")), "address", "missing_key"),
    "missing file": (_files(lambda f: _id_scan(f).unlink()), "documents.0.file", "missing_file"),
    "not what its name says": (
        _files(lambda f: _id_scan(f).write_bytes(b"%PDF-1.7 not a picture")),  # type: ignore[arg-type, return-value]
        "documents.0.file",
        "not_what_its_name_says",
    ),
    "a file cut short": (
        _files(lambda f: _id_scan(f).write_bytes(scenes.scan("x")[:60])),  # type: ignore[arg-type, return-value]
        "documents.0.file",
        "unreadable_file",
    ),
    "an empty file": (_files(lambda f: _id_scan(f).write_bytes(b"")), "documents.0.file", "empty_file"),  # type: ignore[arg-type, return-value]
    "a path with dots": (_json(_first("documents/../../x.png")), "documents.0.file", "path_leaves_folder"),
    "an absolute path": (_json(_first("/etc/hostname")), "documents.0.file", "path_leaves_folder"),
    "a drive letter": (_json(_first("C:\\scan.png")), "documents.0.file", "path_leaves_folder"),
    "a link that leaves": (_files(_linked), "documents.0.file", "path_leaves_folder"),
    "packet.json a link that leaves": (_files(_packet_json_linked), "packet.json", "path_leaves_folder"),
    "a loop of links": (_files(_looping), "documents.0.file", "unreadable_file"),
    "a name that no disk takes": (_json(_first("x" * 290 + ".png")), "documents.0.file", "unreadable_file"),
    "a file of 21 MB": (_files(_large), "documents.0.file", "file_too_large"),
    "an empty folder": (_nothing_at_all, "packet.json", "missing_file"),
    "no such path": (lambda folder: folder / "nowhere", "path", "not_found"),
    "neither folder nor zip": (_a_text_file, "path", "not_a_packet"),
    "a zip with a climbing entry": (_zip(_climbing_entry), "path", "path_leaves_folder"),
    "a zip with a link": (_zip(_link_entry), "documents.0.file", "path_leaves_folder"),
    "a zip bomb": (_zip(_bomb), "path", "zip_too_large"),
    "a zip bomb that lies": (_zip(_lying_bomb), "path", "zip_broken"),
    "a zip of thousands": (_zip(_thousands), "path", "zip_too_large"),
    "a zip with an endless directory": (_zip(_long_directory), "path", "zip_too_large"),
    "a locked zip": (_zip(_locked), "path", "zip_encrypted"),
    "a damaged zip": (_zip(_cut), "packet.json", "zip_broken"),
    "a zip with one name twice": (_zip(_twice), "path", "file_twice"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_field_reason_and_remedy(fault: str, tmp_path: Path) -> None:
    make, field, code = FAULTS[fault]
    path = make(tmp_path / "packet")
    with pytest.raises(BadInput) as caught:
        read_path(path)
    told = {(p.field, p.code) for p in caught.value.problems}
    if fault == "a zip bomb that lies":
        assert {code for _, code in told} <= {"zip_broken", "broken_json"}
    else:
        assert (field, code) in told
    assert all(p.message.endswith(".") and p.remedy.endswith(".") for p in caught.value.problems)
    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value.problems)
    assert [word for word in PERSONAL if word in said] == []


def test_nothing_is_stored_of_a_packet_with_a_fault(kit: Kit, tmp_path: Path) -> None:
    before = scenes.counts(kit)
    for number, (make, _, _) in enumerate(FAULTS.values()):
        (tmp_path / str(number)).mkdir()
        with pytest.raises(BadInput):
            submit(kit, read_path(make(tmp_path / str(number) / "packet")), actor="cli", now=NOW)
    assert scenes.counts(kit) == before


def test_every_fault_of_a_packet_is_told_at_once(tmp_path: Path) -> None:
    folder = write_packet(tmp_path, a_packet())
    _id_scan(folder).unlink()
    (folder / "documents" / "proof_of_income-sponsor.png").write_bytes(b"hello")
    with pytest.raises(BadInput) as caught:
        read_path(folder)
    assert [(p.field, p.code) for p in caught.value.problems] == [
        ("documents.0.file", "missing_file"),
        ("documents.3.file", "not_what_its_name_says"),
    ]


def test_files_over_the_limit_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_packet(tmp_path, a_packet())
    monkeypatch.setattr("integrations.packets.MAX_TOTAL", 500)
    with pytest.raises(BadInput) as caught:
        read_path(folder)
    assert caught.value.problems[0].code == "packet_too_large"


def test_a_link_to_a_file_inside_the_folder_is_followed(tmp_path: Path) -> None:
    folder = write_packet(tmp_path, a_packet())
    _id_scan(folder).rename(folder / "documents" / "real.png")
    _id_scan(folder).symlink_to("real.png")
    assert len(read_path(folder).files) == 11
