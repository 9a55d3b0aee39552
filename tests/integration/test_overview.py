"""What pages show of all children: read now, unless that takes long; then what was read a little while ago, with its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.desk import overview
from integrations.desk.offices import set_provider, set_staff_office
from integrations.desk.oversight import measure_names, oversight_json
from integrations.kit import Kit
from models.errors import NotFound
from models.facts import Person
from models.tables.overview import TakenOverview
from tests.builders import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def kept(kit: Kit) -> Kit:
    """A reading of a minute ago, by which 7 children were silent."""
    overview.take_overviews(kit, now=NOW - MINUTE)
    change(kit, "account", seconds=4.0, told={"children": 7})
    measures = [{"id": "children_heard", "numerator": 3, "denominator": 10}]
    change(kit, "oversight", seconds=4.0, told={"measures": measures, "as_of": "then"})
    return kit


def change(kit: Kit, name: str, **values: Any) -> None:
    with kit.transaction() as session:
        row = session.get_one(TakenOverview, name)
        for key, value in values.items():
            setattr(row, key, value)
        session.add(row)


def test_what_takes_long_is_shown_as_it_was_read_last(kept: Kit) -> None:
    assert overview.account_overview(kept, now=NOW) == {"children": 7}
    assert overview.oversight_overview(kept, now=NOW)["as_of"] == "then"
    heard = overview.measure_list(kept, "children_heard", page=1, now=NOW)
    assert (heard.behind.whole, heard.counted_at) == (7, "then")
    with pytest.raises(NotFound):
        overview.measure_list(kept, "weather", page=1, now=NOW)


@pytest.mark.parametrize(
    "values",
    [{"seconds": 0.01}, {"as_of": NOW - 16 * MINUTE}, {"as_of": NOW + MINUTE}],
    ids=["fast", "old", "ahead"],
)
def test_what_is_fast_old_or_of_a_time_to_come_is_read_now(kept: Kit, values: dict[str, Any]) -> None:
    for name in ("account", "oversight"):
        change(kept, name, **values)
    assert overview.account_overview(kept, now=NOW)["as_of"] == NOW.isoformat()
    assert overview.oversight_overview(kept, now=NOW) == oversight_json(kept, now=NOW)


def test_every_measure_has_a_name_and_a_list(kit: Kit) -> None:
    found = oversight_json(kit, now=NOW)["measures"]
    assert tuple(one["id"] for one in found) == measure_names()
    for name in measure_names():
        listed = overview.measure_list(kit, name, page=1, now=NOW)
        assert (listed.behind.whole, listed.counted_at) == (0, NOW.isoformat())


def test_a_reading_takes_the_place_of_the_one_before(kept: Kit) -> None:
    assert overview.take_overviews(kept, now=NOW) > 0
    with kept.transaction() as session:
        row = session.get_one(TakenOverview, "account")
        assert (row.as_of, row.told["children"]) == (NOW, 0)


def test_one_tally_is_the_board_of_every_office(kept: Kit, staff: dict[str, Person]) -> None:
    """Of each their own, what is of no office, and what is of one where nobody takes escalations."""
    for office, who in (("here", "cm"), ("there", "caller"), ("empty", "officer")):
        set_provider(kept, f"Provider of {office}", office, staff["admin"], wall=NOW)
        set_staff_office(kept, f"{who}@example.org", office, staff["admin"], wall=NOW)
    box = ["case_manager", "verify_address"]
    duties = [["here", *box, "due", 1], ["there", *box, "due", 10], ["empty", *box, "due", 100]]
    duties += [[None, *box, "due", 1000], ["here", *box, "done", 3]]
    contacts = [["here", "1", "", "", 7], ["there", "1", "", "", 70]]
    tally = {"duties": duties, "concerns": [], "caseloads": [], "last_contact": contacts}
    change(kept, "board", seconds=4.0, told={"as_of": "then", "tally": tally})
    change(kept, "oversight", told={"board": "of all", "as_of": "then"})

    def due(office: str) -> int:
        (row,) = overview.oversight_overview(kept, office=office, now=NOW)["board"]["duties"]
        return int(row["due"])

    assert (due("here"), due("there")) == (1101, 1110)
    assert overview.oversight_overview(kept, now=NOW)["board"] == "of all"
    for office, whole in (("here", 7), ("there", 70), (None, 77)):
        found, counted_at = overview.board_list(
            kept, "last_contact", ("1", None, None), page=1, office=office, now=NOW
        )
        assert (found.behind.whole, counted_at) == (whole, "then")
