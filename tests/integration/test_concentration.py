"""Unrelated children at one home: found over the whole history, owned, reviewed, and back when a new child arrives."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from integrations.desk import concentrations, escalations
from integrations.desk.concentration_views import concentration_json, concentrations_json, looks_json
from integrations.desk.duties import do_duty
from integrations.kit import Kit
from kinline.play.staff import Staff
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.tables.concentration import Concentration, ConcentrationChild
from models.tables.people import Address
from models.tables.system import History
from tests.builders import a_case, a_sponsor, an_address, an_application
from tests.integration.followup_scenes import DAY, Family, World, a_family, still_world

_names = itertools.count()


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def lives(
    world: World,
    home: str,
    *,
    sponsor: str | None = None,
    category: str = "2A",
    since: datetime | None = None,
    until: datetime | None = None,
    building: str = "",
    business: bool | None = None,
) -> UUID:
    """A child in care whose application names this home. Without a sponsor's name it is another person each time."""
    with world.kit.transaction() as session:
        vault = world.kit.vault
        name = vault.blind("name", sponsor or f"nobody else {next(_names)}")
        application = an_application(
            session,
            vault,
            a_case(session, vault),
            sponsor_id=a_sponsor(session, vault, name_key=name).id,
            category=category,
        )
        an_address(
            session,
            vault,
            application,
            dwelling_key=vault.blind("dwelling", home),
            building_key=vault.blind("building", building or home),
            since_at=since or world.now,
            until_at=until,
            postal_business=business,
        )
        return application.case_id


def followed(world: World, home: str) -> Family:
    """A child in follow-up at this home, with a sponsor of its own."""
    family = a_family(world.kit, world.staff, child=None)
    with world.kit.transaction() as session:
        session.execute(
            text(
                "UPDATE address SET dwelling_key = :key, watched_at = NULL, since_at = :now WHERE case_id = :case"
            ),
            {"key": world.kit.vault.blind("dwelling", home), "now": world.now, "case": family.case_id},
        )
        session.execute(
            text(
                "UPDATE sponsor SET name_key = :key WHERE id = (SELECT sponsor_id FROM application WHERE id = :id)"
            ),
            {
                "key": world.kit.vault.blind("name", f"nobody else {next(_names)}"),
                "id": family.application_id,
            },
        )
    return family


def watch(world: World, *, whole: bool = False) -> dict[str, int]:
    return concentrations.watch(world.kit, whole=whole, now=world.now)


def place(world: World) -> Concentration:
    (row,) = world.rows(Concentration)
    return row  # type: ignore[no-any-return]


def listed(world: World, state: str = "open") -> list[dict[str, object]]:
    found = concentrations_json(
        world.kit, state=state, limit=10, person=world.staff["integrity"], now=world.now
    )
    items: list[dict[str, object]] = found["items"]
    return items


def review(world: World, reason: str = "a boarding house; each family has its own lease") -> None:
    concentrations.review(
        world.kit, str(place(world).id), world.staff["integrity"], reason=reason, now=world.now
    )


# --- what is found -------------------------------------------------------------------------------


def test_three_families_at_one_home_are_found_once_and_two_are_not(world: World) -> None:
    for _ in range(2):
        lives(world, "crowded")
        lives(world, "shared")
    assert watch(world) == {}
    lives(world, "crowded")
    assert watch(world) == {"concentrations": 1}
    row = place(world)
    assert (row.children, row.families, row.sponsors, row.state) == (3, 3, 3, "open")
    assert len(world.rows(ConcentrationChild)) == 3
    assert watch(world) == watch(world, whole=True) == {}
    assert [(one.old, one.new) for one in world.rows(History, noun="concentration")] == [(None, "open")]  # type: ignore[type-var]


def test_past_homes_and_refused_applications_count_too(world: World) -> None:
    for days in (30, 20, 10):
        lives(world, "passed through", since=world.now - days * DAY, until=world.now - (days - 5) * DAY)
    assert watch(world) == {"concentrations": 1}


def test_one_relatives_children_are_one_family(world: World) -> None:
    for _ in range(5):
        lives(world, "aunt", sponsor="an aunt")
    assert watch(world) == watch(world, whole=True) == {}
    for _ in range(3):
        lives(world, "stranger", sponsor="a stranger", category="3")
    assert watch(world) == {"concentrations": 1}


def test_whom_two_people_merged_are_one_and_the_whole_look_knows(world: World) -> None:
    cases = [lives(world, "crowded") for _ in range(3)]
    with world.kit.transaction() as session:
        session.execute(
            text(
                """
                INSERT INTO person_merge (id, one_application_id, other_application_id, one_sponsor_id,
                    other_sponsor_id, reason, proposed_by, proposed_at, approved_by, approved_at)
                SELECT gen_random_uuid(), least(a.id, b.id), greatest(a.id, b.id), a.sponsor_id, b.sponsor_id, 'one',
                       :one, :now, :other, :now
                FROM application a, application b WHERE a.case_id = :a AND b.case_id = :b
                """
            ),
            {
                "a": cases[0],
                "b": cases[1],
                "one": world.staff["integrity"].id,
                "other": world.staff["supervisor"].id,
                "now": world.now,
            },
        )
    assert watch(world) == {}
    with world.kit.transaction() as session:
        session.execute(
            text("UPDATE person_merge SET undone_at = :now, undone_by = :by, undone_reason = 'two'"),
            {"now": world.now, "by": world.staff["integrity"].id},
        )
    assert watch(world) == {}
    assert watch(world, whole=True) == {"concentrations": 1}


def test_a_building_is_a_sign_only_where_it_is_a_business(world: World) -> None:
    for n in range(6):
        lives(world, f"flat {n}", building="house of flats")
        lives(world, f"box {n}", building="mail drop", business=True)
    assert watch(world) == {"concentrations": 1}
    assert (place(world).by, place(world).children) == ("building", 6)


def test_homes_that_became_a_business_are_looked_at_anew(world: World) -> None:
    for n in range(6):
        lives(world, f"box {n}", building="warehouse")
    assert watch(world) == {}
    with world.kit.transaction() as session:
        session.execute(text("UPDATE address SET postal_business = true, watched_at = NULL"))
    assert watch(world) == {"concentrations": 1}


def test_every_row_is_looked_at_once_however_many_batches(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concentrations, "BATCH", 2)
    for n in range(7):
        lives(world, f"home {n % 2}")
    assert watch(world) == {"concentrations": 2}
    assert {row.watched_at for row in world.rows(Address)} == {world.now}
    assert sorted(row.children for row in world.rows(Concentration)) == [3, 4]


def test_two_watches_at_once_write_one_row(world: World) -> None:
    for _ in range(3):
        lives(world, "crowded")
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(watch, world, whole=True) for _ in range(3)]
        assert [one.result(20) for one in found].count({"concentrations": 1}) == 1
    assert len(world.rows(Concentration)) == 1


def test_the_address_round_watches_first(world: World) -> None:
    for _ in range(3):
        lives(world, "crowded")
    assert world.round("address") == {"concentrations": 1}


# --- whose it is ---------------------------------------------------------------------------------


def test_the_review_is_a_duty_of_the_child_who_came_last_and_climbs(world: World) -> None:
    lives(world, "crowded")
    earlier = followed(world, "crowded")
    last = followed(world.later(DAY), "crowded")
    assert watch(world) == {"concentrations": 1}
    assert world.duties(earlier, "concentration_review") == []
    duty = world.duty(last, "concentration_review")
    assert (duty.queue, duty.due_at, duty.in_sight) == ("integrity", world.now + 7 * DAY, False)
    assert listed(world)[0]["duty"] == str(duty.id)
    world.later(8 * DAY).round("lost")
    (alarm,) = (one for one in world.alarms(last) if one.obligation_id == duty.id)
    assert alarm.queue == "integrity"
    world.later(8 * DAY).round("lost")
    (alarm,) = (one for one in world.alarms(last) if one.obligation_id == duty.id)
    assert alarm.level > 1


def test_when_that_case_closes_another_child_there_carries_it_on(world: World) -> None:
    lives(world, "crowded")
    earlier = followed(world, "crowded")
    last = followed(world.later(DAY), "crowded")
    watch(world)
    close(world, last)
    assert world.duties(last, "concentration_review") == []
    watch(world)
    assert world.duty(earlier, "concentration_review").key == str(place(world).id)
    assert watch(world) == {}
    assert len(world.duties(earlier, "concentration_review")) == 1
    close(world, earlier)
    watch(world)
    assert (listed(world)[0]["state"], listed(world)[0]["duty"]) == ("open", None)


def close(world: World, family: Family) -> None:
    with world.kit.transaction() as session:
        session.execute(
            text(
                "UPDATE obligation SET state = 'void', by_closure = true, reason = 'closed', ended_at = :now,"
                " next_at = NULL WHERE case_id = :case AND state = 'open'"
            ),
            {"now": world.now, "case": family.case_id},
        )
        session.execute(
            text(
                "UPDATE child_case SET state = 'closed', closure_reason = 'departed', closed_by = :by,"
                " closed_at = :now WHERE id = :case"
            ),
            {"now": world.now, "case": family.case_id, "by": world.staff["supervisor"].id},
        )


# --- who looks, and what they say ----------------------------------------------------------------


def test_the_review_settles_the_duty_and_its_escalation(world: World) -> None:
    lives(world, "crowded")
    lives(world, "crowded")
    family = followed(world, "crowded")
    watch(world)
    duty = world.duty(family, "concentration_review")
    world.later(8 * DAY).round("lost")
    (alarm,) = (one for one in world.alarms(family) if one.obligation_id == duty.id)
    with pytest.raises(Refused) as refused:
        do_duty(world.kit, duty.id, world.staff["cm"], note="fine", now=world.now)
    assert "kinline concentration review" in refused.value.missing[0]
    with pytest.raises(Refused, match="ends with its record"):
        escalations.resolve(
            world.kit, alarm.id, world.staff["cm"], outcome="fine", reason="fine", now=world.now
        )
    review(world)
    settled = world.duty(family, "concentration_review", "settled")
    assert (settled.id, settled.evidence_kind) == (duty.id, "review")
    assert [one for one in world.alarms(family) if one.obligation_id == duty.id] == []
    row = place(world)
    assert (row.state, row.reviewed_by, row.reviewed_at) == (
        "reviewed",
        world.staff["integrity"].id,
        world.now,
    )
    with pytest.raises(Refused, match="has been reviewed"):
        review(world)


def test_it_comes_back_only_when_a_new_child_arrives(world: World) -> None:
    lives(world, "crowded", sponsor="an aunt")
    lives(world, "crowded")
    family = followed(world, "crowded")
    watch(world)
    review(world)
    world.later(40 * DAY)
    with world.kit.transaction() as session:
        session.execute(text("UPDATE address SET watched_at = NULL"))
    assert watch(world) == watch(world, whole=True) == {}
    assert (place(world).state, world.duties(family, "concentration_review")) == ("reviewed", [])
    lives(world, "crowded", sponsor="an aunt")
    assert watch(world) == {"concentrations_again": 1}
    row = place(world)
    assert (row.state, row.opened_at, row.children, row.families) == ("open", world.now, 4, 3)
    assert len(world.duties(family, "concentration_review")) == 1
    # What was said the first time stays on record.
    told = [(one.old, one.new) for one in world.rows(History, noun="concentration")]  # type: ignore[type-var]
    assert told == [(None, "open"), ("open", "reviewed"), ("reviewed", "open")]


def test_invented_staff_review_it_in_time_by_the_right_hands(world: World) -> None:
    lives(world, "crowded")
    lives(world, "crowded")
    family = followed(world, "crowded")
    watch(world)
    duty = world.duty(family, "concentration_review")
    crew = Staff(world.kit, callers=0)
    crew.act(world.later(DAY).now)
    assert place(world).state == "open"
    crew.act(world.at(duty.due_at).now)
    assert (place(world).reviewed_by, crew.counts["homes_reviewed"]) == (world.staff["integrity"].id, 1)


@pytest.mark.parametrize("who", ["cm", "supervisor", "ffs", "admin", "auditor", "officer", "caller"])
def test_nobody_but_the_integrity_reviewer_looks_or_judges(world: World, who: str) -> None:
    for _ in range(3):
        lives(world, "crowded")
    watch(world)
    person, one = world.staff[who], str(place(world).id)
    acts: list[Callable[[], object]] = [
        lambda: concentrations_json(world.kit, state="open", limit=10, person=person, now=world.now),
        lambda: concentration_json(world.kit, one, person, now=world.now),
        lambda: concentrations.review(world.kit, one, person, reason="fine", now=world.now),
    ]
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "wrong_role"
    assert place(world).state == "open"


def test_the_list_names_no_child_and_each_look_is_counted_for_oversight(world: World) -> None:
    cases = [str(lives(world, "crowded")) for _ in range(3)]
    watch(world)
    one, reviewer = str(place(world).id), world.staff["integrity"]
    assert not any(case in str(listed(world)) for case in cases)
    for _ in range(60):
        seen = concentration_json(world.kit, one, reviewer, now=world.now)
    assert sorted(case["case_id"] for case in seen["cases"]) == sorted(cases)
    with pytest.raises(Refused) as refused:
        concentration_json(world.kit, one, reviewer, now=world.now)
    assert refused.value.code == "too_many_looks"
    looks = looks_json(world.kit, world.staff["auditor"], now=world.now)
    assert looks == {
        "per_day_at_most": 60,
        "items": [{"day": world.now.date().isoformat(), "by": "integrity@example.org", "looks": 60}],
    }
    with pytest.raises(Refused):
        looks_json(world.kit, reviewer, now=world.now)
    world.later(timedelta(hours=24))
    assert concentration_json(world.kit, one, reviewer, now=world.now)["id"] == one


def test_what_is_typed_wrongly_is_said(world: World) -> None:
    reviewer, nowhere = world.staff["integrity"], "00000000-0000-0000-0000-000000000001"
    with pytest.raises(BadInput, match="--reason"):
        concentrations.review(world.kit, nowhere, reviewer, reason=" ", now=world.now)
    with pytest.raises(BadInput, match="ID"):
        concentrations.review(world.kit, "that one", reviewer, reason="fine", now=world.now)
    with pytest.raises(NotFound):
        concentrations.review(world.kit, nowhere, reviewer, reason="fine", now=world.now)
    with pytest.raises(NotFound):
        concentration_json(world.kit, nowhere, reviewer, now=world.now)
    with pytest.raises(BadInput, match="--state"):
        concentrations_json(world.kit, state="closed", limit=1, person=reviewer, now=world.now)


def test_rows_of_places_are_kept(world: World) -> None:
    for _ in range(3):
        lives(world, "crowded")
    watch(world)
    for act in (
        "DELETE FROM concentration_child",
        "UPDATE concentration_child SET arrived_at = added_at",
        "DELETE FROM concentration",
        "TRUNCATE concentration_child",
        "UPDATE concentration SET state = 'reviewed'",
    ):
        with pytest.raises(Exception, match=r"kept|never|concentration"), world.kit.transaction() as session:
            session.execute(text(act))
    assert len(world.rows(ConcentrationChild)) == 3
