"""What providers post: believed only under its signature, and harmless the second time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import Client
from sqlalchemy import func, select
from sqlmodel import Session, col

from integrations.background.webhook import HEADER, signature
from integrations.desk.intake import submit
from integrations.keys import person_keys
from integrations.kit import Kit
from integrations.packets import read_path
from integrations.store.applications import find_application
from models.tables.ledger import Call
from models.tables.messages import InboundText, Message
from models.tables.system import History
from models.tables.vetting import BackgroundCheck
from tests.builders import (
    NOW,
    a_call,
    a_check,
    a_followed_case,
    a_message,
    a_number,
    an_application,
)
from tests.integration.console.conftest import twilio_posts

SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "packets"

SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "packets"


def a_text(body: str = "1", sid: str = "SM1") -> dict[str, str]:
    return {"MessageSid": sid, "From": "+17135550101", "To": "+15005550006", "Body": body}


def a_sent_message(kit: Kit) -> UUID:
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
        number = a_number(session, kit.vault, an_application(session, kit.vault, case))
        return a_message(session, number, state="accepted", provider_ref="SM7", accepted_at=NOW).id


def a_placed_call(kit: Kit) -> UUID:
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
        number = a_number(session, kit.vault, an_application(session, kit.vault, case))
        call = a_call(session, case, kind="automated", state="placed", number_id=number.id, party="sponsor")
        return call.id


# An id that nothing has. Fixed, so that tests have the same names on every core.
A_STRANGER = "5a1f0c6e-9f1b-4c57-8d1e-3c0a7a2b9e11"

WEBHOOKS = [
    "/webhooks/twilio/sms",
    f"/webhooks/twilio/status/{A_STRANGER}",
    f"/webhooks/twilio/voice/{A_STRANGER}",
    f"/webhooks/twilio/voice/{A_STRANGER}/digits",
    f"/webhooks/twilio/voice/{A_STRANGER}/status",
    "/webhooks/twilio/status/not-an-id",
    "/webhooks/checks/clearline",
]


@pytest.mark.parametrize("path", WEBHOOKS)
def test_unsigned_webhook_is_refused(browser: Client, path: str) -> None:
    answer = browser.post(path, data=a_text())
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:kinline:problem:bad_signature"


def test_signature_for_another_host_is_refused(browser: Client, kit: Kit, session: Session) -> None:
    answer = twilio_posts(
        browser, kit, "/webhooks/twilio/sms", a_text(), signed_for="https://other.example.org"
    )
    assert answer.status_code == 403
    assert session.scalar(select(func.count()).select_from(InboundText)) == 0


def test_signature_over_another_form_is_refused(browser: Client, kit: Kit) -> None:
    answer = twilio_posts(browser, kit, "/webhooks/twilio/sms", a_text("STOP"))
    signed = answer.request.headers["x-twilio-signature"]
    changed = browser.post(
        "/webhooks/twilio/sms", data=a_text("START"), headers={"X-Twilio-Signature": signed}
    )
    assert (answer.status_code, changed.status_code) == (200, 403)


def test_signature_covers_the_query(browser: Client, kit: Kit) -> None:
    path = "/webhooks/twilio/sms?a=%C3%B1&b=2"
    assert twilio_posts(browser, kit, path, a_text()).status_code == 200
    elsewhere = twilio_posts(browser, kit, path, a_text()).request.headers["x-twilio-signature"]
    answer = browser.post(
        "/webhooks/twilio/sms?a=%C3%B1&b=3", data=a_text(), headers={"X-Twilio-Signature": elsewhere}
    )
    assert answer.status_code == 403


def test_strangers_text_gets_empty_twiml_and_is_kept_once(
    browser: Client, kit: Kit, session: Session
) -> None:
    answers = [twilio_posts(browser, kit, "/webhooks/twilio/sms", a_text("Mañana?")) for _ in range(2)]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/xml")
        assert answer.text.endswith("<Response></Response>")
    assert session.scalar(select(func.count()).select_from(InboundText)) == 1


def test_text_without_a_sender_still_gets_empty_twiml(browser: Client, kit: Kit) -> None:
    answer = twilio_posts(browser, kit, "/webhooks/twilio/sms", {"MessageSid": "SM1"})
    assert (answer.status_code, answer.text[-21:]) == (200, "<Response></Response>")


def test_receipt_twice_delivers_once(browser: Client, kit: Kit, session: Session) -> None:
    message_id = a_sent_message(kit)
    form = {"MessageSid": "SM7", "MessageStatus": "delivered"}
    for _ in range(2):
        answer = twilio_posts(browser, kit, f"/webhooks/twilio/status/{message_id}", form)
        assert answer.status_code == 204
    assert session.get_one(Message, message_id).state == "delivered"
    moved = select(func.count()).select_from(History).where(col(History.row_id) == message_id)
    assert session.scalar(moved) == 1


@pytest.mark.parametrize("word", [A_STRANGER, "not-an-id"])
@pytest.mark.parametrize("kind", ["status/{}", "voice/{}", "voice/{}/digits", "voice/{}/status"])
def test_unknown_id_is_not_found_and_nothing_more_is_said(
    browser: Client, kit: Kit, kind: str, word: str
) -> None:
    form = {"MessageSid": "SM7", "MessageStatus": "delivered", "CallSid": "CA1", "CallStatus": "completed"}
    answer = twilio_posts(browser, kit, "/webhooks/twilio/" + kind.format(word), form)
    assert answer.status_code == 404
    assert answer.json() == {"type": "urn:kinline:problem:not_found", "title": "Not found", "status": 404}


def test_receipt_without_an_id_of_twilios_is_bad_input(browser: Client, kit: Kit) -> None:
    answer = twilio_posts(browser, kit, f"/webhooks/twilio/status/{uuid4()}", {"MessageStatus": "delivered"})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "MessageSid"


def test_call_is_greeted_thanked_and_ended(browser: Client, kit: Kit, session: Session) -> None:
    path = f"/webhooks/twilio/voice/{a_placed_call(kit)}"
    greeting = twilio_posts(browser, kit, path, {"CallSid": "CA1", "AnsweredBy": "human"})
    assert greeting.status_code == 200
    assert "<Gather" in greeting.text
    thanks = twilio_posts(browser, kit, f"{path}/digits", {"CallSid": "CA1", "Digits": "1"})
    assert thanks.status_code == 200
    assert "<Hangup" in thanks.text
    form = {"CallSid": "CA1", "CallStatus": "completed", "CallDuration": "20"}
    for _ in range(2):
        assert twilio_posts(browser, kit, f"{path}/status", form).status_code == 204
    row = session.get_one(Call, UUID(path.rpartition("/")[2]))
    assert (row.state, row.digits, row.spoke_with) == ("done", "1", "nobody")


def test_machine_hears_nothing(browser: Client, kit: Kit) -> None:
    path = f"/webhooks/twilio/voice/{a_placed_call(kit)}"
    answer = twilio_posts(browser, kit, path, {"CallSid": "CA1", "AnsweredBy": "machine_start"})
    assert answer.status_code == 200
    assert "<Say" not in answer.text


def test_body_over_64_kb_is_refused_by_what_it_says_and_by_what_it_is(browser: Client) -> None:
    long = b"Body=" + b"a" * 70_000
    said = browser.post("/webhooks/twilio/sms", content=long)
    streamed = browser.post("/webhooks/twilio/sms", content=(part for part in (long[:40_000], long[40_000:])))
    assert (said.status_code, streamed.status_code) == (413, 413)


def an_event(check_id: UUID, at: datetime) -> bytes:
    order = {
        "id": "ord_1",
        "reference": str(check_id),
        "product": "public_records",
        "status": "no_record",
        "as_of": at.isoformat(),
        "received_at": at.isoformat(),
    }
    event = {"id": "evt_1", "type": "order.updated", "created_at": at.isoformat(), "order": order}
    return json.dumps(event).encode()


def an_ordered_check(kit: Kit) -> UUID:
    """A check of the sponsor of a real packet, out at the provider."""
    handed_in = read_path(SAMPLES / "01-clean-aunt")
    submit(kit, handed_in, actor="cli", now=NOW)
    with kit.transaction() as session:
        application = find_application(session, handed_in.packet.reference)
        return a_check(
            session,
            application,
            person_key=person_keys(kit.vault, handed_in.packet)["sponsor"],
            state="pending",
            provider_ref="ord_1",
            ordered_at=NOW,
        ).id


def clearline_posts(browser: Client, body: bytes, signed: str) -> int:
    answer = browser.post("/webhooks/checks/clearline", content=body, headers={HEADER: signed})
    return answer.status_code


def test_result_is_for_its_signer_and_for_a_few_minutes(browser: Client, kit: Kit) -> None:
    now = kit.now()
    body = an_event(uuid4(), now)
    secret = kit.background_secret
    assert clearline_posts(browser, body, signature("another secret", body, now)) == 403
    assert clearline_posts(browser, body + b" ", signature(secret, body, now)) == 403
    assert clearline_posts(browser, body, signature(secret, body, now - timedelta(minutes=6))) == 403
    # Well signed, and of a check that we never ordered.
    assert clearline_posts(browser, body, signature(secret, body, now)) == 404


def test_result_of_an_unknown_provider_is_not_found(browser: Client) -> None:
    assert browser.post("/webhooks/checks/nobody", content=b"{}").status_code == 404


def test_signed_nonsense_is_bad_input(browser: Client, kit: Kit) -> None:
    signed = signature(kit.background_secret, b"[]", kit.now())
    assert clearline_posts(browser, b"[]", signed) == 400


def test_replayed_result_changes_nothing(browser: Client, kit: Kit, session: Session) -> None:
    check_id = an_ordered_check(kit)
    now = kit.now()
    body = an_event(check_id, now)
    signed = signature(kit.background_secret, body, now)
    moves = select(func.count()).select_from(History).where(col(History.row_id) == check_id)
    assert clearline_posts(browser, body, signed) == 204
    first = session.scalar(moves)
    state = session.get_one(BackgroundCheck, check_id).state
    assert clearline_posts(browser, body, signed) == 204
    session.rollback()
    assert (session.scalar(moves), session.get_one(BackgroundCheck, check_id).state) == (first, state)
    assert state == "clear"


def test_webhooks_are_counted_by_kind_and_result(browser: Client, kit: Kit) -> None:
    twilio_posts(browser, kit, "/webhooks/twilio/sms", a_text())
    browser.post("/webhooks/twilio/sms", data=a_text())
    twilio_posts(browser, kit, f"/webhooks/twilio/status/{uuid4()}", {"MessageSid": "SM7"})
    told = browser.get("/metrics").text
    assert 'kinline_webhooks_total{kind="sms",result="accepted"} 1.0' in told
    assert 'kinline_webhooks_total{kind="sms",result="refused"} 1.0' in told
    assert 'kinline_webhooks_total{kind="status",result="unknown"} 1.0' in told
    assert "7135550101" not in told
