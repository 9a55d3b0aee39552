"""What a single column refuses: unknown words, plaintext where sealed bytes belong, moments without a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import StatementError
from sqlmodel import Session

from integrations.vault import Vault
from models.facts import Person
from models.tables.all import METADATA
from models.tables.base import Encrypted, Instant, Sealed
from models.tables.concentration import Concentration
from models.tables.hearing_list import HearingDoubt, HearingImport
from models.tables.intake import PacketBatch, PacketBatchRow, PacketDraft
from models.tables.people import Child, Staff
from tests.builders import (
    NOW,
    a_call,
    a_call_that_reached,
    a_case,
    a_check,
    a_finding,
    a_hearing,
    a_member_of_staff,
    a_message,
    a_number,
    a_welfare_call,
    an_address,
    an_application,
    an_attempt,
    an_escalation,
    an_evidence,
    an_obligation,
)
from tests.refusals import refused

WORDS = (
    ("application", "state", "application_state_known"),
    ("child_case", "state", "case_state_known"),
    ("child_case", "closure_reason", "case_closure_reason_known"),
    ("escalation", "state", "escalation_state_known"),
    ("message", "state", "message_state_known"),
    ("call", "kind", "call_kind_known"),
    ("call", "state", "call_state_known"),
    ("call", "outcome", "call_outcome_known"),
    ("attempt", "channel", "attempt_channel_known"),
    ("background_check", "state", "check_state_known"),
    ("background_check", "kind", "check_kind_known"),
    ("finding", "state", "finding_state_known"),
    ("finding", "severity", "finding_severity_known"),
    ("phone_number", "party", "phone_party_known"),
    ("phone_number", "role", "phone_role_known"),
    ("address", "state", "address_state_known"),
    ("hearing", "state", "hearing_state_known"),
    ("hearing", "outcome", "hearing_outcome_known"),
    ("concentration", "state", "concentration_state_known"),
    ("concentration", "by", "concentration_place_known"),
    ("hearing_doubt", "why", "hearing_doubt_why_known"),
    ("packet_draft", "state", "packet_draft_state_known"),
    ("packet_batch_row", "state", "packet_batch_row_state_known"),
)


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Nothing here is committed, so one database is enough for all."""
    return shared_engine


@pytest.fixture
def one_of_each(session: Session, vault: Vault) -> None:
    """A row in each table that holds words."""
    application = an_application(session, vault)
    case = a_case(session, vault)
    an_attempt(session, a_welfare_call(session, case))
    an_escalation(session, case)
    a_message(session, a_number(session, vault, application))
    a_call(session, case)
    a_check(session, application)
    a_finding(session, application)
    an_address(session, vault, application)
    a_hearing(session, case)
    _a_concentration(session)
    _a_doubt(session)
    _packets_on_their_way(session)


def _a_concentration(session: Session) -> None:
    """Reviewed by somebody, so that its word alone can be wrong."""
    reviewer = Staff(
        email="reviewer@example.org", display_name="R Example", roles=["auditor"], created_at=NOW
    )
    session.add(reviewer)
    session.flush()
    session.add(
        Concentration(
            by="dwelling",
            place_key=b"place",
            rule="R",
            rules="concentration-1",
            children=3,
            families=3,
            sponsors=1,
            first_at=NOW,
            last_at=NOW,
            opened_at=NOW,
            looked_at=NOW,
            state="reviewed",
            reviewed_by=reviewer.id,
            reviewed_at=NOW,
            reason="kin",
        )
    )
    session.flush()


def _a_doubt(session: Session) -> None:
    reading = HearingImport(file_key=b"file", source="court", actor="cli", began_at=NOW)
    session.add(reading)
    session.flush()
    session.add(
        HearingDoubt(
            import_id=reading.id,
            line=2,
            why="unknown_child",
            row_key=b"row",
            content_key=b"content",
            sealed_row=Sealed(b""),
            since_at=NOW,
        )
    )
    session.flush()


def _packets_on_their_way(session: Session) -> None:
    """A draft, and a zip whose end is known, so that its word alone can be wrong."""
    sender = a_member_of_staff(session)
    session.add(PacketDraft(owner_id=sender.id, sealed_answers=Sealed(b""), created_at=NOW, saved_at=NOW))
    batch = PacketBatch(sent_by=sender.id, at=NOW)
    session.add(batch)
    session.flush()
    session.add(
        PacketBatchRow(
            batch_id=batch.id, number=1, size=1, sealed_name=Sealed(b""), state="failed", ended_at=NOW
        )
    )
    session.flush()


@pytest.mark.usefixtures("one_of_each")
def test_an_unknown_word_is_refused(session: Session) -> None:
    for table, column, rule in WORDS:
        for stranger in ("overdue", "", "OPEN"):
            with refused(session, rule):
                session.execute(text(f"UPDATE {table} SET {column} = :word"), {"word": stranger})


@pytest.mark.usefixtures("one_of_each")
def test_every_word_of_state_is_checked() -> None:
    """A new table with a state or kind of its own belongs in WORDS, or says here why not."""
    checked = {(table, column) for table, column, _ in WORDS}
    elsewhere = {
        ("obligation", "state"),  # obligation_state_known: below
        ("job", "state"),  # job_state_known: below
        ("link", "state"),  # link_state_known: below
        ("page", "state"),  # page_state_known: test_paging.py
        ("notice", "state"),  # a trigger refuses every move that is none of its own: test_notices.py
    }
    states = {(table.name, "state") for table in METADATA.tables.values() if "state" in table.columns}
    assert states <= checked | elsewhere


@pytest.mark.parametrize("column", ["party", "side", "state"])
def test_a_duty_is_opened_with_known_words(session: Session, vault: Vault, column: str) -> None:
    """Nobody changes party and side afterwards, so the stranger comes with the row; it breaks no other rule."""
    case = a_case(session, vault)
    for stranger in ("overdue", "", "CHILD", "FOLLOWUP", "OPEN"):
        with refused(session, f"obligation_{column}_known"):
            an_obligation(session, case, ended_at=NOW if column == "state" else None, **{column: stranger})


@pytest.mark.parametrize("stranger", ["everybody", "", "CHILD"])
def test_who_spoke_in_a_call_is_told_in_a_known_word(
    session: Session, vault: Vault, staff: dict[str, Person], stranger: str
) -> None:
    with refused(session, "call_spoke_with_known"):
        a_call_that_reached(session, a_case(session, vault), stranger, staff["caller"].id)


def test_kinds_of_evidence_are_known(session: Session, vault: Vault) -> None:
    with refused(session, "evidence_kind_known"):
        an_evidence(session, a_case(session, vault), kind="rumour")


def test_jobs_and_links_have_known_states(session: Session, vault: Vault) -> None:
    with refused(session, "job_state_known"):
        session.execute(
            text(
                "INSERT INTO job (id, kind, key, payload, state, run_after, tries, created_at)"
                " VALUES (gen_random_uuid(), 'vet', 'k', '{}', 'asleep', :now, 0, :now)"
            ),
            {"now": NOW},
        )
    with refused(session, "link_state_known"):
        session.execute(
            text(
                "INSERT INTO link (id, application_id, other_application_id, kind, tier, about, through, features,"
                " score, state, at)"
                " VALUES (gen_random_uuid(), :a, :b, 'sponsor', 'likely', '', '{}', '{}', 0, 'maybe', :now)"
            ),
            {
                "a": an_application(session, vault).id,
                "b": an_application(session, vault).id,
                "now": NOW,
            },
        )


def test_a_duty_is_not_due_before_it_opens_nor_owned_less_long_than_it_runs(
    session: Session, vault: Vault
) -> None:
    case, hour = a_case(session, vault), timedelta(hours=1)
    a_welfare_call(session, case, opens_at=NOW, due_at=NOW, owned_until=NOW)
    for wrong in (
        {"opens_at": NOW, "due_at": NOW - hour, "owned_until": NOW},
        {"opens_at": NOW - hour, "due_at": NOW, "owned_until": NOW - hour},
    ):
        with refused(session, "obligation_window"):
            a_welfare_call(session, case, **wrong)


@pytest.mark.parametrize("plaintext", [b"Ixchel Example", "Ixchel Example", bytearray(b"x")])
def test_plaintext_never_reaches_the_database(session: Session, vault: Vault, plaintext: Any) -> None:
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *said: statements.append(str(said[2])))
    session.add(Child(sealed_details=plaintext, a_number_key=b"k", name_key=b"k", created_at=NOW))
    with pytest.raises(StatementError, match="never plaintext") as caught:
        session.flush()
    session.rollback()
    assert isinstance(caught.value.orig, TypeError)
    assert not [said for said in statements if "INSERT" in said]


def test_a_refused_plaintext_is_not_repeated_in_the_error(session: Session) -> None:
    session.add(Child(sealed_details=b"Ixchel Example", a_number_key=b"k", name_key=b"k", created_at=NOW))
    with pytest.raises(StatementError) as caught:
        session.flush()
    session.rollback()
    assert "Ixchel" not in str(caught.value)


def test_every_cell_named_sealed_is_an_encrypted_column() -> None:
    sealed = [
        column
        for table in METADATA.tables.values()
        for column in table.columns
        if column.name.startswith("sealed_") or column.name.endswith("_secret")
    ]
    assert len(sealed) >= 10
    assert [str(column) for column in sealed if not isinstance(column.type, Encrypted)] == []


def test_a_moment_without_its_zone_is_refused(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    with pytest.raises(StatementError, match="needs its zone"):
        an_escalation(session, case, opened_at=datetime(2026, 2, 2, 15))
    session.rollback()


def test_a_moment_comes_back_in_utc_whatever_zone_it_went_in(session: Session, vault: Vault) -> None:
    in_texas = NOW.astimezone(timezone(timedelta(hours=-6)))
    case = a_case(session, vault, created_at=in_texas)
    session.expire(case)
    assert case.created_at == NOW
    assert case.created_at.tzinfo is UTC


def test_every_moment_is_an_instant() -> None:
    loose = [
        str(column)
        for table in METADATA.tables.values()
        for column in table.columns
        if column.type.python_type is datetime and not isinstance(column.type, Instant)
    ]
    assert loose == []
    days = [c for t in METADATA.tables.values() for c in t.columns if c.type.python_type is date]
    assert [str(c) for c in days if not c.name.endswith("_on")] == []
