"""Whether the postal service delivers to an address: USPS Addresses v3.

    POST /oauth2/v3/token      {"grant_type": "client_credentials", "client_id", "client_secret"}
        -> {"access_token", "expires_in"}
    GET  /addresses/v3/address?streetAddress&secondaryAddress&city&state&ZIPCode&ZIPPlus4
        -> {"address": {...}, "additionalInfo": {"DPVConfirmation", "business", "vacant", "DPVCMRA",
            "carrierRoute", ...}, "corrections": [...], "matches": [...]}
        -> 400 {"error": {"code", "message"}}, of which "Address Not Found" is an answer: not deliverable

The provider's wire format puts the address into the query string. It travels over TLS, and its own logs
are its own; ours must not hold it. httpx writes each URL to its log at INFO and httpcore each request's
parts at DEBUG, so making this client shuts both logs for the whole process, whatever level they have.

Source: developers.usps.com, Addresses 3.0 as shown in public client code (read Nov 2026); not tried
against the live service.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

from models.errors import IntegrationError, Rejected, Unavailable
from models.reading import DeliveryPoint, PostalAnswer
from vetting.ports import AddressQuery

NAME = "usps"
REFERENCE_VERSION = "usps-addresses-v3"
# A token that ends while a request is under way is a needless 401.
TOKEN_MARGIN = timedelta(seconds=60)

_DPV: Mapping[str, DeliveryPoint] = {"Y": "Y", "S": "S", "D": "D", "N": "N"}
_CHATTY = (
    "httpx",
    "httpcore",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Usps:
    """The postal service's client; safe for threads. Close it, or use it as a context manager.

    `clock` gives the time that is written beside each answer, and ages the token.
    """

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        hush_http_logs()
        self._credentials = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._clock = clock
        self._lock = threading.Lock()
        self._token: tuple[str, datetime] | None = None  # and when to stop using it
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Accept": "application/json"},
            timeout=timeout.total_seconds(),
            # A proxy of the machine's own must not be asked for a sandbox on loopback.
            trust_env=urlsplit(base_url).hostname not in _LOOPBACK,
        )

    def look_up(self, query: AddressQuery, *, at: datetime | None = None) -> PostalAnswer:
        """What the postal service says of this address now. `at`: see the port.

        Raises:
            Unavailable: nothing is known; try again later. A time-out too: a look-up changes nothing.
            Rejected: it refuses the question or the credentials; a person must look.
        """
        token = self._bearer(at or self._clock())
        response = self._ask(query, token)
        if response.status_code == 401:
            # It may have been taken back early. Once: a second 401 is about the credentials.
            response = self._ask(query, self._bearer(at or self._clock(), stale=token))
        now = at or self._clock()
        if response.status_code in (400, 404) and _is_not_found(response):
            return PostalAnswer("N", False, False, now, REFERENCE_VERSION)
        failure = _refusal(response)
        if failure is None:
            return _answer(_body(response), now)
        raise failure

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Usps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bearer(self, now: datetime, *, stale: str | None = None) -> str:
        """A token to use; never `stale`, which the service has just refused."""
        with self._lock:
            if self._token is not None and self._token[0] != stale and now < self._token[1]:
                return self._token[0]
            self._token = None
            token, lifetime = self._fetch_token()
            self._token = (token, now + lifetime - TOKEN_MARGIN)
            return token

    def _fetch_token(self) -> tuple[str, timedelta]:
        response = self._send("POST", "/oauth2/v3/token", json=self._credentials)
        failure = _refusal(response)
        if failure is not None:
            raise failure
        body = _body(response)
        token, seconds = body.get("access_token"), str(body.get("expires_in"))
        if not isinstance(token, str) or not token.isascii() or not re.fullmatch(r"[0-9]{1,9}", seconds):
            raise Unavailable(NAME, "the token came in a form that cannot be read")
        return token, timedelta(seconds=int(seconds))

    def _ask(self, query: AddressQuery, token: str) -> httpx.Response:
        return self._send(
            "GET",
            "/addresses/v3/address",
            params=_params(query),
            headers={"Authorization": f"Bearer {token}"},
        )

    def _send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **parts)
        except httpx.RequestError as err:
            failure = Unavailable(NAME, type(err).__name__)
        # Raised out here so that httpx's exception, which holds the URL and so the address, is not
        # chained to ours.
        raise failure


def hush_http_logs() -> None:
    """Nothing that httpx and httpcore say reaches any log of this process, at whatever level they stand."""
    for name in _CHATTY:
        # The same function each time: a logger takes it once.
        logging.getLogger(name).addFilter(_drop)


def _drop(_: logging.LogRecord) -> bool:
    return False


def _params(query: AddressQuery) -> dict[str, str]:
    digits = query.zip.replace("-", "")
    wanted = {
        "streetAddress": query.line1,
        "secondaryAddress": query.unit or "",
        "city": query.city,
        "state": query.state,
        "ZIPCode": digits[:5],
        "ZIPPlus4": digits[5:],
    }
    return {name: value for name, value in wanted.items() if value}


def _answer(body: Mapping[str, Any], now: datetime) -> PostalAnswer:
    """The service's answer in our words.

    A mail drop (`DPVCMRA`) and a post office box (carrier route B) are no home, so they count as
    business. At an address that is deliverable in full, "business" and "vacant" must have been said to be
    `N`: a silence is read as `Y`, since no answer is never clear.
    """
    found = body.get("additionalInfo")
    info: Mapping[str, Any] = found if isinstance(found, dict) else {}
    dpv = _DPV.get(str(info.get("DPVConfirmation")))
    silence = dpv == "Y"
    no_home = info.get("DPVCMRA") == "Y" or str(info.get("carrierRoute") or "").upper().startswith("B")
    return PostalAnswer(
        dpv=dpv,
        business=no_home or _flag(info.get("business"), silence),
        vacant=_flag(info.get("vacant"), silence),
        checked_at=now,
        reference_version=REFERENCE_VERSION,
    )


def _flag(word: object, silence: bool) -> bool:
    return {"Y": True, "N": False}.get(str(word), silence)


def _refusal(response: httpx.Response) -> IntegrationError | None:
    """What an answer other than yes means; None when it is yes."""
    status = response.status_code
    if response.is_success:
        return None
    if status == 429 or status >= 500:
        return Unavailable(NAME, f"HTTP {status}", retry_after_seconds=_retry_after(response))
    # Their message may repeat the address; the number is all that we keep.
    return Rejected(NAME, f"HTTP {status}", code=str(status))


def _is_not_found(response: httpx.Response) -> bool:
    try:
        error = response.json().get("error")
        message = error.get("message")
    except (ValueError, AttributeError, RecursionError):
        return False
    return isinstance(message, str) and message.strip().rstrip(".").casefold() == "address not found"


def _body(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    raise Unavailable(NAME, "the answer came in a form that cannot be read")


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if re.fullmatch(r"[0-9]{1,6}", value) else None
