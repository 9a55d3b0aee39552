"""The real Twilio client against the sandbox, over real HTTP; webhooks land in a tiny app that checks them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from integrations.messaging.twilio import TwilioMessenger
from integrations.messaging.webhooks import (
    AnsweredBy,
    CallStatus,
    parse_call_status,
    parse_gather,
    parse_inbound,
    parse_status,
    verify_signature,
)
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from integrations.sandbox.twilio_server import TwilioSandbox
from models.contacts import MessageState
from models.errors import OutcomeUnknown, Rejected, Unavailable

NOON = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
ACCOUNT, TOKEN, OURS = "AC" + "0" * 32, "sandbox-token", "+12025550100"
QUESTION = "Reply 1 if you will go, 2 if you need help."
THANKS = "Thank you. We have your message."
MENU = '<Response><Gather numDigits="1" action="gather"><Say>Press 1</Say></Gather><Say>Bye</Say></Response>'


async def lifespan(receive: Any, send: Any) -> None:
    for _ in range(2):
        await send({"type": (await receive())["type"] + ".complete"})


@dataclass
class Kinline:
    """What the console's webhooks would see: (path, form) of every request, each one signed."""

    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    twiml: dict[str, str] = field(default_factory=dict)
    url: str = ""
    unsigned: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await lifespan(receive, send)
            return
        body = (await receive())["body"].decode()
        items = parse_qsl(body, keep_blank_values=True)
        path = scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        signature = dict(scope["headers"]).get(b"x-twilio-signature", b"").decode()
        signed = verify_signature(TOKEN, self.url, path, items, signature)
        self.unsigned += not signed
        self.seen.append((path, dict(items)))
        answer = self.twiml.get(scope["path"], "<Response/>").encode()
        await send({"type": "http.response.start", "status": 200 if signed else 403, "headers": []})
        await send({"type": "http.response.body", "body": answer})

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for seen, form in self.seen if seen.startswith(path)]


@dataclass
class Stage:
    sandbox: TwilioSandbox
    sandbox_url: str
    kinline: Kinline
    now: datetime = NOON

    def messenger(self, timeout: float = 3.0) -> TwilioMessenger:
        return TwilioMessenger(
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            from_number=OURS,
            base_url=self.sandbox_url,
            timeout=timeout,
        )

    def text(self, to: str, body: str = QUESTION, message_id: str = "m1") -> Any:
        url = f"{self.kinline.url}/status/{message_id}"
        return self.messenger().send_text(to=to, body=body, message_id=message_id, status_callback_url=url)

    def call(self, to: str) -> Any:
        return self.messenger().start_call(
            to=to,
            call_id="c1",
            twiml_url=f"{self.kinline.url}/voice/c1",
            status_callback_url=f"{self.kinline.url}/call/c1",
        )

    def find(self, to: str, body: str = QUESTION) -> Any:
        return self.messenger().find_text(
            to=to,
            sent_after=NOON - timedelta(minutes=5),
            sent_before=self.now + timedelta(minutes=5),
            body=body,
        )

    def wait(self, **passes: float) -> dict[str, Any]:
        self.now += timedelta(**passes)
        return self.sandbox.advance(self.now)

    def states(self, message_id: str = "m1") -> list[MessageState | None]:
        return [parse_status(form).state for form in self.kinline.forms(f"/status/{message_id}")]

    def replies(self) -> list[str]:
        return [parse_inbound(form).body for form in self.kinline.forms("/sms")]


class Door:
    """One served address for every test of this file; each test puts its own sandbox behind it."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await lifespan(receive, send)
            return
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Kinline, Door, str]]:
    kinline, door = Kinline(), Door()
    with ThreadedServer(kinline) as console, ThreadedServer(door) as provider:
        kinline.url = console.url
        yield kinline, door, provider.url


def a_sandbox(store: MemoryStore, clock: Any, **options: Any) -> TwilioSandbox:
    return TwilioSandbox(store=store, clock=clock, account_sid=ACCOUNT, auth_token=TOKEN, **options)


@pytest.fixture
def stage(served: tuple[Kinline, Door, str]) -> Iterator[Stage]:
    kinline, door, url = served
    kinline.seen.clear()
    kinline.twiml.clear()
    made: list[Stage] = []
    sandbox = a_sandbox(MemoryStore(), lambda: made[0].now, inbound_url=f"{kinline.url}/sms")
    door.app = sandbox.app
    made.append(Stage(sandbox, url, kinline))
    yield made[0]
    assert kinline.unsigned == 0


@pytest.mark.parametrize(
    ("phone", "states", "code", "reply"),
    [
        ("+12135550100", [MessageState.ACCEPTED, MessageState.DELIVERED], None, ["1"]),
        ("+12135550149", [MessageState.ACCEPTED, MessageState.DELIVERED], None, ["1"]),
        ("+12135550150", [MessageState.ACCEPTED, MessageState.DELIVERED], None, []),
        ("+12135550160", [MessageState.ACCEPTED, MessageState.UNDELIVERED], "30006", []),
        ("+12135550165", [MessageState.ACCEPTED, MessageState.DELIVERED], None, ["STOP"]),
        ("+12135550170", [MessageState.ACCEPTED, MessageState.DELIVERED], None, ["2"]),
        ("+12135550175", [MessageState.ACCEPTED, MessageState.DELIVERED], None, ["3"]),
        ("+12135550180", [MessageState.ACCEPTED, MessageState.UNDELIVERED], "30005", []),
        ("+12135550183", [MessageState.ACCEPTED, MessageState.UNDELIVERED], "30003", []),
        ("+12135550185", [MessageState.ACCEPTED, MessageState.DELIVERED], None, []),
        ("+12135550200", [MessageState.ACCEPTED, MessageState.DELIVERED], None, []),
    ],
)
def test_each_phone_row_receives_and_answers_a_text_as_its_row_says(
    stage: Stage, phone: str, states: list[MessageState], code: str | None, reply: list[str]
) -> None:
    sent = stage.text(phone)
    assert (sent.segments, sent.state) == (1, MessageState.ACCEPTED)
    stage.wait(minutes=10)
    assert stage.states() == states
    last = parse_status(stage.kinline.forms("/status/m1")[-1])
    assert (last.provider_ref, last.error_code) == (sent.provider_ref, code)
    assert stage.replies() == reply


def test_receipts_come_at_two_and_five_seconds_and_the_reply_between_two_and_nine_minutes(
    stage: Stage,
) -> None:
    stage.text("+12135550101")
    assert stage.sandbox.next_due() == NOON + timedelta(seconds=2)
    stage.wait(seconds=4.9)
    assert stage.states() == [MessageState.ACCEPTED]
    stage.wait(seconds=0.1)
    assert stage.states() == [MessageState.ACCEPTED, MessageState.DELIVERED]
    due = stage.sandbox.next_due()
    assert due is not None
    assert timedelta(minutes=2) <= due - stage.now <= timedelta(minutes=9)


def test_nobody_answers_the_thanks(stage: Stage) -> None:
    stage.text("+12135550101", THANKS)
    stage.wait(minutes=10)
    assert stage.replies() == []


def test_the_same_words_are_answered_once_a_day(stage: Stage) -> None:
    stage.text("+12135550101", message_id="m1")
    stage.wait(minutes=10)
    stage.text("+12135550101", message_id="m2")
    stage.wait(minutes=10)
    assert stage.replies() == ["1"]
    stage.wait(days=1)
    stage.text("+12135550101", message_id="m3")
    stage.wait(minutes=10)
    assert stage.replies() == ["1", "1"]


def test_a_phone_unreachable_for_a_day_answers_on_the_next(stage: Stage) -> None:
    stage.text("+12135550184", message_id="m1")
    stage.wait(hours=23, minutes=59)
    stage.text("+12135550184", message_id="m2")
    stage.wait(minutes=10)
    stage.text("+12135550184", message_id="m3")
    stage.wait(minutes=10)
    assert [stage.states(m)[-1] for m in ("m1", "m3")] == [MessageState.UNDELIVERED, MessageState.DELIVERED]
    assert stage.replies() == ["1"]


def test_after_stop_twilio_refuses_and_after_start_it_sends_again(stage: Stage) -> None:
    stage.text("+12135550166")
    stage.wait(minutes=10)
    said = parse_inbound(stage.kinline.forms("/sms")[0])
    assert (said.body, said.opt_out_type, said.from_, said.to) == ("STOP", "STOP", "+12135550166", OURS)
    with pytest.raises(Rejected) as refused:
        stage.text("+12135550166", message_id="m2")
    assert refused.value.code == "21610"
    httpx.post(
        f"{stage.sandbox_url}/_sandbox/inbound", json={"from": "+12135550166", "to": OURS, "body": "Start"}
    ).raise_for_status()
    assert parse_inbound(stage.kinline.forms("/sms")[1]).opt_out_type == "START"
    assert stage.text("+12135550166", message_id="m3").state is MessageState.ACCEPTED


def test_a_stumbling_provider_says_429_then_500_then_accepts_each_message_anew(stage: Stage) -> None:
    for message_id, body in (("m1", QUESTION), ("m2", "Will you go?")):
        with pytest.raises(Unavailable) as busy:
            stage.text("+12135550190", body, message_id)
        assert busy.value.retry_after_seconds == 1.0
        with pytest.raises(OutcomeUnknown, match="http 500"):
            stage.text("+12135550190", body, message_id)
        stage.now += timedelta(minutes=2)
        assert stage.find("+12135550190", body) == []
        assert stage.text("+12135550190", body, message_id).state is MessageState.ACCEPTED
    with pytest.raises(Unavailable):
        stage.text("+12135550190", QUESTION, "m3")
    stage.wait(minutes=10)
    assert stage.replies() == ["1", "1"]


def test_a_lost_response_is_found_in_twilios_list_once_the_lag_has_passed(stage: Stage) -> None:
    with pytest.raises(OutcomeUnknown, match="connection lost"):
        stage.text("+12135550195")
    stage.now += timedelta(seconds=59)
    assert stage.find("+12135550195") == []
    stage.wait(seconds=1)
    assert [text.state for text in stage.find("+12135550195")] == [MessageState.DELIVERED]
    assert stage.find("+12135550195", "Some other words?") == []
    assert stage.find("+12135550196") == []
    stage.wait(minutes=10)
    assert (stage.states()[-1], stage.replies()) == (MessageState.DELIVERED, ["1"])


def test_a_response_that_hangs_past_the_time_out_is_an_unknown_outcome(stage: Stage) -> None:
    stage.sandbox.lose_by = "hanging"
    with pytest.raises(OutcomeUnknown, match="time-out"):
        stage.messenger(timeout=0.3).send_text(
            to="+12135550199",
            body=QUESTION,
            message_id="m1",
            status_callback_url=f"{stage.kinline.url}/status/m1",
        )
    stage.wait(minutes=2)
    assert len(stage.find("+12135550199")) == 1


def test_a_look_up_reads_every_page_and_keeps_to_the_window(stage: Stage) -> None:
    for number in range(3):
        stage.text("+12135550150", message_id=f"m{number}")
        stage.wait(seconds=30)
    stage.text("+12135550150", THANKS, "other")
    stage.wait(minutes=5)
    rows = httpx.get(
        f"{stage.sandbox_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=3", auth=(ACCOUNT, TOKEN)
    ).json()
    assert (len(rows["messages"]), rows["page"], bool(rows["next_page_uri"])) == (3, 0, True)
    listed = stage.messenger()._client.messages.list(to="+12135550150", page_size=2)
    assert len(listed) == 4
    found = stage.messenger().find_text(
        to="+12135550150", sent_after=NOON, sent_before=NOON + timedelta(seconds=45), body=QUESTION
    )
    assert [text.sent_at for text in found] == [NOON + timedelta(seconds=2), NOON + timedelta(seconds=32)]


@pytest.mark.parametrize(("to", "code"), [("", "21604"), ("12", "21211"), ("555-0100", "21211")])
def test_a_bad_number_is_rejected_with_twilios_code(stage: Stage, to: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        stage.text(to)
    assert refused.value.code == code


def test_a_wrong_token_is_rejected(stage: Stage) -> None:
    stranger = TwilioMessenger(
        account_sid=ACCOUNT, auth_token="wrong", from_number=OURS, base_url=stage.sandbox_url
    )
    with pytest.raises(Rejected) as refused:
        stranger.send_text(to="+12135550100", body="Hi", message_id="m", status_callback_url="http://x/m")
    assert refused.value.code == "20003"


def calls_of(stage: Stage) -> list[tuple[CallStatus | None, AnsweredBy | None]]:
    return [(r.status, r.answered_by) for r in map(parse_call_status, stage.kinline.forms("/call/c1"))]


@pytest.mark.parametrize(
    ("phone", "final", "who", "pressed"),
    [
        ("+12135550100", CallStatus.COMPLETED, AnsweredBy.HUMAN, "1"),
        ("+12135550150", CallStatus.NO_ANSWER, None, None),
        ("+12135550160", CallStatus.COMPLETED, AnsweredBy.HUMAN, "1"),
        ("+12135550165", CallStatus.COMPLETED, AnsweredBy.HUMAN, None),
        ("+12135550170", CallStatus.COMPLETED, AnsweredBy.HUMAN, "2"),
        ("+12135550175", CallStatus.COMPLETED, AnsweredBy.HUMAN, "3"),
        ("+12135550180", CallStatus.FAILED, None, None),
        ("+12135550183", CallStatus.FAILED, None, None),
        ("+12135550185", CallStatus.COMPLETED, AnsweredBy.MACHINE_START, None),
        ("+12135550200", CallStatus.NO_ANSWER, None, None),
    ],
)
def test_each_phone_row_takes_an_automated_call_as_its_row_says(
    stage: Stage, phone: str, final: CallStatus, who: AnsweredBy | None, pressed: str | None
) -> None:
    stage.kinline.twiml["/voice/c1"] = MENU
    placed = stage.call(phone)
    stage.wait(minutes=5)
    assert calls_of(stage)[-1] == (final, who)
    gathered = [parse_gather(form) for form in stage.kinline.forms("/voice/gather")]
    assert [(g.provider_ref, g.digits) for g in gathered] == (
        [(placed.provider_ref, pressed)] if pressed else []
    )
    found = stage.messenger().find_call(to=phone, started_after=NOON, started_before=stage.now)
    assert [(call.provider_ref, call.status) for call in found] == [(placed.provider_ref, final)]


def test_a_call_follows_redirects_reports_its_length_and_never_loops_for_ever(stage: Stage) -> None:
    stage.kinline.twiml |= {
        "/voice/c1": MENU,
        "/voice/gather": "<Response><Redirect>gather</Redirect></Response>",
    }
    stage.call("+12135550100")
    stage.wait(minutes=5)
    assert len(stage.kinline.forms("/voice/")) == 8
    report = parse_call_status(stage.kinline.forms("/call/c1")[-1])
    assert (report.status, report.duration) == (CallStatus.COMPLETED, 9)


def test_calls_stumble_and_lose_their_response_like_texts(stage: Stage) -> None:
    with pytest.raises(Unavailable):
        stage.call("+12135550194")
    with pytest.raises(OutcomeUnknown):
        stage.call("+12135550194")
    assert stage.call("+12135550194").provider_ref.startswith("CA")
    with pytest.raises(OutcomeUnknown):
        stage.call("+12135550197")
    stage.wait(minutes=5)
    found = stage.messenger().find_call(to="+12135550197", started_after=NOON, started_before=stage.now)
    assert [call.status for call in found] == [CallStatus.COMPLETED]


def test_no_number_and_no_words_reach_a_log_or_an_exception(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")
    # A line of our own shows that the log listens at DEBUG, whatever other tests in this process shut.
    logging.getLogger("kinline.test").debug("the log is listening")
    stage.kinline.twiml["/voice/c1"] = MENU
    errors: list[BaseException] = []
    for phone in ("+12135550100", "+12135550166", "+12135550190", "+12135550195", "+1213555", "+12135550196"):
        for act in (stage.text, stage.find, stage.call):
            try:
                act(phone)
            except (Rejected, Unavailable, OutcomeUnknown) as error:
                errors.append(error)
        stage.wait(minutes=10)
        try:
            stage.text(phone, message_id="m2")
        except (Rejected, Unavailable, OutcomeUnknown) as error:
            errors.append(error)
    logged = "\n".join(f"{r.getMessage()} {r.args} {r.exc_text}" for r in caplog.records)
    told = "\n".join(f"{e!r} {e} {e.__cause__!r} {e.__context__!r}" for e in errors)
    assert len(errors) >= 6
    assert "the log is listening" in logged
    for secret in ("213555", "202555", "Reply 1", TOKEN, "%2B"):
        assert secret not in logged
        assert secret not in told
