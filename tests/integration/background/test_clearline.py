"""The Clearline client against the sandbox provider, over real HTTP: what it orders, and what it is told."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import httpx
import pytest

from integrations.background.clearline import STATES, Clearline, report_of
from integrations.sandbox.background_server import BackgroundSandbox, ending_of
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from models.errors import KinlineError, OutcomeUnknown, Rejected, Unavailable
from models.states import CheckKind, CheckState
from vetting.ports import BackgroundCheck, CheckOrder, ProviderRef

NOON = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
TOKEN = "sandbox-token"
PERSONAL = ("Marta", "Example Coj", "Lopez", "1989-11-20", "GT0000001")


class MovableClock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Switchboard:
    """One server for the whole module; `app` is what answers now. Starting one per test takes longer."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})


SWITCHBOARD = Switchboard()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[ThreadedServer]:
    with ThreadedServer(SWITCHBOARD) as running:
        yield running


@pytest.fixture
def serve(shared_server: ThreadedServer) -> Callable[[Any], str]:
    """The URL at which this app answers from now on."""

    def start(app: Any) -> str:
        SWITCHBOARD.app = app
        return shared_server.url

    return start


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def sandbox(clock: MovableClock) -> BackgroundSandbox:
    return BackgroundSandbox(store=MemoryStore(), clock=clock, token=TOKEN, webhook_secret="whsec")


@pytest.fixture
def url(sandbox: BackgroundSandbox, serve: Callable[[Any], str]) -> str:
    return serve(sandbox.app)


@pytest.fixture
def client(url: str) -> Iterator[BackgroundCheck]:
    with Clearline(base_url=url, token=TOKEN) as made:
        yield made


def an_order(kind: CheckKind = CheckKind.FBI_FINGERPRINT, number: str | None = "GT0000001") -> CheckOrder:
    return CheckOrder(
        check_id=uuid4(),
        kind=kind,
        jurisdiction="TX" if kind is CheckKind.CHILD_ABUSE_REGISTRY else None,
        given_names="Marta",
        family_names="Example Coj",
        other_names=("Marta E. Lopez",),
        date_of_birth=date(1989, 11, 20),
        identity_number=number,
        prints_ref="prints-1",
        callback_url="http://127.0.0.1:9/webhooks/checks/clearline",
    )


def state_after_one_look(client: BackgroundCheck, kind: CheckKind, number: str | None) -> str:
    order = an_order(kind, number)
    return client.read(client.submit(order, key=str(order.check_id))).state


def answering(status: int, body: bytes) -> Any:
    """An ASGI app that answers everything in one way."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"Retry-After", b"7")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def slow_to_answer(app: Any, method: str, seconds: float) -> Any:
    """The app does its work at once; the answer to this method travels slowly."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        async def later(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["method"] == method:
                await anyio.sleep(seconds)
            await send(message)

        await app(scope, receive, later)

    return slow


# --- the table of design 6.5 ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number", "state"),
    [
        (CheckKind.FBI_FINGERPRINT, "GT0000001BAR", "hit_bar"),
        (CheckKind.FBI_FINGERPRINT, "GT0000001REV", "hit_review"),
        (CheckKind.FBI_FINGERPRINT, "GT0000001UNREAD", "unreadable"),
        (CheckKind.FBI_FINGERPRINT, "gt0000001bar", "hit_bar"),
        (CheckKind.CHILD_ABUSE_REGISTRY, "GT0000001NEVER", "pending"),
        (CheckKind.CHILD_ABUSE_REGISTRY, "GT0000001LATE", "pending"),
        (CheckKind.FBI_NAME, "GT0000001UNREAD", "clear"),
    ],
)
def test_identity_number_stages_its_row(
    client: BackgroundCheck, kind: CheckKind, number: str, state: str
) -> None:
    assert state_after_one_look(client, kind, number) == state


@pytest.mark.parametrize("kind", list(CheckKind))
@pytest.mark.parametrize("number", ["GT0000001", None])
def test_anybody_else_is_clear_at_the_first_look(
    client: BackgroundCheck, kind: CheckKind, number: str | None
) -> None:
    assert state_after_one_look(client, kind, number) == "clear"


def test_scene_touches_no_other_kind_of_check(client: BackgroundCheck) -> None:
    for kind in set(CheckKind) - {CheckKind.FBI_FINGERPRINT}:
        assert state_after_one_look(client, kind, "XBAR") == "clear"
    for kind in set(CheckKind) - {CheckKind.CHILD_ABUSE_REGISTRY}:
        assert state_after_one_look(client, kind, "XLATE") == "clear"


def test_unreadable_prints_are_rejected_twice_then_the_name_is_clear(client: BackgroundCheck) -> None:
    prints = an_order(CheckKind.FBI_FINGERPRINT, "XUNREAD")
    first, second = (client.submit(prints, key=f"{prints.check_id}:{n}") for n in (1, 2))
    assert first != second
    assert [client.read(ref).state for ref in (first, second)] == ["unreadable", "unreadable"]
    assert state_after_one_look(client, CheckKind.FBI_NAME, "XUNREAD") == "clear"


def test_never_stays_pending_for_years(client: BackgroundCheck, clock: MovableClock) -> None:
    ref = client.submit(an_order(CheckKind.CHILD_ABUSE_REGISTRY, "XNEVER"), key="k")
    clock.now += timedelta(days=1000)
    assert client.read(ref).state == "pending"


@pytest.mark.parametrize(
    ("wait", "state"),
    [
        (timedelta(days=20, seconds=-1), "pending"),
        (timedelta(days=20), "clear"),
        (timedelta(days=21), "clear"),
    ],
)
def test_late_result_comes_after_twenty_days(
    client: BackgroundCheck, clock: MovableClock, wait: timedelta, state: str
) -> None:
    ref = client.submit(an_order(CheckKind.CHILD_ABUSE_REGISTRY, "XLATE"), key="k")
    clock.now += wait
    report = client.read(ref)
    assert report.state == state
    assert report.received_at == (NOON + timedelta(days=20) if state == "clear" else None)


@pytest.mark.parametrize("kind", list(CheckKind))
def test_down_refuses_three_tries_of_each_order(client: BackgroundCheck, kind: CheckKind) -> None:
    for key in ("first", "second"):
        for _ in range(3):
            with pytest.raises(Unavailable) as caught:
                client.submit(an_order(kind, "XDOWN"), key=key)
            assert caught.value.retry_after_seconds == 1
            assert client.find(key) is None
        assert client.read(client.submit(an_order(kind, "XDOWN"), key=key)).state == "clear"


def test_ending_of_a_number_is_its_own_row() -> None:
    rows = ["BAR", "REV", "NEVER", "LATE", "UNREAD", "DOWN"]
    assert [ending_of(f"X0{row}") for row in rows] == rows
    assert ending_of("BARX") == ending_of("") == ending_of(None) == ""


# --- once, and findable --------------------------------------------------------------------------


def test_same_key_twice_is_one_order(client: BackgroundCheck, sandbox: BackgroundSandbox) -> None:
    order = an_order()
    assert client.submit(order, key="k") == client.submit(order, key="k") == client.find("k")
    # A restart may have moved our own address; that makes no second order.
    moved = replace(order, callback_url="http://127.0.0.1:10/webhooks/checks/clearline")
    assert client.submit(moved, key="k") == client.find("k")
    assert len(sandbox.orders()) == 1


def test_key_of_another_check_is_rejected(client: BackgroundCheck, sandbox: BackgroundSandbox) -> None:
    client.submit(an_order(), key="k")
    with pytest.raises(Rejected) as caught:
        client.submit(an_order(), key="k")
    assert caught.value.code == "idempotency_key_reused"
    assert len(sandbox.orders()) == 1


def test_find_tells_two_attempts_at_one_check_apart(client: BackgroundCheck) -> None:
    order = an_order()
    first, second = client.submit(order, key="a:1"), client.submit(order, key="a:2")
    assert (client.find("a:1"), client.find("a:2"), client.find("a:3")) == (first, second, None)


def test_slow_answer_is_unknown_then_found_and_stays_one_order(
    sandbox: BackgroundSandbox, serve: Callable[[Any], str]
) -> None:
    order = an_order()
    url = serve(slow_to_answer(sandbox.app, "POST", 1.0))
    with Clearline(base_url=url, token=TOKEN, timeout=timedelta(seconds=0.3)) as client:
        with pytest.raises(OutcomeUnknown):
            client.submit(order, key="k")
        ref = client.find("k")
        assert ref is not None
        assert client.read(ref).state == "clear"
    assert [kept["idempotency_key"] for kept in sandbox.orders()] == ["k"]


def test_slow_look_changes_nothing_so_it_is_unavailable(
    sandbox: BackgroundSandbox, serve: Callable[[Any], str]
) -> None:
    url = serve(slow_to_answer(sandbox.app, "GET", 1.0))
    with Clearline(base_url=url, token=TOKEN, timeout=timedelta(seconds=0.3)) as client:
        ref = client.submit(an_order(), key="k")
        with pytest.raises(Unavailable):
            client.read(ref)
        with pytest.raises(Unavailable):
            client.find("k")


def test_nobody_at_the_port_is_unavailable() -> None:
    with ThreadedServer(Switchboard()) as server:
        url = server.url
    with Clearline(base_url=url, token=TOKEN) as client, pytest.raises(Unavailable):
        client.submit(an_order(), key="k")


@pytest.mark.parametrize(
    ("status", "on_submit", "on_read"),
    [
        (200, OutcomeUnknown, Unavailable),  # yes, in words that cannot be read
        (302, Rejected, Rejected),
        (400, Rejected, Rejected),
        (401, Rejected, Rejected),
        (404, Rejected, Rejected),
        (429, Unavailable, Unavailable),
        (500, OutcomeUnknown, Unavailable),
        (502, OutcomeUnknown, Unavailable),
        (503, Unavailable, Unavailable),
        (504, OutcomeUnknown, Unavailable),
    ],
)
def test_status_says_what_the_caller_can_do(
    serve: Callable[[Any], str], status: int, on_submit: type[KinlineError], on_read: type[KinlineError]
) -> None:
    url = serve(answering(status, b"Marta Example Coj, GT0000001"))
    with Clearline(base_url=url, token=TOKEN) as client:
        with pytest.raises(on_submit) as submitted:
            client.submit(an_order(), key="k")
        with pytest.raises(on_read) as read:
            client.read(ProviderRef("ord_1"))
        with pytest.raises(on_read):
            client.find("k")
    for caught in (submitted, read):
        assert type(caught.value) in (on_submit, on_read)
        assert not any(word in str(caught.value) for word in PERSONAL)
        if status in (429, 503):
            assert caught.value.retry_after_seconds == 7


def test_wrong_token_is_rejected(url: str) -> None:
    with Clearline(base_url=url, token="other") as client, pytest.raises(Rejected) as caught:
        client.submit(an_order(), key="k")
    assert caught.value.code == "unauthorized"


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "disposition", "code"),
    [
        ("no_recrod", None, "no_recrod"),
        ("clear", None, "clear"),
        ("NO_RECORD", None, "unreadable_word"),
        ("record_found", None, "record_found"),
        ("record_found", "expunged", "record_found:expunged"),
        ("no_record", "disqualifying", "no_record:disqualifying"),
        ("Marta Example Coj has no record", None, "unreadable_word"),
        (None, None, "unreadable_word"),
        (["no_record"], None, "unreadable_word"),
        ("no_record", 0, "no_record:unreadable_word"),
    ],
)
def test_unknown_word_is_an_error_never_clear(
    serve: Callable[[Any], str], status: object, disposition: object, code: str
) -> None:
    order = {"id": "ord_1", "status": status, "disposition": disposition, "as_of": NOON.isoformat()}
    url = serve(answering(200, json.dumps(order).encode()))
    with Clearline(base_url=url, token=TOKEN) as client:
        report = client.read(ProviderRef("ord_1"))
    assert (report.state, report.provider_code) == ("error", code)


def test_only_one_word_means_clear_and_every_word_is_a_check_state() -> None:
    assert [words for words, state in STATES.items() if state == "clear"] == [("no_record", None)]
    assert {CheckState(state) for state in STATES.values()} <= set(CheckState)


@pytest.mark.parametrize("name", ["completed_at", "valid_until", "as_of"])
@pytest.mark.parametrize("value", ["yesterday", 5, "2026-02-02T15:00"])
def test_order_with_a_broken_date_is_not_read_at_all(name: str, value: object) -> None:
    with pytest.raises(ValueError):
        report_of({"id": "ord_1", "status": "no_record", name: value})


def test_provider_s_own_expiry_is_kept() -> None:
    report = report_of({"id": "ord_1", "status": "no_record", "valid_until": "2026-05-03"})
    assert (report.state, report.valid_until) == ("clear", date(2026, 5, 3))


# --- privacy -------------------------------------------------------------------------------------


def test_nothing_personal_reaches_logs_exceptions_urls_or_the_sandbox(
    sandbox: BackgroundSandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    order = an_order()
    said = [repr(order)]
    with Clearline(base_url=url, token=TOKEN) as client:
        client.read(client.submit(order, key=str(order.check_id)))
    with Clearline(base_url=url, token="wrong") as client, pytest.raises(Rejected) as refused:
        client.submit(order, key="k")
    with Clearline(base_url="http://127.0.0.1:9", token=TOKEN) as client, pytest.raises(Unavailable) as away:
        client.submit(order, key="k")
    for caught in (refused, away):
        # Not even chained: httpx's own exception holds the request, and so the person.
        assert caught.value.__cause__ is caught.value.__context__ is None
        said.append("".join(traceback.format_exception(caught.value)))
    said.append(httpx.get(f"{url}/_sandbox/orders").text)
    text = caplog.text + "".join(said)
    assert str(order.check_id) in text
    assert [word for word in (*PERSONAL, TOKEN) if word in text] == []
    UUID(sandbox.orders()[0]["reference"])
