"""The sandbox's own promises: nothing forgotten by a restart, late webhooks kept, time in order."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from sqlalchemy import make_url

from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore, PostgresStore, SandboxStore
from integrations.sandbox.twilio_server import MAX_TRIES, TwilioSandbox
from tests.servers import TestServer

NOON = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
OURS, NOBODY = "+12025550100", "http://127.0.0.1:9"


class Inbox(http.server.ThreadingHTTPServer):
    """Hears webhooks; `status` is what it answers and `answer` the TwiML."""

    def __init__(self, port: int = 0) -> None:
        self.heard: list[tuple[str, dict[str, list[str]]]] = []
        self.status, self.answer = 200, ""
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def words(self, key: str) -> list[str]:
        return [form[key][0] for _, form in self.heard if key in form]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heard.append((self.path, parse_qs(body)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    server = Inbox()
    yield server
    server.shutdown()
    server.server_close()


def a_sandbox(store: SandboxStore, inbound_url: str | None = None) -> TwilioSandbox:
    return TwilioSandbox(
        store=store, clock=lambda: NOON, account_sid="AC1", auth_token="t", inbound_url=inbound_url
    )


def a_text(sandbox: TwilioSandbox, url: str, to: str = "+13055550100", at: datetime = NOON) -> None:
    form = {"To": [to], "From": [OURS], "Body": ["Will you go?"], "StatusCallback": [f"{url}/status"]}
    sandbox.texts.accept(form, at)


def a_call(sandbox: TwilioSandbox, url: str, **more: list[str]) -> str:
    form = {
        "To": ["+13055550100"],
        "From": [OURS],
        "Url": [f"{url}/twiml"],
        "StatusCallback": [f"{url}/call"],
    }
    return str(sandbox.calls.place(form | more, NOON)[0]["sid"])


def test_a_restart_between_any_two_events_forgets_nothing(inbox: Inbox, server: TestServer) -> None:
    url = make_url(server.create("twilio_sandbox")).set(drivername="postgresql")
    inbox.answer = '<Response><Gather action="/twiml"><Say>Press 1</Say></Gather></Response>'

    def reopened() -> TwilioSandbox:
        stores.append(PostgresStore(url.render_as_string(hide_password=False)))
        return a_sandbox(stores[-1])

    stores: list[PostgresStore] = []
    first = reopened()
    first.set_inbound_url(f"{inbox.url}/sms")
    a_text(first, inbox.url)
    a_call(first, inbox.url)
    while (due := stores[-1].next_due("twilio_event")) is not None:
        stores.pop().close()
        reopened().advance(due)
    assert inbox.words("MessageStatus") == ["sent", "delivered"]
    assert inbox.words("Body") == ["1"]
    assert [path for path, _ in inbox.heard].count("/twiml") == 8
    assert inbox.words("CallStatus")[-1] == "completed"
    stores.pop().close()


def test_a_webhook_that_nobody_hears_is_tried_again_at_the_next_advance(inbox: Inbox) -> None:
    store = MemoryStore()
    sandbox = a_sandbox(store)
    port = inbox.server_address[1]
    inbox.shutdown()
    inbox.server_close()
    a_text(sandbox, inbox.url, to="+13055550150")
    assert sandbox.advance(NOON + timedelta(minutes=1))["counts"]["late"] == 2
    assert sandbox.next_due() is None  # play may go on: what is late waits for the next advance
    again = Inbox(port)
    try:
        assert a_sandbox(store).advance(NOON + timedelta(minutes=1))["counts"] == {"webhooks": 2}
        assert again.words("MessageStatus") == ["sent", "delivered"]
        assert a_sandbox(store).advance(NOON + timedelta(minutes=2))["counts"] == {}
    finally:
        again.shutdown()
        again.server_close()


def test_a_webhook_is_given_up_after_twenty_tries() -> None:
    sandbox = a_sandbox(MemoryStore())
    a_text(sandbox, NOBODY, to="+13055550150")
    told = [sandbox.advance(NOON + timedelta(minutes=n + 1))["counts"] for n in range(MAX_TRIES + 1)]
    assert all(counts["late"] == 2 for counts in told[:-2])
    assert told[-2:] == [{"given_up": 2}, {}]


def test_replies_wait_for_an_inbound_url_however_long_it_takes(inbox: Inbox) -> None:
    sandbox = a_sandbox(MemoryStore())
    a_text(sandbox, inbox.url)
    for minute in range(10, 50):
        sandbox.advance(NOON + timedelta(minutes=minute))
    assert inbox.words("Body") == []
    sandbox.set_inbound_url(f"{inbox.url}/sms")
    sandbox.advance(NOON + timedelta(minutes=50))
    assert inbox.words("Body") == ["1"]


def test_a_webhook_that_answers_with_an_error_is_not_repeated(inbox: Inbox) -> None:
    inbox.status = 500
    sandbox = a_sandbox(MemoryStore())
    a_text(sandbox, inbox.url, to="+13055550150")
    assert sandbox.advance(NOON + timedelta(minutes=1))["counts"]["refused"] == 2
    assert sandbox.advance(NOON + timedelta(minutes=2))["counts"] == {}


def test_one_long_jump_delivers_everything_in_order_of_time(inbox: Inbox) -> None:
    sandbox = a_sandbox(MemoryStore(), f"{inbox.url}/sms")
    for minute in (0, 1, 30):
        a_text(
            sandbox, f"{inbox.url}/{minute}", f"+1305555010{minute // 10}", NOON + timedelta(minutes=minute)
        )
    sandbox.advance(NOON + timedelta(days=1))
    paths = [path for path, _ in inbox.heard]
    assert paths[:4] == ["/0/status", "/0/status", "/1/status", "/1/status"]
    assert paths[4:] == ["/sms", "/30/status", "/30/status", "/sms"]


def test_a_call_waits_for_its_twiml_and_ends_when_it_never_comes(inbox: Inbox) -> None:
    store = MemoryStore()
    sandbox = a_sandbox(store)
    sid = a_call(sandbox, NOBODY, StatusCallback=[f"{inbox.url}/call"])
    sandbox.advance(NOON + timedelta(minutes=5))
    assert (store.get("twilio_call", sid) or {})["status"] == "in-progress"
    for minute in range(6, 5 + MAX_TRIES):
        sandbox.advance(NOON + timedelta(minutes=minute))
    assert inbox.words("CallStatus") == ["completed"]
    assert (store.get("twilio_call", sid) or {})["error"] == "11200"


@pytest.mark.parametrize(("status", "answer", "error"), [(200, "hello", "12100"), (404, "", "11200")])
def test_a_call_with_unusable_twiml_ends_with_an_error(
    inbox: Inbox, status: int, answer: str, error: str
) -> None:
    inbox.status, inbox.answer = status, answer
    store = MemoryStore()
    sandbox = a_sandbox(store)
    sid = a_call(sandbox, inbox.url)
    sandbox.advance(NOON + timedelta(minutes=5))
    call = store.get("twilio_call", sid) or {}
    assert (call["status"], call["error"]) == ("completed", error)


def test_a_call_tells_only_the_events_that_were_asked_for(inbox: Inbox) -> None:
    inbox.answer = "<Response><Say>Hi</Say></Response>"
    sandbox = a_sandbox(MemoryStore())
    a_call(sandbox, inbox.url)
    sandbox.advance(NOON + timedelta(minutes=5))
    assert [f["CallStatus"][0] for path, f in inbox.heard if path == "/call"] == ["completed"]
    inbox.heard.clear()
    a_call(sandbox, inbox.url, StatusCallbackEvent=["ringing", "answered", "completed"])
    sandbox.advance(NOON + timedelta(minutes=5))
    told = [form["CallStatus"][0] for path, form in inbox.heard if path == "/call"]
    assert told == ["ringing", "in-progress", "completed"]


def test_the_same_story_makes_the_same_sids_and_twins_are_told_apart() -> None:
    first, second = a_sandbox(MemoryStore()), a_sandbox(MemoryStore())
    for sandbox in (first, second):
        a_text(sandbox, NOBODY)
        a_text(sandbox, NOBODY)
    sids = [[text["sid"] for text in sandbox.store.find("twilio_text")] for sandbox in (first, second)]
    assert sids[0] == sids[1]
    assert len(set(sids[0])) == 2


def test_the_live_thread_advances_by_the_clock_until_it_is_stopped(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [NOON]
    sandbox = TwilioSandbox(store=MemoryStore(), clock=lambda: times[0], account_sid="AC1", auth_token="t")
    a_text(sandbox, inbox.url, to="+13055550150")
    heard = threading.Event()
    monkeypatch.setattr(_Handler, "log_message", lambda *_: heard.set())
    stop = sandbox.run_live(interval=0.01)
    times[0] = NOON + timedelta(seconds=2)
    assert heard.wait(10)
    stop()
    times[0] = NOON + timedelta(minutes=1)
    assert inbox.words("MessageStatus") == ["sent"]


def test_inspection_and_control_by_http() -> None:
    sandbox = TwilioSandbox(
        store=MemoryStore(),
        clock=lambda: NOON,
        account_sid="AC1",
        auth_token="t",
        children_by_phone={"+13055550166": ["C1"]},
    )
    a_text(sandbox, NOBODY, to="+13055550166")
    with ThreadedServer(sandbox.app) as served, httpx.Client(base_url=f"{served.url}/_sandbox") as http:
        assert http.get("/next_due").json()["next_due"] == (NOON + timedelta(seconds=2)).isoformat()
        told = http.post("/advance", json={"now": (NOON + timedelta(minutes=10)).isoformat()}).json()
        assert (told["counts"]["text.reply"], told["next_due"]) == (1, None)
        assert http.get("/next_due").json() == {"next_due": None, "late": 3, "given_up": 0}
        (phone,) = http.get("/phones").json()["phones"]
        assert (phone["behaviour"], phone["opted_out"], phone["children"]) == ("says_stop", True, ["C1"])
        texts = http.get("/messages", params={"to": "+13055550166"}).json()["messages"]
        assert [text["body"] for text in texts] == ["Will you go?"]
        assert http.get("/messages").json()["messages"][1]["body"] == "STOP"
        assert http.get("/calls").json() == {"calls": []}
        assert http.post("/inbound_url", json={"url": f"{NOBODY}/sms"}).json() == {"url": f"{NOBODY}/sms"}
        for wrong in ('{"now": "2026-02-02T15:00:00"}', '{"now": "soon"}', "{}", "[]", "{"):
            assert http.post("/advance", content=wrong).status_code == 400
