"""Each way in which a request to Twilio can go wrong, on real sockets, and what it means."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from integrations.messaging.transport import answered_failure
from integrations.messaging.twilio import TwilioMessenger
from models.errors import IntegrationError, OutcomeUnknown, Rejected, Unavailable

NOON = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)


@contextmanager
def a_server(answer: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """Answers every request with these bytes and hangs up; None: reads and never answers."""
    heard: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    if answer is None:
                        done.wait(5)
                    elif answer:
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
        done.set()
        listener.shutdown(socket.SHUT_RDWR)


def http(status: int, body: str = "{}", headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n{body}"
    ).encode()


def messenger(url: str) -> TwilioMessenger:
    return TwilioMessenger(
        account_sid="AC1", auth_token="t", from_number="+12025550100", base_url=url, timeout=0.4
    )


def send(url: str) -> None:
    messenger(url).send_text(to="+13055550100", body="Hi", message_id="m1", status_callback_url="http://k/m1")


def look(url: str) -> None:
    messenger(url).find_text(
        to="+13055550100", sent_after=NOON, sent_before=NOON + timedelta(hours=1), body="Hi"
    )


@pytest.mark.parametrize(
    ("answer", "of_a_send", "of_a_look", "detail"),
    [
        (None, OutcomeUnknown, Unavailable, "time-out"),
        (b"", OutcomeUnknown, Unavailable, "connection lost"),
        (
            b"HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{",
            OutcomeUnknown,
            Unavailable,
            "connection lost",
        ),
        (http(500), OutcomeUnknown, Unavailable, "http 500"),
        (http(503, "<html>"), OutcomeUnknown, Unavailable, "http 503"),
        (http(302), OutcomeUnknown, Unavailable, "http 302"),
        (http(408), OutcomeUnknown, Unavailable, "http 408"),
        (http(201, "not json"), OutcomeUnknown, Unavailable, "unreadable answer"),
        (http(201, '{"status": "queued"}'), OutcomeUnknown, Unavailable, "unreadable answer"),
        (http(429, '{"code": 20429}'), Unavailable, Unavailable, "http 429 code 20429"),
        (http(400, '{"code": 21211, "message": "+1305"}'), Rejected, Rejected, "http 400 code 21211"),
    ],
)
def test_a_failed_send_is_unknown_where_a_failed_look_can_simply_be_repeated(
    answer: bytes | None, of_a_send: type, of_a_look: type, detail: str
) -> None:
    for act, expected in ((send, of_a_send), (look, of_a_look)):
        with a_server(answer) as (url, heard), pytest.raises(IntegrationError) as failure:
            act(url)
        assert type(failure.value) is expected
        assert failure.value.detail == detail
        assert len(heard) == 1  # no retry of its own
        assert failure.value.__cause__ is None
        assert failure.value.__context__ is None


def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="no connection"):
        send(f"http://127.0.0.1:{port}")


def test_an_unusable_address_means_that_nothing_was_sent() -> None:
    with pytest.raises(Unavailable, match="no connection"):
        send("ftp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 7\r\n", 7.0),
        ("Date: Mon, 02 Feb 2026 15:00:00 GMT\r\nRetry-After: Mon, 02 Feb 2026 15:00:30 GMT\r\n", 30.0),
        ("Retry-After: soon\r\n", None),
        ("Retry-After: Mon, 02 Feb 2026 15:00:30 GMT\r\n", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    with a_server(http(429, headers=header)) as (url, _), pytest.raises(Unavailable) as busy:
        send(url)
    assert busy.value.retry_after_seconds == seconds


def test_the_original_host_rides_along_and_a_proxy_of_the_users_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    with a_server(http(500)) as (url, heard), pytest.raises(OutcomeUnknown):
        send(url)
    assert b"X-Original-Host: api.twilio.com\r\n" in heard[0]


@pytest.mark.parametrize("body", ["", "[]", '"x"', '{"code": "21211"}', '{"code": true}'])
def test_an_error_body_without_a_code_gives_none(body: str) -> None:
    failure = answered_failure(400, body, None, reads=False)
    assert isinstance(failure, Rejected)
    assert (failure.code, failure.detail) == ("", "http 400")


def test_a_callback_url_without_our_id_is_never_sent() -> None:
    with a_server(http(500)) as (url, heard), pytest.raises(ValueError, match="does not carry our id"):
        messenger(url).send_text(
            to="+13055550100", body="Hi", message_id="m7", status_callback_url="http://k/m1"
        )
    assert heard == []
