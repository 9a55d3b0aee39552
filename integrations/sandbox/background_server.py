"""The sandbox's background-check provider: Clearline's wire format on loopback.

What it answers is chosen by how the person's identity number ends (design 6.5):

    BAR, REV      fbi_prints: record found, disqualifying; record found, needs review
    NEVER, LATE   child_abuse_registry: no result ever; the result after 20 days
    UNREAD        fbi_prints: rejected, each time they are sent; fbi_name has no record
    DOWN          everything: HTTP 503 for the first three tries of each order, then as below
    else          no record, ready at the first look

It keeps ids and the scene, no personal data. The webhook of a result is due 30 s after the order, or when
the result is. One that can't be delivered is tried again, 20 times in all, signed anew each time.
Inspection, without a token: ``GET /_sandbox/orders``, ``GET /_sandbox/next_due``,
``POST /_sandbox/advance {"now": TIME}``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import httpx
from fastapi import Body, FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse

from integrations.background.clearline import PRODUCTS
from integrations.background.webhook import HEADER, signature
from integrations.sandbox.store import Clock, SandboxStore

_log = logging.getLogger(__name__)

WEBHOOK_AFTER = timedelta(seconds=30)
LATE_AFTER = timedelta(days=20)
RETRY_AFTER = timedelta(seconds=30)  # times the tries so far
MAX_TRIES = 20
DOWN_TRIES = 3

ORDER, FIRST, RETRY, DOWN = (f"clearline.{part}" for part in ("order", "first", "retry", "down"))
_ENDINGS = ("BAR", "REV", "NEVER", "LATE", "UNREAD", "DOWN")

# (ending, product) -> (status, disposition). Whatever is not here has no record.
_RESULTS: Mapping[tuple[str, str], tuple[str, str | None]] = {
    ("BAR", "fbi_prints"): ("record_found", "disqualifying"),
    ("REV", "fbi_prints"): ("record_found", "needs_review"),
    ("UNREAD", "fbi_prints"): ("prints_rejected", None),
}


def ending_of(identity_number: str | None) -> str:
    """The row of the table that this number stages; '' for the last one."""
    number = (identity_number or "").strip().upper()
    return next((ending for ending in _ENDINGS if number.endswith(ending)), "")


class BackgroundSandbox:
    """The invented provider. `app` is its HTTP side; `advance` is its passing of time."""

    def __init__(self, *, store: SandboxStore, clock: Clock, token: str, webhook_secret: str) -> None:
        self._store = store
        self._clock = clock
        self._token = token
        self._secret = webhook_secret
        self._orders = threading.Lock()
        self._deliveries = threading.Lock()
        self.app = _app(self)

    # --- orders ------------------------------------------------------------------------------------

    def may_enter(self, header: str) -> bool:
        return secrets.compare_digest(header.encode(), f"Bearer {self._token}".encode())

    def place(self, key: str, wanted: Mapping[str, Any]) -> JSONResponse:
        """The order of this key: a new one (201), or the one that it had before (200)."""
        problem = _problem(key, wanted)
        if problem:
            return _error(422, problem)
        with self._orders:
            order_id = "ord_" + hashlib.sha256(key.encode()).hexdigest()[:24]
            known = self._store.get(ORDER, order_id)
            if known is not None:
                same = (known["reference"], known["product"]) == (wanted["reference"], wanted["product"])
                return JSONResponse(self.seen(known)) if same else _error(409, "idempotency_key_reused")
            scene = ending_of(wanted["person"].get("identity_number"))
            if scene == "DOWN" and self._is_down(order_id):
                return _error(503, "unavailable", {"Retry-After": "1"})
            order = self._new_order(order_id, key, wanted, scene)
        return JSONResponse(self.seen(order, processing=True), 201)

    def _is_down(self, order_id: str) -> bool:
        tries = (self._store.get(DOWN, order_id) or {"count": 0})["count"]
        self._store.put(DOWN, order_id, {"count": tries + 1})
        return bool(tries < DOWN_TRIES)

    def _new_order(self, order_id: str, key: str, wanted: Mapping[str, Any], scene: str) -> dict[str, Any]:
        now = self._clock()
        ready: datetime | None = now
        if wanted["product"] == "child_abuse_registry" and scene in ("NEVER", "LATE"):
            ready = now + LATE_AFTER if scene == "LATE" else None
        status, disposition = _RESULTS.get((scene, wanted["product"]), ("no_record", None))
        order = {
            "id": order_id,
            "idempotency_key": key,
            "reference": wanted["reference"],
            "product": wanted["product"],
            "region": wanted.get("region"),
            "callback_url": wanted["callback_url"],
            "ordered_at": now.isoformat(),
            "ready_at": ready.isoformat() if ready else None,
            "status": status,
            "disposition": disposition,
            "webhook": {"state": "waiting" if ready else "none", "tries": 0},
        }
        self._store.put(ORDER, order_id, order)
        if ready:
            due = max(ready, now + WEBHOOK_AFTER)
            self._store.put(FIRST, order_id, {"order": order_id, "due": due.isoformat()}, due_at=due)
        return order

    def seen(
        self, order: Mapping[str, Any], *, at: datetime | None = None, processing: bool = False
    ) -> dict[str, Any]:
        """The order as the provider shows it at this time."""
        now = at or self._clock()
        ready = datetime.fromisoformat(order["ready_at"]) if order["ready_at"] else None
        done = not processing and ready is not None and ready <= now
        return {
            "id": order["id"],
            "reference": order["reference"],
            "product": order["product"],
            "region": order["region"],
            "status": order["status"] if done else "processing",
            "disposition": order["disposition"] if done else None,
            "completed_at": order["ready_at"] if done else None,
            "valid_until": None,
            "as_of": now.isoformat(),
        }

    def order(self, order_id: str) -> dict[str, Any] | None:
        return self._store.get(ORDER, order_id)

    def orders(self, **equals: Any) -> list[dict[str, Any]]:
        return self._store.find(ORDER, **equals)

    # --- time --------------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """When the next webhook wants to go out; None when none waits."""
        moments = [due for kind in (FIRST, RETRY) if (due := self._store.next_due(kind))]
        return min(moments, default=None)

    def advance(self, now: datetime, *, retry_all: bool = True) -> dict[str, int]:
        """Deliver each webhook that is due, and each that failed before, due or not unless told so."""
        counts = {"delivered": 0, "waiting": 0, "given_up": 0}
        with self._deliveries:
            again = (
                [(str(body["order"]), body) for body in self._store.find(RETRY)]
                if retry_all
                else self._store.due(RETRY, now)
            )
            due = again + self._store.due(FIRST, now)
            if not due:
                # Time passes far more often than a result is due, and a client loads its certificates for 20 ms.
                return counts
            with httpx.Client(timeout=5, trust_env=False) as http:
                for key, body in due:
                    counts[self._deliver(http, key, body, now)] += 1
        return counts

    def run_live(self, interval: float = 1.0) -> Callable[[], None]:
        """Deliver each `interval` seconds, in a thread of its own, until the returned function is called."""
        stop = threading.Event()

        def keep_going() -> None:
            while not stop.wait(interval):
                try:
                    self.advance(self._clock(), retry_all=False)
                except Exception as err:
                    # The database may be away for a moment; the webhooks must not end with it.
                    _log.warning("clearline.webhooks_delayed by %s", type(err).__name__)

        thread = threading.Thread(target=keep_going, name="clearline-webhooks", daemon=True)
        thread.start()

        def end() -> None:
            stop.set()
            thread.join(timeout=10)

        return end

    def _deliver(self, http: httpx.Client, key: str, body: Mapping[str, Any], now: datetime) -> str:
        order = self._store.get(ORDER, key)
        if order is None:
            self._forget(key)
            return "given_up"
        order["webhook"]["tries"] += 1
        state = "delivered" if self._post(http, order, body, now) else "waiting"
        if state == "waiting" and order["webhook"]["tries"] >= MAX_TRIES:
            state = "given_up"
        order["webhook"]["state"] = state
        # The next try is written down before the first is crossed out: killed between, it goes twice.
        if state == "waiting":
            due = now + RETRY_AFTER * order["webhook"]["tries"]
            self._store.put(RETRY, key, body, due_at=due)
            self._store.delete(FIRST, key)
        else:
            self._forget(key)
        self._store.put(ORDER, key, order)
        return state

    def _forget(self, key: str) -> None:
        self._store.delete(FIRST, key)
        self._store.delete(RETRY, key)

    def _post(
        self, http: httpx.Client, order: Mapping[str, Any], body: Mapping[str, Any], now: datetime
    ) -> bool:
        due = datetime.fromisoformat(body["due"])
        event = {
            "id": "evt_" + str(order["id"]).removeprefix("ord_"),
            "type": "order.updated",
            "created_at": body["due"],
            "order": self.seen(order, at=due),
        }
        raw = json.dumps(event).encode()
        headers = {"Content-Type": "application/json", HEADER: signature(self._secret, raw, now)}
        try:
            return http.post(order["callback_url"], content=raw, headers=headers).is_success
        except (httpx.HTTPError, httpx.InvalidURL):
            return False


def create_background_app(*, store: SandboxStore, clock: Clock, token: str, webhook_secret: str) -> FastAPI:
    """The provider's HTTP side alone, for whoever drives its time by ``POST /_sandbox/advance``."""
    return BackgroundSandbox(store=store, clock=clock, token=token, webhook_secret=webhook_secret).app


def _app(sandbox: BackgroundSandbox) -> FastAPI:
    app = FastAPI(openapi_url=None)
    _offer_orders(app, sandbox)
    _offer_inspection(app, sandbox)
    return app


def _offer_orders(app: FastAPI, sandbox: BackgroundSandbox) -> None:
    @app.post("/v1/orders")
    def place(
        wanted: Annotated[dict[str, Any], Body()],
        authorization: Annotated[str, Header()] = "",
        idempotency_key: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        if not sandbox.may_enter(authorization):
            return _error(401, "unauthorized")
        return sandbox.place(idempotency_key, wanted)

    @app.get("/v1/orders/{order_id}")
    def read(order_id: str, authorization: Annotated[str, Header()] = "") -> JSONResponse:
        if not sandbox.may_enter(authorization):
            return _error(401, "unauthorized")
        order = sandbox.order(order_id)
        return JSONResponse(sandbox.seen(order)) if order else _error(404, "no_such_order")

    @app.get("/v1/orders")
    def find(
        reference: str | None = None,
        idempotency_key: str | None = None,
        authorization: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        if not sandbox.may_enter(authorization):
            return _error(401, "unauthorized")
        asked = {"reference": reference, "idempotency_key": idempotency_key}
        equals = {name: value for name, value in asked.items() if value is not None}
        if not equals:
            return _error(400, "filter_required")
        return JSONResponse({"orders": [sandbox.seen(order) for order in sandbox.orders(**equals)]})


def _offer_inspection(app: FastAPI, sandbox: BackgroundSandbox) -> None:
    @app.get("/_sandbox/orders")
    def orders() -> dict[str, Any]:
        return {"orders": sandbox.orders()}

    @app.get("/_sandbox/next_due")
    def next_due() -> dict[str, Any]:
        due = sandbox.next_due()
        return {"next_due": due.isoformat() if due else None}

    @app.post("/_sandbox/advance")
    def advance(wanted: Annotated[dict[str, Any], Body()]) -> dict[str, int]:
        try:
            now = datetime.fromisoformat(wanted["now"])
        except (KeyError, TypeError, ValueError):
            raise HTTPException(422, "now must be a time, ISO 8601 with zone") from None
        if now.tzinfo is None:
            raise HTTPException(422, "now must be a time, ISO 8601 with zone")
        return sandbox.advance(now)


def _problem(key: str, wanted: Mapping[str, Any]) -> str:
    """The provider's code for what is wrong with an order; '' when nothing is."""
    if not key:
        return "idempotency_key_required"
    if wanted.get("product") not in PRODUCTS.values():
        return "unknown_product"
    if not isinstance(wanted.get("person"), dict):
        return "person_required"
    if not isinstance(wanted.get("reference"), str) or not wanted["reference"]:
        return "reference_required"
    url = wanted.get("callback_url")
    return "" if isinstance(url, str) and url.startswith(("http://", "https://")) else "callback_url_required"


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code}}, status, headers)
