"""The machine-readable zone of drawn passports is read on scans and photos, and never read wrongly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from PIL import Image

from integrations.documents.legibility import Pixels
from integrations.documents.reader import look_at, look_at_identity
from integrations.documents.zone import find_zone
from samples.drawing import photo
from samples.drawing.cards import Bearer, consular_id, passport, state_id
from tests.integration.documents.drawn_documents import drawn, saved

BEARER = Bearer("José Ángel", "Muñoz de la Cruz", date(1963, 4, 8), "male", "B0719354", date(2029, 2, 14))
Look = Callable[[Pixels, np.random.Generator], Pixels]
LOOKS: dict[str, Look] = {
    "scanned": photo.scan,
    "crooked": lambda page, rng: photo.scan(page, rng, 4.0),
    "photographed": photo.photo,
    "on a copier's glass": lambda page, rng: photo.on_copier_glass(page, rng, 200),
    "on its side": lambda page, rng: np.ascontiguousarray(np.rot90(photo.scan(page, rng))),
    "on its head": lambda page, rng: np.ascontiguousarray(np.rot90(photo.photo(page, rng), 2)),
}


def _passport() -> Pixels:
    (page,) = passport(BEARER, np.random.default_rng(31)).pixels(200)
    return page


@pytest.mark.parametrize("look", LOOKS)
def test_a_passports_zone_is_read_however_it_was_taken(look: str) -> None:
    zone = find_zone(LOOKS[look](_passport(), np.random.default_rng(32)))
    assert zone is not None
    assert (zone.form, zone.number, zone.date_of_birth, zone.expires_on) == (
        "td3",
        "B0719354",
        "630408",
        "290214",
    )
    assert zone.names.startswith("MUNOZ<DE<LA<CRUZ<<JOSE<ANGEL")


def test_a_zone_that_nobody_can_read_is_none() -> None:
    assert find_zone(photo.heavy_blur(_passport(), np.random.default_rng(33))) is None


@pytest.mark.parametrize("card", [consular_id, state_id])
def test_a_card_without_a_zone_has_none(card: Callable[..., object]) -> None:
    (page,) = card(BEARER, np.random.default_rng(34)).pixels(140)  # type: ignore[attr-defined]
    assert find_zone(page) is None


def test_print_that_is_no_zone_is_none() -> None:
    assert find_zone(np.asarray(drawn())) is None


def test_the_zone_is_looked_for_where_it_is_wanted() -> None:
    content = saved(Image.fromarray(_passport()))
    wanted = look_at_identity(content)
    assert wanted.zone is not None
    assert wanted.legibility == look_at(content).legibility
    assert look_at(content).zone is None
