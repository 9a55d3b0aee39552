"""A local server that speaks Twilio's 2010-04-01 API, with invented phones behind it (design 6.5).

It offers what Twilio offers and no more: lists filter by To, From and date, and lag; receipts and
replies come later, by signed webhooks, when `advance` (or the live thread) reaches their moment.
"""

from __future__ import annotations

import asyncio
import base64
import heapq
import hmac
import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from integrations.sandbox.phones import ApiManner, PhoneBehaviour, Pickup, behaviour
from integrations.sandbox.store import Body, Clock, SandboxStore
from integrations.sandbox.twilio_voice import (
    API_VERSION,
    CALLS,
    EVENTS,
    GIVEN_UP,
    HELD,
    LATE,
    OPT_OUTS,
    PHONES,
    TAKES_CALLS,
    TEXTS,
    CallDesk,
    Form,
    Switch,
    TextDesk,
    TwilioError,
    Unreachable,
)
from integrations.sandbox.wishes import ClockWishes

Show = Callable[[Body], dict[str, Any]]
Accept = Callable[[Form, datetime], tuple[Body, PhoneBehaviour]]
SETTINGS = "twilio_setting"
LIST_LAG = timedelta(seconds=60)
MAX_TRIES = 20
_LONGEST_PAUSE = 15.0
_LONGEST_HANG = 120.0
_KEYS = re.compile(r"[0-9*#]{1,8}")
_log = logging.getLogger("kinline.sandbox.twilio")


class TwilioSandbox:
    """The whole of it, in process: `.app` to serve, `.advance(now)` to let time pass.

    `lose_by` says how phones 95-99 lose an answer: by closing the connection at once, or by hanging
    until the client gives up. `children_by_phone` is shown by the inspection endpoint, nothing more.
    """

    def __init__(
        self,
        *,
        store: SandboxStore,
        clock: Clock,
        account_sid: str,
        auth_token: str,
        inbound_url: str | None = None,
        children_by_phone: Mapping[str, Sequence[str]] | None = None,
        lose_by: Literal["closing", "hanging"] = "closing",
    ) -> None:
        self.store, self.clock, self.lose_by = store, clock, lose_by
        self.children_by_phone = children_by_phone or {}
        self.credentials = (account_sid, auth_token)
        self.switch = Switch(store, account_sid=account_sid, auth_token=auth_token)
        self.texts, self.calls = TextDesk(self.switch), CallDesk(self.switch)
        self.wishes, self.moves_clock = ClockWishes(store), False
        self._advancing = threading.Lock()
        if inbound_url:
            self.set_inbound_url(inbound_url)
        self.app: ASGIApp = _Api(self)

    def set_inbound_url(self, url: str) -> None:
        """Texts from phones are posted here from now on; a restart remembers it."""
        self.store.put(SETTINGS, "inbound_url", {"url": url})

    def next_due(self) -> datetime | None:
        """When the next event is due; None when nothing waits. Late webhooks do not count: they wait
        for the next `advance`, whenever it is."""
        return self.store.next_due(EVENTS)

    def advance(self, now: datetime) -> dict[str, Any]:
        """Every event due by `now` has happened, earliest first, with those that they caused.

        Webhooks that could not be reached before are tried first, up to 20 times each.
        """
        counts: Counter[str] = Counter()
        with self._advancing:
            for key, event in self.store.due(LATE, now):
                self._perform(LATE, key, event, counts)
            self.switch.newly_scheduled = []
            try:
                while batch := [(datetime.fromisoformat(e["at"]), k) for k, e in self.store.due(EVENTS, now)]:
                    self._run(batch, now, counts)
            finally:
                self.switch.newly_scheduled = None
        following = self.next_due()
        due = following.isoformat() if following else None
        return {"now": now.isoformat(), "counts": dict(counts), "next_due": due}

    def run_live(self, interval: float = 1.0) -> Callable[[], None]:
        """A thread advances by the clock every `interval` seconds; the returned function stops it.

        While Kinline cannot be reached it tries less and less often, so that 20 tries outlast a restart.
        """
        stop = threading.Event()

        def run() -> None:
            pause = interval
            while not stop.wait(pause):
                try:
                    late = self.advance(self.clock())["counts"].get("late", 0)
                except Exception as error:  # the sandbox outlives a database that is restarted
                    late = 1
                    _log.warning("sandbox.advance_failed", extra={"error": type(error).__name__})
                pause = min(pause * 2, max(_LONGEST_PAUSE, interval)) if late else interval

        thread = threading.Thread(target=run, name="sandbox-twilio", daemon=True)
        thread.start()

        def stop_and_wait() -> None:
            stop.set()
            thread.join(timeout=20)

        return stop_and_wait

    def _run(self, batch: list[tuple[datetime, str]], now: datetime, counts: Counter[str]) -> None:
        """What one event causes takes its place among the others, by time."""
        heap = [(at, n, key) for n, (at, key) in enumerate(batch)]  # in order: a heap already
        arrivals = len(heap)
        while heap:
            _, _, key = heapq.heappop(heap)
            event = self.store.get(EVENTS, key)
            if event is not None:
                self._perform(EVENTS, key, event, counts)
            while self.switch.newly_scheduled:
                at, new = self.switch.newly_scheduled.pop(0)
                if at <= now:
                    heapq.heappush(heap, (at, arrivals, new))
                    arrivals += 1

    def _perform(self, shelf: str, key: str, event: Body, counts: Counter[str]) -> None:
        try:
            counts[self._handle(event)] += 1
        except Unreachable:
            # Without an inbound URL nothing was tried: it waits until there is one.
            tries = event.get("tries", 0) + (1 if event["url"] or self._inbound_url() else 0)
            if tries < MAX_TRIES:
                due_at = datetime.fromisoformat(event["at"])
                self.store.put(LATE, key, event | {"tries": tries}, due_at=due_at)
                counts["late"] += 1
                if shelf == LATE:
                    return
            else:
                self.store.put(GIVEN_UP, key, event | {"tries": tries})
                self.calls.give_up(event)
                counts["given_up"] += 1
        self.store.delete(shelf, key)

    def _handle(self, event: Body) -> str:
        """What happened, for the counts."""
        what: str = event["what"]
        if what == "post":
            url = event["url"] or self._inbound_url()
            if not url:
                raise Unreachable
            delivered = self.switch.post(url, event["form"]) is not None
            return "webhooks" if delivered else "refused"
        (self.texts if what.startswith("text") else self.calls).handle(event)
        return what

    def _inbound_url(self) -> str:
        return str((self.store.get(SETTINGS, "inbound_url") or {"url": ""})["url"])


class _Api:
    """Twilio's own addresses, and the sandbox's under /_sandbox."""

    def __init__(self, sandbox: TwilioSandbox) -> None:
        self._sandbox = sandbox
        texts, calls = sandbox.texts, sandbox.calls
        routes = [
            *self._resource("Messages", TEXTS, "DateSent", "sent_at", texts.accept, texts.as_json),
            *self._resource("Calls", CALLS, "StartTime", "start_at", calls.place, calls.as_json),
        ]
        for name, look in (
            ("phones", self._phones),
            ("messages", partial(self._items, TEXTS, "messages")),
            ("calls", partial(self._items, CALLS, "calls")),
            ("next_due", self._next_due),
            ("clock", self._clock),
        ):
            routes.append(Route(f"/_sandbox/{name}", self._control(look)))
        for name, act in (
            ("advance", self._advance),
            ("inbound", self._inbound),
            ("inbound_url", self._inbound_url),
            ("thread", self._thread),
            ("takes_calls", self._take_calls),
            ("clock", self._wish),
        ):
            routes.append(Route(f"/_sandbox/{name}", self._control(act), methods=["POST"]))
        self._inner = Starlette(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app. The server's own `receive` and `send` ride along for an answer that must be lost."""
        if scope["type"] == "http":
            scope["kinline.raw"] = (receive, send)
        await self._inner(scope, receive, send)

    def _guarded(self, act: Callable[[Request, Form], Response]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            form = parse_qs((await request.body()).decode(), keep_blank_values=True)
            try:
                self._authenticate(request)
                return await run_in_threadpool(act, request, form)
            except TwilioError as error:
                return _refusal(error)

        return endpoint

    def _control(self, act: Callable[[Request, Body], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                told = json.loads(await request.body() or b"{}")
                return JSONResponse(await run_in_threadpool(act, request, told))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                return JSONResponse({"error": f"bad request: {type(error).__name__}"}, status_code=400)

        return endpoint

    def _authenticate(self, request: Request) -> None:
        account, token = self._sandbox.credentials
        expected = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
            raise TwilioError(401, 20003, "Authenticate")
        if request.path_params["account"] != account:
            raise TwilioError(404, 20404, "The requested resource was not found")

    def _resource(
        self, name: str, kind: str, param: str, column: str, accept: Accept, show: Show
    ) -> list[Route]:
        """Create, list and fetch, as Twilio has them for texts and for calls."""
        path = f"/{API_VERSION}/Accounts/{{account}}/{name}"
        page = partial(self._page, kind, show, name.lower(), param, column)
        return [
            Route(f"{path}.json", self._guarded(partial(self._create, accept, show)), methods=["POST"]),
            Route(f"{path}.json", self._guarded(page)),
            Route(f"{path}/{{sid}}.json", self._guarded(partial(self._fetch, kind, show))),
        ]

    def _create(self, accept: Accept, show: Show, _request: Request, form: Form) -> Response:
        item, phone = accept(form, self._sandbox.clock())
        if phone.api is ApiManner.LOSES_RESPONSE:
            return _LostResponse(hang=self._sandbox.lose_by == "hanging")
        return JSONResponse(show(item), status_code=201)

    def _fetch(self, kind: str, show: Show, request: Request, _form: Form) -> Response:
        item = self._sandbox.store.get(kind, request.path_params["sid"])
        if item is None:
            raise TwilioError(404, 20404, "The requested resource was not found")
        return JSONResponse(show(item))

    def _page(
        self, kind: str, show: Show, name: str, param: str, column: str, request: Request, _form: Form
    ) -> Response:
        """One page, newest first. What was made less than a minute ago is not in any list yet."""
        query, newest = request.query_params, self._sandbox.clock() - LIST_LAG
        equals = {key: query[param_] for key, param_ in (("to", "To"), ("from", "From")) if param_ in query}
        bounds = {sign: _moment(query[param + sign]) for sign in ("", "<", ">") if param + sign in query}
        rows = [
            row
            for row in reversed(self._sandbox.store.find(kind, **equals))
            if datetime.fromisoformat(row["created_at"]) <= newest
            and _in_bounds(datetime.fromisoformat(row[column] or row["created_at"]), bounds)
        ]
        size, page = min(int(query.get("PageSize", 50)), 1000), int(query.get("Page", 0))
        shown, start = rows[page * size : (page + 1) * size], page * size

        def uri(number: int) -> str:
            rest = {key: value for key, value in query.items() if key not in {"Page", "PageToken"}}
            return f"{request.url.path}?{urlencode(rest | {'PageSize': size, 'Page': number})}"

        return JSONResponse(
            {
                name: [show(row) for row in shown], "page": page, "page_size": size, "start": start,
                "end": max(start + len(shown) - 1, 0), "uri": uri(page), "first_page_uri": uri(0),
                "next_page_uri": uri(page + 1) if len(rows) > start + size else None,
                "previous_page_uri": uri(page - 1) if page else None,
            }
        )  # fmt: skip

    def _phones(self, _request: Request, _told: Body) -> Any:
        store, children = self._sandbox.store, self._sandbox.children_by_phone

        def about(phone: str) -> Body:
            return {
                "behaviour": behaviour(phone).name,
                "opted_out": bool(store.find(OPT_OUTS, phone=phone)),
                "texts": len(store.find(TEXTS, to=phone)),
                "calls": len(store.find(CALLS, to=phone)),
                "children": list(children.get(phone, ())),
            }

        return {"phones": [known | about(known["phone"]) for known in store.find(PHONES)]}

    def _items(self, kind: str, name: str, request: Request, _told: Body) -> Any:
        to = request.query_params.get("to")
        return {name: self._sandbox.store.find(kind, **({"to": to} if to else {}))}

    def _next_due(self, _request: Request, _told: Body) -> Any:
        due, store = self._sandbox.next_due(), self._sandbox.store
        return {
            "next_due": due.isoformat() if due else None,
            "late": len(store.find(LATE)),
            "given_up": len(store.find(GIVEN_UP)),
        }

    def _advance(self, _request: Request, told: Body) -> Any:
        now = datetime.fromisoformat(told["now"])
        if now.tzinfo is None:
            raise ValueError("a time without a zone")
        return self._sandbox.advance(now)

    def _inbound(self, _request: Request, told: Body) -> Any:
        now = self._sandbox.clock()
        if told.get("by_hand"):
            self._sandbox.store.put(HELD, told["from"], {"phone": told["from"], "since": now.isoformat()})
        text = self._sandbox.texts.receive(told["from"], told["to"], told["body"], now)
        return {"sid": text["sid"]} | self._sandbox.advance(now)

    def _thread(self, _request: Request, told: Body) -> Any:
        """What this phone holds, earliest first. Asked in a body: a number stands in no address."""
        store, phone = self._sandbox.store, told["phone"]
        texts = [*store.find(TEXTS, to=phone), *store.find(TEXTS, **{"from": phone})]
        return {
            "texts": sorted(texts, key=lambda text: datetime.fromisoformat(text["created_at"])),
            "calls": store.find(CALLS, to=phone),
            "by_hand": store.get(HELD, phone) is not None,
            "opted_out": bool(store.find(OPT_OUTS, phone=phone)),
            "takes_calls": store.get(TAKES_CALLS, phone),
        }

    def _take_calls(self, _request: Request, told: Body) -> Any:
        """From now on this phone takes automated calls so; with no `pickup` as its last two digits say."""
        store, phone = self._sandbox.store, told["phone"]
        if told["pickup"] is None:
            store.delete(TAKES_CALLS, phone)
            return {"takes_calls": None}
        presses = told["presses"]
        if presses is not None and not _KEYS.fullmatch(presses):
            raise ValueError("no key of a telephone")
        chosen = {"pickup": Pickup(told["pickup"]).value, "presses": presses}
        store.put(TAKES_CALLS, phone, chosen)
        return {"takes_calls": chosen}

    def _clock(self, _request: Request, _told: Body) -> Any:
        return {"moves": self._sandbox.moves_clock, "wish": self._sandbox.wishes.newest()}

    def _wish(self, _request: Request, told: Body) -> Any:
        moves = self._sandbox.moves_clock
        return {"taken": moves and self._sandbox.wishes.wish(told["what"], self._sandbox.clock()) is not None}

    def _inbound_url(self, _request: Request, told: Body) -> Any:
        self._sandbox.set_inbound_url(told["url"])
        return {"url": told["url"]}


class _LostResponse(Response):
    """No answer: the connection is closed at once, or nothing is said until the client hangs up."""

    def __init__(self, *, hang: bool) -> None:
        super().__init__()
        self._hang = hang

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_receive, raw_send = scope["kinline.raw"]
        # uvicorn's `send` is a method of the cycle that owns the connection; other servers: hang.
        transport = getattr(getattr(raw_send, "__self__", None), "transport", None)
        if transport is not None and not self._hang:
            transport.abort()
        async with asyncio.timeout(_LONGEST_HANG):
            while (await raw_receive())["type"] != "http.disconnect":
                pass


def _refusal(error: TwilioError) -> JSONResponse:
    more = f"https://www.twilio.com/docs/errors/{error.code}"
    body = {"code": error.code, "message": error.message, "more_info": more, "status": error.status}
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return JSONResponse(body, status_code=error.status, headers=headers)


def _moment(text: str) -> datetime:
    """Twilio's filters take a day (its first moment) or a moment, in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioError(400, 20001, "Invalid date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _in_bounds(at: datetime, bounds: Mapping[str, datetime]) -> bool:
    """All of Twilio's bounds include their end; a bare one means that day."""
    if "" in bounds and at.date() != bounds[""].date():
        return False
    return at >= bounds.get(">", at) and at.replace(microsecond=0) <= bounds.get("<", at)


def create_twilio_app(
    *,
    store: SandboxStore,
    clock: Clock,
    account_sid: str,
    auth_token: str,
    children_by_phone: Mapping[str, Sequence[str]] | None = None,
) -> ASGIApp:
    """The ASGI app alone. Time passes by `POST /_sandbox/advance`."""
    sandbox = TwilioSandbox(store=store, clock=clock, account_sid=account_sid, auth_token=auth_token)
    sandbox.children_by_phone = children_by_phone or {}
    return sandbox.app
