"""One HTTP request to Twilio, quiet and honest: no retry, no log line, and every failure in our words.

Twilio's own exceptions carry the recipient's number and no headers, so failures are decided here,
from the status, the code and Retry-After alone, before the library sees the answer.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from models.errors import IntegrationError, OutcomeUnknown, Rejected, Unavailable

SERVICE = "twilio"
_POOL_SIZE = 32
# Raised before a connection is even tried.
_NEVER_TRIED = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)


class QuietHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's HTTP client, told where to go (`base_url`) and to keep numbers to itself.

    With `base_url` the scheme and host are replaced and the original host rides in
    `X-Original-Host`. Safe to share between threads.
    """

    def __init__(self, *, timeout: float, base_url: str | None = None) -> None:
        super().__init__(timeout=timeout, logger=_silent_logger())
        self._base = urlsplit(base_url) if base_url else None
        self.session.trust_env = self._base is None  # no proxy of the user's between us and the sandbox
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=0, pool_maxsize=_POOL_SIZE))
        silence_request_logs()

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        """Twilio's answer, when it is a success.

        Raises:
            Unavailable: nothing happened there; try again, not before `retry_after_seconds`.
            Rejected: Twilio said no, with its own `code`.
            OutcomeUnknown: a write may have happened; look it up.
        """
        reads = method.upper() == "GET"
        target, sent_headers = self._redirected(url, dict(headers or {}))
        failure: IntegrationError | None = None
        answer = None
        try:
            answer = super().request(
                method, target, params, data, sent_headers, auth, timeout, allow_redirects
            )
        except requests.RequestException as error:
            failure = connection_failure(error, reads=reads)
        finally:
            # The library keeps the last request for its own tests; ours holds a number and a body.
            self._test_only_last_request = self._test_only_last_response = None
        if answer is not None:
            failure = answered_failure(answer.status_code, answer.text, answer.headers, reads=reads)
        if failure is not None:
            # Raised outside the `except`, so that no traceback drags the request's URL along.
            raise failure from None
        return answer

    def log_request(self, kwargs: Mapping[str, Any]) -> None:
        """Nothing: the URL of a look-up holds a phone number."""

    def log_response(self, status_code: int, response: object) -> None:
        """Nothing."""

    def _redirected(self, url: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        if self._base is None:
            return url, headers
        original = urlsplit(url)
        headers["X-Original-Host"] = original.netloc
        return urlunsplit(original._replace(scheme=self._base.scheme, netloc=self._base.netloc)), headers


def connection_failure(error: requests.RequestException, *, reads: bool) -> IntegrationError:
    """What a broken connection means: unknown, unless it was never made or nothing was asked for."""
    if isinstance(error, requests.exceptions.ProxyError) or _was_never_connected(error):
        return Unavailable(SERVICE, "no connection")
    detail = "time-out" if isinstance(error, requests.Timeout) else "connection lost"
    return Unavailable(SERVICE, detail) if reads else OutcomeUnknown(SERVICE, detail)


def answered_failure(
    status: int, text: str, headers: Mapping[str, str] | None, *, reads: bool
) -> IntegrationError | None:
    """What an answer means; None for a success.

    A 5xx or a redirect to a write is an answer, but not one that says whether it was done.
    """
    if 200 <= status < 300:
        return None
    code = _code(text)
    detail = f"http {status}" + (f" code {code}" if code else "")
    if status == 429 or code == "20429":
        return Unavailable(SERVICE, detail, retry_after_seconds=_retry_after(headers or {}))
    if 400 <= status < 500 and status != 408:
        return Rejected(SERVICE, detail, code=code)
    if reads:
        return Unavailable(SERVICE, detail, retry_after_seconds=_retry_after(headers or {}))
    return OutcomeUnknown(SERVICE, detail)


def silence_request_logs() -> None:
    """From now on urllib3 logs no request line, whatever level the program sets: it holds numbers."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _NoRequestLines) for known in logger.filters):
            logger.addFilter(_NoRequestLines())


class _NoRequestLines(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING and "/2010-04-01/" not in record.getMessage()


def _silent_logger() -> logging.Logger:
    """A logger outside the tree, so that no configuration can switch it on."""
    logger = logging.Logger("kinline.twilio")
    logger.disabled = True
    return logger


def _was_never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, (requests.ConnectTimeout, *_NEVER_TRIED)):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    return any(isinstance(part, ssl.SSLCertVerificationError) for part in getattr(reason, "args", ()))


def _code(text: str) -> str:
    """Twilio's own code in an error body; empty when there is none. Nothing else is kept of the body."""
    try:
        code = json.loads(text).get("code")
    except (ValueError, AttributeError):
        return ""
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait. A date is measured against the answer's own Date: our clock has no part in it."""
    value = str(headers.get("Retry-After", "")).strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(str(headers.get("Date", "")))
    except (ValueError, TypeError):
        return None
    return max(wait.total_seconds(), 0.0)
