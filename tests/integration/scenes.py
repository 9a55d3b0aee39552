"""A sponsor's packet, the sandbox's outside world before the real clients, and people who act.

Everybody is invented. The scans are coloured squares and the reader is a stub that reads what the packet says.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from PIL import Image
from sqlalchemy import text

from integrations.background.clearline import Clearline
from integrations.desk import vetting
from integrations.desk.application_views import application_json
from integrations.desk.intake import Taken, submit
from integrations.desk.steps import STEPS, run_step
from integrations.desk.waiting import look_now
from integrations.documents.legibility import Legibility
from integrations.documents.pictures import picture_of
from integrations.documents.reader import DocumentReading, Look
from integrations.documents.sniff import MediaType
from integrations.kit import Kit
from integrations.packets import read_path
from integrations.postal.usps import Usps
from integrations.sandbox.background_server import BackgroundSandbox
from integrations.sandbox.postal_server import create_postal_app
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from models.facts import Person
from models.reading import MachineZone, ReadLine
from tests.builders import NOW
from vetting.steps import CLOCKS

_TOKEN = "test-token"
_SECRET = "test-secret"


# --- packets -----------------------------------------------------------------------------------


def a_packet(reference: str = "TEST-0001", **changes: Any) -> dict[str, Any]:
    """A dull packet: an aunt, her husband, a cousin who would step in; every paper there.
    `changes` replace whole keys; `identity=` is the ending of the sponsor's identity number, which stages
    what the provider answers, and `a_number=` the child's.
    """
    identity, a_number = changes.pop("identity", "X1"), changes.pop("a_number", "220559901")
    packet: dict[str, Any] = {
        "format": "kinline-packet/1",
        "reference": reference,
        "care_provider": "Example Shelter",
        "child": {
            "a_number": a_number,
            "given_names": "Ixchel",
            "family_names": "Example Coj",
            "date_of_birth": "2012-05-02",
            "languages": ["es"],
            "entered_care_on": "2026-01-10",
        },
        "sponsor": {
            "given_names": "Marta",
            "family_names": "Example Coj",
            "date_of_birth": "1989-11-20",
            "relationship": "aunt",
            "related": True,
            "languages": ["es"],
            "phone": "+17135550101",
            "text_consent": {"given": True, "language": "es", "at": "2026-01-15T16:30:00Z"},
            "identity_document": {
                "type": "passport",
                "issuer": "UTO",
                "number": f"{reference}{identity}",
                "expires_on": "2029-03-01",
            },
        },
        "address": {
            "line1": "1420 Example Ave",
            "unit": "Apt 3B",
            "city": "Houston",
            "state": "TX",
            "zip": "77036",
        },
        "household": [an_adult("Jorge", "Example Ruiz", "1985-02-11", f"{reference}H0")],
        "alternate_caregiver": {
            key: value
            for key, value in an_adult("Rosa", "Example Coj", "1991-07-30", f"{reference}C").items()
            if key != "relationship_to_sponsor"
        },
    }
    packet.update(changes)
    packet.setdefault("documents", papers_of(packet))
    return packet


def an_adult(given: str, family: str, born: str, number: str) -> dict[str, Any]:
    return {
        "given_names": given,
        "family_names": family,
        "date_of_birth": born,
        "relationship_to_sponsor": "spouse",
        "identity_document": {"type": "consular_id", "issuer": "GT", "number": number},
    }


def papers_of(packet: dict[str, Any]) -> list[dict[str, Any]]:
    """Every paper that a complete packet of these people holds."""
    wanted = [(kind, "sponsor") for kind in ("sponsor_identity", "proof_of_address", "proof_of_relationship")]
    wanted += [
        ("proof_of_income", "sponsor"),
        ("sponsor_care_agreement", "sponsor"),
        ("child_identity", "child"),
    ]
    wanted += [("release_authorization", "sponsor")]
    for number, member in enumerate(packet.get("household", ())):
        mark = member["identity_document"]["number"]
        wanted += [("household_identity", f"household:{number}:{mark}")]
        wanted += [("release_authorization", f"household:{number}:{mark}")]
    if packet.get("alternate_caregiver"):
        wanted += [
            ("caregiver_identity", "alternate_caregiver"),
            ("release_authorization", "alternate_caregiver"),
        ]
    return [
        {
            "kind": kind,
            "subject": ":".join(subject.split(":")[:2]),
            # A household member's papers keep their names when the household is written in another order.
            "file": f"documents/{kind}-{subject.split(':')[-1]}.png",
            "issued_on": "2026-01-20",
        }
        for kind, subject in wanted
    ]


def scan(seed: str) -> bytes:
    """A small image that is the same for the same seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    out = io.BytesIO()
    Image.frombytes("RGB", (3, 3), digest[:27]).resize((48, 48), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def a_bundle(*seeds: str) -> bytes:
    """A TIFF of several pages, one for each seed."""
    first, *others = (Image.open(io.BytesIO(scan(seed))) for seed in seeds)
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=others)
    return out.getvalue()


def write_packet(folder: Path, packet: dict[str, Any], *, redrawn: tuple[str, ...] = ()) -> Path:
    """The packet as a folder. `redrawn`: files whose content is new."""
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    (folder / "packet.json").write_text(json.dumps(packet, ensure_ascii=False), encoding="utf-8")
    for document in packet["documents"]:
        name = document["file"]
        path = folder / name
        if path.resolve().is_relative_to(folder.resolve()) and path.suffix == ".png":
            seed = f"{packet['reference']}{name}{name in redrawn}"
            path.write_bytes(scan(seed))
    return folder


def zip_of(folder: Path, target: Path, *, under: str = "") -> Path:
    """A zip of that folder's content, in a folder of its own when `under` names one."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, under + str(path.relative_to(folder)))
    return target


def amended(packet: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with whole keys replaced; nested ones by `section__key=`."""
    copy = deepcopy(packet)
    for name, value in changes.items():
        section, _, key = name.partition("__")
        if key:
            copy[section][key] = value
        else:
            copy[section] = value
    return copy


# --- the outside world -------------------------------------------------------------------------


@dataclass
class StubReader:
    """Reads every proof of address as `lines`; every scan is as sharp as `sharpness`, and bears no zone but
    those of `zones`, by the content of the file."""

    lines: tuple[str, ...] = ()
    sharpness: float = 3.0
    opened: int = 0
    failing: list[Exception] = field(default_factory=list)
    zones: dict[bytes, MachineZone] = field(default_factory=dict)

    def read(self, content: bytes) -> DocumentReading:
        self._open()
        lines = tuple(
            ReadLine(words, 0, 0.1, 0.1 + 0.04 * n, 0.02, 0.4) for n, words in enumerate(self.lines)
        )
        legible = Legibility(self.sharpness, 120.0, 200.0)
        return DocumentReading(MediaType.PNG, 1, "ocr" if lines else "none", lines, legible)

    def look_at(self, content: bytes, *, zone: bool = False) -> Look:
        self._open()
        found = self.zones.get(content) if zone else None
        return Look(Legibility(self.sharpness, 120.0, 200.0), zone=found)

    def picture(self, content: bytes, page: int, long_side: int) -> bytes | None:
        """Drawn as the real one draws, here instead of in a process of its own."""
        if self.failing:
            raise self.failing.pop(0)
        return picture_of(content, page, long_side)

    def _open(self) -> None:
        self.opened += 1
        if self.failing:
            raise self.failing.pop(0)

    def shows(self, packet: dict[str, Any]) -> None:
        """The proof of address says what this packet says."""
        sponsor, home = packet["sponsor"], packet["address"]
        street = f"{home['line1']} {home.get('unit') or ''}".strip()
        self.lines = (
            "EXAMPLE WATER",
            f"{sponsor['given_names']} {sponsor['family_names']}",
            street,
            f"{home['city']}, {home['state']} {home['zip']}",
            "Statement date: January 20, 2026",
        )


@dataclass
class World:
    """The sandbox's servers before the real clients. `at` is what time it is there."""

    kit: Kit
    background: BackgroundSandbox
    background_url: str
    postal_url: str
    reader: StubReader
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def orders(self, **equals: Any) -> list[dict[str, Any]]:
        """What the provider of background checks has been asked for."""
        found = httpx.get(f"{self.background_url}/_sandbox/orders", trust_env=False).json()["orders"]
        return [o for o in found if all(o[name] == value for name, value in equals.items())]

    def lookups(self) -> int:
        """How often the postal service answered."""
        return len(httpx.get(f"{self.postal_url}/_sandbox/lookups", trust_env=False).json()["lookups"])

    def use_background(self, url: str | None = None, *, timeout: float = 5.0) -> None:
        """The provider stands at `url`: its own, unless another is given."""
        self.kit.__dict__.pop("background", None)
        client = Clearline(
            base_url=url or self.background_url, token=_TOKEN, timeout=timedelta(seconds=timeout)
        )
        self.kit.closers.append(client.close)
        self.kit.make_background = lambda: client

    def use_postal(self, url: str | None = None) -> None:
        self.kit.__dict__.pop("postal", None)
        client = Usps(
            base_url=url or self.postal_url,
            client_id="sandbox",
            client_secret=_TOKEN,
            clock=self.now,
            timeout=timedelta(seconds=5),
        )
        self.kit.closers.append(client.close)
        self.kit.make_postal = lambda: client


NOBODY_THERE = "http://127.0.0.1:9"


class Stage:
    """An address that stays while one test's server after another plays behind it: to start one takes time."""

    def __init__(self) -> None:
        self.app: Any = None
        self.url = ThreadedServer(self).__enter__().url  # a daemon thread: it ends with the process

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await self.app(scope, receive, send)


@cache
def stages() -> tuple[Stage, Stage]:
    """The addresses of the background-check provider and of the postal service."""
    return Stage(), Stage()


@contextmanager
def outside_world(kit: Kit) -> Iterator[World]:
    """The kit's services are the real clients, and behind them the sandbox's servers, new for this test."""
    box: list[World] = []
    clock = lambda: box[0].at if box else NOW  # noqa: E731
    first, second = stages()
    background = BackgroundSandbox(store=MemoryStore(), clock=clock, token=_TOKEN, webhook_secret=_SECRET)
    first.app = background.app
    second.app = create_postal_app(clock=clock, client_id="sandbox", client_secret=_TOKEN)
    reader = StubReader()
    kit.make_reader = lambda: reader
    world = World(kit, background, first.url, second.url, reader)
    box.append(world)
    world.use_background()
    world.use_postal()
    yield world


# --- acts --------------------------------------------------------------------------------------


def hand_in(kit: Kit, folder: Path, packet: dict[str, Any], *, now: datetime = NOW, **options: Any) -> Taken:
    """The packet written to `folder` and submitted."""
    return submit(kit, read_path(write_packet(folder, packet, **options)), actor="cli", now=now)


def vet(kit: Kit, application_id: UUID, *, now: datetime = NOW) -> None:
    """Every step once, as `kinline vet` does it."""
    with kit.transaction() as session:
        look_now(session, application_id, now=now)
    for step in STEPS:
        run_step(kit, step, application_id, now=now)


def shown(
    kit: Kit, application_id: UUID, *, viewer: Person | None = None, now: datetime = NOW
) -> dict[str, Any]:
    return application_json(kit, str(application_id), viewer=viewer, now=now)


def open_codes(found: dict[str, Any], severity: str | None = None) -> list[str]:
    """The codes of the findings that stand open, sorted."""
    return sorted(
        f["code"] for f in found["findings"] if f["state"] == "open" and severity in (None, f["severity"])
    )


def typed_for(packet: dict[str, Any], item: str, subject: str) -> bytes:
    """What a careful person types from a document that says what the packet says."""
    if item == "proof_of_address":
        return json.dumps(
            {k: packet["address"].get(k) for k in ("line1", "unit", "city", "state", "zip")}
        ).encode()
    people: dict[str, Any] = {"sponsor": packet["sponsor"], "child": packet["child"]}
    people["alternate_caregiver"] = packet.get("alternate_caregiver")
    people |= {f"household:{n}": m for n, m in enumerate(packet.get("household", ()))}
    person = people[subject]
    if not item.endswith("_identity"):
        return json.dumps({"seen": "A paper that is what it should be."}).encode()
    said = {k: person[k] for k in ("given_names", "family_names", "date_of_birth")}
    document = person.get("identity_document") or {}
    return json.dumps(said | {k: document.get(k) for k in ("number", "expires_on")}).encode()


def confirm_all(
    kit: Kit,
    packet: dict[str, Any],
    application_id: UUID,
    person: Person,
    *,
    but: str | None = None,
    now: datetime = NOW,
) -> None:
    """Every paper that policy wants confirmed has been, by this person; but this item."""
    for asked in shown(kit, application_id, now=now)["required"]:
        waits = asked["kind"] == "document" and asked["confirm"] and asked["state"] == "received"
        if waits and asked["item"] != but:
            typed = typed_for(packet, asked["item"], asked["subject"])
            name = f"{asked['item']}@{asked['subject']}"
            vetting.confirm(kit, str(application_id), name, person, typed=typed, now=now)


def approve(kit: Kit, staff: dict[str, Person], application_id: UUID, *, now: datetime = NOW) -> None:
    """Both recommendations and the decision are in."""
    key, why = str(application_id), "All papers and checks agree."
    vetting.recommend(kit, key, "approve", staff["cm"], reason=why, now=now)
    vetting.recommend(kit, key, "approve", staff["cc"], reason=why, now=now)
    vetting.decide(kit, key, "approve", staff["ffs"], reason=why, now=now)


def counts(kit: Kit) -> dict[str, int]:
    """How many rows each table of the file holds."""
    tables = (
        "application", "application_revision", "child", "child_case", "sponsor", "document", "document_file",
        "address", "phone_number", "consent", "household_member", "hearing", "obligation", "job", "history",
    )  # fmt: skip
    with kit.transaction() as session:
        return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def open_duties(kit: Kit, application_id: UUID) -> set[tuple[str, str]]:
    """(kind, key without the application's mark) of the vetting duties that stand open.

    The clocks of the application as a whole are left out: they stand beside whatever is to be done.
    """
    with kit.transaction() as session:
        rows = session.execute(
            text("SELECT kind, key FROM obligation WHERE state = 'open' AND application_id = :id"),
            {"id": application_id},
        ).all()
    return {(kind, key.partition("#")[0]) for kind, key in rows if kind not in CLOCKS}
