"""Clearline's result webhook, from the sandbox provider to a receiver of ours, over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from integrations.background.clearline import Clearline
from integrations.background.webhook import HEADER, parse_result, signature, verify
from integrations.sandbox.background_server import MAX_TRIES, BackgroundSandbox, create_background_app
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from models.errors import BadInput
from models.states import CheckKind
from vetting.ports import CheckOrder

NOON = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
SECRET = "whsec"
CHECK = UUID("00000000-0000-4000-8000-000000000001")
SECOND = timedelta(seconds=1)


@dataclass
class Receiver:
    """Where the webhooks go. `port` stays the same while it is down."""

    status: int = 204
    got: list[tuple[bytes, str]] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.app = FastAPI()

        @self.app.post("/webhooks/checks/clearline")
        async def take(request: Request) -> Response:
            self.got.append((await request.body(), request.headers[HEADER]))
            return Response(status_code=self.status)

        with self.up() as server:
            self.port = server.port

    def up(self) -> ThreadedServer:
        return ThreadedServer(self.app, port=self.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/checks/clearline"


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def sandbox() -> BackgroundSandbox:
    return BackgroundSandbox(store=MemoryStore(), clock=lambda: NOON, token="t", webhook_secret=SECRET)


@pytest.fixture
def client(sandbox: BackgroundSandbox) -> Iterator[Clearline]:
    with ThreadedServer(sandbox.app) as server, Clearline(base_url=server.url, token="t") as made:
        yield made


def an_order(url: str, kind: CheckKind = CheckKind.FBI_FINGERPRINT, number: str = "X1") -> CheckOrder:
    return CheckOrder(
        check_id=CHECK,
        kind=kind,
        jurisdiction=None,
        given_names="Marta",
        family_names="Example",
        other_names=(),
        date_of_birth=date(1989, 11, 20),
        identity_number=number,
        prints_ref=None,
        callback_url=url,
    )


def an_event(**order: Any) -> bytes:
    whole = {
        "id": "ord_1",
        "reference": str(CHECK),
        "status": "no_record",
        "disposition": None,
        "completed_at": NOON.isoformat(),
        "as_of": NOON.isoformat(),
    } | order
    return json.dumps({"id": "evt_1", "type": "order.updated", "order": whole}).encode()


# --- delivery ------------------------------------------------------------------------------------


def test_result_is_delivered_thirty_seconds_after_the_order(
    client: Clearline, sandbox: BackgroundSandbox, receiver: Receiver
) -> None:
    ref = client.submit(an_order(receiver.url, number="X1BAR"), key="k")
    due = NOON + 30 * SECOND
    assert sandbox.next_due() == due
    with receiver.up():
        assert sandbox.advance(due - SECOND)["delivered"] == 0
        assert sandbox.advance(due) == {"delivered": 1, "waiting": 0, "given_up": 0}
        assert sandbox.advance(due + SECOND)["delivered"] == 0
    [(body, header)] = receiver.got
    assert verify(SECRET, body, header, due)
    notice = parse_result(body)
    assert (notice.check_id, notice.report.ref, notice.report.state) == (CHECK, ref, "hit_bar")
    assert (notice.report.received_at, notice.report.as_of) == (NOON, due)
    assert sandbox.next_due() is None


def test_late_result_is_delivered_when_it_comes_and_never_is_never(
    client: Clearline, sandbox: BackgroundSandbox, receiver: Receiver
) -> None:
    registry = CheckKind.CHILD_ABUSE_REGISTRY
    client.submit(an_order(receiver.url, registry, "XNEVER"), key="never")
    assert sandbox.next_due() is None
    client.submit(an_order(receiver.url, registry, "XLATE"), key="late")
    due = NOON + timedelta(days=20)
    assert sandbox.next_due() == due
    with receiver.up():
        assert sandbox.advance(due)["delivered"] == 1
    assert parse_result(receiver.got[0][0]).report.state == "clear"


def test_webhook_arrives_after_the_receiver_was_down(
    client: Clearline, sandbox: BackgroundSandbox, receiver: Receiver
) -> None:
    client.submit(an_order(receiver.url), key="k")
    due = NOON + 30 * SECOND
    assert sandbox.advance(due) == {"delivered": 0, "waiting": 1, "given_up": 0}
    retry = sandbox.next_due()
    assert retry is not None
    assert retry > due  # so that a clock that jumps from due to due moves on
    with receiver.up():
        receiver.status = 500
        assert sandbox.advance(due + SECOND)["waiting"] == 1
        receiver.status = 204
        much_later = due + timedelta(hours=1)
        assert sandbox.advance(much_later)["delivered"] == 1
    (first, _), (second, header) = receiver.got
    assert first == second  # the same event, signed anew, so that it is no replay
    assert verify(SECRET, second, header, much_later)
    assert sandbox.orders()[0]["webhook"] == {"state": "delivered", "tries": 3}


def test_webhook_is_given_up_after_twenty_tries(
    client: Clearline, sandbox: BackgroundSandbox, receiver: Receiver
) -> None:
    client.submit(an_order(receiver.url), key="k")
    due = NOON + 30 * SECOND
    counts = [sandbox.advance(due + n * SECOND) for n in range(MAX_TRIES)]
    assert [count["waiting"] for count in counts] == [1] * (MAX_TRIES - 1) + [0]
    assert counts[-1]["given_up"] == 1
    assert sandbox.next_due() is None
    assert sandbox.orders()[0]["webhook"]["state"] == "given_up"


def test_live_thread_delivers_by_the_clock(receiver: Receiver) -> None:
    times = iter([NOON])
    sandbox = BackgroundSandbox(
        store=MemoryStore(),
        clock=lambda: next(times, NOON + timedelta(minutes=1)),
        token="t",
        webhook_secret=SECRET,
    )
    wanted = {"reference": str(CHECK), "product": "fbi_name", "person": {}, "callback_url": receiver.url}
    sandbox.place("k", wanted)
    with receiver.up():
        stop = sandbox.run_live(0.02)
        deadline = time.monotonic() + 10
        while not receiver.got and time.monotonic() < deadline:
            time.sleep(0.02)
        stop()
    assert len(receiver.got) == 1


def test_time_can_be_driven_and_watched_over_http(receiver: Receiver) -> None:
    app = create_background_app(store=MemoryStore(), clock=lambda: NOON, token="t", webhook_secret=SECRET)
    with ThreadedServer(app) as server, receiver.up():
        with Clearline(base_url=server.url, token="t") as client:
            client.submit(an_order(receiver.url), key="k")
        inspect = httpx.Client(base_url=f"{server.url}/_sandbox")
        due = inspect.get("/next_due").json()["next_due"]
        assert inspect.post("/advance", json={"now": due}).json()["delivered"] == 1
        assert inspect.get("/next_due").json() == {"next_due": None}
        assert inspect.get("/orders").json()["orders"][0]["webhook"]["state"] == "delivered"
        for wrong in ({}, {"now": "noon"}, {"now": "2026-02-02T15:00:00"}, {"now": 5}):
            assert inspect.post("/advance", json=wrong).status_code == 422
        inspect.close()


# --- signature -----------------------------------------------------------------------------------


def test_true_signature_verifies() -> None:
    assert verify(SECRET, b"{}", signature(SECRET, b"{}", NOON), NOON)


@pytest.mark.parametrize(
    ("age", "fits"),
    [(299, True), (300, True), (301, False), (-300, True), (-301, False)],
)
def test_signature_is_good_for_five_minutes(age: int, fits: bool) -> None:
    assert verify(SECRET, b"{}", signature(SECRET, b"{}", NOON), NOON + age * SECOND) is fits


def test_other_secret_body_or_time_does_not_verify() -> None:
    header = signature(SECRET, b"{}", NOON)
    assert not verify("other", b"{}", header, NOON)
    assert not verify(SECRET, b"{ }", header, NOON)
    stamp = int(NOON.timestamp())
    assert not verify(SECRET, b"{}", header.replace(f"t={stamp}", f"t={stamp + 60}"), NOON)
    assert not verify("", b"{}", signature("", b"{}", NOON), NOON)


def test_header_that_is_not_one_does_not_verify() -> None:
    good = signature(SECRET, b"{}", NOON)
    stamp, digest = good.split(",")
    for header in (
        "",
        stamp,
        digest,
        f"{stamp},v1=",
        f"{stamp},v1=é",
        f"{stamp},v0={digest[3:]}",
        f"{stamp},{stamp},{digest}",
        f"t=,{digest}",
        f"t=-1,{digest}",
        f"t={'9' * 5000},{digest}",
        f"t=١٢,{digest}",
    ):
        assert not verify(SECRET, b"{}", header, NOON), header


def test_one_fitting_digest_of_several_is_enough_while_a_secret_changes() -> None:
    stamp, digest = signature(SECRET, b"{}", NOON).split(",")
    assert verify(SECRET, b"{}", f"{stamp},v1={'0' * 64},{digest}", NOON)


# --- what it says --------------------------------------------------------------------------------


def test_older_notice_can_be_told_from_a_newer_one() -> None:
    later = (NOON + timedelta(hours=1)).isoformat()
    old, new = parse_result(an_event(status="processing")), parse_result(an_event(as_of=later))
    assert old.report.as_of is not None
    assert new.report.as_of is not None
    assert old.report.as_of < new.report.as_of
    assert parse_result(an_event()) == parse_result(an_event())


def test_unknown_word_in_a_webhook_is_an_error_never_clear() -> None:
    report = parse_result(an_event(status="all_good")).report
    assert (report.state, report.provider_code) == ("error", "all_good")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'"Marta Example"',
        b"{}",
        b'{"id": "e", "order": "Marta Example"}',
        b"[" * 100_000,
        an_event(reference="Marta Example"),
        an_event(reference=5),
        an_event(id=None),
        an_event(as_of=None),
        an_event(as_of="2026-02-02T15:00:00"),
        an_event(completed_at="Marta Example"),
    ],
)
def test_body_that_is_no_event_is_bad_input_and_is_not_repeated(body: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        parse_result(body)
    assert caught.value.__context__ is None
    assert "Marta" not in str(caught.value) + str(caught.value.problems)
