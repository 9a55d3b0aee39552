"""The USPS client against the sandbox's postal service, over real HTTP."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from integrations.postal.usps import REFERENCE_VERSION, Usps
from integrations.sandbox.postal_server import TOKEN_LIFE, create_postal_app
from integrations.sandbox.serving import ThreadedServer
from models.errors import KinlineError, Rejected, Unavailable
from vetting.ports import AddressQuery, PostalReference

NOON = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
PERSONAL = ("Example", "77036", "Houston", "1421")
INFO = {"DPVConfirmation": "Y", "DPVCMRA": "N", "business": "N", "vacant": "N", "carrierRoute": "C001"}


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
def url(clock: MovableClock, serve: Callable[[Any], str]) -> str:
    return serve(create_postal_app(clock=clock, client_id="kinline", client_secret="s3cret"))


def usps(url: str, clock: Any = lambda: NOON, secret: str = "s3cret", seconds: float = 10) -> Usps:
    return Usps(
        base_url=url,
        client_id="kinline",
        client_secret=secret,
        clock=clock,
        timeout=timedelta(seconds=seconds),
    )


@pytest.fixture
def client(url: str, clock: MovableClock) -> Iterator[PostalReference]:
    with usps(url, clock) as made:
        yield made


def an_address(line1: str = "1421 Example Ave", unit: str | None = None) -> AddressQuery:
    return AddressQuery(line1=line1, unit=unit, city="Houston", state="TX", zip="77036")


class Scripted:
    """A postal service that says what the test tells it to; counts what it was asked."""

    def __init__(self, status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.tokens = 0
        self.lookups: list[dict[str, str]] = []
        self.refuse_tokens: set[str] = set()
        self.delay = 0.0
        self.token_answer: tuple[int, Any] | None = None
        self.app = FastAPI()

        @self.app.post("/oauth2/v3/token")
        def token() -> JSONResponse:
            self.tokens += 1
            if self.token_answer:
                return JSONResponse(self.token_answer[1], self.token_answer[0])
            return JSONResponse({"access_token": f"token{self.tokens}", "expires_in": 3600})

        @self.app.get("/addresses/v3/address")
        async def address(request: Request) -> JSONResponse:
            self.lookups.append(dict(request.query_params))
            await anyio.sleep(self.delay)
            if request.headers["Authorization"].removeprefix("Bearer ") in self.refuse_tokens:
                return JSONResponse({"error": {"code": "401"}}, 401)
            return JSONResponse(body, status, headers)


# --- the table of design 6.5 ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line1", "unit", "dpv", "business"),
    [
        ("9999 Example Ave", None, "N", False),
        ("9999 Commerce St", "Apt 999", "N", False),
        ("19999 Example Ave", None, "Y", False),
        ("100 Commerce St", None, "Y", True),
        ("120 commerce blvd", None, "Y", True),
        ("120 Commerce St", "Apt 999", "Y", True),
        ("1421 Example Ave", "Apt 999", "S", False),
        ("1420 Example Ave", "APT 999", "S", False),
        ("1420 Example Ave Apt 999", None, "S", False),
        ("1420 Example Ave", "Apt 9990", "Y", False),
        ("1420 Example Ave", None, "D", False),
        ("20 Example Ave", None, "D", False),
        ("1420 Example Ave", "Apt 3B", "Y", False),
        ("1420 Example Ave #3B", None, "Y", False),
        ("1420 Example Ave Apt 3B", None, "Y", False),
        ("1421 Example Ave", None, "Y", False),
    ],
)
def test_address_stages_the_first_row_that_fits(
    client: PostalReference, line1: str, unit: str | None, dpv: str, business: bool
) -> None:
    answer = client.look_up(an_address(line1, unit))
    assert (answer.dpv, answer.business, answer.vacant) == (dpv, business, False)
    assert (answer.checked_at, answer.reference_version) == (NOON, REFERENCE_VERSION)


def test_question_that_the_service_cannot_take_is_rejected(client: PostalReference) -> None:
    with pytest.raises(Rejected) as caught:
        client.look_up(AddressQuery("1421 Example Ave", None, "Houston", "Texas", "77036"))
    assert caught.value.code == "400"


# --- tokens --------------------------------------------------------------------------------------


def test_token_is_asked_for_once_and_again_shortly_before_it_ends(serve: Callable[[Any], str]) -> None:
    service, clock = Scripted(body={"additionalInfo": INFO}), MovableClock()
    with usps(serve(service.app), clock) as client:
        for wait, tokens in ((0, 1), (3539, 1), (1, 2)):
            clock.now += timedelta(seconds=wait)
            client.look_up(an_address())
            assert service.tokens == tokens


def test_token_taken_back_early_is_replaced_once(serve: Callable[[Any], str], clock: MovableClock) -> None:
    service = Scripted(body={"additionalInfo": INFO})
    service.refuse_tokens = {"token1"}
    with usps(serve(service.app), clock) as client:
        assert client.look_up(an_address()).dpv == "Y"
        assert (service.tokens, len(service.lookups)) == (2, 2)
        service.refuse_tokens |= {"token2", "token3"}
        with pytest.raises(Rejected) as caught:
            client.look_up(an_address())
        assert caught.value.code == "401"
        assert (service.tokens, len(service.lookups)) == (3, 4)


def test_sandbox_ends_its_tokens_and_the_client_comes_back(url: str, clock: MovableClock) -> None:
    stopped = NOON  # the client's own clock lags, so that only the 401 can tell it
    with usps(url, lambda: stopped) as client:
        client.look_up(an_address())
        clock.now += TOKEN_LIFE
        assert client.look_up(an_address()).dpv == "Y"


def test_sandbox_checks_credentials_and_tokens(url: str) -> None:
    with usps(url, secret="wrong") as client, pytest.raises(Rejected):
        client.look_up(an_address())
    address = f"{url}/addresses/v3/address?streetAddress=1&state=TX&ZIPCode=77036"
    for header in ({}, {"Authorization": "Bearer x"}, {"Authorization": ""}):
        assert httpx.get(address, headers=header).status_code == 401
    assert httpx.get(f"{url}/_sandbox/lookups").json() == {"lookups": []}


# --- answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404])
def test_address_not_found_is_an_answer(serve: Callable[[Any], str], status: int) -> None:
    body = {"apiVersion": "v3", "error": {"code": str(status), "message": "Address Not Found."}}
    service = Scripted(status, body)
    with usps(serve(service.app)) as client:
        assert client.look_up(an_address()).dpv == "N"


@pytest.mark.parametrize(
    ("change", "dpv", "business", "vacant"),
    [
        ({}, "Y", False, False),
        ({"vacant": "Y"}, "Y", False, True),
        ({"DPVCMRA": "Y"}, "Y", True, False),
        ({"carrierRoute": "B012"}, "Y", True, False),
        ({"business": None}, "Y", True, False),
        ({"business": "?"}, "Y", True, False),
        ({"vacant": ""}, "Y", False, True),
        ({"DPVConfirmation": "D", "business": "", "vacant": ""}, "D", False, False),
        ({"DPVConfirmation": "y"}, None, False, False),
        ({"DPVConfirmation": ""}, None, False, False),
        ({"DPVConfirmation": ["Y"]}, None, False, False),
        ({"DPVConfirmation": None}, None, False, False),
    ],
)
def test_silence_and_strange_words_never_read_as_good(
    serve: Callable[[Any], str], change: dict[str, Any], dpv: str | None, business: bool, vacant: bool
) -> None:
    service = Scripted(body={"address": {}, "additionalInfo": INFO | change})
    with usps(serve(service.app)) as client:
        answer = client.look_up(an_address())
    assert (answer.dpv, answer.business, answer.vacant) == (dpv, business, vacant)


@pytest.mark.parametrize("body", [{}, {"additionalInfo": None}, {"additionalInfo": "Y"}])
def test_answer_without_the_word_says_nothing(serve: Callable[[Any], str], body: dict[str, Any]) -> None:
    service = Scripted(body=body)
    with usps(serve(service.app)) as client:
        assert client.look_up(an_address()).dpv is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, [], Unavailable),
        (302, None, Rejected),
        (400, {"error": {"message": "Invalid Zip Code: 77036."}}, Rejected),
        (400, "Address Not Found", Rejected),
        (400, {"error": {"message": None}}, Rejected),
        (403, {"error": {"message": "1421 Example Ave"}}, Rejected),
        (429, None, Unavailable),
        (500, {"error": {"message": "Address Not Found"}}, Unavailable),
        (503, None, Unavailable),
    ],
)
def test_status_says_what_the_caller_can_do(
    serve: Callable[[Any], str], status: int, body: Any, error: type[KinlineError]
) -> None:
    service = Scripted(status, body, {"Retry-After": "60"})
    with (
        usps(serve(service.app)) as client,
        pytest.raises(error) as caught,
    ):
        client.look_up(an_address())
    assert not any(word in str(caught.value) for word in PERSONAL)
    if status in (429, 503):
        assert caught.value.retry_after_seconds == 60  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "answer", [(200, []), (200, {}), (200, {"access_token": "é", "expires_in": 9}), (503, {}), (429, {})]
)
def test_token_that_does_not_come_is_unavailable(
    serve: Callable[[Any], str], answer: tuple[int, Any]
) -> None:
    service = Scripted()
    service.token_answer = answer
    with usps(serve(service.app)) as client, pytest.raises(Unavailable):
        client.look_up(an_address())


def test_slow_or_absent_service_is_unavailable(serve: Callable[[Any], str]) -> None:
    service = Scripted(body={"additionalInfo": INFO})
    service.delay = 1.0
    with (
        usps(serve(service.app), seconds=0.3) as client,
        pytest.raises(Unavailable),
    ):
        client.look_up(an_address())
    with ThreadedServer(Switchboard()) as server:
        gone = server.url
    with usps(gone) as client, pytest.raises(Unavailable):
        client.look_up(an_address())


@pytest.mark.parametrize(
    ("stated", "sent"),
    [
        ("77036", {"ZIPCode": "77036"}),
        ("77036-1234", {"ZIPCode": "77036", "ZIPPlus4": "1234"}),
        ("770361234", {"ZIPCode": "77036", "ZIPPlus4": "1234"}),
    ],
)
def test_question_carries_the_address_in_the_service_s_own_parts(
    serve: Callable[[Any], str], stated: str, sent: dict[str, str]
) -> None:
    service = Scripted(body={"additionalInfo": INFO})
    with usps(serve(service.app)) as client:
        client.look_up(AddressQuery("12 Example & Sons #4 Ñ", "Apt 3B", "Houston", "TX", stated))
    common = {"streetAddress": "12 Example & Sons #4 Ñ", "secondaryAddress": "Apt 3B"}
    assert service.lookups == [common | {"city": "Houston", "state": "TX"} | sent]


# --- privacy -------------------------------------------------------------------------------------


def test_address_reaches_no_log_no_exception_and_no_inspection(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with usps(url) as client, usps("http://127.0.0.1:9") as nowhere:
        # Louder than anyone would set them, and after the clients were made.
        for name in ("", "httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
            caplog.set_level(logging.DEBUG, logger=name)
        client.look_up(an_address())
        said = [repr(an_address())]
        for asked, query in (
            (client, AddressQuery("1421 Example Ave", None, "Houston", "Texas", "77036")),
            (nowhere, an_address()),
        ):
            with pytest.raises(KinlineError) as caught:
                asked.look_up(query)
            assert caught.value.__cause__ is caught.value.__context__ is None
            said.append("".join(traceback.format_exception(caught.value)))
    said.append(httpx.get(f"{url}/_sandbox/lookups").text)
    text = caplog.text + "".join(said)
    assert [word for word in (*PERSONAL, "s3cret") if word in text] == []
    assert "usps: " in text
