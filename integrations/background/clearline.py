"""Background checks by "Clearline", an invented provider; a real one is a file like this one.

The wire format, all JSON over HTTPS with ``Authorization: Bearer TOKEN``:

    POST /v1/orders          Idempotency-Key: our key
        {"reference": our check id, "product", "region", "callback_url", "prints_reference",
         "person": {"given_names", "family_names", "other_names", "date_of_birth", "identity_number"}}
        -> 201 an order; 200 the same order, when this key has been used before
    GET  /v1/orders/{id}                    -> an order
    GET  /v1/orders?idempotency_key=KEY     -> {"orders": [...]}; `reference` filters too

    an order: {"id", "reference", "status", "disposition", "completed_at", "valid_until", "as_of"}
    an error: {"error": {"code"}}

`status` is ``processing``, ``no_record``, ``record_found`` (with `disposition` ``disqualifying`` or
``needs_review``) or ``prints_rejected``. The table `STATES` is the whole of the translation: a pair that
does not stand in it is an `error`, never clear.

Our URLs carry ids only; the person travels in the body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType, TracebackType
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from models.errors import IntegrationError, OutcomeUnknown, Rejected, Unavailable
from models.states import CheckKind
from vetting.ports import CheckOrder, CheckReport, ProviderRef, ReportState

NAME = "clearline"
T = TypeVar("T")

PRODUCTS: Mapping[CheckKind, str] = MappingProxyType(
    {
        CheckKind.PUBLIC_RECORDS: "public_records",
        CheckKind.SEX_OFFENDER_REGISTRY: "offender_registry",
        CheckKind.FBI_FINGERPRINT: "fbi_prints",
        CheckKind.FBI_NAME: "fbi_name",
        CheckKind.CHILD_ABUSE_REGISTRY: "child_abuse_registry",
        CheckKind.STATE_CRIMINAL: "state_repository",
    }
)

STATES: Mapping[tuple[str, str | None], ReportState] = MappingProxyType(
    {
        ("processing", None): "pending",
        ("no_record", None): "clear",
        ("record_found", "disqualifying"): "hit_bar",
        ("record_found", "needs_review"): "hit_review",
        ("prints_rejected", None): "unreadable",
    }
)

# The request never left, or never arrived whole enough to be read.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_WORD = re.compile(r"[a-z0-9_.-]{1,40}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Clearline:
    """The provider's client; safe for threads. Close it, or use it as a context manager."""

    name = NAME

    def __init__(self, *, base_url: str, token: str, timeout: timedelta = timedelta(seconds=10)) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=timeout.total_seconds(),
            # A proxy of the machine's own must not be asked for a sandbox on loopback.
            trust_env=urlsplit(base_url).hostname not in _LOOPBACK,
        )

    def submit(self, order: CheckOrder, *, key: str) -> ProviderRef:
        """The order stands at the provider, once.

        Raises:
            OutcomeUnknown: it may stand there; ask `find(key)` before repeating.
            Unavailable: it does not; try again later.
            Rejected: the provider refused it; a person must look.
        """
        response = self._send("POST", "/v1/orders", json=_wire(order), headers={"Idempotency-Key": key})
        try:
            return ProviderRef(_text(_json(response), "id"))
        except ValueError:
            pass
        # The provider said yes in words that we cannot read: the order may well stand.
        raise OutcomeUnknown(NAME, "accepted, with an answer that cannot be read")

    def read(self, ref: ProviderRef) -> CheckReport:
        """What the provider says of this order now."""
        response = self._send("GET", f"/v1/orders/{quote(ref, safe='')}")
        try:
            return report_of(_json(response))
        except ValueError:
            pass
        raise Unavailable(NAME, "the order came in a form that cannot be read")

    def find(self, key: str) -> ProviderRef | None:
        """The order that was submitted under this key; None when the provider never got it."""
        response = self._send("GET", "/v1/orders", params={"idempotency_key": key})
        try:
            orders = _json(response).get("orders")
            if isinstance(orders, list):
                return ProviderRef(_text(orders[0], "id")) if orders else None
        except ValueError:
            pass
        # None would mean "never arrived", and the caller would order again: say that we cannot tell.
        raise Unavailable(NAME, "the list of orders came in a form that cannot be read")

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Clearline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **parts)
        except httpx.RequestError as err:
            failure = _failure(err, changes=method == "POST")
        else:
            refusal = _refusal(response, changes=method == "POST")
            if refusal is None:
                return response
            failure = refusal
        # Raised out here so that httpx's exception, which holds the request and so the person, is not
        # chained to ours.
        raise failure


def report_of(order: Mapping[str, Any]) -> CheckReport:
    """The provider's order in our words. A status that we do not know is `error`, never clear.

    Raises:
        ValueError: it is not an order at all, or one of its dates is none. Holds no text of theirs.
    """
    status, disposition = _word(order.get("status")), order.get("disposition")
    qualifier = None if disposition is None else _word(disposition)
    return CheckReport(
        ref=ProviderRef(_text(order, "id")),
        state=STATES.get((status, qualifier), "error"),
        received_at=_moment(order.get("completed_at")),
        valid_until=_day(order.get("valid_until")),
        provider_code=status if qualifier is None else f"{status}:{qualifier}",
        as_of=_moment(order.get("as_of")),
    )


def _wire(order: CheckOrder) -> dict[str, Any]:
    return {
        "reference": str(order.check_id),
        "product": PRODUCTS[order.kind],
        "region": order.jurisdiction,
        "callback_url": order.callback_url,
        "prints_reference": order.prints_ref,
        "person": {
            "given_names": order.given_names,
            "family_names": order.family_names,
            "other_names": list(order.other_names),
            "date_of_birth": order.date_of_birth.isoformat(),
            "identity_number": order.identity_number,
        },
    }


def _failure(err: httpx.RequestError, *, changes: bool) -> IntegrationError:
    """What a request that got no answer means. `changes`: it would have changed something there."""
    detail = type(err).__name__
    if changes and not isinstance(err, _NEVER_SENT):
        return OutcomeUnknown(NAME, detail)
    return Unavailable(NAME, detail)


def _refusal(response: httpx.Response, *, changes: bool) -> IntegrationError | None:
    """What an answer other than yes means; None when it is yes."""
    status = response.status_code
    if response.is_success:
        return None
    if status in (429, 503):
        return Unavailable(NAME, f"HTTP {status}", retry_after_seconds=_retry_after(response))
    if status >= 500:
        # A gateway that gave up may stand in front of a provider that did not.
        return OutcomeUnknown(NAME, f"HTTP {status}") if changes else Unavailable(NAME, f"HTTP {status}")
    code = _error_code(response)
    return Rejected(NAME, f"HTTP {status} {code}".rstrip(), code=code)


def _error_code(response: httpx.Response) -> str:
    try:
        error = _json(response).get("error")
    except ValueError:
        return ""
    return _word(error.get("code")) if isinstance(error, dict) else ""


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if re.fullmatch(r"[0-9]{1,6}", value) else None


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        raise ValueError("not a JSON object")
    return body


def _text(order: Any, name: str) -> str:
    value = order.get(name) if isinstance(order, dict) else None
    if not isinstance(value, str) or not value:
        raise ValueError(f"no {name}")
    return value


def _word(value: Any) -> str:
    """The provider's word if it is one; free text could hold a person, and this goes into the file."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else "unreadable_word"


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = _parsed(datetime.fromisoformat, value)
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return moment


def _day(value: Any) -> date | None:
    return None if value is None else _parsed(date.fromisoformat, value)


def _parsed(parse: Callable[[str], T], value: Any) -> T:
    try:
        return parse(value)
    except (TypeError, ValueError):
        # The parser's own message repeats what it could not read.
        raise ValueError("not a date or time") from None
