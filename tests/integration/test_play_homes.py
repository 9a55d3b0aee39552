"""The invented staff do what is owed for a home and for the court, each their own way."""

from __future__ import annotations

from integrations.kit import Kit
from kinline.play.staff import Staff
from models.facts import Person, PostalAnswer
from tests.builders import NOW
from tests.integration.followup_scenes import DAY, a_family, still_world
from tests.integration.scenes import StubReader
from vetting.ports import AddressQuery


class _Post:
    def look_up(self, query: AddressQuery) -> PostalAnswer:
        return PostalAnswer("Y", False, False, NOW, "test")


def test_after_a_move_the_invented_staff_verify_the_home_and_file_the_form_in_time(
    kit: Kit, staff: dict[str, Person]
) -> None:
    world = still_world(kit, staff)
    kit.make_postal, kit.make_reader = _Post, StubReader
    family = a_family(kit, staff)
    world.later(DAY).records(family, "moved")
    crew = Staff(kit, callers=0)
    for _ in range(8):
        crew.act(world.later(DAY / 2).now)
    assert (crew.counts["home_verified"], crew.counts["did_court_address_form"]) == (1, 1)
    assert not {"verify_address", "court_address_form"} & {d.kind for d in world.duties(family)}
