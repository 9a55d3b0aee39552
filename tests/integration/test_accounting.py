"""No silent child: the query says what the pure rule says, whatever happens in whatever order."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from followup.accounting import classify
from integrations.desk import cases, duties, escalations
from integrations.desk.sight import child_in_sight
from integrations.kit import Kit
from integrations.store.accounting import stands, take_account
from kinline.cli.followup import app
from kinline.play.papers import make_paper
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.reports import MUST_BE_TOLD
from models.tables.people import Case
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    Family,
    World,
    a_family,
    still_world,
)


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def behind_its_back(world: World, statement: str, **values: Any) -> None:
    """The tables' owner changes rows with the guards switched off: nothing of Kinline can do this."""
    with world.kit.transaction() as session:
        session.execute(text("ALTER TABLE obligation DISABLE TRIGGER USER"))
        session.execute(text("ALTER TABLE escalation DISABLE TRIGGER USER"))
        session.execute(text(statement), values)
        session.execute(text("ALTER TABLE obligation ENABLE TRIGGER USER"))
        session.execute(text("ALTER TABLE escalation ENABLE TRIGGER USER"))


def quiet_families(world: World, count: int) -> list[Family]:
    """Released with calls alone, and the desk done."""
    families = [a_family(world.kit, world.staff, child=50, sponsor=51, consent=()) for _ in range(count)]
    for family in families:
        world.desk_work(family)
    return families


# --- broken on purpose ----------------------------------------------------------------------------


def test_every_child_whose_duties_are_deleted_behind_the_back_is_named(world: World) -> None:
    lost, *others = quiet_families(world, 3)
    assert world.account().is_whole
    behind_its_back(world, "DELETE FROM obligation WHERE case_id = :case AND in_sight", case=lost.case_id)
    account = world.account()
    assert (account.silent, account.unanswered) == ((lost.case_id,), ())
    assert account.accounted == len(others)


def test_no_role_of_ours_deletes_a_duty(world: World) -> None:
    (family,) = quiet_families(world, 1)
    with pytest.raises(Exception, match="are kept as they were written"), world.kit.transaction() as session:
        session.execute(text("DELETE FROM obligation WHERE case_id = :case"), {"case": family.case_id})
    assert world.account().is_whole


def test_a_child_whose_only_duty_is_moved_out_of_sight_is_named(world: World) -> None:
    (family,) = quiet_families(world, 1)
    for change in ("in_sight = false", "in_sight = true, due_at = :far, owned_until = :far"):
        behind_its_back(
            world,
            f"UPDATE obligation SET {change} WHERE case_id = :case AND state = 'open' AND party = 'child'",
            case=family.case_id,
            far=world.now + 121 * DAY,
        )
        assert world.account().silent == (family.case_id,)


def test_a_top_rung_left_unanswered_is_loud_and_named(world: World) -> None:
    left, other = quiet_families(world, 2)
    first = min(d.due_at for d in world.duties(left))
    world.at(first + HOUR).round("lost")
    for alarm in world.alarms(other):
        escalations.resolve(
            world.kit, alarm.id, world.staff["cm"], outcome="done", reason="seen", now=world.now
        )
    world.at(max(e.owned_until for e in world.alarms(left)) + HOUR).round("lost")
    assert world.account().silent == ()
    assert left.case_id in world.account().unanswered
    assert {e.level for e in world.alarms(left)} == {4}


def test_the_command_names_each_child_and_exits_1(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    lost, _ = quiet_families(world, 2)
    url = world.kit.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KINLINE_DATABASE_URL", url)
    monkeypatch.setenv("KINLINE_HOME", str(tmp_path / "home"))

    def run() -> tuple[int, dict[str, Any]]:
        result = CliRunner().invoke(app, ["account", "--json"])
        return result.exit_code, json.loads(result.stdout)

    assert run()[0] == 0
    behind_its_back(world, "DELETE FROM obligation WHERE case_id = :case AND in_sight", case=lost.case_id)
    code, told = run()
    assert (code, told["silent"], told["unanswered"]) == (1, [str(lost.case_id)], [])
    assert (told["children"], told["accounted"]) == (2, 1)


# --- whatever happens -----------------------------------------------------------------------------


OUTCOMES = (
    "reached_alone",
    "reached_not_alone",
    "sponsor_only",
    "missing",
    "moved",
    "not_living_there",
    "no_answer",
    "wrong_number",
    "refused",
)
REASONS = ("departed", "lost_contact", "plan_completed", "turned_18")
NTH, FAMILY = st.integers(0, 9), st.integers(0, 1)
OFFSETS = st.sampled_from([timedelta(seconds=-1), timedelta(0), timedelta(seconds=1), HOUR])
# Some stand twice: they must happen often for a story to get anywhere.
ACTS = st.one_of(
    st.tuples(st.just("pass"), st.integers(0, 5), OFFSETS),
    st.tuples(st.just("pass"), st.integers(0, 5), OFFSETS),
    st.tuples(st.just("leap"), st.integers(1, 140)),
    st.tuples(st.just("rounds")),
    st.tuples(st.just("ack"), NTH),
    st.tuples(st.just("resolve"), NTH),
    st.tuples(st.just("resolve"), NTH),
    st.tuples(st.just("do"), NTH),
    st.tuples(st.just("do"), NTH),
    st.tuples(st.just("call"), FAMILY, st.just("reached_alone"), st.just(0)),
    st.tuples(
        st.just("call"), FAMILY, st.sampled_from(OUTCOMES), st.sampled_from([0, 30, 24 * 60, 24 * 150])
    ),
    st.tuples(
        st.just("close"), FAMILY, st.sampled_from(REASONS), st.sampled_from(("cm", "supervisor", "ffs"))
    ),
    st.tuples(st.just("reopen"), FAMILY),
)


class Story:
    """Two families, and everything that people, rounds and time may do to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.earlier = world.account().children  # of earlier stories: all of them closed
        self.families = [
            a_family(world.kit, world.staff, child=50, sponsor=51, consent=consent, released_at=world.now)
            for consent in ((), ("child", "sponsor"))
        ]
        self.ids = {f.case_id for f in self.families}

    def act(self, name: str, *values: Any) -> None:
        try:
            getattr(self, f"_{name}")(*values)
        except (Refused, BadInput, NotFound):
            return  # the desk says no; the database saying no is a failure

    def _pass(self, nth: int, offset: timedelta) -> None:
        """Until the nth instant from now on at which something may change by itself, or about it."""
        marks = sorted(t for t in self._marks() if t > self.world.now)
        if marks:
            self._until(max(self.world.now, marks[min(nth, len(marks) - 1)] + offset))

    def _leap(self, days: int) -> None:
        self._until(self.world.now + timedelta(days=days))

    def _until(self, until: datetime) -> None:
        second = timedelta(seconds=1)
        near = {t + delta for t in self._marks() for delta in (timedelta(0), second)}
        for instant in sorted(t for t in near if self.world.now <= t <= until)[-12:]:
            self.check(instant)
        self.world.at(until)

    def _marks(self) -> set[datetime]:
        found = [d for f in self.families for d in self.world.duties(f)]
        alarms = [e for f in self.families for e in self.world.alarms(f)]
        marks = {t for d in found for t in (d.due_at, d.owned_until)}
        return marks | {t for e in alarms for t in (e.acknowledge_by, e.resolve_by, e.owned_until)}

    def _rounds(self) -> None:
        self.world.round("lost", "contacts")

    def _alarm(self, nth: int) -> UUID | None:
        found = [e.id for f in self.families for e in self.world.alarms(f)]
        return found[nth % len(found)] if found else None

    def _ack(self, nth: int) -> None:
        if (chosen := self._alarm(nth)) is not None:
            escalations.acknowledge(
                self.world.kit, chosen, self.world.staff["supervisor"], now=self.world.now
            )

    def _resolve(self, nth: int) -> None:
        if (chosen := self._alarm(nth)) is not None:
            person = self.world.staff["supervisor"]
            escalations.resolve(
                self.world.kit, chosen, person, outcome="done", reason="seen", now=self.world.now
            )

    def _do(self, nth: int) -> None:
        found = [d for f in self.families for d in self.world.duties(f) if d.kind not in duties.NOT_BY_NOTE]
        # The reviews of lost children first: without them the others are a desk's dull work.
        found.sort(key=lambda d: (not d.in_sight, d.due_at))
        if found:
            person, chosen = self.world.staff["supervisor"], found[nth % min(3, len(found))].id
            duties.do_duty(self.world.kit, chosen, person, note="done", now=self.world.now)

    def _call(self, which: int, outcome: str, hours_ago: int) -> None:
        at = self.world.now - timedelta(hours=hours_ago)
        self.world.records(self.families[which], outcome, true_time=at)

    def _close(self, which: int, reason: str, who: str) -> None:
        family, person = self.families[which], self.world.staff[who]
        cases.close_case(
            self.world.kit,
            family.key,
            person,
            reason=reason,
            note="",
            evidence="a record",
            now=self.world.now,
        )

    def _reopen(self, which: int) -> None:
        family, person = self.families[which], self.world.staff["supervisor"]
        cases.reopen_case(self.world.kit, family.key, person, note="news", now=self.world.now)

    def check(self, at: datetime) -> None:
        """The query and the rule agree, and nobody is silent."""
        with self.world.kit.transaction() as session:
            account = take_account(session, now=at)
            rule = {
                case_id: classify(child_in_sight(session, session.get_one(Case, case_id)), at)
                for case_id in self.ids
            }
            assert {case_id: stands(session, case_id, now=at) for case_id in self.ids} == rule
        assert account.silent == ()
        assert set(account.unanswered) & self.ids == {i for i, s in rule.items() if s == "unanswered"}
        assert "silent" not in rule.values()
        for state in ("obligation", "escalation", "closed"):
            ours = sum(found == state for found in rule.values())
            assert account.by_state[state] == ours + (self.earlier if state == "closed" else 0)

    def end(self) -> None:
        """The children of this story are closed, so that they are in no later one's way."""
        for family in self.families:
            for duty in self.world.duties(family):
                if duty.kind in MUST_BE_TOLD:
                    staff = self.world.staff
                    make_paper(self.world.kit, duty, staff["cm"], staff["supervisor"], now=self.world.now)
        for which in range(len(self.families)):
            self.act("close", which, "departed", "cm")
            self.act("close", which, "departed", "supervisor")


@given(st.lists(ACTS, min_size=20, max_size=60))
@settings(
    max_examples=12,
    print_blob=True,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_at_every_instant_the_query_is_the_rule_and_nobody_is_silent(world: World, acts: list[Any]) -> None:
    story = Story(world)
    try:
        for name, *values in acts:
            story.act(name, *values)
            story.check(world.now)
    finally:
        story.end()
