"""No silent child: what keeps a followed child in sight is never lost at COMMIT, whoever tries."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from integrations.database import transaction
from integrations.store import ledger
from integrations.store.accounting import take_account
from integrations.store.history import move
from integrations.vault import Vault
from models.facts import Person
from models.states import CASE_MOVES, CaseState
from models.tables.ledger import Escalation, Obligation
from models.tables.people import Case
from tests.builders import (
    NOW,
    a_call_that_reached,
    a_case,
    a_followed_case,
    a_member_of_staff,
    a_welfare_call,
    an_escalation,
    an_evidence,
    an_obligation,
)
from tests.refusals import refused, refused_at_commit, rule_of

BY = {"actor": "engine:test", "why": "test", "now": NOW}
SILENT = "nothing keeps the child in sight"
NOT_CLOSED = "is not closed"


@pytest.fixture
def last_duty(session: Session, vault: Vault) -> Obligation:
    """The one duty that keeps a followed child in sight, committed."""
    duty = a_welfare_call(session, a_followed_case(session, vault))
    session.commit()
    return duty


def _case_of(session: Session, duty: Obligation) -> Case:
    return session.get_one(Case, duty.case_id)


def _settle(session: Session, duty: Obligation, staff: dict[str, Person]) -> None:
    case = _case_of(session, duty)
    call = a_call_that_reached(session, case, "child", staff["caller"].id)
    spoken = an_evidence(session, case, kind="call", call_id=call.id, spoke_with="child")
    ledger.settle(session, duty, spoken, **BY)


def _close(session: Session, case: Case, staff: dict[str, Person]) -> None:
    case.closure_reason, case.closed_by, case.closed_at = "turned_18", staff["cm"].id, NOW
    move(session, case, CaseState.CLOSED, CASE_MOVES, **BY)


def test_the_last_duty_is_not_settled_with_nothing_after_it(
    session: Session, last_duty: Obligation, staff: dict[str, Person]
) -> None:
    with refused_at_commit(session, SILENT):
        _settle(session, last_duty, staff)
    assert session.get_one(Obligation, last_duty.id).state == "open"


def test_the_last_duty_is_settled_when_its_successor_opens_with_it(
    session: Session, last_duty: Obligation, staff: dict[str, Person]
) -> None:
    _settle(session, last_duty, staff)
    a_welfare_call(session, _case_of(session, last_duty), kind="sight_check")
    session.commit()
    assert take_account(session, now=NOW).is_whole


def test_a_successor_that_keeps_nobody_in_sight_is_none(
    session: Session, last_duty: Obligation, staff: dict[str, Person]
) -> None:
    with refused_at_commit(session, SILENT):
        other = an_obligation(session, _case_of(session, last_duty), kind="court_lookup")
        ledger.void_for(session, last_duty, other.id, **BY)


def test_another_childs_duty_keeps_only_that_child_in_sight(
    session: Session, vault: Vault, last_duty: Obligation
) -> None:
    another = a_welfare_call(session, a_followed_case(session, vault))
    session.commit()
    with refused(session, "obligation_successor"):
        ledger.void_for(session, last_duty, another.id, **BY)
    session.rollback()
    with refused_at_commit(session, SILENT):
        own = an_obligation(session, _case_of(session, last_duty), kind="court_lookup")
        ledger.void_for(session, session.get_one(Obligation, last_duty.id), own.id, **BY)


def test_the_last_duty_is_not_taken_away(session: Session, last_duty: Obligation) -> None:
    with refused_at_commit(session, SILENT):
        session.execute(
            text(
                "UPDATE obligation SET state = 'void', by_closure = true, reason = 'x', ended_at = :now"
                " WHERE id = :duty"
            ),
            {"duty": last_duty.id, "now": NOW},
        )


def test_the_last_duty_does_not_stop_to_keep_the_child_in_sight(
    session: Session, last_duty: Obligation
) -> None:
    with refused(session, "stays what it was opened as"):
        session.execute(
            text("UPDATE obligation SET in_sight = false WHERE id = :duty"), {"duty": last_duty.id}
        )
    session.commit()
    assert take_account(session, now=NOW).is_whole


def test_the_last_duty_is_not_given_to_another_child(
    session: Session, vault: Vault, last_duty: Obligation
) -> None:
    other = a_case(session, vault)
    with refused(session, "stays what it was opened as"):
        session.execute(
            text("UPDATE obligation SET case_id = :other WHERE id = :duty"),
            {"duty": last_duty.id, "other": other.id},
        )
    session.commit()
    assert take_account(session, now=NOW).is_whole


def test_the_last_escalation_is_not_given_to_another_child(session: Session, vault: Vault) -> None:
    alarm, other = an_escalation(session, a_followed_case(session, vault)), a_case(session, vault)
    with refused(session, "stays what it is"):
        session.execute(
            text("UPDATE escalation SET case_id = :other WHERE id = :alarm"),
            {"alarm": alarm.id, "other": other.id},
        )
    session.commit()
    assert take_account(session, now=NOW).is_whole


def test_the_last_duty_ends_with_a_case_that_is_closed(
    session: Session, last_duty: Obligation, staff: dict[str, Person]
) -> None:
    ledger.void_by_closure(session, [last_duty], **BY)
    _close(session, _case_of(session, last_duty), staff)
    session.commit()
    assert take_account(session, now=NOW).by_state["closed"] == 1


def test_an_open_escalation_keeps_the_child_in_sight(
    session: Session, last_duty: Obligation, staff: dict[str, Person]
) -> None:
    an_escalation(session, _case_of(session, last_duty))
    _settle(session, last_duty, staff)
    session.commit()
    assert take_account(session, now=NOW).by_state["escalation"] == 1


@pytest.mark.parametrize("follow_on", [False, True])
def test_the_last_escalation_is_resolved_only_into_something(
    session: Session, vault: Vault, staff: dict[str, Person], follow_on: bool
) -> None:
    case, owner = a_followed_case(session, vault), staff["cm"].id
    alarm = an_escalation(session, case, state="acknowledged", owner=owner, acknowledged_at=NOW)
    session.commit()

    def resolve() -> None:
        alarm.evidence_id = an_evidence(session, case, by_staff=owner).id
        alarm.state, alarm.outcome, alarm.resolved_by, alarm.resolved_at = "resolved", "seen", owner, NOW
        session.flush()

    if follow_on:
        resolve()
        a_welfare_call(session, case)
        session.commit()
        assert take_account(session, now=NOW).is_whole
    else:
        with refused_at_commit(session, SILENT):
            resolve()
        assert session.get_one(Escalation, alarm.id).state == "acknowledged"


def test_follow_up_does_not_begin_or_begin_again_with_nothing_open(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    closed = a_followed_case(
        session, vault, state="closed", closure_reason="departed", closed_by=staff["cm"].id, closed_at=NOW
    )
    session.commit()
    with refused_at_commit(session, SILENT):
        move(session, closed, CaseState.IN_FOLLOW_UP, CASE_MOVES, **BY)
    move(session, session.get_one(Case, closed.id), CaseState.IN_FOLLOW_UP, CASE_MOVES, **BY)
    a_welfare_call(session, closed)
    session.commit()


def test_a_child_in_care_is_not_followed_yet(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    other = an_obligation(session, case, kind="court_lookup")
    ledger.void_for(session, a_welfare_call(session, case), other.id, **BY)
    session.commit()
    assert take_account(session, now=NOW).children == 0


# --- "it ended with the case" ---------------------------------------------------------------------


@pytest.mark.parametrize("state", ["in_care", "in_follow_up", "lost_contact"])
def test_a_duty_does_not_end_with_a_case_that_is_open(session: Session, vault: Vault, state: str) -> None:
    """Another duty keeps the child in sight: it is the closure that is not true."""
    case = a_case(session, vault) if state == "in_care" else a_followed_case(session, vault, state=state)
    a_welfare_call(session, case)
    duty = an_obligation(session, case)
    session.commit()
    with refused_at_commit(session, NOT_CLOSED):
        ledger.void_by_closure(session, [duty], **BY)
    assert session.get_one(Obligation, duty.id).state == "open"


def test_a_closure_that_is_taken_back_before_the_commit_has_ended_nothing(
    session: Session, vault: Vault, last_duty: Obligation, staff: dict[str, Person]
) -> None:
    case = _case_of(session, last_duty)
    with refused_at_commit(session, NOT_CLOSED):
        _close(session, case, staff)
        ledger.void_by_closure(session, [last_duty], **BY)
        move(session, case, CaseState.IN_FOLLOW_UP, CASE_MOVES, **BY)
        a_welfare_call(session, case, kind="sight_check")
    assert session.get_one(Obligation, last_duty.id).state == "open"


def test_a_vetting_duty_ends_with_its_application_while_the_case_goes_on(
    session: Session, vault: Vault
) -> None:
    duty = an_obligation(session, a_case(session, vault), side="vetting", kind="document")
    ledger.void_by_closure(session, [duty], **BY)
    session.commit()
    assert session.get_one(Obligation, duty.id).state == "void"


@pytest.mark.parametrize("closed", [False, True])
def test_an_escalation_ends_with_a_case_only_when_that_is_closed(
    session: Session, last_duty: Obligation, staff: dict[str, Person], closed: bool
) -> None:
    case, owner = _case_of(session, last_duty), staff["cm"].id
    alarm = an_escalation(session, case, state="acknowledged", owner=owner, acknowledged_at=NOW)
    session.commit()

    def resolve() -> None:
        alarm.state, alarm.outcome, alarm.by_closure = "resolved", "closed", True
        alarm.resolved_by, alarm.resolved_at = owner, NOW
        session.flush()

    if closed:
        resolve()
        ledger.void_by_closure(session, [last_duty], **BY)
        _close(session, case, staff)
        session.commit()
    else:
        with refused_at_commit(session, NOT_CLOSED):
            resolve()
    assert session.get_one(Escalation, alarm.id).state == ("resolved" if closed else "acknowledged")


# --- two at once ----------------------------------------------------------------------------------


def _until_somebody_waits(engine: Engine) -> None:
    """Returns once a statement in this database waits for another transaction."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def _outcome(act: Callable[[], Any]) -> str:
    try:
        act()
    except DBAPIError as error:
        return rule_of(error)
    return "done"


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_what_keeps_a_child_in_sight_ends_only_where_others_commits_are_seen(
    engine: Engine, vault: Vault, level: str
) -> None:
    """With an old snapshot, the lock on the case would let two transactions each end one of the last two."""
    with transaction(engine) as opened:
        case = a_followed_case(opened, vault)
        ends, stays = (a_welfare_call(opened, case, kind=kind) for kind in ("welfare_call", "sight_check"))
        alarm = an_escalation(opened, case)
        owner = a_member_of_staff(opened).id
        evidence = an_evidence(opened, case, by_staff=owner)
    resolved = (
        "UPDATE escalation SET state = 'resolved', owner = :owner, acknowledged_at = :now,"
        " resolved_by = :owner, resolved_at = :now, outcome = 'seen', evidence_id = :evidence WHERE id = :alarm"
    )
    with Session(engine.execution_options(isolation_level=level)) as session:
        with refused_at_commit(session, "under READ COMMITTED"):
            ledger.void_for(session, session.get_one(Obligation, ends.id), stays.id, **BY)
        with refused_at_commit(session, "under READ COMMITTED"):
            values = {"owner": owner, "now": NOW, "evidence": evidence.id, "alarm": alarm.id}
            session.execute(text(resolved), values)
        with refused_at_commit(session, "under READ COMMITTED"):
            move(session, session.get_one(Case, case.id), CaseState.LOST_CONTACT, CASE_MOVES, **BY)


def test_two_at_once_do_not_open_one_duty_twice(engine: Engine, vault: Vault) -> None:
    with transaction(engine) as session:
        case = a_followed_case(session, vault)

    def second() -> None:
        with transaction(engine) as other:
            a_welfare_call(other, case, key="day-7")

    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as session:
            a_welfare_call(session, case, key="day-7")
            late = pool.submit(_outcome, second)
            _until_somebody_waits(engine)
        assert late.result(30) == "obligation_one_open"


def test_two_at_once_do_not_each_end_one_of_the_last_two_duties(engine: Engine, vault: Vault) -> None:
    """Each sees the other's duty still open: without a lock on the case both would commit."""
    with transaction(engine) as session:
        case = a_followed_case(session, vault)
        duties = [a_welfare_call(session, case, kind=kind) for kind in ("welfare_call", "sight_check")]
        unseen = an_obligation(session, case, kind="court_lookup")

    def end(session: Session, duty: Obligation) -> None:
        ledger.void_for(session, session.get_one(Obligation, duty.id), unseen.id, **BY)

    with Session(engine) as first, Session(engine) as second, ThreadPoolExecutor(1) as pool:
        end(first, duties[0])
        end(second, duties[1])
        # The check of `first` runs now and finds the other duty; then `second` tries to commit.
        first.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        late = pool.submit(_outcome, second.commit)
        try:
            _until_somebody_waits(engine)
        finally:
            first.commit()
        assert SILENT in late.result(30)
        second.rollback()
    with transaction(engine) as session:
        assert take_account(session, now=NOW).silent == ()
