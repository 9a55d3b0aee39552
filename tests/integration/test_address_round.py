"""The address round: every home once a month, whatever becomes of the round, the service or the home meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from integrations.desk import address_round as homes
from integrations.desk import addresses
from integrations.desk.duties import settle_by_reading
from integrations.kit import Kit
from integrations.settings import Settings
from integrations.store import ledger
from integrations.store.sealing import seal_json
from models.errors import IntegrationError, Rejected, Unavailable
from models.facts import Person
from models.reading import PostalAnswer
from models.tables.people import Address, Case
from models.tables.system import History
from tests.builders import a_case, an_address, an_application
from tests.integration.followup_scenes import DAY, Family, World, a_family, still_world
from vetting.ports import AddressQuery

YES = PostalAnswer("Y", False, False, datetime(2026, 1, 1), "test")
DOWN = Unavailable("usps", "ConnectError")


class Post:
    """What the postal service says of a street; yes, where nothing else was arranged. `asked` holds the streets."""

    def __init__(self) -> None:
        self.says: dict[str, PostalAnswer | IntegrationError | RuntimeError] = {}
        self.always: IntegrationError | PostalAnswer = YES
        self.asked: list[str] = []
        self.before: Callable[[], object] = lambda: None

    def look_up(self, query: AddressQuery, *, at: datetime | None = None) -> PostalAnswer:
        self.before()
        self.asked.append(query.line1)
        one = self.says.get(query.line1, self.always)
        if isinstance(one, Exception):
            raise one
        return one


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    kit.settings = Settings(postal_per_second=1000, postal_at_once=1)
    return still_world(kit, staff)


@pytest.fixture
def post(world: World) -> Post:
    made = Post()
    world.kit.make_postal = lambda: made
    return made


def at_home(world: World, *streets: str) -> dict[str, Family]:
    """A followed child in each of these streets."""
    found = {street: a_family(world.kit, world.staff, child=None) for street in streets}
    with world.kit.transaction() as session:
        for street, family in found.items():
            row = session.get_one(Address, address(world, family).id)
            stated = {"line1": street, "city": "Houston", "state": "TX", "zip": "77036"}
            seal_json(world.kit.vault, row, "sealed_details", stated)
            session.add(row)
    return found


def address(world: World, family: Family) -> Address:
    return next(row for row in world.rows(Address, family) if row.until_at is None)


def states(world: World, family: Family) -> list[tuple[str | None, str]]:
    row = address(world, family)
    found = world.rows(History, noun="address", row_id=row.id)  # type: ignore[type-var]
    return [(one.old, one.new) for one in sorted(found, key=lambda one: one.seq)]


def keys(world: World, family: Family, state: str = "open") -> list[str]:
    return [duty.key.partition(":")[2] for duty in world.duties(family, "verify_address", state)]


# --- what becomes of a home ----------------------------------------------------------------------


def test_every_home_is_asked_about_in_batches_and_none_twice_in_a_month(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "BATCH", 2)
    found = at_home(world, *(f"{n} Example Ave" for n in range(1, 6)))
    assert world.round("address") == {"deliverable": 5}
    assert sorted(post.asked) == sorted(found)
    assert world.later(30 * DAY).round("address") == {}
    assert world.later(timedelta(seconds=1)).round("address") == {"deliverable": 5}
    assert len(post.asked) == 10
    assert states(world, found["1 Example Ave"]) == [("stated", "deliverable")]


@pytest.mark.parametrize(
    ("says", "state", "defect"),
    [
        (replace(YES, dpv="N"), "defective", "undeliverable"),
        (replace(YES, dpv="S"), "defective", "unit_unknown"),
        (replace(YES, dpv="D"), "defective", "unit_missing"),
        (replace(YES, vacant=True), "deliverable", "vacant"),
        (replace(YES, business=True), "deliverable", "business"),
        (replace(YES, dpv=None), "unknown", "unclear"),
        (Rejected("usps", "HTTP 400", code="400"), "unknown", "refused"),
    ],
)
def test_what_a_home_became_is_verified_by_a_person_once(
    world: World, post: Post, says: PostalAnswer | IntegrationError, state: str, defect: str
) -> None:
    family = at_home(world, "1 Example Ave")["1 Example Ave"]
    world.round("address")
    post.always = says
    assert world.later(31 * DAY).round("address") == {state: 1, "duties": 1}
    duty = world.duty(family, "verify_address")
    assert (duty.key.partition(":")[2], duty.detail["defect"]) == (defect, defect)
    assert duty.due_at == world.now + timedelta(hours=72)
    assert address(world, family).state == state
    # While it stands, and after somebody has looked: not again each month for the same.
    assert world.later(31 * DAY).round("address") == {state: 1}
    signed_off(world, family)
    assert world.later(31 * DAY).round("address") == {state: 1}
    assert keys(world, family) == []
    # Well again, and bad again: that is news.
    post.always = YES
    assert world.later(31 * DAY).round("address") == {"deliverable": 1}
    post.always = says
    assert world.later(31 * DAY).round("address") == {state: 1, "duties": 1}
    assert keys(world, family) == [defect]


def signed_off(world: World, family: Family) -> None:
    """A person has found out where they live, however that was."""
    with world.kit.transaction() as session:
        for duty in ledger.open_of(session, family.case_id, kind="verify_address"):
            cm = world.staff["cm"]
            settle_by_reading(world.kit, session, duty, duty.id, cm, note="they live there", now=world.now)


def test_what_is_not_known_is_asked_sooner_and_never_counts_as_fine(world: World, post: Post) -> None:
    family = at_home(world, "1 Example Ave")["1 Example Ave"]
    world.round("address")
    checked = address(world, family).postal_checked_at
    post.always = replace(YES, dpv=None)
    world.later(31 * DAY).round("address")
    row = address(world, family)
    assert (row.state, row.postal_dpv, row.postal_checked_at) == ("unknown", "Y", checked)
    assert world.later(7 * DAY).round("address") == {}
    assert world.later(timedelta(seconds=1)).round("address") == {"unknown": 1}
    post.always = YES
    assert world.later(8 * DAY).round("address") == {"deliverable": 1}
    assert states(world, family)[1:] == [("deliverable", "unknown"), ("unknown", "deliverable")]


def test_who_verifies_the_new_home_already_has_no_second_duty(world: World, post: Post) -> None:
    family = at_home(world, "1 Example Ave")["1 Example Ave"]
    post.always = replace(YES, dpv="N")
    raw = b'{"line1": "2 Example Ave", "city": "Houston", "state": "TX", "zip": "77036"}'
    addresses.change_address(world.kit, family.key, raw, world.staff["cm"], moved_at=world.now, now=world.now)
    assert address(world, family).state == "defective"
    assert len(world.duties(family, "verify_address")) == 1


def test_only_the_home_of_a_followed_child_is_asked_about(world: World, post: Post) -> None:
    family = at_home(world, "1 Example Ave")["1 Example Ave"]
    with world.kit.transaction() as session:
        vault = world.kit.vault
        # Where another sponsor of the same child lives, and the sponsor of one who is still in care.
        another = an_application(session, vault, session.get_one(Case, family.case_id), state="denied")
        an_address(session, vault, another)
        an_address(session, vault, an_application(session, vault, a_case(session, vault)))
    assert world.round("address") == {"deliverable": 1}
    assert post.asked == ["1 Example Ave"]


def test_a_home_that_was_left_while_we_asked_keeps_its_dates_and_is_not_judged(
    world: World, post: Post
) -> None:
    family = at_home(world, "1 Example Ave")["1 Example Ave"]
    before = address(world, family)

    def leaves() -> None:
        # No transaction of ours is open meanwhile, or this would wait for ever.
        with world.kit.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            row = session.get_one(Address, before.id, with_for_update=True)
            row.until_at = world.now
            session.add(row)

    post.before = leaves
    assert world.round("address") == {}
    (row,) = world.rows(Address, family)
    assert (row.state, row.postal_checked_at) == ("stated", None)


# --- what becomes of the round -------------------------------------------------------------------


def test_a_round_that_is_killed_goes_on_where_it_stopped(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "BATCH", 3)
    found = at_home(world, *(f"{n} Example Ave" for n in range(1, 9)))
    in_order = sorted(found, key=lambda street: address(world, found[street]).id)
    post.always = replace(YES, dpv="N")
    post.says[in_order[4]] = RuntimeError("killed")
    with pytest.raises(RuntimeError, match="killed"):
        world.round("address")
    done = [street for street in found if address(world, found[street]).postal_checked_at is not None]
    assert sorted(done) == sorted(in_order[:3])
    post.says.clear()
    post.asked.clear()
    assert world.round("address") == {"defective": 5, "duties": 5}
    assert sorted(post.asked) == sorted(in_order[3:])
    for family in found.values():
        assert keys(world, family) == ["undeliverable"]
        assert states(world, family) == [("stated", "defective")]


def test_a_batch_is_written_whole_or_not_at_all(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = at_home(world, "1 Example Ave", "2 Example Ave")
    post.always = replace(YES, dpv="N")
    with monkeypatch.context() as killed:
        killed.setattr(homes, "open_many", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            world.round("address")
    assert {address(world, family).state for family in found.values()} == {"stated"}
    assert world.round("address") == {"defective": 2, "duties": 2}


def test_a_service_that_is_down_ends_the_round_and_the_next_slot_goes_on(world: World, post: Post) -> None:
    found = at_home(world, *(f"{n} Example Ave" for n in range(1, 10)))
    post.always = DOWN
    assert world.round("address") == {"no_answer": 9, "left": 9, "service_down": 1}
    assert len(post.asked) == 5
    assert {address(world, family).state for family in found.values()} == {"stated"}
    post.always = YES
    assert world.later(DAY).round("address") == {"deliverable": 9}


def test_one_home_without_an_answer_is_asked_about_in_the_next_slot(world: World, post: Post) -> None:
    at_home(world, "1 Example Ave", "2 Example Ave")
    post.says["1 Example Ave"] = DOWN
    assert world.round("address") == {"deliverable": 1, "no_answer": 1}
    post.says.clear()
    assert world.later(DAY).round("address") == {"deliverable": 1}


def test_a_service_that_asks_for_a_pause_has_it(world: World, post: Post) -> None:
    at_home(world, "1 Example Ave")
    said: list[IntegrationError] = [Unavailable("usps", "HTTP 429", retry_after_seconds=0.05)]

    def once() -> None:
        if said:
            raise said.pop()

    post.before = once
    assert world.round("address") == {"deliverable": 1}
    post.before = lambda: None
    post.always = Unavailable("usps", "HTTP 429", retry_after_seconds=3600)
    assert world.later(31 * DAY).round("address") == {"no_answer": 1, "left": 1, "asked_to_wait": 1}


def test_credentials_that_are_refused_say_nothing_of_a_home(world: World, post: Post) -> None:
    family = at_home(world, "1 Example Ave")["1 Example Ave"]
    post.always = Rejected("usps", "HTTP 403", code="403")
    assert world.round("address") == {"no_answer": 1, "left": 1, "credentials_refused": 1}
    assert address(world, family).state == "stated"


def test_a_service_whose_words_have_changed_does_not_flood_the_queues(world: World, post: Post) -> None:
    found = at_home(world, *(f"{n} Example Ave" for n in range(1, 21)))
    post.always = replace(YES, dpv=None)
    assert world.round("address") == {"no_answer": 20, "left": 20, "not_understood": 1}
    assert {address(world, family).state for family in found.values()} == {"stated"}
    # One answer that is understood: then it is about the homes.
    post.says["1 Example Ave"] = YES
    assert world.round("address") == {"deliverable": 1, "unknown": 19, "duties": 19}
    # They are no news the next time, and end no round.
    post.says.clear()
    assert world.later(8 * DAY).round("address") == {"unknown": 19}


def test_one_round_runs_at_a_time(world: World, post: Post) -> None:
    at_home(world, "1 Example Ave")
    begun, go_on = threading.Event(), threading.Event()

    def waits() -> None:
        begun.set()
        assert go_on.wait(20)

    post.before = waits
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(world.round, "address")
        assert begun.wait(20)
        try:
            assert world.round("address") == {"under_way_elsewhere": 1}
        finally:
            go_on.set()
        assert first.result(20) == {"deliverable": 1}
    assert post.asked == ["1 Example Ave"]


def test_a_process_that_is_to_end_ends_the_round(world: World, post: Post) -> None:
    at_home(world, "1 Example Ave", "2 Example Ave")
    post.before = world.kit.stopping.set
    assert world.round("address") == {"deliverable": 1, "no_answer": 1, "left": 1, "told_to_stop": 1}


def test_no_word_of_an_address_is_logged(
    world: World, post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    at_home(world, *(f"{n} Example Ave" for n in range(1, 7)))
    post.always = DOWN
    world.round("address")
    said = "".join(capsys.readouterr())
    assert "address_round.ended_early" in said
    assert "Example" not in said
