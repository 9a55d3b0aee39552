"""Each person is written to in the language that they named, or called; and what texts cost is counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.desk.message_costs import cost_json
from integrations.desk.views import case_json
from integrations.kit import Kit
from models.facts import Person
from tests.integration.followup_scenes import HOUR, World, a_family, local, open_world


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


@pytest.mark.parametrize(
    ("language", "asks"),
    [
        ("pt-BR", "Como vai?"),
        ("hat", "Kijan ou ye?"),
        ("fr-CA", "Comment allez-vous ?"),
        ("spa", "¿Como esta?"),
    ],
)
def test_a_reminder_speaks_the_language_that_they_named(world: World, language: str, asks: str) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=50, language=language)
    world.at(local(3, 17, 31)).round("contacts")
    world.send()
    assert [asks in body for body in world.texts(family.phones["sponsor"])] == [True]


@pytest.mark.parametrize("language", ["mam", "zh-Hant"])
def test_who_reads_none_of_our_languages_is_called_by_a_person_with_an_interpreter(
    world: World, language: str
) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=60, language=language)
    world.at(local(1, 12)).says(family.phones["sponsor"], "2")
    world.says(family.phones["child"], "palabras que nadie entiende")
    world.live_until(local(4, 12), step=24 * HOUR)
    assert world.texts(family.phones["child"]) == world.texts(family.phones["sponsor"]) == []
    assert world.calls_of(family, kind="automated") == []
    shown = case_json(world.kit, family.key, now=world.now)["calls"]
    assert {(c["language"], c["interpreter"]) for c in shown} == {(language, True)}


def test_a_caller_of_a_family_that_we_write_to_needs_no_interpreter(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, language="es-GT")
    world.at(local(1, 12)).says(family.phones["child"], "2")
    shown = case_json(world.kit, family.key, now=world.now)["calls"]
    assert [(c["language"], c["interpreter"]) for c in shown] == [("es-GT", False)]


def test_what_went_out_is_counted_in_parts_and_priced(world: World) -> None:
    # The phone that ends in 95 loses the provider's answer: its parts are counted all the same.
    a_family(world.kit, world.staff, child=95, sponsor=50, language="ht")
    nothing = cost_json(world.kit, now=world.now)
    assert (nothing["texts"], nothing["segments"], nothing["cost"]) == (0, 0, 0)
    world.at(local(3, 17, 31)).round("contacts")
    world.send()
    world.phones().later(HOUR)
    found = cost_json(world.kit, now=world.now)
    asked = next(item for item in found["by_message"] if item["template"] == "checkin")
    assert (asked["language"], asked["texts"], asked["segments"]) == ("ht", 2, 2)
    assert asked["cost"] == pytest.approx(2 * 0.0123)
    assert found["prices"]["unverified"]
    later = cost_json(world.kit, now=world.now, since=world.now + HOUR)
    assert later["texts"] == 0
