"""The rota: who may be put on it, where it has a gap, and that a gap is told wherever somebody looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from integrations.desk import leaving, rota
from integrations.kit import Kit
from kinline.doctor import rota_has_somebody
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.tables.paging import OnCall
from models.tables.people import Staff
from models.tables.system import AuditEntry, History
from tests.integration.followup_scenes import DAY, HOUR, World, still_world


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def phone(world: World, who: str = "caller", number: str = "+19995550101", by: str = "admin") -> Any:
    return rota.set_phone(world.kit, f"{who}@example.org", number, world.staff[by], now=world.now)


def add(
    world: World,
    who: str = "caller",
    rung: int = 1,
    begins: timedelta = timedelta(0),
    ends: timedelta = 10 * DAY,
    by: str = "supervisor",
) -> Any:
    return rota.add(
        world.kit,
        f"{who}@example.org",
        world.staff[by],
        rung=rung,
        begins_at=world.now + begins,
        ends_at=world.now + ends,
        now=world.now,
    )


def test_a_gap_is_told_by_the_list_by_the_doctor_and_by_the_ladder(world: World) -> None:
    phone(world)
    phone(world, "cm", "+19995550102")
    add(world, ends=2 * DAY)
    found = add(world, "cm", rung=2)
    begins, ends = world.now + 2 * DAY, world.now + 7 * DAY
    gap = {"rung": 1, "from": begins.isoformat(), "until": ends.isoformat()}
    assert found["gaps"] == [gap]
    assert leaving.rungs_json(world.kit, now=world.now)["rota_gaps"] == [gap]
    with world.kit.transaction() as session:
        check = rota_has_somebody(session)
    assert (check.ok, check.detail[:20]) == (False, "1 gaps ahead; nobody")
    assert add(world, begins=2 * DAY)["gaps"] == []
    with world.kit.transaction() as session:
        assert rota_has_somebody(session).ok


def test_a_time_is_ended_by_a_named_person_and_the_gap_is_there_at_once(world: World) -> None:
    phone(world)
    row = UUID(add(world)["on_call"][0]["id"])
    world.later(HOUR)
    found = rota.end(world.kit, row, world.staff["supervisor"], reason="ill", now=world.now)
    assert found["on_call"] == []
    assert [g["rung"] for g in found["gaps"]] == [1, 2]
    kept = world.rows(OnCall, id=row)[0]
    assert (kept.ended_at, kept.ended_because) == (world.now, "ill")
    assert [h.new for h in sorted(history_of(world, row), key=lambda h: h.at)] == ["on call", "ended"]
    with pytest.raises(Refused, match="over_already"):
        rota.end(world.kit, row, world.staff["supervisor"], reason="ill", now=world.now)
    with pytest.raises(NotFound):
        rota.end(world.kit, uuid4(), world.staff["supervisor"], reason="ill", now=world.now)


def history_of(world: World, row_id: UUID) -> list[Any]:
    return world.rows(History, row_id=row_id)  # type: ignore[arg-type]


WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"rung": 3}, "--rung", "wrong_value"),
    ({"ends": -HOUR, "begins": -2 * HOUR}, "--until", "is_over"),
    ({"ends": timedelta(0)}, "--until", "before_it_begins"),
    ({"who": "nobody"}, "EMAIL", "unknown_person"),
    ({"rung": 2, "begins": 9 * DAY, "ends": 11 * DAY}, "--from", "on_call_already"),
)
NOT_THEY: tuple[tuple[dict[str, Any], str], ...] = (
    ({"who": "cm"}, "no_phone"),
    ({"who": "auditor"}, "wrong_role"),  # they could not take it
    ({"by": "caller"}, "wrong_role"),
)


def test_who_or_what_can_not_stand_on_the_rota_is_refused(world: World) -> None:
    phone(world)
    add(world)
    for given, field, code in WRONG:
        with pytest.raises(BadInput) as caught:
            add(world, **given)
        assert [(p.field, p.code) for p in caught.value.problems] == [(field, code)]
        assert all(p.remedy for p in caught.value.problems)
    for given, code in NOT_THEY:
        with pytest.raises(Refused, match=code):
            add(world, **given)
    assert len(world.rows(OnCall)) == 1


def test_a_telephone_is_set_by_an_administrator_and_never_repeated(world: World) -> None:
    assert phone(world) == {"email": "caller@example.org", "phone": "set"}
    with pytest.raises(Refused, match="wrong_role"):
        phone(world, by="supervisor")
    for wrong in ("555 0101", "19995550101", "+1999555010x", ""):
        with pytest.raises(BadInput) as caught:
            phone(world, number=wrong)
        problem = caught.value.problems[0]
        assert (problem.field, problem.code) == ("PHONE", "wrong_value")
        assert not wrong or wrong not in str(caught.value)
    staff_id = world.staff["caller"].id
    assert [h.new for h in history_of(world, staff_id)] == ["a telephone"]
    told = world.rows(AuditEntry, noun="staff")  # type: ignore[arg-type]
    assert [(a.act, a.row_id) for a in told] == [("set phone", staff_id)]


def test_a_sandbox_is_born_with_a_rota_and_is_given_none_again(world: World) -> None:
    for _ in range(2):
        rota.ensure_sandbox_rota(world.kit, now=world.now)
    found = rota.rota_json(world.kit, now=world.now + 3000 * DAY)
    assert [(o["email"], o["rung"], o["reachable"]) for o in found["on_call"]] == [
        ("caller@example.org", 1, True),
        ("cm@example.org", 2, True),
    ]
    assert found["gaps"] == []
    assert world.rows(Staff, email="supervisor@example.org")[0].sealed_phone
    for item in found["on_call"]:
        rota.end(
            world.kit, UUID(item["id"]), world.staff["supervisor"], reason="a trial", now=world.now + HOUR
        )
    rota.ensure_sandbox_rota(world.kit, now=world.now)
    assert rota.rota_json(world.kit, now=world.now + 2 * HOUR)["on_call"] == []
