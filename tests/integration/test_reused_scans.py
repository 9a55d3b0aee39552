"""A card that stands in two cases is found from both, though it was saved anew; each officer is told."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import text

from integrations.desk.intake import submit
from integrations.desk.link_acts import decide_link
from integrations.desk.link_views import links_json
from integrations.documents.reader import Look, alike_documents, look_at
from integrations.kit import Kit
from integrations.packets import read_path
from models.errors import Unavailable
from models.facts import Person
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import StubReader, World, a_packet, amended, shown, vet, write_packet

CARD = "documents/sponsor_identity-sponsor.png"


class _OwnEyes(StubReader):
    """Looks at pictures as the real reader does."""

    compared = 0

    def look_at(self, content: bytes, *, zone: bool = False) -> Look:
        self._open()
        return look_at(content)

    def alike(self, one: bytes, other: bytes) -> bool:
        self._open()
        self.compared += 1
        return alike_documents(one, other)


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        world.reader = _OwnEyes()  # looks by itself, and is asked for through the kit as ever
        kit.make_reader = lambda: world.reader
        yield world


def _card(size: int) -> bytes:
    """One invented card, at this size: blocks and bars that no other picture of these tests has."""
    blocks = np.random.default_rng(11).integers(0, 256, (18, 26), dtype=np.uint8)
    picture = Image.fromarray(blocks).resize((1300, 900), Image.Resampling.NEAREST)
    out = io.BytesIO()
    picture.resize((size, size * 9 // 13), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def _hand_in(kit: Kit, folder: Path, packet: dict[str, Any], card: bytes) -> UUID:
    """The packet with this card as the sponsor's, submitted."""
    write_packet(folder, packet)
    (folder / CARD).write_bytes(card)
    return submit(kit, read_path(folder), actor="cli", now=NOW).application_id


def _two(kit: Kit, world: World, folder: Path) -> tuple[UUID, UUID]:
    """The first application, vetted and known to nobody; then one of a stranger with the same card, resized."""
    packet = a_packet(household=[])
    other = amended(
        a_packet("TEST-0002", a_number="220559902", household=[], identity="X2"),
        sponsor__given_names="Rolando",
        sponsor__date_of_birth="1979-09-09",
    )
    first = _hand_in(kit, folder / "first", packet, _card(1300))
    world.reader.shows(packet)
    vet(kit, first)
    with kit.transaction() as session:
        session.execute(text("UPDATE job SET state = 'done' WHERE state = 'waiting'"))
    second = _hand_in(kit, folder / "second", other, _card(700))
    return first, second


def _reused(kit: Kit, application_id: UUID) -> list[dict[str, Any]]:
    return [f for f in shown(kit, application_id)["findings"] if f["code"] == "DOCUMENT_REUSED"]


def test_a_resized_card_is_found_from_both_cases_and_compared_once(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    first, second = _two(kit, world, tmp_path)
    vet(kit, second)
    (seen,) = _reused(kit, second)
    assert (seen["severity"], seen["subject"]) == ("review", "sponsor")
    assert seen["evidence"]["other_applications"] == seen["evidence"]["alike_in"] == [str(first)]

    with kit.transaction() as session:
        jobs = session.scalars(text("SELECT key FROM job WHERE state = 'waiting' ORDER BY key")).all()
    assert jobs == sorted(
        [str(first), str(second)]
    )  # the second's own, and the first's, whose officer must learn
    vet(kit, first)
    assert [f["evidence"]["alike_in"] for f in _reused(kit, first)] == [[str(second)]]

    compared = world.reader.compared
    vet(kit, second)
    assert world.reader.compared == compared > 0


def test_what_could_not_be_compared_is_compared_next_time(kit: Kit, world: World, tmp_path: Path) -> None:
    _, second = _two(kit, world, tmp_path)
    world.reader.alike = _broken  # type: ignore[method-assign]
    vet(kit, second)
    assert _reused(kit, second) == []
    del world.reader.alike  # type: ignore[method-assign]
    vet(kit, second)
    assert len(_reused(kit, second)) == 1


def test_a_picture_in_two_cases_is_judged_like_any_link_and_once_split_told_by_neither(
    kit: Kit, world: World, tmp_path: Path, staff: dict[str, Person]
) -> None:
    first, second = _two(kit, world, tmp_path)
    vet(kit, second)
    (seen,) = _images(kit, "open")
    assert (seen["tier"], seen["through"]) == (
        "likely",
        ["sponsor_identity@sponsor=sponsor_identity@sponsor"],
    )
    assert {one["application_id"] for one in seen["applications"]} == {str(first), str(second)}
    assert len(_reused(kit, second)) == 1  # the paper's finding tells it, and no other does
    found = shown(kit, second)["findings"]
    assert not any(f["evidence"].get("link") == seen["id"] for f in found)

    integrity, why = staff["integrity"], {"reason": "A specimen that the consulate prints.", "now": NOW}
    decide_link(kit, seen["id"], integrity, verdict="split", **why)
    for _ in range(2):
        for application in (first, second):
            vet(kit, application)
            assert _open(kit, application) == []
    assert (_images(kit, "open"), len(_images(kit, "split"))) == ([], 1)

    # Another picture is another pair: what was said of the card says nothing of it.
    name = "documents/proof_of_income-sponsor.png"
    paper = (tmp_path / "first" / name).read_bytes()
    (tmp_path / "second" / name).write_bytes(paper)
    submit(kit, read_path(tmp_path / "second"), actor="cli", now=NOW)
    vet(kit, second)
    assert [f["evidence"]["item"] for f in _open(kit, second)] == ["proof_of_income"]
    (other,) = _images(kit, "open")
    assert other["through"] == ["proof_of_income@sponsor=proof_of_income@sponsor"]
    decide_link(kit, other["id"], integrity, verdict="confirm", **why)
    assert len(_open(kit, second)) == 1  # a confirmed one waits for a person's word as a finding


def _images(kit: Kit, state: str) -> list[dict[str, Any]]:
    told = links_json(kit, state=state, limit=99, viewer=None, now=NOW)["items"]
    return [item for item in told if item["kind"] == "image"]


def _open(kit: Kit, application_id: UUID) -> list[dict[str, Any]]:
    return [f for f in _reused(kit, application_id) if f["state"] == "open"]


def _broken(one: bytes, other: bytes) -> bool:
    raise Unavailable("document reader", "time_limit")
