"""Putting an item off and handing many over: what is refused, what stands in the history, and that no time is lost by it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.escalations import acknowledge
from integrations.desk.queue_acts import MOST_AT_ONCE, reassign_many, snooze
from integrations.desk.queues import Look, Tab, queue_page
from integrations.kit import Kit
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.ledger import Escalation
from models.tables.system import History
from tests.builders import DAY, NOW, a_followed_case, an_escalation

Staff = dict[str, Person]
HOUR = timedelta(hours=1)


@pytest.fixture
def alarms(kit: Kit) -> list[UUID]:
    """Three escalations that nobody has taken."""
    with kit.transaction() as session:
        cases = [a_followed_case(session, kit.vault, followup_policy="swb-2024r3") for _ in range(3)]
        return [
            an_escalation(session, case, reason="no_contact", policy_version="swb-2024r3").id
            for case in cases
        ]


def _ids(kit: Kit, person: Person, tab: Tab, now: object = NOW) -> set[str]:
    return {item["id"] for item in queue_page(kit, person, Look(tab), now=now)["items"]}  # type: ignore[arg-type]


def test_what_is_put_off_leaves_its_owners_list_alone_and_comes_back(
    kit: Kit, staff: Staff, alarms: list[UUID], session: Session
) -> None:
    first = alarms[0]
    acknowledge(kit, first, staff["cm"], now=NOW)
    before = session.get_one(Escalation, first).owned_until
    snooze(kit, first, staff["cm"], until=NOW + HOUR, reason="school answers at ten", now=NOW)
    assert _ids(kit, staff["cm"], Tab.MINE) == set()
    assert _ids(kit, staff["cm"], Tab.LATER) == {str(first)}
    assert str(first) in _ids(kit, staff["supervisor"], Tab.ALL)
    assert _ids(kit, staff["cm"], Tab.MINE, NOW + HOUR) == {str(first)}
    session.expire_all()
    assert session.get_one(Escalation, first).owned_until == before
    words = session.scalars(select(History).where(col(History.row_id) == first).order_by(col(History.at)))
    assert [row.why for row in words][-1] == "school answers at ten"


def test_what_is_late_is_back_before_its_time(
    kit: Kit, staff: Staff, alarms: list[UUID], session: Session
) -> None:
    acknowledge(kit, alarms[0], staff["cm"], now=NOW)
    due = session.get_one(Escalation, alarms[0]).resolve_by
    snooze(kit, alarms[0], staff["cm"], until=due, reason="waits for a letter", now=NOW)
    assert _ids(kit, staff["cm"], Tab.MINE, due + timedelta(seconds=1)) == {str(alarms[0])}


def test_only_what_is_ones_own_is_put_off_and_never_beyond_its_time(
    kit: Kit, staff: Staff, alarms: list[UUID], session: Session
) -> None:
    with pytest.raises(Refused, match="not_yours"):
        snooze(kit, alarms[0], staff["cm"], until=NOW + HOUR, reason="later", now=NOW)
    acknowledge(kit, alarms[0], staff["cm"], now=NOW)
    with pytest.raises(Refused, match="not_yours"):
        snooze(kit, alarms[0], staff["supervisor"], until=NOW + HOUR, reason="later", now=NOW)
    due = session.get_one(Escalation, alarms[0]).resolve_by
    for until in (NOW, due + timedelta(seconds=1)):
        with pytest.raises(BadInput, match="out_of_range"):
            snooze(kit, alarms[0], staff["cm"], until=until, reason="later", now=NOW)
    with pytest.raises(BadInput, match="missing"):
        snooze(kit, alarms[0], staff["cm"], until=NOW + HOUR, reason=" ", now=NOW)


def test_many_are_handed_over_together_or_not_at_all(
    kit: Kit, staff: Staff, alarms: list[UUID], session: Session
) -> None:
    for one in alarms[:2]:
        acknowledge(kit, one, staff["cm"], now=NOW)
    given = {"to_email": staff["caller"].email, "reason": "night shift", "now": NOW + DAY}
    with pytest.raises(Refused, match="not_acknowledged"):
        reassign_many(kit, alarms, staff["supervisor"], **given)
    assert {session.get_one(Escalation, one).owner for one in alarms[:2]} == {staff["cm"].id}
    session.rollback()
    assert reassign_many(kit, alarms[:2], staff["supervisor"], **given) == 2
    session.expire_all()
    assert {session.get_one(Escalation, one).owner for one in alarms[:2]} == {staff["caller"].id}
    said = session.scalars(
        select(History).where(col(History.row_id).in_(alarms), col(History.why) == "night shift")
    )
    assert {row.row_id for row in said} == set(alarms[:2])


def test_no_more_than_the_cap_and_no_fewer_than_one(kit: Kit, staff: Staff) -> None:
    given = {"to_email": staff["caller"].email, "reason": "night shift", "now": NOW}
    for ids in ([], [uuid4() for _ in range(MOST_AT_ONCE + 1)]):
        with pytest.raises(BadInput, match="out_of_range"):
            reassign_many(kit, ids, staff["supervisor"], **given)
