"""A text that is on its way, arrived, or may have been sent is never sent a second time."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from integrations.vault import Vault
from models.contacts import LIVE_MESSAGES, MESSAGE_MOVES, MessageState
from models.tables.ledger import Obligation
from models.tables.messages import Message
from tests.builders import a_case, a_message, a_number, an_application, an_obligation
from tests.refusals import refused

STAYS = "stays as it was written"


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Nothing here is committed, so one database is enough for all."""
    return shared_engine


def sql(session: Session, statement: str, **values: Any) -> None:
    session.execute(text(statement), values)


@pytest.mark.parametrize("live", ["queued", "claimed", "accepted", "delivered", "unknown"])
def test_two_live_texts_for_one_purpose_are_refused(session: Session, vault: Vault, live: str) -> None:
    number, duty = _number_and_duty(session, vault)
    a_message(session, number, obligation_id=duty.id, state=live)
    with refused(session, "message_one_live"):
        a_message(session, number, obligation_id=duty.id)


@pytest.mark.parametrize("ended", ["undelivered", "failed", "expired", "cancelled"])
def test_a_text_that_failed_may_be_followed_by_another(session: Session, vault: Vault, ended: str) -> None:
    number, duty = _number_and_duty(session, vault)
    failed = a_message(session, number, obligation_id=duty.id, state=ended)
    a_message(session, number, obligation_id=duty.id)
    with refused(session, STAYS):  # nor does the failed one come to life beside it
        sql(session, "UPDATE message SET state = 'queued' WHERE id = :id", id=failed.id)
    assert session.get(Message, failed.id) is not None


def _number_and_duty(session: Session, vault: Vault) -> tuple[Any, Obligation]:
    application = an_application(session, vault)
    case = session.get_one(type(a_case(session, vault)), application.case_id)
    return a_number(session, vault, application), an_obligation(session, case)


# --- answers, which belong to no duty -------------------------------------------------------------


@pytest.mark.parametrize("live", ["queued", "claimed", "accepted", "delivered", "unknown"])
def test_two_live_answers_to_one_text_are_refused(session: Session, vault: Vault, live: str) -> None:
    number = a_number(session, vault, an_application(session, vault))
    a_message(session, number, purpose="thanks:1", state=live)
    with refused(session, "message_one_live_answer"):
        a_message(session, number, purpose="thanks:1")


@pytest.mark.parametrize("ended", ["undelivered", "failed", "expired", "cancelled"])
def test_an_answer_that_failed_may_be_followed_by_another(session: Session, vault: Vault, ended: str) -> None:
    number = a_number(session, vault, an_application(session, vault))
    failed = a_message(session, number, purpose="thanks:1", state=ended)
    a_message(session, number, purpose="thanks:1")
    with refused(session, STAYS):
        sql(session, "UPDATE message SET state = 'queued' WHERE id = :id", id=failed.id)


def test_another_text_or_another_number_has_an_answer_of_its_own(session: Session, vault: Vault) -> None:
    application = an_application(session, vault)
    number, other = a_number(session, vault, application), a_number(session, vault, application)
    for told in (
        a_message(session, number, purpose="thanks:1"),
        a_message(session, number, purpose="thanks:2"),
        a_message(session, other, purpose="thanks:1"),
    ):
        assert told.state == "queued"


def test_a_text_for_a_duty_does_not_stand_in_the_way_of_an_answer(session: Session, vault: Vault) -> None:
    number, duty = _number_and_duty(session, vault)
    a_message(session, number, obligation_id=duty.id, purpose="step-1")
    answer = a_message(session, number, purpose="step-1")
    with refused(session, "message_one_live"):  # and it does not become the duty's second text
        sql(session, "UPDATE message SET obligation_id = :duty WHERE id = :id", id=answer.id, duty=duty.id)


def test_the_live_states_are_those_of_the_index(session: Session) -> None:
    for index in ("message_one_live", "message_one_live_answer"):
        told = session.execute(
            text("SELECT pg_get_indexdef(CAST(:i AS regclass))"), {"i": index}
        ).scalar_one()
        assert {state for state in MessageState if f"'{state.value}'" in told} == LIVE_MESSAGES, index


# --- what became of a text ------------------------------------------------------------------------

FINAL = [state for state, moves in MESSAGE_MOVES.items() if not moves]


@pytest.mark.parametrize("frm", FINAL)
def test_how_a_text_ended_is_not_told_otherwise(session: Session, vault: Vault, frm: MessageState) -> None:
    number = a_number(session, vault, an_application(session, vault))
    message = a_message(session, number, state=frm.value)
    for to in MessageState:
        if to != frm:
            with refused(session, STAYS):
                sql(session, "UPDATE message SET state = :to WHERE id = :id", to=to.value, id=message.id)
    # A late receipt may still say why, or name the provider's own id.
    sql(
        session, "UPDATE message SET provider_ref = 'SM1', error_code = '30003' WHERE id = :id", id=message.id
    )


def test_every_move_that_the_code_allows_is_allowed_here(session: Session, vault: Vault) -> None:
    number = a_number(session, vault, an_application(session, vault))
    for frm, moves in MESSAGE_MOVES.items():
        for to in moves:
            message = a_message(session, number, purpose=f"{frm}-{to}", state=frm.value)
            sql(session, "UPDATE message SET state = :to WHERE id = :id", to=to.value, id=message.id)


@pytest.mark.parametrize("state", ["queued", "delivered"])
@pytest.mark.parametrize("column", ["case_id", "number_id"])
def test_a_text_is_not_said_to_have_gone_to_somebody_else(
    session: Session, vault: Vault, state: str, column: str
) -> None:
    message = a_message(session, a_number(session, vault, an_application(session, vault)), state=state)
    other = a_number(session, vault, an_application(session, vault))
    to = {"case_id": other.case_id, "number_id": other.id}[column]
    with refused(session, STAYS):
        sql(session, f"UPDATE message SET {column} = :to WHERE id = :id", to=to, id=message.id)
